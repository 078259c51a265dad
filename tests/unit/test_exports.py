"""The public names: pinned, importable, documented, and loaded only when they are used."""

from __future__ import annotations

import inspect
import subprocess
import sys

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
