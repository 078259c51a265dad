"""What the guides tell people to type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from maskwatch.cli import program
from maskwatch.settings import load_settings

GUIDES = Path(__file__).parents[1] / "docs" / "guides"


def commands(guide: Path) -> list[list[str]]:
    """The lines of the code blocks that call maskwatch, and those in the text that do."""
    text = guide.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    lines = re.findall(r"^maskwatch .*", blocks, re.MULTILINE) + re.findall(r"`(maskwatch [^`\n]+)`", text)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize("guide", sorted(GUIDES.glob("*.md")), ids=lambda path: str(path.stem))
def test_commands_and_options_exist(guide: Path) -> None:
    found = commands(guide)
    assert found
    for words in found:
        command = typer.main.get_command(program)
        rest = list(words)
        while hasattr(command, "commands"):
            name = rest.pop(0)
            assert name in command.commands, f"{guide.name}: maskwatch {' '.join(words)}"
            command = command.commands[name]
        known = {one for parameter in command.params for one in (*parameter.opts, *parameter.secondary_opts)}
        for word in rest:
            if word.startswith("--"):
                assert word.partition("=")[0] in known, f"{guide.name}: {word} of maskwatch {' '.join(words)}"


def test_the_settings_that_the_guide_shows_are_the_defaults(tmp_path: Path) -> None:
    text = (GUIDES / "better-data.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n(\[collect\].*?)```", text, re.DOTALL)
    file = tmp_path / "maskwatch.toml"
    file.write_text(block)
    assert load_settings(file).collect == load_settings().collect


def test_the_zones_that_the_guide_shows_can_be_read(tmp_path: Path) -> None:
    text = (GUIDES / "zones.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "maskwatch.toml"
    file.write_text(block)
    assert [(zone.name, zone.kind) for zone in load_settings(file).zones] == [
        ("Hall", "zone"),
        ("Door", "line"),
        ("Poster", "ignore"),
    ]
