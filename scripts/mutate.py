"""Breaks the code on purpose, one small change at a time, and counts the changes that the tests notice.

    OMP_NUM_THREADS=1 python scripts/mutate.py src/maskwatch/geometry.py --sample 60

Each change (a mutant) lives in the memory of a forked process alone: no file is touched. It is killed if one
of the module's own tests fails, does not even start, or runs far longer than usual. What survives is printed:
it is no change of behaviour, or something that no test looks at. Needs fork: Linux or macOS.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]

_HEAVY: Final = (
    "av",
    "cv2",
    "numpy",
    "onnx",
    "onnxruntime",
    "pydantic_settings",
    "rich",
    "skimage.data",
    "typer",
)
"""Imported once, before all forks: nothing in them is changed."""

_PAIRS: Final[tuple[tuple[type, type], ...]] = (
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Div),
    (ast.BitAnd, ast.BitOr),
)
_SWAPS: Final[dict[type, type]] = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
    **dict.fromkeys((ast.FloorDiv, ast.Mod, ast.Pow), ast.Mult),
}
_UNTOUCHED: Final = ("annotation", "returns", "decorator_list")  # types and decorators
_TIMES_LONGER: Final = 4
_PATIENCE: Final = 10  # seconds besides: other programs may be at work


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
                yield _copy(node, ops=[*node.ops[:place], _SWAPS[type(op)](), *node.ops[place + 1 :]])
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() if type(node.op) in _SWAPS:
            yield _copy(node, op=_SWAPS[type(node.op)]())
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Call():
            for place in range(len(node.keywords)):
                yield _copy(node, keywords=node.keywords[:place] + node.keywords[place + 1 :])
            if node.args:
                yield _copy(node, args=node.args[:-1])
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break) and not docstring:
        yield ast.Pass()


def _copy(node: ast.AST, **changes: Any) -> ast.AST:
    copy = deepcopy(node)
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def tests_of(path: Path) -> list[str]:
    """The test files of a module: those named after it first, then quick ones that import it."""
    parts = path.resolve().relative_to(ROOT / "src").with_suffix("").parts
    own = sorted((ROOT / "tests/unit").joinpath(*parts[1:-1]).glob(f"test_{parts[-1]}*.py"))
    imported = re.compile(rf"from {re.escape('.'.join(parts))} import")
    others = [t for t in sorted((ROOT / "tests/unit").rglob("test_*.py")) if imported.search(t.read_text())]
    return [str(test) for test in dict.fromkeys(own + [t for t in others if "cli" not in t.parts])]


def run_tests(
    module: str, tree: ast.Module, mutant: Mutant | None, tests: Sequence[str], limit: float
) -> bool:
    """Whether the tests pass, in a process of their own, with the module's code taken from the tree."""
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        original = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, name: str) -> Any:
            return compile(tree, loader.path, "exec") if name == module else original(loader, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
        status = 2
        try:
            if mutant is not None:
                mutant.apply()
            ast.fix_missing_locations(tree)
            status = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
        finally:
            os._exit(status)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def examine(path: Path, sample: int | None, seed: int) -> tuple[int, int, int]:
    """How many mutants a module has, how many of them were tried and how many of these were killed."""
    module = ".".join(path.resolve().relative_to(ROOT / "src").with_suffix("").parts)
    tree, tests = ast.parse(path.read_text(encoding="utf-8")), tests_of(path)
    start = time.monotonic()
    if not tests or not run_tests(module, tree, None, tests, 600):
        sys.exit(f"{path}: has no tests of its own, or they fail without any change")
    limit = _PATIENCE + _TIMES_LONGER * (time.monotonic() - start)
    every = list(mutants(tree))
    tried = every if sample is None or sample >= len(every) else random.Random(seed).sample(every, sample)
    alive = [mutant for mutant in tried if run_tests(module, tree, mutant, tests, limit)]
    for mutant in sorted(alive, key=lambda m: getattr(m.old, "lineno", 0)):
        print(f"  survived, {mutant}")
    print(f"{module}: {len(tried) - len(alive)} of {len(tried)} killed ({len(every)} possible)", flush=True)
    return len(every), len(tried), len(tried) - len(alive)


def main() -> None:
    """Examines the modules that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("modules", nargs="+", type=Path, help="Python files under src/")
    parser.add_argument("--sample", type=int, help="at most so many mutants of each module, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of that draw")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.dont_write_bytecode = True
    for name in _HEAVY:
        importlib.import_module(name)
    figures = [examine(path, options.sample, options.seed) for path in options.modules]
    possible, tried, killed = (sum(column) for column in zip(*figures, strict=True))
    print(f"all: {killed} of {tried} killed, {killed / max(tried, 1):.0%} ({possible} possible)")


if __name__ == "__main__":
    main()
