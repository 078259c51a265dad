"""Which room may use which: the rules of docs/architecture.md, checked on the source itself.

A rule that is in the way may be wrong: then change the table here, and docs/architecture.md with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from maskwatch.models.catalog import CLASSIFIERS, DETECTORS

PACKAGE: Final = "maskwatch"
SOURCE: Final = Path(__file__).parents[1] / "src" / PACKAGE

CORE: Final = {"errors", "labels", "types", "geometry"}
"""What everything may stand on."""

HELPERS: Final = {"atomic_file", "folder_lock", "opencv_log", "progress", "toml_file"}
"""Small things that know nothing of faces."""

ENGINE: Final = {
    *(
        "classifiers",
        "detectors",
        "models",
        "people",
        "pipeline",
        "second_tries",
        "rules",
        "factory",
        "settings",
    ),
}
EDGES: Final = {"sources", "sinks", "annotate", "image_files", "results"}

ROOMS: Final[Mapping[str, set[str]]] = {
    # The pure core and the helpers.
    "errors": set(),
    "labels": set(),
    "proportion": set(),
    "counting": {"labels", "proportion"},
    "face_table": {"labels"},
    "types": {"labels", "counting", "face_table"},
    "geometry": {"types"},
    "people": {*CORE, "counting", "proportion"},
    "rules": {*CORE, "people"},
    "source_thread": set(),
    "latest": {"source_thread"},
    "ahead": {"source_thread"},
    "opencv_log": set(),
    "progress": set(),
    "atomic_file": {"errors"},
    "folder_lock": {"errors"},
    "crash_log": {"errors", ""},
    "toml_file": {"errors"},
    # The engine.
    "models": {"errors", "types", *HELPERS},
    "detectors": {*CORE, "models", "opencv_log"},
    "classifiers": {*CORE, "models", "opencv_log"},
    "second_tries": CORE,
    "pipeline": {
        *CORE,
        *("ahead", "classifiers", "detectors", "people", "results", "rules", "second_tries", "sources"),
    },
    "zone_files": {"errors", "people", "toml_file"},
    "settings": {"errors", "types", "models", "people", "toml_file", "zone_files"},
    "factory": {*CORE, *ENGINE},
    "user_models": {*CORE, *ENGINE, "atomic_file"},
    # The edges.
    "captions": CORE,
    "annotate": {*CORE, "captions", "people"},
    "image_files": {*CORE, *HELPERS},
    "results": {*CORE, *HELPERS, "annotate", "image_files", "people"},
    "sources": {*CORE, *HELPERS, "settings"},
    "sinks": {*CORE, *HELPERS, "annotate", "counting", "image_files", "people", "results", "sources"},
    "explain": {*CORE, "annotate", "classifiers"},
    # Data, figures, pages of figures, training: each may use those before it.
    "data": {*CORE, *HELPERS, "image_files", "sources", "sinks"},
    "evaluation": {*CORE, *HELPERS, *ENGINE, "", "counting", "data", "proportion", "sources", "sinks"},
    "reports": {*CORE, *HELPERS, *ENGINE, *EDGES, "", "data", "evaluation", "proportion"},
    "training": {*CORE, *HELPERS, *ENGINE, *EDGES, "", "data", "evaluation", "reports"},
    # What people use; "" is the package itself, for its version and the names that it offers.
    "app": {
        *(*CORE, *HELPERS, *ENGINE, *EDGES, "", "counting", "crash_log", "data", "explain"),
        *("face_table", "latest", "user_models", "zone_files"),
    },
    "": {*CORE, *ENGINE, *EDGES},
    "__main__": {"cli"},
}
"""Room -> rooms that it may import, inside functions as well. `cli` alone may import all others."""

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    # `cli.train`, `cli.export` and `cli.card` import them to say in one line that they are missing.
    "torch": ("training", "cli.train"),
    "safetensors": ("training",),
    "tensorboard": ("training",),
    "onnxscript": ("training",),
    "onnx": ("training", "models.half_precision", "models.macs", "cli.train", "cli.export", "cli.card"),
    "onnxruntime": ("models.runtime", "training.export.parity", "training.export.quantize"),
    "openvino": ("models.openvino",),
    "streamlit": ("app", "cli.app"),
    "starlette": ("app",),
    "uvicorn": ("app",),
    "lap": ("people.assignment",),
    "av": ("sources", "sinks", "cli.doctor"),
    "typer": ("cli",),
    "pydantic": ("settings", "models.metadata", "training"),
    "pydantic_settings": ("settings",),
}
"""Library -> where it may be imported."""

SESSIONS: Final = {
    "maskwatch.models.runtime",
    "maskwatch.training.export.parity",  # compares an export with its checkpoint before it is written
    "maskwatch.training.export.quantize",
}
"""Who may make a session of ONNX Runtime."""

DRAWING: Final = set(
    "addText applyColorMap arrowedLine circle drawContours drawKeypoints drawMarker drawMatches ellipse"
    " fillConvexPoly fillPoly line polylines putText rectangle".split()
)
DRAWS: Final = ("annotate", "training.synthesis")  # over results; masks and hands onto training pictures

NAMES: Final = {*DETECTORS, *CLASSIFIERS}
NAMES_KNOWN: Final = {
    "maskwatch.models.catalog": NAMES,
    "maskwatch.app.pages.sidebar": NAMES,  # what the page calls them
    "maskwatch.cli.bench": NAMES,  # what is timed where nothing is named
    # Defaults that might come from the catalog; nothing is to be added.
    "maskwatch.cli.export": {"ssd"},
    "maskwatch.evaluation.benchmark": {"ssd-fast"},
    "maskwatch.training.data.auto_labeller": {"yunet"},
}
"""Module -> names of models that it may write out."""


@dataclass(frozen=True)
class Import:
    """One import of a module.

    Attributes:
        target: The full name of what is imported; for "from a import b" that is "a.b".
        line: Where.
        runs: Whether it runs when the module is imported: not one in a function or for type checkers alone.
    """

    target: str
    line: int
    runs: bool


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax tree of every module of the package, by its full name."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        parts = [PACKAGE, *file.relative_to(SOURCE).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"), str(file))
    return found


def imports(node: ast.AST, runs: bool = True) -> Iterator[Import]:
    """All imports below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, runs) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: write the whole name instead of dots"
            yield from (Import(f"{child.module}.{alias.name}", child.lineno, runs) for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from imports(child, False)
        else:
            yield from imports(child, runs and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))


