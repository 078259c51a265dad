"""Runs the stages of a recipe one after the other; a run that was cut goes on in the stage where it was."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from maskwatch.atomic_file import write_text
from maskwatch.errors import DataError
from maskwatch.models.download import sha256
from maskwatch.training.engine import checkpoint, distributed
from maskwatch.training.engine.checkpoint import BEST, LAST
from maskwatch.training.engine.distillation import find_teacher
from maskwatch.training.engine.initial_weights import find_start
from maskwatch.training.engine.resume import differences
from maskwatch.training.recipes.former_keys import with_current_keys
from maskwatch.training.recipes.load import to_toml
from maskwatch.training.recipes.schema import PREVIOUS, Recipe, Stage, Weights
from maskwatch.types import ModelKind

Say = Callable[[str], None]

RECIPE: Final = "recipe.toml"
"""The recipe of a run, in its folder."""

STAGE: Final = "stage.json"
"""What a stage was run with and whether it is finished, in its folder."""


@dataclass(frozen=True)
class StageRun:
    """One stage of a run.

    Attributes:
        stage: Its settings.
        folder: Where it leaves its checkpoints.
        start: The weights that it begins with; None are random ones.
        teacher: The model that it distils from.
        resume: Whether it goes on from the checkpoint in its folder.
    """

    stage: Stage
    folder: Path
    start: Path | None
    teacher: Path | None
    resume: bool


Train = Callable[[StageRun], Path]
"""Trains one stage; returns its last checkpoint."""


def run_stages(recipe: Recipe, folder: Path, resume: bool, data: str, train: Train, say: Say) -> Path:
    """Trains all stages and averages their weights.

    A recipe of one stage is trained in the run's folder itself; of several, each in a folder of its own, and
    the mean of their weights becomes the run's `BEST`.

    Args:
        recipe: The recipe.
        folder: Of the run.
        resume: Go on where the run was cut; finished stages are not run again.
        data: Hash of the training data.
        train: Trains one stage.
        say: Takes lines for people.

    Returns:
        The checkpoint to export.

    Raises:
        DataError: A stage was run with other settings, weights or data than the recipe says now.
    """
    results: dict[str, Path] = {}
    if len(recipe.stages) == 1:
        (stage,) = recipe.stages
        start = None if resume else _weights(stage.start, recipe.kind, folder, results, find_start)
        teacher = _weights(stage.teacher, recipe.kind, folder, results, find_teacher)
        train(StageRun(stage, folder, start, teacher, resume))
        return checkpoint.of_run(folder)
    for number, stage in enumerate(recipe.stages, 1):
        say(f"stage {number} of {len(recipe.stages)}: {stage.name}")
        results[stage.name] = _run_stage(recipe, stage, folder, resume, data, results, train, say)
    paths = [results[name] for name in recipe.soup]
    best = folder / BEST
    _write(lambda: checkpoint.blend(paths, best, list(recipe.soup.values())))
    return best


def begin_run(recipe: Recipe, folder: Path, keep_recipe: bool) -> None:
    """Writes a new run's recipe into its folder, and removes what an earlier run there would go on from.

    Args:
        recipe: The recipe.
        folder: Of the run.
        keep_recipe: Whether the recipe of a single stage is written: checkpoints know its settings, too.
    """

    def write() -> None:
        for path in (*folder.glob(f"*/{STAGE}"), *folder.glob("*/mean-of-*.pt"), folder / RECIPE):
            path.unlink(missing_ok=True)
        if keep_recipe or len(recipe.stages) > 1:
            write_text(folder / RECIPE, to_toml(recipe))

    _write(write)


def has_stages(folder: Path) -> bool:
    """Whether a folder holds a run of several stages.

    Raises:
        DataError: Its recipe cannot be read.
    """
    file = folder / RECIPE
    try:
        return file.is_file() and "stages" in tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{file}: not readable ({error}); give --recipe and start a new run") from error


def stage_folders(recipe: Recipe, folder: Path) -> list[Path]:
    """The folders in which the stages of a run leave checkpoints and logs."""
    if len(recipe.stages) == 1:
        return [folder]
    return [folder / stage.name for stage in recipe.stages]


def _run_stage(
    recipe: Recipe,
    stage: Stage,
    folder: Path,
    resume: bool,
    data: str,
    results: Mapping[str, Path],
    train: Train,
    say: Say,
) -> Path:
    own = folder / stage.name
    start = _weights(stage.start, recipe.kind, own, results, find_start)
    teacher = _weights(stage.teacher, recipe.kind, own, results, find_teacher)
    record = {
        "settings": json.loads(json.dumps(asdict(stage.settings))),
        "start": start and sha256(start),
        "teacher": teacher and sha256(teacher),
        "data": data,
    }
    before = _read_record(own) if resume else {}
    _refuse_another(own, stage.name, before, record)
    begun = bool(before) and (own / LAST).is_file()
    if begun and before.get("finished"):
        say(f"{stage.name} is finished already")
        return _result(stage, own)
    if not begun:  # a checkpoint of an older run must not be taken for one of this
        _write(lambda: (own / LAST).unlink(missing_ok=True))
    _write(lambda: _write_record(own, record, finished=False))
    train(StageRun(stage, own, start, teacher, begun))
    _write(lambda: _write_record(own, record, finished=True))
    return _result(stage, own)


def _result(stage: Stage, folder: Path) -> Path:
    """The checkpoint that a stage passes on: with early stopping its best, else its last one."""
    return checkpoint.of_run(folder) if stage.settings.patience else folder / LAST


def _weights(
    weights: Weights | None,
    kind: ModelKind,
    folder: Path,
    results: Mapping[str, Path],
    find: Callable[[ModelKind, str], Path | None],
) -> Path | None:
    """Returns the file of a start or teacher: an earlier stage's, the mean of several, or another one."""
    if weights is None:
        return None
    latest = next(reversed(list(results)), "")
    names = [
        latest if name == PREVIOUS else name for name in ([weights] if isinstance(weights, str) else weights)
    ]
    if names[0] not in results:
        return find(kind, names[0])
    if len(names) == 1:
        return results[names[0]]
    mean = folder / f"mean-of-{'-'.join(names)}.pt"
    if not mean.is_file():  # a stage goes on with the very file that it began with
        _write(lambda: checkpoint.blend([results[name] for name in names], mean))
    return mean


def _write(write: Callable[[], object]) -> None:
    """Lets the first of several processes write; the others wait."""
    with distributed.first_goes_first():
        if distributed.rank() == 0:
            write()


def _read_record(folder: Path) -> dict[str, Any]:
    file = folder / STAGE
    if not file.is_file():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not readable ({error}); start a new run") from error


def _write_record(folder: Path, record: Mapping[str, Any], finished: bool) -> None:
    write_text(folder / STAGE, json.dumps({**record, "finished": finished}, indent=1) + "\n")


def _refuse_another(folder: Path, name: str, before: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """Refuses to mix what was trained with other settings, weights or data."""
    if not before:
        return
    for key, old, new in differences(with_current_keys(before["settings"]), record["settings"]):
        raise DataError(
            f"{folder}: stage {name} was made by another recipe ({key} was {old!r}, is {new!r}); start a new"
            " run or give it the same one"
        )
    for key, what in (("start", "began with other weights"), ("teacher", "had another teacher")):
        if before[key] != record[key]:
            raise DataError(f"{folder}: stage {name} {what}; start a new run or give it the same ones")
    if before["data"] != record["data"]:
        raise DataError(
            f"{folder}: stage {name} was trained on other pictures or labels; start a new run or give it the"
            " same ones"
        )
