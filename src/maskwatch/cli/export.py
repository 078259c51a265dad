"""`maskwatch export`: a checkpoint becomes the ONNX file that everything else uses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from maskwatch.cli.evaluate import Names
from maskwatch.cli.train import needs_torch
from maskwatch.errors import ConfigError


def export(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="checkpoint.pt of a training run.")
    ],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The ONNX file to write.")],
    metadata: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML with name, licence, training_data and thresholds."),
    ] = None,
    calibrate: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DATA",
            help="Classifier: labelled pictures (not the training ones) on which temperatures and the"
            " threshold of certainty are chosen; may be repeated.",
        ),
    ] = None,
    names: Names = "",
    detector: Annotated[
        str, typer.Option(metavar="NAME", help="The detector whose boxes are used to calibrate.")
    ] = "ssd",
    certain: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of the certain answers that must be right.")
    ] = 0.98,
) -> None:
    """Write a trained model as one ONNX file that explains itself, checked against the checkpoint."""
    needs_torch()
    from maskwatch.training import checkpoint as files
    from maskwatch.training.export import export_classifier, export_detector, read_metadata

    kind = files.read(checkpoint).get("kind")
    described: dict[str, Any] = read_metadata(kind, metadata)
    if kind == "detector":
        if calibrate:
            raise ConfigError("--calibrate is for classifiers; a detector's threshold stands in --metadata")
        difference = export_detector(checkpoint, out, described)
    elif calibrate:
        from maskwatch.data.names import parse_names
        from maskwatch.training.calibrated import export_calibrated

        difference, found = export_calibrated(
            checkpoint, out, described, calibrate, parse_names(names), detector, certain
        )
        print(found, file=sys.stderr)
    else:
        difference = export_classifier(checkpoint, out, described)
    size = out.stat().st_size / 1e6
    print(f"{out}: {size:.1f} MB, differs from the checkpoint by at most {difference:.1g}", file=sys.stderr)
