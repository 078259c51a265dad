"""The public names: pinned, importable, documented, and loaded only when they are used."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import maskwatch
from conftest import command_environment

PUBLIC = {
    *("load", "read_image", "annotate", "open_source", "run", "load_settings"),
    *("Engine", "Session", "Faces", "Frame", "Result", "Event", "LABELS", "Settings"),
    *("Detector", "Classifier", "Source", "Sink"),
    *("MaskwatchError", "ConfigError", "ModelError", "SourceError", "SinkError", "DataError"),
}
HEAVY = ("numpy", "cv2", "onnxruntime", "av", "pydantic", "streamlit", "torch", "PIL")


def test_the_public_names_are_pinned() -> None:
    assert set(maskwatch.__all__) == PUBLIC
    assert len(maskwatch.__all__) == len(PUBLIC)
    assert set(dir(maskwatch)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_name_can_be_imported_and_explains_itself(name: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from maskwatch import {name}", namespace)
    value = namespace[name]
    assert value is getattr(maskwatch, name)
    assert not inspect.ismodule(value)
    if name != "LABELS":
        assert inspect.getdoc(value)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsuch'"):
        maskwatch.nonsuch  # noqa: B018


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=command_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever it does."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def test_only_the_app_imports_what_the_extra_brings() -> None:
    """Streamlit brings the others along."""
    root = Path(maskwatch.__file__).parent
    extra = {"streamlit", "starlette", "uvicorn", "websockets"}
    users = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if extra & {name.partition(".")[0] for name in imported(path)}
    }
    assert {name for name in users if not name.startswith("app/")} == {"cli/app.py"}
    assert "app/live/routes.py" in users


def test_live_imports_no_other_room_of_the_app() -> None:
    root = Path(maskwatch.__file__).parent
    others = ("maskwatch.app.pages", "maskwatch.app.files", "maskwatch.app.corrections")
    for path in (root / "app" / "live").glob("*.py"):
        assert not [name for name in imported(path) if name.startswith(others)], path.name


@pytest.mark.parametrize(
    "room", ["sources", "sinks", "detectors", "classifiers", "models", "evaluation", "data"]
)
def test_no_room_below_imports_the_app_or_the_command_line(room: str) -> None:
    for path in (Path(maskwatch.__file__).parent / room).rglob("*.py"):
        assert not [name for name in imported(path) if name.startswith(("maskwatch.app", "maskwatch.cli"))], (
            path.name
        )


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"""
import sys, maskwatch
from maskwatch import MaskwatchError, SinkError
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert python(code) == "[]"


@pytest.mark.parametrize(
    "first", ["from maskwatch.annotate import STYLES", "import maskwatch.sinks.pictures", "pass"]
)
def test_annotate_is_the_function_whatever_was_imported_before(first: str) -> None:
    """A module has the same name, and importing it must not hide the function."""
    code = f"""
import maskwatch
{first}
from maskwatch import annotate
from maskwatch.annotate import annotate as function
print(annotate is function is maskwatch.annotate)
"""
    assert python(code) == "True"


@pytest.mark.parametrize("name", ["load", "Engine", "read_image", "Faces", "run"])
def test_the_core_needs_nothing_of_the_app(name: str) -> None:
    """Streamlit is an extra."""
    code = f"""
import sys
from maskwatch import {name}
print([name for name in ("streamlit", "starlette", "uvicorn", "websockets") if name in sys.modules])
"""
    assert python(code) == "[]"
