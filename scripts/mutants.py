"""The small changes that `mutate.py` tries: what a slip of the pen might make of a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, cast

_PAIRS: Final = "Lt LtE Gt GtE Eq NotEq Is IsNot In NotIn And Or Add Sub Mult Div BitAnd BitOr".split()
_SWAPS: Final[dict[str, str]] = {
    **dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)),
    **dict(zip(_PAIRS[1::2], _PAIRS[::2], strict=True)),
    **dict.fromkeys(("FloorDiv", "Mod", "Pow"), "Mult"),
}
_UNTOUCHED: Final = ("annotation", "returns", "decorator_list")  # types and decorators


@dataclass(frozen=True)
class Mutant:
    """One change: what stands at a place of the syntax tree, and what is put there."""

    parent: ast.AST
    field: str
    place: int | None
    old: ast.AST
    new: ast.AST

    def apply(self) -> None:
        """Puts the change into the tree."""
        if self.place is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.place] = self.new

    def __str__(self) -> str:
        before, after = (ast.unparse(node).split("\n")[0] for node in (self.old, self.new))
        return f"line {getattr(self.old, 'lineno', '?')}: {before}  ->  {after}"


def mutants(node: ast.AST) -> Iterator[Mutant]:
    """All changes below a node; strings, types and decorators are left alone."""
    for field, value in ast.iter_fields(node):
        if field in _UNTOUCHED or isinstance(node, ast.JoinedStr):
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                for new in _changes(child, field):
                    yield Mutant(node, field, place, child, ast.copy_location(new, child))
                yield from mutants(child)


def _changes(node: ast.AST, field: str) -> Iterator[ast.AST]:
    if field in ("test", "ifs") and isinstance(node, ast.expr):
        yield ast.UnaryOp(ast.Not(), node)
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Compare():
            for place, op in enumerate(node.ops):
                yield _copy(node, ops=[*node.ops[:place], _swapped(op), *node.ops[place + 1 :]])
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() if type(node.op).__name__ in _SWAPS:
            yield _copy(node, op=_swapped(node.op))
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Call():
            for place in range(len(node.keywords)):
                yield _copy(node, keywords=node.keywords[:place] + node.keywords[place + 1 :])
            if node.args:
                yield _copy(node, args=node.args[:-1])
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break) and not docstring:
        yield ast.Pass()


def _swapped(operator: ast.AST) -> ast.AST:
    return cast(ast.AST, getattr(ast, _SWAPS[type(operator).__name__])())


def _copy(node: ast.AST, **changes: Any) -> ast.AST:
    copy = deepcopy(node)
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy
