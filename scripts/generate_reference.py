"""Writes the reference pages that the code itself knows best: docs/reference/.

    python scripts/generate_reference.py            # writes them
    python scripts/generate_reference.py --check    # says which are out of date; exit status 1 if any is

The pages are committed, so that they can be read where the code is read, and `tests/test_docs.py` fails when
one is out of date.
"""

from __future__ import annotations

import enum
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import typer.main
from pydantic.fields import FieldInfo

from maskwatch import errors
from maskwatch.cli import program
from maskwatch.models import metadata
from maskwatch.models.catalog import SHIPPED
from maskwatch.models.metadata_fields import schema_rows
from maskwatch.people.zones import LONGEST_NAME, MOST_POINTS, MOST_ZONES, ZoneKind
from maskwatch.settings import Settings

FOLDER: Final = Path(__file__).parents[1] / "docs" / "reference"
_NOTE: Final = "<!-- Written by scripts/generate_reference.py: change the code, then `make reference`. -->\n"

_COMMAND_LINE: Final = """
# Command line

Every command with its arguments, options and defaults. `maskwatch COMMAND --help` prints the same in
the terminal.

Results go to standard output; progress, warnings and errors go to standard error. The exit status is 0
when all went well, 1 when something failed, 2 when the command was typed wrongly, and 128 + the number of
the signal that ended it (130 for Ctrl-C).
"""

_SETTINGS: Final = """
# Settings

What you can set once instead of typing it each time: in a TOML file or in the environment.

The file is the one that `maskwatch --config FILE` names, or that the environment variable
`MASKWATCH_CONFIG` names, or `maskwatch.toml` in the current folder. An option on the command line wins
over the environment, the environment over the file, and the file over the default. A name that does not
exist is an error, never ignored.

```toml
[detect]
threshold = 0.6

[alerts]
after = 5
```

The same in the environment: `MASKWATCH_DETECT__THRESHOLD=0.6` and `MASKWATCH_ALERTS__AFTER=5`.
"""

_ZONES: Final = """
## [[zones]]

Zones that people are counted in, lines that they cross, and areas to be ignored; see the
[guide](../guides/zones.md). Each is a table of its own, and there may be {most}. In the environment all of
them are one list, as JSON: `MASKWATCH_ZONES='[{{"name": "Door", "kind": "line", "points": [[0.2, 0.5],
[0.8, 0.5]]}}]'`.

| Key | Type | Default | Meaning |
| --- | --- | --- | --- |
| `name` | text | none | Name for people, at most {longest} characters; no two may be the same. |
| `kind` | {kinds} | `zone` | What it is for. |
| `points` | list of pairs | none | x and y, from 0 (left, top) to 1; 3 to {points}, of a line from 2. |
"""

_ENVIRONMENT: Final = """
## Only in the environment

| Environment | Meaning |
| --- | --- |
| `MASKWATCH_CONFIG` | The settings file. |
| `MASKWATCH_CACHE` | Folder of downloaded models. |
| `MASKWATCH_MODELS` | Folder of the models that you added (`maskwatch models add`). |
| `MASKWATCH_OFFLINE` | `1` forbids every download. |
| `MASKWATCH_DEBUG` | `1` shows the traceback of an unforeseen error, instead of one line and a log file. |
"""

_ERRORS: Final = """
# Errors

Which errors you can catch, and what each means. All of them live in `maskwatch.errors`; the base is also
`maskwatch.MaskwatchError`.

```python
from maskwatch import MaskwatchError, load, read_image

try:
    faces = load().detect(read_image("people.jpg"))
except MaskwatchError as error:
    print(error)
```

Each message is one line for people: it says what is wrong and what to do. The command line prints it
after `maskwatch:` and exits with 1. Any other exception is a bug, or a wrong argument from your own
code (`ValueError`, `TypeError`).
"""

_METADATA: Final = f"""
# Model file metadata

What a model file says about itself. You need this page to read a model file with other tools, or to
write one by other means than `maskwatch export`.

The metadata is one JSON object under the key `{metadata.METADATA_KEY}` in the ONNX file's metadata
properties (in an OpenVINO model: in the `rt_info` of its XML file). `maskwatch models list --json`
shows it. The format number of this version is {metadata.FORMAT}; a file with a higher one is refused.

| Kind | Input | Outputs |
| --- | --- | --- |
| detector | `image`: (n, h, w, 3) uint8, BGR | `logits`, `offsets` |
| classifier | `faces`: (n, size, size, 3) uint8, BGR | `probabilities`, `face`; optional `turned` |
"""


