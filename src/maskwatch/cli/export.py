"""`maskwatch export`: a checkpoint becomes the ONNX file that everything else uses."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maskwatch.cli.options import HeldOut, Names, Negatives
from maskwatch.cli.train import needs_torch
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maskwatch.evaluation.evaluation_set import EvaluationSet

_CALIBRATING = 200  # pictures of each kind: the ranges of activations hardly change after fewer


def export(
    ctx: typer.Context,
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="Folder of a training run (its best checkpoint is taken), or a checkpoint; or an ONNX file"
            " of maskwatch, for --int8 or --openvino.",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The ONNX file to write.")],
    metadata: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML with name, licence, training_data and thresholds."),
    ] = None,
    blend: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RUN",
            help="Another run, or checkpoint, of the same network: the mean of the states' weights is"
            " exported. Often better than each, where one was trained on from the other. May be repeated.",
        ),
    ] = None,
    companion: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Detector: another exported one, whose answers are averaged with this one's in the same"
            " file. It finds more than either and costs as much as both.",
        ),
    ] = None,
    share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="--companion: the weight of its answers.")
    ] = 0.5,
    calibrate: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DATA",
            help="Classifier: labelled pictures (not the training ones) on which temperatures and the"
            " threshold of certainty are chosen; may be repeated.",
        ),
    ] = None,
    negatives: Negatives = None,
    partly_labelled: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="A source in which some faces have no box.")
    ] = None,
    held_out: HeldOut = False,
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="--calibrate: CSV list of wrong labels in its data."),
    ] = None,
    names: Names = "",
    detector: Annotated[
        str, typer.Option(metavar="NAME", help="The detector whose boxes are used to calibrate.")
    ] = "ssd",
    certain: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of the certain answers that must be right.")
    ] = 0.99,
    false_faces: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="False faces that 100 of the negatives may have, as still pictures and live.",
        ),
    ] = 1.0,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Pictures on which the file must answer as the checkpoint does. [default: those to"
            " calibrate with, or made ones]",
        ),
    ] = None,
    int8: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="Also write FILE-int8.onnx, in 8 bits: ranges from the data's split train, accuracy from its"
            " val; refused if it loses too much.",
        ),
    ] = None,
    max_drop: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="--int8: the share of right labels, or a detector's average precision, must drop by less.",
        ),
    ] = 0.01,
    openvino: Annotated[
        bool, typer.Option("--openvino", help="Also write FILE.xml and FILE.bin for OpenVINO.")
    ] = False,
) -> None:
    """Write a trained model as one ONNX file that explains itself, checked against the checkpoint.

    From an ONNX file, --int8 or --openvino makes its other form, and FILE is what is written.
    """
    from maskwatch.atomic_file import protected
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.data.protect import refuse_inputs

    inputs = (checkpoint, metadata, *(blend or ()), companion, *(calibrate or ()), corrections, check, int8)
    ctx.with_resource(protected(inputs))
    meanings = parse_names(names)
    pictures_read = [int8, check, *(calibrate or ()), *(negatives or ())]
    files_read = [checkpoint, metadata, companion, corrections, *(blend or ()), ctx.obj]
    written = [out, *([out.with_suffix(".xml"), out.with_suffix(".bin")] if openvino else [])]
    refuse_inputs(dict.fromkeys(written), pictures_read, files_read, any_kind=True)
    if checkpoint.suffix == ".onnx":
        _needs_one(int8 is not None, openvino)
        if int8 is not None:
            _to_int8(checkpoint, out, int8, meanings, max_drop)
        else:
            _to_openvino(checkpoint, out, _pictures(check, meanings))
        return
    needs_torch()
    pictures = _pictures(check, meanings)
    from maskwatch.training.engine import checkpoint as files
    from maskwatch.training.export.ensemble import EnsembleMember
    from maskwatch.training.export.onnx_export import export_classifier, export_detector, read_metadata

    with TemporaryDirectory() as scratch:
        checkpoint = files.of_run(checkpoint)
        if blend:
            states = [checkpoint, *map(files.of_run, blend)]
            checkpoint = files.blend(states, Path(scratch) / files.LAST)
        kind = files.read(checkpoint).get("kind")
        described: dict[str, Any] = read_metadata(kind, metadata)
        if kind == "detector":
            if calibrate:
                raise ConfigError(
                    "--calibrate is for classifiers; a detector's threshold stands in --metadata"
                )
            member = None if companion is None else EnsembleMember(companion, share)
            difference = export_detector(checkpoint, out, described, pictures, member)
        elif companion is not None:
            raise ConfigError("--companion is for detectors; the classifier's file stays one network")
        elif calibrate:
            from maskwatch.evaluation.evaluation_set import Selection
            from maskwatch.training.export.calibrated_export import CalibrationTargets, export_calibrated

            selection = Selection(calibrate, negatives or (), names=meanings, held_out_only=held_out)
            targets = CalibrationTargets(certain, false_faces, partly_labelled or (), corrections)
            difference, summary = export_calibrated(
                checkpoint, out, described, selection, detector, targets, pictures
            )
            _print_status(summary)
        else:
            difference = export_classifier(checkpoint, out, described, pictures=pictures)
    size = out.stat().st_size / 1e6
    _print_status(f"{out}: {size:.1f} MB, differs from the checkpoint by at most {difference:.1g}")
    if openvino:
        _to_openvino(out, out.with_suffix(".xml"), pictures)
    if int8 is not None:
        _to_int8(out, out.with_stem(f"{out.stem}-int8"), int8, meanings, max_drop)


def _needs_one(int8: bool, openvino: bool) -> None:
    if int8 == openvino:
        raise typer.BadParameter("from an ONNX file, give either --int8 DATA or --openvino")


def _pictures(check: Path | None, names: Mapping[str, str]) -> EvaluationSet | None:
    if check is None:
        return None
    from maskwatch.training.export.network_inputs import pictures_of

    return pictures_of(check, names)


def _to_openvino(model: Path, out: Path, pictures: EvaluationSet | None) -> None:
    from maskwatch.models.runtime import kind_of_file
    from maskwatch.training.export.to_openvino import convert

    difference = convert(model, kind_of_file(model), out, pictures)
    _print_status(f"{out}: differs from {model.name} by at most {difference:.1g}")


def _to_int8(model: Path, out: Path, data: Path, names: Mapping[str, str], most_lost: float) -> None:
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise ConfigError("--int8 needs onnx: pip install 'maskwatch[train]'") from None
    from maskwatch.evaluation.evaluation_set import Selection, select
    from maskwatch.models.runtime import kind_of_file
    from maskwatch.training.export.network_inputs import pictures_of
    from maskwatch.training.export.quantize import quantize

    evaluation_set = select(Selection([data], names=names))
    calibration = pictures_of(data, names, "train", _CALIBRATING)
    result = quantize(model, kind_of_file(model), out, calibration, evaluation_set, most_lost)
    _print_status(f"{out}: {result}")


def _print_status(text: str) -> None:
    """Prints a line to stderr: stdout is for data."""
    print(text, file=sys.stderr)
