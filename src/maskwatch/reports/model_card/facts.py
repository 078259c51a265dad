"""Collects what goes into a model card (Mitchell et al., arXiv 1810.03993).

Only the descriptions in a card are written by hand: figures come from `maskwatch evaluate --json`, speed from
`maskwatch bench --json`, everything else from the file itself. The same inputs give the same card.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from maskwatch.errors import ConfigError, ModelError, one_line
from maskwatch.evaluation.figures import FORMAT
from maskwatch.geometry import ceil_to, letterbox_size, snap_to_multiple
from maskwatch.models import download
from maskwatch.models.macs import macs
from maskwatch.models.runtime import open_model
from maskwatch.toml_file import read_toml
from maskwatch.types import ModelKind

DESCRIPTIONS: Final = Path(__file__).parent / "descriptions"
"""Folder of the shipped models' descriptions, in TOML."""

_FRAME: Final = (1280, 720)
"""Width and height in pixels of the picture for which a detector's cost is given."""


@dataclass(frozen=True, slots=True)
class Description:
    """What only a person can say about a model.

    Attributes:
        summary: What the model is, in a sentence or two.
        intended: Uses that it is made for.
        not_intended: Uses that it must not be put to.
        weaknesses: Known weaknesses.
        sources: Rows of the training data: name, what, where, licence.
        how_it_was_made: Name of a model -> the trainings that made its file.
    """

    summary: str = ""
    intended: Sequence[str] = ()
    not_intended: Sequence[str] = ()
    weaknesses: Sequence[str] = ()
    sources: Sequence[dict[str, str]] = ()
    how_it_was_made: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that goes into a card.

    Attributes:
        file: Name of the model file.
        kind: What the model does.
        metadata: Metadata of the model file.
        sha256: Hash of the file, in hexadecimal digits.
        size: Size of the file in bytes.
        costs: Inputs of the model, each with its number of multiply-accumulate operations.
        description: What a person says about it.
        evaluations: Contents of the files of figures, each measured with this very file.
        speed: Rows of a benchmark that this file took part in: name, median and best in milliseconds.
        machine: The machine of that benchmark.
    """

    file: str
    kind: ModelKind
    metadata: dict[str, Any]
    sha256: str
    size: int
    costs: Sequence[tuple[str, int]]
    description: Description
    evaluations: Sequence[dict[str, Any]]
    speed: Sequence[dict[str, Any]] = field(default_factory=tuple)
    machine: str = ""


def gather(
    model: Path, figures: Sequence[Path], speed: Path | None = None, description: Path | None = None
) -> Facts:
    """Reads everything that goes into a card.

    Args:
        model: An ONNX file of maskwatch.
        figures: What `maskwatch evaluate --json` wrote; each must have measured this file.
        speed: What `maskwatch bench --json` wrote.
        description: TOML file with the fields of `Description`; None takes the shipped one, if there is one
            of this model.

    Raises:
        ModelError: The model file cannot be used, or figures or speed are of another file.
        ConfigError: One of the other files cannot be read.
    """
    opened = open_model(model)
    kind, metadata = opened.kind, opened.metadata
    sha256 = download.sha256(model)
    rows, machine = ([], "") if speed is None else _read_speed(speed, sha256)
    return Facts(
        file=model.name,
        kind=kind,
        metadata=metadata,
        sha256=sha256,
        size=model.stat().st_size,
        costs=_costs(model, kind, metadata),
        description=(
            _shipped_description(str(metadata.get("name")))
            if description is None
            else _read_description(description)
        ),
        evaluations=[_read_figures(path, kind, sha256, model) for path in figures],
        speed=rows,
        machine=machine,
    )


def _costs(model: Path, kind: ModelKind, metadata: dict[str, Any]) -> list[tuple[str, int]]:
    if kind == "classifier":
        side = int(metadata["size"])
        return [(f"one face, {side}x{side}", macs(model, (1, side, side, 3)))]
    multiple = int(metadata["stride_multiple"])
    costs = []
    for name, size in metadata["sizes"].items():
        width, height = (
            ceil_to(side, multiple)
            for side in snap_to_multiple(*letterbox_size(*_FRAME, int(size)), multiple)
        )
        costs.append((f"a 16:9 picture, size {name}: {width}x{height}", macs(model, (1, height, width, 3))))
    return costs


def _read_json(path: Path, what: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ConfigError(f"{path}: not a readable JSON file (nested too deeply)") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise ConfigError(f"{path}: not a readable JSON file ({reason})") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: not what `maskwatch {what} --json` writes")
    return content


def _read_figures(path: Path, kind: ModelKind, sha256: str, model: Path) -> dict[str, Any]:
    content = _read_json(path, "evaluate")
    if (
        content.get("format") != FORMAT
        or not {"engine", "data", "figures"} <= content.keys()
        or not isinstance(content["engine"], dict)
    ):
        raise ConfigError(f"{path}: not what `maskwatch evaluate --json` of this version writes")
    measured = content["engine"].get(f"{kind} sha256")
    if measured is None:
        raise ModelError(f"{path}: does not say which {kind} file was measured; measure {model} again")
    if measured != sha256:
        name = content["engine"].get("name", "another")
        raise ModelError(
            f"{path}: the {kind} measured there ({name}) is another file than {model}; measure it"
        )
    return content


def _read_speed(path: Path, sha256: str) -> tuple[list[dict[str, Any]], str]:
    content = _read_json(path, "bench")
    try:
        machine = ", ".join(f"{key} {value}" for key, value in content["machine"].items())
        rows = [
            {"name": str(row["name"]), "median": float(row["median"]), "best": float(row["best"])}
            for row in content["models"]
            if row["file"] and row["file"]["sha256"] == sha256
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"{path}: not what `maskwatch bench --json` of this version writes ({error!r})"
        ) from None
    if not rows:
        raise ModelError(f"{path}: this model file took no part in the benchmark; run it again with it")
    return rows, machine


def _shipped_description(name: str) -> Description:
    for path in sorted(DESCRIPTIONS.glob("*.toml")):
        if name in tomllib.loads(path.read_text(encoding="utf-8")).get("models", ()):
            return _read_description(path)
    return Description()


def _read_description(path: Path) -> Description:
    try:
        content = read_toml(path, "file of words for a card")
    except FileNotFoundError:
        raise ConfigError(f"{path}: not a readable file of words for a card (no such file)") from None
    content.pop("models", None)
    unknown = sorted(content.keys() - set(Description.__slots__))
    if unknown:
        known = ", ".join(Description.__slots__)
        raise ConfigError(f"{path}: no field {unknown[0]!r} in a card's words; known are models, {known}")
    return Description(**content)
