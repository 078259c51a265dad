"""What a training run leaves behind: a folder that explains itself.

recipe.toml            every value of the recipe, of each stage if there are several
data.json              what it learnt from: counts, and a hash over names and labels
made_with.json         commit and versions
NAME/                  a stage, where there are several: its checkpoints and curves
curves.svg             losses and validation figure; tensorboard/ holds the same
model.onnx             the model, calibrated where the recipe says so and the held-out pictures suffice
figures.json           what `maskwatch evaluate` measures with it on the held-out pictures
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
from maskwatch.errors import MaskwatchError
from maskwatch.evaluation.evaluate import evaluate
from maskwatch.evaluation.inference import load_evaluated_engine
from maskwatch.evaluation.result import Evaluation, to_json
from maskwatch.models.catalog import SHIPPED
from maskwatch.progress import progress
from maskwatch.reports.evaluation_page import evaluation_page, mistakes_page
from maskwatch.reports.model_card.facts import gather
from maskwatch.reports.model_card.page import to_markdown
from maskwatch.training import MODEL
from maskwatch.training.data.training_set import Say, TrainingSet
from maskwatch.training.engine.curves import draw_curves, read_log, write_events
from maskwatch.training.engine.log import LOG
from maskwatch.training.provenance import fingerprint, made_with
from maskwatch.training.recipes.load import to_toml
from maskwatch.training.recipes.schema import Recipe
from maskwatch.training.run_export import export_run, held_out
from maskwatch.training.stages import RECIPE, stage_folders


def finish(folder: Path, saved: Path, recipe: Recipe, training_set: TrainingSet, say: Say) -> None:
    """Exports the model of a finished run, measures it and explains the run in its folder.

    Nothing that fails here spoils the run: what cannot be made is left out and reported in one line.

    Args:
        folder: Of the run, with its checkpoints and logs.
        saved: The checkpoint to export.
        recipe: The recipe.
        training_set: What the run read.
        say: Takes lines for people.
    """
    if os.environ.get("RANK", "0") != "0":  # of several processes, one writes
        return
    parts = {"train": training_set.train.items, "val": training_set.held_out.items}
    steps: tuple[Callable[[], None], ...] = (
        lambda: write_text(folder / RECIPE, to_toml(recipe)),
        lambda: write_text(folder / "data.json", _json(fingerprint(parts))),
        lambda: write_text(folder / "made_with.json", _json(made_with())),
        *(lambda place=place: _curves(place) for place in stage_folders(recipe, folder)),
        lambda: _model(folder, saved, recipe, training_set, say),
    )
    for step in steps:
        try:
            step()
        except (MaskwatchError, ImportError, OSError) as error:
            say(f"left out of the report: {error}")
    say(f"{folder} holds: {', '.join(sorted(p.name for p in folder.iterdir()))}")


def _curves(folder: Path) -> None:
    curves = read_log(folder / LOG)
    draw_curves(curves, folder / "curves.svg")
    write_events(curves, folder / "tensorboard")


def _model(folder: Path, saved: Path, recipe: Recipe, training_set: TrainingSet, say: Say) -> None:
    file = folder / MODEL
    export_run(saved, file, recipe, training_set, say)
    if not training_set.held_out.items:
        say("no figures: no picture was held out; give the data a split named val")
        return
    done = _evaluate(file, recipe, training_set)
    write_text(folder / "figures.json", to_json(done))
    write_text(folder / "report.html", evaluation_page(replace(done, mistakes=None)))
    write_text(folder / "mistakes.html", mistakes_page(done))
    text, plots = to_markdown(gather(file, [folder / "figures.json"]), "card")
    for name, plot in plots.items():
        write_text(folder / name, plot)
    write_text(folder / "card.md", text)


def _evaluate(file: Path, recipe: Recipe, training_set: TrainingSet) -> Evaluation:
    """Measures the exported model as users run it, with the shipped model of the other kind beside it."""
    evaluation_set = held_out(training_set)
    evaluation_set.about = {
        "names": sorted({item.source for item in training_set.held_out.items}),
        "splits": "the pictures held out of this training",
        "pictures with boxes": len(evaluation_set.samples),
        "pictures without a face": len(evaluation_set.negatives),
        "pictures of one person": len(evaluation_set.portraits),
        "held-back negatives only": True,
        "limit": None,
    }
    pair = SHIPPED | {recipe.kind: str(file)}
    partly = [name for name in recipe.shared.partly_labelled if name in evaluation_set.sources]
    engine = load_evaluated_engine(pair["detector"], pair["classifier"])
    return evaluate(engine, evaluation_set, partly, keep_mistakes=True, progress=progress)


def _json(content: Any) -> str:
    return json.dumps(content, indent=1) + "\n"
