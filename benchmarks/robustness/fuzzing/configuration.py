"""What users set: settings files, zones, the environment and the options of the command line."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.robustness.fuzzing.kind import Kind
from benchmarks.robustness.fuzzing.mutation import VALUES, mutated_text, mutated_values
from maskwatch.errors import ConfigError
from maskwatch.settings import Settings, load_settings
from maskwatch.zone_files import dump_zones, load_zones

SETTINGS: Final = (
    '[detect]\nthreshold = 0.5\nsize = 640\n[classify]\nclassifier = "fast"\n[sources]\ntimeout = 3.0\n'
    'max_megapixels = 20\n[alerts]\nafter = 2\n[app]\nbase_path = "masks"\n[collect]\nfolder = "here"\n'
)
ZONES: Final = (
    '[[zones]]\nname = "door"\nkind = "zone"\npoints = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]\n'
    '[[zones]]\nname = "line"\nkind = "line"\npoints = [[0.1, 0.5], [0.9, 0.5]]\n'
)
_ZONES_JSON: Final = {
    "zones": [{"name": "door", "kind": "zone", "points": [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}]
}


def _text(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return mutated_text(data, chance)


def _zones_mutations(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    if not data.startswith(b"{") or chance.random() < 0.5:
        return mutated_text(data, chance)
    return json.dumps(mutated_values(json.loads(data), chance)).encode("ascii")


def _settings(data: bytes, folder: Path) -> None:
    file = folder / "settings.toml"
    file.write_bytes(data)
    load_settings(file)


def _zones(data: bytes, folder: Path) -> None:
    """Reads zones; what was read is written and read again."""
    file = folder / ("zones.json" if data.lstrip().startswith(b"{") else "zones.toml")
    file.write_bytes(data)
    zones = load_zones(file)
    again = folder / "again.toml"
    again.write_text(dump_zones(zones), encoding="utf-8")
    assert load_zones(again) == zones


_OWN: Final = (
    "threshold",
    "size",
    "detector",
    "timeout",
    "max_megapixels",
    "port",
    "enabled",
    "folder",
    "after",
)


def _some_environment(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    names = []
    for section, field in Settings.model_fields.items():
        keys = list(getattr(field.annotation, "model_fields", {}))
        names += [f"MASKWATCH_{section.upper()}__{key.upper()}" for key in (*keys, chance.choice(_OWN))]
        names += [f"MASKWATCH_{section.upper()}", f"MASKWATCH_{section.upper()}__", "MASKWATCH_CONFIG"]
    values = [str(value) if isinstance(value, int | float | str) else json.dumps(value) for value in _SHORT]
    values += [
        "0.5",
        "640",
        "true",
        '{"threshold": 1}',
        "[1",
        "[]",
        '[{"name": "a", "points": [[0, 0], [1, 1]]}]',
    ]
    chosen = {chance.choice(names): chance.choice(values) for _ in range(chance.randint(1, 3))}
    return json.dumps(chosen).encode("ascii", "backslashreplace")


_SHORT: Final = [value for value in VALUES if "\0" not in str(value) and "\ud800" not in str(value)[:1]]


def _environment(data: bytes, folder: Path) -> None:
    before = dict(os.environ)
    os.environ.update({name: value for name, value in json.loads(data).items() if value is not None})
    try:
        load_settings()
    finally:
        os.environ.clear()
        os.environ.update(before)


_COMMANDS: Final = (
    ("detect", "a.png"),
    ("watch", "a.png"),
    ("explain", "a.png"),
    ("evaluate", "set"),
    ("data", "check", "set"),
    ("models", "show", "x"),
    ("models", "add", "a.png"),
    ("card", "x.onnx"),
    ("compare", "a.json", "b.json"),
)
_OPTIONS: Final = tuple(
    """--threshold --size --detector --classifier --format --output --save --zones --alert --seconds --people
    --config --every --names --report --json --help --no-such -o -f -s -- --batch --overlap --max --start
    --end --name --recursive --crops""".split()
)
_WORDS: Final = (
    *(
        "0.5",
        "-1",
        "nan",
        "inf",
        "1e999",
        "0",
        "9" * 400,
        "",
        " ",
        "text",
        "jsonl",
        "a.png",
        "/",
        ".",
        "..",
        "-",
    ),
    *(
        "no_mask",
        "no_mask:5",
        "crowd:-1",
        "low_share:nan",
        "x" * 5000,
        "\udcff",
        "\x1b[2J",
        "rtsp://",
        "file:///a",
    ),
    *(
        "accurate",
        "fast",
        "yunet:no",
        "os:system",
        "http://[",
        "http://127.0.0.1:1/",
        "tcp://127.0.0.1:1",
        "100",
    ),
    *(
        "a=with_mask",
        "=",
        "a=b",
        "%s",
        "${HOME}",
        "*.png",
        "[",
        "[z-a]",
        "con",
        "~",
        "~nobody/x",
        "a\nb",
        "é",
    ),
)


def _some_arguments(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    arguments = list(chance.choice(_COMMANDS))
    for _ in range(chance.randint(0, 4)):
        words = [chance.choice(_OPTIONS)] if chance.random() < 0.8 else []
        words += [chance.choice(_WORDS)] if chance.random() < 0.8 else []
        place = chance.randint(1, len(arguments))
        arguments[place:place] = words
    if chance.random() < 0.2:
        arguments[chance.randrange(len(arguments))] = chance.choice(_WORDS)
    return json.dumps(arguments).encode("ascii")


def _command_line(data: bytes, folder: Path) -> None:
    """Runs the program in this process: an error is one line on stderr, and never a traceback."""
    from maskwatch.cli import main

    out, err = _Text(), _Text()
    before, sys.argv = sys.argv, ["maskwatch", *json.loads(data)]
    os.environ["MASKWATCH_DEBUG"] = "1"  # what nobody has foreseen is raised
    code: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code
    except OSError as error:  # the outermost handler makes a line of it
        if error.strerror is None:
            raise
        code, _ = 1, err.write(error.strerror)
    finally:
        sys.argv = before
    told = err.getvalue()
    assert "Traceback" not in told, told[-2000:]
    assert code in (0, 1, 2), code
    if code:
        assert told.strip(), "it failed without a word"
        raise ConfigError("refused")


class _Text(io.StringIO):
    """A stream that the program may set up as it sets up a terminal."""

    def reconfigure(self, **options: Any) -> None:
        """Accepts what a real stream accepts."""


CONFIGURATION: Final = (
    Kind("settings", lambda folder: [SETTINGS.encode()], _text, _settings),
    Kind(
        "zones", lambda folder: [ZONES.encode(), json.dumps(_ZONES_JSON).encode()], _zones_mutations, _zones
    ),
    Kind("environment", lambda folder: [b"{}"], _some_environment, _environment),
    Kind("command-line", lambda folder: [b'["--help"]'], _some_arguments, _command_line, 0.5),
)
"""What users set."""
