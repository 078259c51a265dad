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
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.machinery import SourceFileLoader
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import pytest
from _pytest.main import pytest_runtestloop
from mutants import Mutant, mutants

ROOT: Final = Path(__file__).resolve().parents[1]

_HEAVY: Final = "av cv2 numpy onnx onnxruntime pydantic_settings rich skimage.data typer".split()
"""Imported once, before all forks: nothing in them is changed."""

_OPTIONS: Final = ("-x", "-q", "-p", "no:cacheprovider")
_PATIENCE: Final = 10  # seconds besides: other programs may be at work


def tests_of(path: Path) -> list[str]:
    """The test files of a module: those named after it first, then quick ones that import it."""
    parts = path.resolve().relative_to(ROOT / "src").with_suffix("").parts
    own = sorted((ROOT / "tests/unit").joinpath(*parts[1:-1]).glob(f"test_{parts[-1]}*.py"))
    imported = re.compile(rf"from {re.escape('.'.join(parts))} import")
    others = [t for t in sorted((ROOT / "tests/unit").rglob("test_*.py")) if imported.search(t.read_text())]
    return [str(test) for test in dict.fromkeys(own + [t for t in others if "cli" not in t.parts])]


def is_ours(module: ModuleType) -> bool:
    """Says whether a module is one of this tree, and not of libraries that are installed within it."""
    file = str(getattr(module, "__file__", None))
    return file.startswith(f"{ROOT}/") and not file.startswith(f"{sys.prefix}/")


def in_fork(work: Callable[[], int], limit: float) -> str:
    """Does something in a process of its own, out of sight.

    Returns:
        "passed" or "failed" by its result, "hung" where it takes longer than `limit` seconds.
    """
    child = os.fork()
    if child == 0:
        status = 2
        try:
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            status = work()
        finally:
            os._exit(status)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "failed" if status else "passed"
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


class Module:
    """A module under examination; as a plugin of pytest it tries many changes with tests collected once."""

    def __init__(self, path: Path) -> None:
        self.name = ".".join(path.resolve().relative_to(ROOT / "src").with_suffix("").parts)
        self.path, self.tree = path, ast.parse(path.read_text(encoding="utf-8"))
        self.tests = tests_of(path)
        self.limit = 600.0
        self.changes: list[Mutant] = []
        self.results: list[str] = []

    def anew(self, change: Mutant | None) -> str:
        """Runs the tests with everything of this tree imported anew."""

        def work() -> int:
            for name, module in list(sys.modules.items()):
                if name != "__main__" and is_ours(module):
                    del sys.modules[name]
            original, code = SourceFileLoader.get_code, self._code(change)
            SourceFileLoader.get_code = lambda loader, name: (  # type: ignore
                code if name == self.name else original(loader, name)
            )
            return int(pytest.main([*_OPTIONS, *self.tests]))

        return in_fork(work, self.limit)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once, runs them for every change, each in a fork."""

        def work(change: Mutant | None) -> int:
            self._rebind(self._code(change))
            try:
                pytest_runtestloop(session)
            except session.Failed:
                return 1
            return session.testsfailed

        start = time.monotonic()
        if in_fork(lambda: work(None), self.limit) == "passed":
            self.limit = _PATIENCE + 4 * (time.monotonic() - start)
            self.results = [in_fork(lambda: work(change), self.limit) for change in self.changes]  # noqa: B023
        return True

    def _code(self, change: Mutant | None) -> CodeType:
        if change is not None:
            change.apply()
        return compile(ast.fix_missing_locations(self.tree), self.path, "exec")

    def _rebind(self, code: CodeType) -> None:
        """Executes the module again, and lets whoever has imported its names have the new ones."""
        module = sys.modules[self.name]
        before = dict(vars(module))
        exec(code, vars(module))
        changed = {name: old for name, old in before.items() if vars(module)[name] is not old}
        # A small number is one object wherever it stands: such values go by their names.
        made = {id(old): vars(module)[name] for name, old in changed.items() if callable(old)}
        for other in list(sys.modules.values()):
            if other is not module and is_ours(other):
                for key, value in list(vars(other).items()):
                    if id(value) in made:
                        setattr(other, key, made[id(value)])
                    elif key in changed and value is changed[key] and not key.startswith("_"):
                        setattr(other, key, vars(module)[key])


def examine(path: Path, sample: int | None, seed: int) -> tuple[int, int, int]:
    """How many mutants a module has, how many of them were tried and how many of these were killed."""
    module = Module(path)
    if not module.tests or module.anew(None) != "passed":
        raise ValueError(f"{path}: has no tests of its own, or they fail without any change")
    every = list(mutants(module.tree))
    module.changes = (
        every if sample is None or sample >= len(every) else random.Random(seed).sample(every, sample)
    )
    with redirect_stdout(StringIO()):
        pytest.main([*_OPTIONS, *module.tests], plugins=[module])
    results = module.results or ["passed"] * len(module.changes)
    # Whoever holds an old class or default value has not seen the change: what survives is tried once more.
    results = [module.anew(c) if r == "passed" else r for c, r in zip(module.changes, results, strict=True)]
    for change, result in zip(module.changes, results, strict=True):
        if result == "passed":
            print(f"  survived, {change}")
    killed, hung = len(results) - results.count("passed"), results.count("hung")
    print(
        f"{module.name}: {killed} of {len(results)} killed, {hung} by hanging ({len(every)} possible)",
        flush=True,
    )
    return len(every), len(results), killed


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
    # One process a module: what pytest leaves behind in one must not meet the next.
    with get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        given = [(path, options.sample, options.seed) for path in options.modules]
        figures = pool.starmap(examine, given, chunksize=1)
    possible, tried, killed = (sum(column) for column in zip(*figures, strict=True))
    print(f"all: {killed} of {tried} killed, {killed / max(tried, 1):.0%} ({possible} possible)")


if __name__ == "__main__":
    main()
