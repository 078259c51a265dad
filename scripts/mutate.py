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
from typing import Any, Final, cast

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]

_HEAVY: Final = "av cv2 numpy onnx onnxruntime pydantic_settings rich skimage.data typer".split()
"""Imported once, before all forks: nothing in them is changed."""

_PAIRS: Final = "Lt LtE Gt GtE Eq NotEq Is IsNot In NotIn And Or Add Sub Mult Div BitAnd BitOr".split()
_SWAPS: Final[dict[str, str]] = {
    **dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)),
    **dict(zip(_PAIRS[1::2], _PAIRS[::2], strict=True)),
    **dict.fromkeys(("FloorDiv", "Mod", "Pow"), "Mult"),
}
_UNTOUCHED: Final = ("annotation", "returns", "decorator_list")  # types and decorators
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


def tests_of(path: Path) -> list[str]:
    """The test files of a module: those named after it first, then quick ones that import it."""
    parts = path.resolve().relative_to(ROOT / "src").with_suffix("").parts
    own = sorted((ROOT / "tests/unit").joinpath(*parts[1:-1]).glob(f"test_{parts[-1]}*.py"))
    imported = re.compile(rf"from {re.escape('.'.join(parts))} import")
    others = [t for t in sorted((ROOT / "tests/unit").rglob("test_*.py")) if imported.search(t.read_text())]
    return [str(test) for test in dict.fromkeys(own + [t for t in others if "cli" not in t.parts])]


def run_tests(
    module: str, tree: ast.Module, change: Mutant | None, tests: Sequence[str], limit: float
) -> str:
    """Runs tests in a process of their own, with the module's code taken from the tree and changed.

    Returns:
        "passed", "failed", or "hung" where they run longer than `limit` seconds.
    """
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        original = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, name: str) -> Any:
            return compile(tree, loader.path, "exec") if name == module else original(loader, name)

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
        status = 2
        try:
            if change is not None:
                change.apply()
            ast.fix_missing_locations(tree)
            status = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
        finally:
            os._exit(status)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "failed" if status else "passed"
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def examine(path: Path, sample: int | None, seed: int) -> tuple[int, int, int]:
    """How many mutants a module has, how many of them were tried and how many of these were killed."""
    module = ".".join(path.resolve().relative_to(ROOT / "src").with_suffix("").parts)
    tree, tests = ast.parse(path.read_text(encoding="utf-8")), tests_of(path)
    start = time.monotonic()
    if not tests or run_tests(module, tree, None, tests, 600) != "passed":
        sys.exit(f"{path}: has no tests of its own, or they fail without any change")
    limit = _PATIENCE + 4 * (time.monotonic() - start)
    every = list(mutants(tree))
    tried = every if sample is None or sample >= len(every) else random.Random(seed).sample(every, sample)
    results = [(mutant, run_tests(module, tree, mutant, tests, limit)) for mutant in tried]
    alive = [mutant for mutant, result in results if result == "passed"]
    for mutant in sorted(alive, key=lambda m: getattr(m.old, "lineno", 0)):
        print(f"  survived, {mutant}")
    killed, hung = len(tried) - len(alive), sum(result == "hung" for _, result in results)
    print(f"{module}: {killed} of {len(tried)} killed, {hung} by hanging ({len(every)} possible)", flush=True)
    return len(every), len(tried), killed


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
