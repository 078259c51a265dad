"""What a training run leaves behind: a folder that explains itself.

recipe.toml            every value of the recipe
data.json              what it learnt from: counts, and a hash over names and labels
made_with.json         commit and versions
curves.svg             losses and validation figure; tensorboard/ holds the same
model.onnx             the model, as `maskwatch export` writes it
figures.json           what `maskwatch evaluate` measures with it on the pictures held out
report.html            the same for people; no pictures
mistakes.html          the worst mistakes: it shows faces
card.md                the model card; of a classifier with card-reliability.svg
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from maskwatch.atomic_file import write_text
from maskwatch.data.sample import PortraitSample, Sample
from maskwatch.errors import MaskwatchError
from maskwatch.evaluation.evaluate import evaluate
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.inference import load_evaluated_engine
from maskwatch.evaluation.result import Evaluation, to_json
from maskwatch.models.catalog import SHIPPED
from maskwatch.progress import progress
from maskwatch.reports.evaluation_page import evaluation_page, mistakes_page
from maskwatch.reports.model_card.facts import gather
from maskwatch.reports.model_card.page import to_markdown
from maskwatch.training import MODEL
from maskwatch.training.data.run_pictures import RunPictures
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.curves import draw_curves, read_log, write_events
from maskwatch.training.export.onnx_export import export_classifier, export_detector, read_metadata
from maskwatch.training.provenance import fingerprint, made_with, recipe_toml
from maskwatch.types import ModelKind

Say = Callable[[str], None]


def finish(folder: Path, kind: ModelKind, recipe: Any, learnt: RunPictures, say: Say) -> None:
    """Explains a finished run in its folder.

    Nothing that fails here spoils the run: what cannot be made is left out and told in one line.

    Args:
        folder: Of the run, with its checkpoint and log.
        kind: What was trained.
        recipe: The recipe, a dataclass.
        learnt: The pictures.
        say: Takes lines for people.
    """
    if os.environ.get("RANK", "0") != "0":  # of several processes, one writes
        return
    parts = {"train": learnt.train, "val": learnt.held}
    steps: tuple[Callable[[], None], ...] = (
        lambda: write_text(folder / "recipe.toml", recipe_toml(recipe)),
        lambda: write_text(folder / "data.json", _json(fingerprint(parts))),
        lambda: write_text(folder / "made_with.json", _json(made_with())),
        lambda: _curves(folder),
        lambda: _model(folder, kind, learnt, say),
    )
    for step in steps:
        try:
            step()
        except (MaskwatchError, ImportError, OSError) as error:
            say(f"left out of the report: {error}")
    say(f"{folder} holds: {', '.join(sorted(p.name for p in folder.iterdir()))}")


def _curves(folder: Path) -> None:
    curves = read_log(folder / "log.csv")
    draw_curves(curves, folder / "curves.svg")
    write_events(curves, folder / "tensorboard")


def _model(folder: Path, kind: ModelKind, learnt: RunPictures, say: Say) -> None:
    file = folder / MODEL
    export = export_detector if kind == "detector" else export_classifier
    export(checkpoint.of_run(folder), file, read_metadata(kind, None))
    if not learnt.held:
        say("no figures: no picture was held out; give the data a split named val")
        return
    done = _evaluated(file, kind, learnt)
    write_text(folder / "figures.json", to_json(done))
    write_text(folder / "report.html", evaluation_page(replace(done, mistakes=None)))
    write_text(folder / "mistakes.html", mistakes_page(done))
    text, plots = to_markdown(gather(file, [folder / "figures.json"]), "card")
    for name, plot in plots.items():
        write_text(folder / name, plot)
    write_text(folder / "card.md", text)


def _evaluated(file: Path, kind: ModelKind, learnt: RunPictures) -> Evaluation:
    """The exported model as users run it, with the shipped model of the other kind beside it."""
    material = EvaluationSet(
        samples=[item for item in learnt.held if isinstance(item, Sample)],
        portraits=[item for item in learnt.held if isinstance(item, PortraitSample)],
        negatives=list(learnt.negatives),
    )
    sources = sorted({item.source for item in learnt.held})
    material.about = {
        "names": sources,
        "splits": "the pictures held out of this training",
        "pictures with boxes": len(material.samples),
        "pictures without a face": len(material.negatives),
        "pictures of one person": len(material.portraits),
        "held-back negatives only": True,
        "limit": None,
    }
    pair = SHIPPED | {kind: str(file)}
    partly = [name for name in learnt.partly_labelled if name in material.sources]
    return evaluate(
        load_evaluated_engine(pair["detector"], pair["classifier"]),
        material,
        partly,
        keep_mistakes=True,
        progress=progress,
    )


def _json(content: Any) -> str:
    return json.dumps(content, indent=1) + "\n"
