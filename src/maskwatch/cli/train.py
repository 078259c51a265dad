"""`maskwatch train`: the recipes that made the shipped models, on any data."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from maskwatch.cli.options import BeforeExif, Names
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.training.classifier import ClassifierRecipe
    from maskwatch.training.data.training_set import Say, TrainingSources
    from maskwatch.training.detector import DetectorRecipe
    from maskwatch.types import ModelKind

Chosen = TypeVar("Chosen")

train = typer.Typer(
    help="Train a detector or a classifier; needs the extra: pip install 'maskwatch[train]'.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Data = Annotated[
    list[Path],
    typer.Argument(
        metavar="DATA...",
        help="COCO, YOLO, Pascal VOC, or folders with_mask/, without_mask/ ...; its split train, if any.",
    ),
]
Negatives = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Pictures without a face (a quarter is held out); may be repeated."),
]
Unlabelled = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Pictures with faces but no labels; the teacher labels them."),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help='YuNet\'s ONNX file, or "yunet" to fetch it: finds unlabelled faces and where to paint masks.',
    ),
]
Corrections = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV list of wrong labels in the data, to be mended.")
]
Recipe = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="A shipped recipe or a TOML file. [default: built-in]"),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
]
Start = Annotated[
    str,
    typer.Option(
        metavar="WHAT",
        help="Weights to start from: shipped (our model), fast (our fast classifier), imagenet (fetched"
        " once), none, or a file: a trunk (.safetensors, .pth), a checkpoint or an exported model.",
    ),
]
Imitate = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="Another model of the same kind whose answers are learnt besides the labels: shipped (our most"
        " accurate one) or an exported file.",
    ),
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Folder of the run.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where the folder's last checkpoint stopped.")]
Threads = Annotated[int, typer.Option(min=1, help="Threads of the training itself.")]
Report = Annotated[
    bool,
    typer.Option(
        "--report/--no-report", help="Leave curves, model, figures, mistakes and model card in the folder."
    ),
]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda or mps.")]
Precision = Annotated[
    str, typer.Option(metavar="BITS", help="auto, 32, bf16 or 16: fewer bits are faster on most GPUs.")
]
Devices = Annotated[
    int, typer.Option(min=1, help="Processes that share each batch, one a GPU; torchrun works as well.")
]
Cache = Annotated[Path, typer.Option(metavar="DIR", help="Decoded pictures are kept here between runs.")]


@train.command()
def detector(
    data: Data,
    negatives: Negatives = None,
    unlabelled: Unlabelled = None,
    names: Names = "",
    labels_before_exif: BeforeExif = False,
    corrections: Corrections = None,
    teacher: Teacher = None,
    recipe: Recipe = None,
    set_: Set = None,
    start: Start = "shipped",
    imitate: Imitate = None,
    out: Out = Path("runs/detector"),
    resume: Resume = False,
    threads: Threads = 1,
    device: Device = "auto",
    precision: Precision = "auto",
    devices: Devices = 1,
    cache: Cache = Path("runs/cache"),
    report: Report = True,
) -> None:
    """Train the face detector (SSD on MobileNetV2)."""
    needs_torch()
    from maskwatch.data.protect import refuse_data_folder
    from maskwatch.models.download import choose_file
    from maskwatch.training.detector import DetectorRecipe
    from maskwatch.training.engine.distillation import TEACHERS
    from maskwatch.training.engine.hardware import Hardware
    from maskwatch.training.run import run_detector

    refuse_data_folder(out, [*data, *(negatives or ()), *(unlabelled or ())])
    begun, chosen = _begin("detector", DetectorRecipe, recipe, set_ or (), start, out, resume)
    imitated = choose_file(imitate, TEACHERS["detector"], "--imitate")
    material = _material(data, negatives, unlabelled, names, corrections, teacher, cache, labels_before_exif)
    hardware = Hardware(device, precision, devices, threads)
    with _together() as say:
        run_detector(material, chosen, out, begun, resume, hardware, say, imitated)
        if report:
            _report(out, "detector", chosen, material)
        say(f"done; next: maskwatch export {out} face.onnx")


@train.command()
def classifier(
    data: Data,
    negatives: Negatives = None,
    unlabelled: Unlabelled = None,
    names: Names = "",
    labels_before_exif: BeforeExif = False,
    corrections: Corrections = None,
    teacher: Teacher = None,
    recipe: Recipe = None,
    set_: Set = None,
    start: Start = "shipped",
    imitate: Imitate = None,
    out: Out = Path("runs/classifier"),
    resume: Resume = False,
    threads: Threads = 1,
    device: Device = "auto",
    precision: Precision = "auto",
    devices: Devices = 1,
    cache: Cache = Path("runs/cache"),
    report: Report = True,
) -> None:
    """Train the mask classifier (MobileNetV2) by transfer learning."""
    needs_torch()
    from maskwatch.data.protect import refuse_data_folder
    from maskwatch.models.download import choose_file
    from maskwatch.training.classifier import ClassifierRecipe
    from maskwatch.training.engine.distillation import TEACHERS
    from maskwatch.training.engine.hardware import Hardware
    from maskwatch.training.run import run_classifier

    refuse_data_folder(out, [*data, *(negatives or ()), *(unlabelled or ())])
    begun, chosen = _begin("classifier", ClassifierRecipe, recipe, set_ or (), start, out, resume)
    imitated = choose_file(imitate, TEACHERS["classifier"], "--imitate")
    material = _material(data, negatives, unlabelled, names, corrections, teacher, cache, labels_before_exif)
    hardware = Hardware(device, precision, devices, threads)
    with _together() as say:
        run_classifier(material, chosen, out, begun, resume, hardware, say, imitated)
        if report:
            _report(out, "classifier", chosen, material)
        say(f"done; next: maskwatch export {out} mask.onnx")


def _begin(
    kind: ModelKind,
    of: type[Chosen],
    recipe: str | None,
    changes: Sequence[str],
    start: str,
    out: Path,
    resume: bool,
) -> tuple[Path | None, Chosen]:
    """The file to start from, and the recipe: what the user says, on top of what start or run decide."""
    from maskwatch.training.engine.initial_weights import find_start, settings_of
    from maskwatch.training.engine.loop import recipe_of
    from maskwatch.training.recipes.load import load_recipe

    begun = None if resume else find_start(kind, start)
    beneath = recipe_of(out) if resume else settings_of(kind, begun)
    return begun, load_recipe(of, recipe, changes, beneath)


@contextmanager
def _together() -> Iterator[Say]:
    """Joins the other processes of this training, if there are any; only the first one speaks."""
    from maskwatch.training.engine import distributed

    with distributed.joined():
        yield distributed.by_first(_say)


def _report(
    out: Path, kind: ModelKind, recipe: DetectorRecipe | ClassifierRecipe, material: TrainingSources
) -> None:
    from maskwatch.training.data.run_pictures import learnt_from
    from maskwatch.training.run_folder import finish

    finish(out, kind, recipe, learnt_from(material, recipe.incomplete, recipe.hold_out, recipe.seed), _say)


def _material(
    data: list[Path],
    negatives: list[Path] | None,
    unlabelled: list[Path] | None,
    names: str,
    corrections: Path | None,
    teacher: str | None,
    cache: Path,
    labels_before_exif: bool,
) -> TrainingSources:
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.models.download import choose_file
    from maskwatch.training.data.auto_labeller import AUTO_LABELLERS
    from maskwatch.training.data.training_set import TrainingSources

    model = choose_file(teacher, AUTO_LABELLERS, "--teacher")
    return TrainingSources(
        data,
        negatives or (),
        unlabelled or (),
        parse_names(names),
        corrections,
        model,
        cache,
        labels_before_exif,
    )


def needs_torch() -> None:
    """Says which extra is missing, if one is."""
    try:
        import onnx  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise ConfigError(f"training needs {error.name}: pip install 'maskwatch[train]'") from None


def _say(text: str) -> None:
    print(text, file=sys.stderr)