def command_line() -> str:
    """Returns the page of all commands, subcommands, arguments and options."""
    commands = list(_commands(typer.main.get_command(program), "maskwatch"))
    overview = [
        (f"[`{name}`](#{name.replace(' ', '-')})", _first_line(command.help))
        for name, command in commands[1:]
    ]
    parts = [_COMMAND_LINE.strip(), _table(("Command", "What it does"), overview)]
    for name, command in commands:
        parts += _command_section(name, command)
    return "\n\n".join(parts) + "\n"


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yields a command and all below it, each with what has to be typed."""
    yield name, command
    for below in getattr(command, "commands", {}).values():
        if not below.hidden:
            yield from _commands(below, f"{name} {below.name}")


def _command_section(name: str, command: Any) -> list[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    below = getattr(command, "commands", {})
    usage = [name, *(["[OPTIONS]"] if options else [])]
    if below:
        usage.append("COMMAND" if command.no_args_is_help else "[COMMAND]")
    usage += [_argument_name(one) for one in arguments]
    parts = [
        f"{'##' if len(name.split()) < 3 else '###'} {name}",
        _prose(command.help),
        f"```text\n{' '.join(usage)}\n```",
    ]
    if arguments:
        rows = [(f"`{_metavar(one)}`", _sentence(one.help)) for one in arguments]
        parts.append(_table(("Argument", "Meaning"), rows))
    if options:
        rows = [
            (_option_names(one), _sentence(one.help) + _limits(one), _option_default(one)) for one in options
        ]
        parts.append(_table(("Option", "Meaning", "Default"), rows))
    return [part for part in parts if part]


def _argument_name(argument: Any) -> str:
    name = _metavar(argument)
    if argument.nargs == -1 and not name.endswith("..."):
        name += "..."
    return name if argument.required else f"[{name}]"


def _option_names(option: Any) -> str:
    metavar = _metavar(option).replace("|", "\\|")  # a bare bar would end the cell
    # The long name first, then the short one.
    names = sorted(option.opts, key=len, reverse=True) + sorted(option.secondary_opts)
    first, *others = names
    return ", ".join([f"`{first} {metavar}`" if metavar else f"`{first}`", *(f"`{name}`" for name in others)])


def _metavar(parameter: Any) -> str:
    """Returns what stands for a value, "" for a flag."""
    if getattr(parameter, "is_flag", False):
        return ""
    if parameter.metavar:
        return str(parameter.metavar)
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "|".join(str(one.value) for one in kind)
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return {int: "N", float: "NUMBER", Path: "PATH", str: "TEXT"}.get(kind, "VALUE")


def _limits(option: Any) -> str:
    low, high = option.min, option.max
    if option.is_flag or (low is None and high is None):
        return ""
    if high is None:
        return f" At least {low:g}."
    return f" At most {high:g}." if low is None else f" From {low:g} to {high:g}."


def _option_default(option: Any) -> str:
    default = option.default
    help_text = str(option.help or "")
    if "[default:" in help_text:
        return _escape(help_text.partition("[default:")[2].partition("]")[0].strip())
    if option.is_flag:
        if not option.secondary_opts:
            return "off"
        return f"`{(option.opts if default else option.secondary_opts)[0]}`"
    if default is None or default == "":
        return "none"
    return f"`{default.value if isinstance(default, enum.Enum) else default}`"


def settings() -> str:
    """Returns the page of all settings."""
    parts = [_SETTINGS.strip()]
    for name, section in Settings.model_fields.items():
        if name == "zones":
            parts.append(_zones())
            continue
        parts += [f"## [{name}]", _prose(inspect.getdoc(section.annotation))]
        rows = [
            (
                f"`{name}.{key}`<br>`MASKWATCH_{name.upper()}__{key.upper()}`",
                _escape(_type_name(field.annotation)),
                _setting_default(key, field),
                _sentence(field.description) + _bounds(field),
            )
            for key, field in section.annotation.model_fields.items()  # type: ignore[union-attr]
        ]
        parts.append(_table(("Key, and its name in the environment", "Type", "Default", "Meaning"), rows))
    parts.append(_ENVIRONMENT.strip())
    return "\n\n".join(parts) + "\n"


def _zones() -> str:
    """Returns the part about zones, which are a list and not a section."""
    kinds = " or ".join(f"`{kind}`" for kind in typing.get_args(ZoneKind))
    return _ZONES.strip().format(most=MOST_ZONES, longest=LONGEST_NAME, kinds=kinds, points=MOST_POINTS)


def _setting_default(key: str, field: FieldInfo) -> str:
    if key in SHIPPED:  # depends on what the user chose by `maskwatch models use`
        return f"the model in use; as shipped `{SHIPPED[key]}`"  # type: ignore[index]
    value = field.get_default(call_default_factory=True, validated_data={})
    return "none" if value in (None, ()) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _bounds(field: FieldInfo) -> str:
    limits = {name: value for one in field.metadata for name, value in vars(_as_object(one)).items()}
    low, high = limits.get("ge"), limits.get("le")
    if "gt" in limits and high is not None:
        return f" More than {limits['gt']:g}, at most {high:g}."
    text = "" if "gt" not in limits else f" More than {limits['gt']:g}."
    if low is not None and high is not None:
        return f"{text} From {low:g} to {high:g}."
    return text if low is None else f"{text} At least {low:g}."


def _as_object(constraint: Any) -> Any:
    """Returns a constraint of pydantic as something with a `__dict__`: annotated_types uses slots."""
    names = [name for name in ("ge", "le", "gt", "lt") if hasattr(constraint, name)]
    return types.SimpleNamespace(**{name: getattr(constraint, name) for name in names})


def error_tree() -> str:
    """Returns the page of all errors."""
    tree = [f"{'    ' * depth}{one.__name__}" for one, depth in _below(errors.MaskwatchError)]
    rows = [(f"`{one.__name__}`", _prose(inspect.getdoc(one))) for one, _ in _below(errors.MaskwatchError)]
    parts = [_ERRORS.strip(), "## All errors", "```text\n" + "\n".join(tree) + "\n```"]
    parts.append(_table(("Error", "Raised for"), rows))
    return "\n\n".join(parts) + "\n"


def _below(error: type[Exception], depth: int = 0) -> Iterator[tuple[type[Exception], int]]:
    yield error, depth
    for one in error.__subclasses__():
        yield from _below(one, depth + 1)


def model_metadata() -> str:
    """Returns the page about the JSON object inside each model file."""
    return "\n\n".join([_METADATA.strip(), *_schema_tables()]) + "\n"


def _schema_tables() -> list[str]:
    """Returns a table for each model (a class of `maskwatch.models.metadata`) of its fields."""
    tables: dict[str, list[tuple[str, str, str, str]]] = {}
    for model, name, kind, required, description in schema_rows():
        row = (f"`{name}`", _escape(kind), "yes" if required else "no", _sentence(description))
        tables.setdefault(model, []).append(row)
    return [
        part
        for model, fields in tables.items()
        for part in (f"## {model}", _table(("Field", "Type", "Required", "Meaning"), fields))
    ]


PAGES: Final[dict[str, Callable[[], str]]] = {
    "cli.md": command_line,
    "settings.md": settings,
    "errors.md": error_tree,
    "metadata.md": model_metadata,
}


def pages() -> dict[str, str]:
    """Returns what each page should hold, by its name in docs/reference/."""
    written = {name: make() for name, make in PAGES.items()}
    return {name: text.replace("\n\n", f"\n\n{_NOTE}\n", 1) for name, text in written.items()}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escape(text: str) -> str:
    """Returns text whose brackets and bars stand for themselves in a table of Markdown."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _sentence(text: str | None) -> str:
    """Returns a help text without its default, which has a column of its own, as a sentence."""
    words = _escape(str(text or "").partition("[default:")[0].strip())
    return words if not words or words.endswith((".", ")", ":")) else f"{words}."


def _prose(text: str | None) -> str:
    """Returns a docstring or help text as paragraphs of one line each."""
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n"))


def _first_line(text: str | None) -> str:
    return _escape(_prose(text).partition("\n")[0])


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _type_name(annotation: Any) -> str:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join(_type_name(one) for one in typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        return f"list of {_type_name(typing.get_args(annotation)[0])}s"
    return {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        Path: "path",
        type(None): "none",
    }.get(annotation, str(annotation))


def main() -> int:
    """Writes the pages, or checks them; returns the exit status."""
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        done = "out of date" if "--check" in sys.argv[1:] else "written"
        print(f"docs/reference: {done}: {', '.join(stale)}", file=sys.stderr)
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
