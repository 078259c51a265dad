"""What a recipe file may say: one or several stages of training, and what becomes of their weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, field, replace
from typing import Annotated, Any, Final

from pydantic import Field
from pydantic.dataclasses import dataclass

from maskwatch.errors import ConfigError
from maskwatch.models.catalog import SHIPPED
from maskwatch.training.classifier import ClassifierRecipe
from maskwatch.training.detector import DetectorRecipe
from maskwatch.training.recipes.fields import STRICT, Amount, Positive
from maskwatch.types import ModelKind

Settings = ClassifierRecipe | DetectorRecipe

SETTINGS: Final[dict[ModelKind, type[Settings]]] = {
    "classifier": ClassifierRecipe,
    "detector": DetectorRecipe,
}
"""What decides how each kind of model comes out of one stage."""

PREVIOUS: Final = "previous"
"""As a start or a teacher: the stage before."""

_RESERVED: Final = (PREVIOUS, "shipped", "fast", "imagenet", "none")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SAME_IN_ALL: Final = ("hold_out", "partly_labelled")
"""Settings that decide what is validated on: a stage must not train on what another one held out."""

Weights = str | tuple[str, ...]
"""Where weights come from: a short name, a file, an earlier stage, or the mean of several earlier stages."""


@dataclass(frozen=True, config=STRICT)
class Stage:
    """One training, with its own schedule.

    A stage passes on its last averaged weights; with early stopping (`patience` above 0) its best ones.

    Attributes:
        name: Names its folder, too.
        start: The weights that it begins with.
        teacher: The model that it distils from, if any.
        settings: Everything else.
    """

    name: str
    start: Weights
    teacher: Weights | None
    settings: Settings


@dataclass(frozen=True, config=STRICT)
class ExportSettings:
    """How the model file is made in the end.

    Attributes:
        calibrate: Classifier: whether probabilities and thresholds are chosen on the held-out pictures.
        detector: The detector whose boxes are used to calibrate.
        certain: Share of the certain answers that must be right.
        false_faces: False faces that 100 negatives may have.
        ensemble_member: Detector: "shipped" or an exported file, whose answers are averaged with this one's.
        ensemble_share: Weight of the member's answers.
    """

    calibrate: bool = False
    detector: str = SHIPPED["detector"]
    certain: Annotated[float, Field(ge=0.5, le=1)] = 0.99
    false_faces: Amount = 1.0
    ensemble_member: str | None = None
    ensemble_share: Annotated[float, Field(gt=0, lt=1)] = 0.5


@dataclass(frozen=True, config=STRICT)
class Recipe:
    """Everything that decides how a model comes out.

    Attributes:
        kind: Of the model.
        stages: In the order in which they are run.
        model_soup: Stage -> its weight in the mean of weights that is exported (model soups,
            arXiv 2203.05482).
        metadata: What the model's file says of itself: name, licence, training data, thresholds.
        export: How the file is made.

    Raises:
        ConfigError: The stages do not fit together.
    """

    kind: ModelKind
    stages: tuple[Stage, ...]
    model_soup: dict[str, Positive] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    export: ExportSettings = field(default_factory=ExportSettings)

    def __post_init__(self) -> None:
        names: list[str] = []
        for stage in self.stages:
            _check_stage(stage, names)
            names.append(stage.name)
        for key in _SAME_IN_ALL:
            if len({getattr(stage.settings, key) for stage in self.stages}) > 1:
                raise ConfigError(f"recipe: {key} must be the same in all stages")
        if unknown := [name for name in self.model_soup if name not in names]:
            raise ConfigError(f"recipe: model_soup: no stage {unknown[0]}; the stages are {', '.join(names)}")

    @property
    def soup(self) -> Mapping[str, float]:
        """The stages whose weights are averaged in the end: without a `model_soup` the last one alone."""
        return self.model_soup or {self.stages[-1].name: 1.0}

    @property
    def shared(self) -> Settings:
        """Settings of the first stage, for what is decided once: what is held out, what lacks labels."""
        return self.stages[0].settings

    def with_sources(self, start: str | None, teacher: str | None) -> Recipe:
        """Returns the recipe with another start of the first stage and another teacher; None keeps them."""
        stages = [replace(stage, teacher=teacher or stage.teacher) for stage in self.stages]
        stages[0] = replace(stages[0], start=start or stages[0].start)
        return replace(self, stages=tuple(stages))

    def as_table(self) -> dict[str, Any]:
        """The recipe as a file says it: flat with one stage, else with a table for each."""
        table: dict[str, Any] = {"kind": self.kind}
        rows = [
            asdict(stage.settings) | {"start": stage.start, "teacher": stage.teacher} for stage in self.stages
        ]
        if len(rows) == 1:
            table |= rows[0]
        else:
            pairs = zip(self.stages, rows, strict=True)
            table["stages"] = [{"name": stage.name} | row for stage, row in pairs]
        return table | {
            "model_soup": self.model_soup,
            "metadata": self.metadata,
            "export": asdict(self.export),
        }


def _check_stage(stage: Stage, earlier: list[str]) -> None:
    where = f"recipe: stage {stage.name}"
    if not _NAME.fullmatch(stage.name) or stage.name in _RESERVED:
        raise ConfigError(f"{where}: not a name for a stage; take small letters, digits, - and _")
    if stage.name in earlier:
        raise ConfigError(f"{where}: there are two of this name")
    for key, weights in (("start", stage.start), ("teacher", stage.teacher)):
        if weights == PREVIOUS and not earlier:
            raise ConfigError(f"{where}: {key}: there is no stage before it")
        if isinstance(weights, tuple):
            unknown = [name for name in weights if name not in (*earlier, *([PREVIOUS] if earlier else []))]
            if unknown or not weights:
                raise ConfigError(
                    f"{where}: {key}: a list names earlier stages, whose weights are averaged;"
                    f" there are {', '.join(earlier) or 'none'}"
                )
