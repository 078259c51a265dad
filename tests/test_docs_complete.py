"""Every command, option, setting and public name stands in docs/reference/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from pydantic import BaseModel

import maskwatch
from maskwatch.cli import program
from maskwatch.settings import Settings

REFERENCE: Final = Path(__file__).parents[1] / "docs" / "reference"


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """A command of click and all below it, by what is typed."""
    yield name, command
    for word, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {word}")


COMMANDS: Final = dict(commands(typer.main.get_command(program), "maskwatch"))
SETTINGS: Final = [
    f"{section}.{key}"
    for section, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    for key in field.annotation.model_fields
]


def section_of(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one of any level; empty without that heading."""
    found = re.search(rf"^#+ `?{re.escape(heading)}`?\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def test_there_is_something_to_check() -> None:
    assert {"maskwatch detect", "maskwatch data check", "maskwatch train detector"} <= set(COMMANDS)
    assert {"detect.threshold", "alerts.gap", "collect.folder"} <= set(SETTINGS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_documented(name: str) -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    section = section_of(page, name)
    assert section, f"docs/reference/cli.md has no section `{name}`"
    options = [option for parameter in COMMANDS[name].params for option in parameter.opts]
    missing = [o for o in options if o.startswith("--") and o != "--help" and o not in section]
    assert not missing, f"docs/reference/cli.md, `{name}`: {', '.join(missing)} is missing"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_documented(name: str) -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    section, key = name.split(".")
    assert re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", page) or key in section_of(
        page, f"[{section}]"
    ), f"docs/reference/settings.md does not tell of {name}"


@pytest.mark.parametrize("name", sorted(maskwatch.__all__))
def test_every_public_name_is_documented(name: str) -> None:
    pages = "\n".join(file.read_text(encoding="utf-8") for file in sorted(REFERENCE.glob("*.md")))
    assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", pages), (
        f"docs/reference/ does not tell of maskwatch.{name}"
    )


def test_nothing_is_documented_that_is_not_there() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ `?(maskwatch[a-z -]*)`?$", page, re.MULTILINE))
    assert headings == set(COMMANDS)
