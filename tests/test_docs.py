"""The documentation says what the code does, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml  # type: ignore[import-untyped]

from maskwatch.cli import program
from maskwatch.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CARDS = sorted((ROOT / "src/maskwatch/models").glob("*.CARD.md"))
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def script(name: str) -> Any:
    """A module of scripts/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def reference() -> dict[str, str]:
    """The pages that are written from the code, by name."""
    pages: dict[str, str] = script("generate_reference").pages()
    return pages


def commands(command: Any, name: str = "maskwatch") -> Iterator[tuple[str, Any]]:
    """Every command and subcommand, with what has to be typed."""
    yield name, command
    for below in getattr(command, "commands", {}).values():
        yield from commands(below, f"{name} {below.name}")


COMMANDS = dict(commands(typer.main.get_command(program)))


@pytest.mark.parametrize("name", ["cli.md", "settings.md", "errors.md", "metadata.md"])
def test_reference_pages_are_up_to_date(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == reference()[name], f"docs/reference/{name} is out of date: make reference"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_and_option_is_in_the_reference(name: str) -> None:
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    _, heading, rest = page.partition(f"# {name}\n")
    assert heading, f"{name} has no heading"
    section = re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]
    for parameter in COMMANDS[name].params:
        options = parameter.opts if parameter.param_type_name == "option" else []
        for option in options:
            assert re.search(rf"`{re.escape(option)}[` ]", section), f"{name} {option}"


def test_every_setting_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    keys = [
        (section, key)
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    ]
    assert ("detect", "threshold") in keys
    for section, key in keys:
        row = re.search(rf"^\| `{section}\.{key}`<br>.*$", page, re.MULTILINE)
        assert row, f"{section}.{key}"
        assert f"MASKWATCH_{section}__{key}".upper() in row[0]


def without_code(text: str) -> str:
    text = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts and the site make them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *CARDS], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name_of(page)}: {link}"
        assert target.is_relative_to(ROOT), f"{name_of(page)}: {link} leaves the project"
        if anchor:
            assert anchor in anchors(target), f"{name_of(page)}: {link}"


def typed(page: Path) -> Iterator[list[str]]:
    """The words of each call of maskwatch in a page's code, blocks and lines."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|console)?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        if line.startswith("maskwatch "):
            yield shlex.split(line, comments=True)
    for code in re.findall(r"`(maskwatch [^`\n]+)`", text):
        yield shlex.split(code, comments=True)


# The changelog names options as they were, and the reference is written from the code.
GUIDES = [page for page in PAGES if page.name != "CHANGELOG.md" and page.parent.name != "reference"]


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_commands_and_options_exist(page: Path) -> None:
    for words in typed(page):
        name, rest = words[0], words[1:]
        while rest and f"{name} {rest[0]}" in COMMANDS:
            name = f"{name} {rest.pop(0)}"
        command, line = COMMANDS[name], " ".join(words)
        known = {one for parameter in command.params for one in (*parameter.opts, *parameter.secondary_opts)}
        if hasattr(command, "commands"):  # a group: what follows must be an option
            assert not rest or rest[0].startswith("-"), f"{name_of(page)}: {line}"
        for word in rest:
            if word.startswith("-") and len(word) > 1:
                assert word.partition("=")[0] in known | {"--help"}, f"{name_of(page)}: {word} in {line}"


def test_some_commands_are_looked_at() -> None:
    assert sum(1 for page in GUIDES for _ in typed(page)) > 40


def in_nav(entry: Any) -> Iterator[str]:
    """The pages of a part of the navigation."""
    if isinstance(entry, str):
        yield entry
    else:
        for below in entry.values() if isinstance(entry, dict) else entry:
            yield from in_nav(below)


def test_every_page_is_in_the_navigation() -> None:
    nav = list(in_nav(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    elsewhere = {name for name in script("site_hooks").borrowed_pages().values() if name.endswith(".md")}
    assert {f"model-cards/{card.name.removesuffix('.CARD.md')}.md" for card in CARDS} < elsewhere
    assert sorted(nav) == sorted(pages | elsewhere)


def test_pages_begin_with_a_title_and_then_a_sentence() -> None:
    for page in DOCS.rglob("*.md"):
        title, _, rest = page.read_text(encoding="utf-8").partition("\n")
        first = re.sub(r"<!--.*?-->", "", rest, flags=re.DOTALL).strip()
        assert title.startswith("# "), name_of(page)
        assert re.match(r"[A-Z*`\[]", first), f"{name_of(page)} begins with {first[:30]!r}"