def module_of(target: str) -> str:
    """The module of the package that a name belongs to."""
    while target not in trees():
        target = target.rpartition(".")[0]
    return target


def room_of(module: str) -> str:
    """The folder, or the module where it stands in none."""
    return module.split(".")[1] if "." in module else ""


def inner(module: str) -> Iterator[Import]:
    """What a module imports of the package."""
    return (i for i in imports(trees()[module]) if i.target.split(".")[0] == PACKAGE)


def within(module: str, places: tuple[str, ...]) -> bool:
    """Whether a module is one of the places or lies in one."""
    return any(f"{module}.".startswith(f"{PACKAGE}.{place}.") for place in places)


def at(module: str, node: ast.AST | Import) -> str:
    """Where something stands, for people."""
    line = node.line if isinstance(node, Import) else getattr(node, "lineno", 0)
    return f"{module}, line {line}"


def report(broken: list[str], remedy: str) -> None:
    """Fails with a line for each breach and one that says what to do."""
    if broken:
        pytest.fail("\n".join([*sorted(broken), remedy]), pytrace=False)


def test_every_room_has_a_rule() -> None:
    rooms = {room_of(module) for module in trees()} - {"cli"}
    report(
        [f"{PACKAGE}.{room} has no row in the table" for room in rooms - set(ROOMS)]
        + [f"{room or PACKAGE} has a row and is no longer there" for room in set(ROOMS) - rooms],
        "Say in ROOMS what it may import, and in docs/architecture.md what it is for.",
    )


