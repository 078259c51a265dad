"""Options that several commands share, and the settings made from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.evaluation.evaluation_set import EvaluationSet
    from maskwatch.settings import Settings

STDOUT = ("-", "/dev/stdout")
"""Names of files that stand for stdout."""

Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        "-t",
        min=0.0,
        max=1.0,
        metavar="SCORE",
        help="Face score (0 to 1) below which a face is not reported. [default: the model's]",
    ),
]
DetectorName = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="NAME",
        help="ssd, ssd-fast, ssd-accurate, ssd-large, yunet, opencv-ssd, one of yours, an ONNX file,"
        " NAME=FILE or module:Class. [default: the one in use, see `maskwatch models`]",
    ),
]
ClassifierName = Annotated[
    str | None,
    typer.Option(
        "--classifier",
        metavar="NAME",
        help='mobilenet, mobilenet-fast, one of yours, an ONNX file, module:Class, or "none" to find faces'
        " only. [default: the one in use]",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size",
        min=64,
        max=8192,
        metavar="PIXELS",
        help="Longer side at which pictures are searched: larger finds smaller faces and takes longer.",
    ),
]
Search = Annotated[
    str | None,
    typer.Option(
        "--search",
        metavar="MODE",
        help="Of video: every-frame searches each frame; tracked around known people, and widely ten times a"
        " second, in about half the time. [default: every-frame]",
    ),
]
Upright = Annotated[
    bool | None,
    typer.Option(
        "--upright",
        help="The pictures are upright: do not search them turned where no face convinces. Saves time.",
        show_default=False,
    ),
]
Zones = Annotated[
    Path | None,
    typer.Option(
        "--zones",
        metavar="FILE",
        help="Zones, lines and areas to be ignored, as TOML or JSON; instead of those of the settings.",
    ),
]
People = Annotated[
    Path | None,
    typer.Option(
        "--people",
        metavar="FILE.csv",
        help="Also write one row a person: from when to when, and how long in each state.",
    ),
]
Names = Annotated[
    str,
    typer.Option(
        metavar="THEIRS=OURS,...",
        help="What class names mean: with_mask, without_mask, mask_worn_incorrectly, face or ignore.",
    ),
]
BeforeExif = Annotated[
    bool,
    typer.Option(
        "--labels-before-exif",
        help="Boxes were drawn on the pictures as they are stored, before the turn in their EXIF data.",
    ),
]
Negatives = Annotated[
    list[Path] | None, typer.Option(metavar="DIR", help="Pictures without a face; may be repeated.")
]
Split = Annotated[
    str | None, typer.Option(metavar="NAME", help="train, val, test or all. [default: val, test or all]")
]
HeldOut = Annotated[
    bool, typer.Option("--held-out", help="Only the quarter of the negatives that training leaves out.")
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="At most N pictures of each kind, for a quick look."),
]
Live = Annotated[bool, typer.Option("--live", help="As for live video: faster, smaller input.")]


def pictures_of(evaluation_set: EvaluationSet) -> list[Path]:
    """Returns the paths of all pictures of an evaluation."""
    sets = (evaluation_set.samples, evaluation_set.negatives, evaluation_set.portraits)
    return [sample.path for samples in sets for sample in samples]


def settings_from(
    ctx: typer.Context,
    threshold: float | None,
    detector: str | None,
    classifier: str | None,
    size: int | None,
    upright: bool | None = None,
    alerts: Mapping[str, Any] | None = None,
    zones: Path | None = None,
    search: str | None = None,
) -> Settings:
    """Returns the settings; options given on the command line override all other places.

    Args:
        ctx: Of the command; holds the path of the settings file.
        threshold: Face score in [0, 1], or None.
        detector: Name, file or module:Class, or None.
        classifier: Name, file or module:Class, or None.
        size: Longer side in pixels, or None.
        upright: Whether pictures are known to be upright, or None.
        alerts: Settings of the section `alerts`; None as a value takes one away.
        zones: File of the zones, or None.
        search: What of a video is searched, or None.

    Raises:
        ConfigError: A setting is unknown or out of range, or the zones cannot be read.
    """
    from maskwatch.settings import load_settings
    from maskwatch.zone_files import load_zones

    config: Path | None = ctx.obj
    settings = load_settings(
        config,
        {
            "detect": {
                "threshold": threshold,
                "detector": detector,
                "size": size,
                "search": search,
                "upright": upright,
            },
            "classify": {"classifier": classifier},
            "alerts": alerts or {},
        },
    )
    changes: dict[str, Any] = {}
    if taken_away := {name: None for name, value in (alerts or {}).items() if value is None}:
        changes["alerts"] = settings.alerts.model_copy(update=taken_away)
    if zones is not None:
        changes["zones"] = load_zones(zones)
    return settings.model_copy(update=changes) if changes else settings


def input_files(ctx: typer.Context, settings: Settings) -> list[str | Path | None]:
    """Returns the files that a command reads beside its pictures, which no output may replace.

    Args:
        ctx: Of the command; holds the path of the settings file.
        settings: They name the models.
    """
    config: Path | None = ctx.obj
    models = (settings.detect.detector, settings.classify.classifier)
    return [config or "maskwatch.toml", *(part for name in models for part in (name, name.partition("=")[2]))]


def refuse_same_file(*paths: Path | None) -> None:
    """Refuses two outputs of one name.

    Args:
        paths: Files that a command is to write; None for those that it is not.

    Raises:
        ConfigError: Two are the same file.
    """
    for path in paths[1:]:  # only the first, --output, may be stdout
        if path is not None and str(path) in STDOUT:
            raise ConfigError(f"{path}: only the rows of --output go to stdout; give a file name here")
    seen: dict[Path, Path] = {}
    for path in paths:
        if path is not None and str(path) not in STDOUT and seen.setdefault(path.resolve(), path) is not path:
            raise ConfigError(f"{path}: two outputs cannot be one file; give them names of their own")
