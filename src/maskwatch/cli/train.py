"""`maskwatch train`: trains a model by a recipe, on any data."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from maskwatch.cli.options import BeforeExif, Names
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.types import ModelKind

_EXPORTED: Final[dict[ModelKind, str]] = {"detector": "face.onnx", "classifier": "mask.onnx"}

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
    typer.Option(metavar="DIR", help="Pictures with faces but no labels; the auto-labeller labels them."),
]
AutoLabeller = Annotated[
    str | None,
    typer.Option(
        "--auto-labeller",
        metavar="FILE",
        help='YuNet\'s ONNX file, or "yunet" to fetch it: finds unlabelled faces and where to paint masks.',
    ),
]
Corrections = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV list of wrong labels in the data, to be corrected.")
]
Recipe = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="A shipped recipe or a TOML file. [default: fine-tune]"),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="Weights to start from: shipped (our model), fast (our fast classifier), imagenet (fetched"
        " once), none, or a file: a trunk (.safetensors, .pth), a checkpoint or an exported model."
        " [default: what the recipe says]",
    ),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="Distillation: another model of the same kind whose answers are learnt besides the labels:"
        " shipped (our most accurate one), an exported file or a checkpoint.",
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
Workers = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Processes that make examples. [default: 1; for a GPU all cores but one]",
        show_default=False,
    ),
]
Cache = Annotated[Path, typer.Option(metavar="DIR", help="Decoded pictures are kept here between runs.")]


def _command(kind: ModelKind) -> Callable[..., None]:
    """The command that trains one kind of model."""

    def command(
        data: Data,
        negatives: Negatives = None,
        unlabelled: Unlabelled = None,
        names: Names = "",
        labels_before_exif: BeforeExif = False,
        corrections: Corrections = None,
        auto_labeller: AutoLabeller = None,
        recipe: Recipe = None,
        set_: Set = None,
        start: Start = None,
        teacher: Teacher = None,
        out: Out = Path(f"runs/{kind}"),
        resume: Resume = False,
        threads: Threads = 1,
        device: Device = "auto",
        precision: Precision = "auto",
        devices: Devices = 1,
        workers: Workers = None,
        cache: Cache = Path("runs/cache"),
        report: Report = True,
    ) -> None:
        needs_torch()
        from maskwatch.data.formats.class_names import parse_names
        from maskwatch.data.protect import refuse_data_folder
        from maskwatch.models.download import choose_file
        from maskwatch.training.data.auto_labeller import AUTO_LABELLERS
        from maskwatch.training.data.training_set import TrainingSources
        from maskwatch.training.engine import distributed
        from maskwatch.training.engine.distillation import find_teacher
        from maskwatch.training.engine.hardware import Hardware, choose_workers
        from maskwatch.training.run import choose_recipe, train_model

        refuse_data_folder(out, [*data, *(negatives or ()), *(unlabelled or ())])
        find_teacher(kind, teacher)  # refuses a wrong name before anything is read
        chosen = choose_recipe(kind, recipe, set_ or (), start, teacher, out, resume)
        labeller = choose_file(auto_labeller, AUTO_LABELLERS, "--auto-labeller")
        sources = TrainingSources(
            data,
            negatives or (),
            unlabelled or (),
            parse_names(names),
            corrections,
            labeller,
            cache,
            labels_before_exif,
        )
        if workers is None:
            workers = choose_workers(device, devices)
        hardware = Hardware(device, precision, devices, threads, workers)
        with distributed.process_group():
            say = distributed.by_first(_say)
            train_model(sources, chosen, out, resume, hardware, say, report)
            say(f"done; next: maskwatch export {out} {_EXPORTED[kind]}")

    return command


train.command("detector", help="Train the face detector (SSD on MobileNetV2).")(_command("detector"))
train.command("classifier", help="Train the mask classifier (MobileNetV2) by transfer learning.")(
    _command("classifier")
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