def test_rooms_import_only_what_they_may() -> None:
    broken = []
    for module in trees():
        room = room_of(module)
        for found in inner(module) if room in ROOMS else ():
            target = room_of(module_of(found.target))
            if target != room and target not in ROOMS[room]:
                broken.append(f"{at(module, found)} imports {found.target}: {room} may not use {target}")
    report(broken, "Move what is needed to a room that both may use, or hand it in as an argument.")


def test_libraries_are_imported_only_where_they_may() -> None:
    broken = [
        f"{at(module, found)} imports {library}, which only {', '.join(LIBRARIES[library])} may"
        for module, tree in trees().items()
        for found in imports(tree)
        if (library := found.target.split(".")[0]) in LIBRARIES and not within(module, LIBRARIES[library])
    ]
    report(broken, "Call what these places offer; everybody else must run without the library.")


def test_no_circle_of_imports() -> None:
    graph = {
        module: {module_of(found.target) for found in inner(module) if found.runs} - {module, PACKAGE}
        for module in trees()
    }
    circles = []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circles.append(" imports ".join(reversed(error.args[1])))
    report(circles, "Move what two of them need to a module of its own below both.")


def test_sessions_are_opened_in_one_place() -> None:
    broken = [
        f"{at(module, node)} makes a session of ONNX Runtime"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if "InferenceSession" in (getattr(node, "attr", ""), getattr(node, "id", ""))
        and module not in SESSIONS
    ]
    report(broken, "Use maskwatch.models.runtime.open_session: it checks the file's contract.")


def test_drawing_is_done_in_one_place() -> None:
    broken = [
        f"{at(module, node)} draws with {ast.unparse(node)}"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in DRAWING
        and ast.unparse(node.value) == "cv2"
        and not within(module, DRAWS)
    ]
    broken += [
        f"{at(module, found)} imports {found.target}"
        for module, tree in trees().items()
        for found in imports(tree)
        if found.target in {f"cv2.{name}" for name in DRAWING} | {"PIL.ImageDraw"}
        and not within(module, DRAWS)
    ]
    report(broken, "Let maskwatch.annotate draw: there, colour is never the only signal.")


def test_models_are_named_in_one_place() -> None:
    broken = [
        f"{at(module, node)} names the model {node.value!r}"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in NAMES - NAMES_KNOWN.get(module, set())
    ]
    report(broken, "Take the name from maskwatch.models.catalog (SHIPPED, DETECTORS, CLASSIFIERS).")


def test_back_ends_are_made_by_name() -> None:
    """The classes of back ends are known to the catalog, as text; training and figures look inside."""
    homes = {model.home.replace(":", ".") for model in (*DETECTORS.values(), *CLASSIFIERS.values())}
    broken = [
        f"{at(module, found)} imports {found.target}"
        for module in trees()
        for found in inner(module)
        if found.target in homes and not within(module, ("training", "factory", "evaluation"))
    ]
    broken += [
        f"{at(module, node)} names {node.value}"
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.replace(":", ".") in homes
        and module != "maskwatch.models.catalog"
    ]
    report(broken, "Use maskwatch.factory.load, which knows files, threads and settings.")


def test_frames_are_dropped_in_one_place() -> None:
    broken = []
    for module, tree in trees().items():
        if module not in ("maskwatch.source_thread", "maskwatch.ahead"):
            broken += [
                f"{at(module, f)} imports queue" for f in imports(tree) if f.target.split(".")[0] == "queue"
            ]
        if module == "maskwatch.latest":
            continue
        broken += [
            f"{at(module, node)} counts dropped frames"
            for node in ast.walk(tree)
            if isinstance(node, ast.AugAssign) and getattr(node.target, "attr", "") == "dropped"
        ]
    report(broken, "Put maskwatch.latest.Latest around the source; everything else sees every frame.")


@pytest.mark.parametrize("module", sorted({*NAMES_KNOWN, *SESSIONS}))
def test_allowed_modules_exist(module: str) -> None:
    assert module in trees(), "it was moved or renamed: change the list that names it"
