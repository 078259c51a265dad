"""What a model file says about itself: the one schema of its metadata.

Every model file of maskwatch holds one JSON object under the key "maskwatch" in its metadata. Export writes
it, the back ends read it, `maskwatch models show` prints it, and the reference page is made from the
descriptions below.

The names of the fields are the JSON keys. Keys that the schema does not know are kept: a file may say more. A
value that only people read never makes a file unusable; one of the wrong type counts as not given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    TypeAlias,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from maskwatch.errors import ModelError, one_line
from maskwatch.types import LABELS, ModelKind

METADATA_KEY: Final = "maskwatch"
"""Key of the JSON object in the file's metadata."""

FORMAT: Final = 1
"""The newest form of the metadata that this version can read."""

_LARGEST: Final = 2**53
"""Whole numbers up to this are the same as a float. What stands in metadata is far smaller."""

_MOST: Final = 1e6
"""Weights, thresholds and factors are at most this: beyond it boxes and scores are no numbers any more."""

_LONGEST_SIDE: Final = 16_384
"""Pixels of a side: a network of this size needs gigabytes already."""

_PLAIN_MESSAGE: Final = "maskwatch"
"""Type of the errors whose message says everything."""


def _none_if_wrong(value: object, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


# 14 stays 14 and 0.5 stays 0.5, so that what is read and written again is the same text.
Number: TypeAlias = Annotated[int | float, Field(ge=-_MOST, le=_MOST)]
Side: TypeAlias = Annotated[int, Field(gt=0, le=_LONGEST_SIDE)]
Share: TypeAlias = Annotated[int | float, Field(ge=0, le=1)]
_ForPeople = WrapValidator(_none_if_wrong)
Text = Annotated[str | None, _ForPeople]
Texts = Annotated[str | list[str] | None, _ForPeople]


class MetadataPart(BaseModel):
    """Common behaviour: nothing can be changed, and unknown keys are kept."""

    model_config = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True)

    key_order: ClassVar[tuple[str, ...]] = ()
    """Keys as they have always stood in files, where that is not the order below; others come last."""


class Level(MetadataPart):
    """One feature map of the detector with its anchors (SSD, arXiv 1512.02325, section 2.2)."""

    stride: Side = Field(description="Distance of two cells, in pixels of the network's input.")
    anchors: list[tuple[Number, Number]] = Field(
        min_length=1, description="Width and height, in pixels, of each anchor box of a cell."
    )


class Thresholds(MetadataPart):
    """When a classifier's answer counts, and when it is certain."""

    face: Number = Field(default=0.0, description="Probability of a face below which a candidate is dropped.")
    undecided: dict[str, Number] | Number = Field(
        default_factory=dict,
        description="State -> probability below which an answer of this state is uncertain; one number holds"
        " for all states.",
    )
    too_small: Number | None = Field(
        default=None, description="Shorter side of the box, in pixels, below which no answer is certain."
    )
    dark: Number | None = Field(
        default=None, description="Mean luminance, 0 to 255, below which no answer is certain."
    )
    blurred: Number | None = Field(default=None, description="Sharpness below which no answer is certain.")
    causes: dict[str, Number] = Field(
        default_factory=dict,
        description='What is measured ("too_small", "dark", "blurred", "turned_away") -> value below which it'
        " is named as the reason of an undecided answer.",
    )


class FusionWeights(MetadataPart):
    """Logistic regression that joins the detector's and the classifier's opinion; see `ScoreFusion`."""

    detector: Number = Field(description="Weight of the logit of the detector's score.")
    face: Number = Field(description="Weight of the logit of the classifier's probability of a face.")
    bias: Number = Field(description="Added to both.")
    threshold: Number = Field(description="Joined score from which a face is reported.")


class ScoreMetadata(MetadataPart):
    """How the reported score is made of both opinions."""

    combine: str = Field(
        default="none", description='"logistic": by the weights below; "none": the detector\'s score stays.'
    )
    still: FusionWeights | None = Field(default=None, description="Weights for still pictures.")
    live: FusionWeights | None = Field(default=None, description="Weights for live video.")

    @field_validator("combine")
    @classmethod
    def _check_combine(cls, value: str) -> str:
        if value not in ("logistic", "none"):
            raise PydanticCustomError(
                _PLAIN_MESSAGE,
                "unknown way to combine scores, {value}; upgrade maskwatch",
                {"value": repr(value)},
            )
        return value

    @model_validator(mode="before")
    @classmethod
    def _take_one_fusion_for_both(cls, value: object) -> object:
        # The first files had one set of weights, beside "combine".
        if not isinstance(value, Mapping) or value.get("combine") != "logistic":
            return value
        both = {key: value[key] for key in FusionWeights.model_fields if key in value}
        if not both:
            return value
        return {"still": both, "live": both, **{key: value[key] for key in value if key not in both}}

    def weights(self, still: bool) -> FusionWeights | None:
        """Returns the weights for still pictures or live video; None where the detector's score stays.

        Raises:
            ValueError: The file has only the weights of the other use.
        """
        if self.combine == "none":
            return None
        weights = self.still if still else self.live
        if weights is None:
            raise ValueError(f"no weights for {'still pictures' if still else 'live video'}")
        return weights


class TemperatureMetadata(MetadataPart):
    """Temperatures of the calibration (arXiv 1706.04599), which are part of the network already."""

    mask: Number = Field(default=1.0, description='Divisor of the logit of "mask".')
    covered: Number = Field(default=1.0, description='Divisor of the logit of "covers mouth and nose".')


class CalibrationMetadata(MetadataPart):
    """On what temperatures and thresholds were chosen."""

    faces: int = Field(description="Number of labelled faces.")
    right: Number = Field(description="Share of the certain answers that had to be right.")
    detector: str = Field(description="The detector whose boxes were used.")


class EnsembleMemberMetadata(MetadataPart):
    """The other network of an ensemble of two, whose answers are averaged with this one's."""

    name: Text = Field(default=None, description="Its name.")
    sha256: Text = Field(default=None, description="Hash of its file.")
    share: Number | None = Field(default=None, description="Weight of its answers, between 0 and 1.")


class QuantizationMetadata(MetadataPart):
    """How an 8-bit model was made, and what it lost."""

    inputs: int | None = Field(
        default=None, description="Number of network inputs from which the ranges were taken."
    )
    measure: Text = Field(default=None, description="What was measured.")
    before: Number | None = Field(default=None, description="With the model in floating point.")
    after: Number | None = Field(default=None, description="With the 8-bit model.")


class _ModelMetadata(MetadataPart):
    """What detectors and classifiers have in common."""

    format: int = Field(description=f"Version of the metadata; this maskwatch reads up to {FORMAT}.")
    architecture: Text = Field(default=None, description="The network, in words.")
    name: Text = Field(default=None, description="Name of the model.")
    licence: Texts = Field(default=None, description="Licence of the weights, or several.")
    training_data: Texts = Field(default=None, description="What it was trained on, in words.")
    colour_order: Text = Field(default=None, description='Order of the colours in the input: always "BGR".')
    parameters: Annotated[int | None, _ForPeople] = Field(
        default=None, description="Number of trained parameters."
    )
    commit: Text = Field(default=None, description="Version of the source that exported it, where known.")
    created: Text = Field(default=None, description="Day of the export, YYYY-MM-DD.")
    recipe: Annotated[dict[str, Any] | None, _ForPeople] = Field(
        default=None, description="Every setting of the training."
    )
    quantization: Annotated[QuantizationMetadata | None, _ForPeople] = Field(
        default=None, description="Of an 8-bit model: how it was made."
    )

    def to_json(self) -> dict[str, Any]:
        """Returns the JSON object for the file: what was given, keys in the order of older files."""
        values = self.model_dump(mode="json", exclude_unset=True)
        place = {key: number for number, key in enumerate(self.key_order)}
        return {key: values[key] for key in sorted(values, key=lambda key: place.get(key, len(place)))}


class DetectorMetadata(_ModelMetadata):
    """Metadata of a face detector: how its input is made and its outputs are decoded."""

    key_order: ClassVar[tuple[str, ...]] = tuple(
        """format kind architecture levels variances stride_multiple name licence training_data threshold
        nms_iou vote_iou default_size sizes colour_order parameters commit created recipe companion
        quantization""".split()
    )

    kind: Literal["detector"] = Field(description="What the model does.")
    levels: list[Level] = Field(
        min_length=1, description="Feature maps with their anchors, in the order of the outputs."
    )
    variances: list[Number] = Field(
        min_length=2, description="Scale of the predicted offsets: of the centre, and of the size."
    )
    stride_multiple: Side = Field(description="Width and height of the input are multiples of this.")
    threshold: Number = Field(
        description="Score from which a box is reported, unless the user says otherwise."
    )
    nms_iou: Share = Field(description="Overlap (IoU) from which a weaker box is suppressed.")
    vote_iou: Share | None = Field(
        default=None,
        description="Overlap (IoU) from which a suppressed box still moves the box that is kept; none: boxes"
        " do not vote.",
    )
    sizes: dict[str, Side] = Field(description="Name -> longer side of the input in pixels.")
    default_size: Side | str | list[Side] = Field(
        description="Size that is taken unless the user says otherwise: a name in `sizes`, or pixels."
    )
    companion: Annotated[EnsembleMemberMetadata | None, _ForPeople] = Field(
        default=None, description="Of an ensemble: the other network in the same file."
    )


class ClassifierMetadata(_ModelMetadata):
    """Metadata of a mask classifier: how its input is cut and its outputs are read."""

    key_order: ClassVar[tuple[str, ...]] = tuple(
        """format kind architecture labels size margin temperatures name licence training_data thresholds
        score calibration colour_order parameters commit created recipe quantization""".split()
    )

    kind: Literal["classifier"] = Field(description="What the model does.")
    labels: list[str] = Field(description="The states, in the order of the output's columns.")
    size: Side = Field(description="Side of the square input, in pixels.")
    margin: Number = Field(
        gt=0, description="Side of the square that is cut out, in longer sides of the face's box."
    )
    thresholds: Thresholds = Field(description="When an answer counts, and when it is certain.")
    score: ScoreMetadata = Field(
        default_factory=ScoreMetadata, description="How the reported score is made of both opinions."
    )
    temperatures: Annotated[TemperatureMetadata | None, _ForPeople] = Field(
        default=None, description="Temperatures of the calibration."
    )
    calibration: Annotated[CalibrationMetadata | None, _ForPeople] = Field(
        default=None, description="On what temperatures and thresholds were chosen."
    )

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, value: list[str]) -> list[str]:
        if tuple(value) != LABELS:
            raise PydanticCustomError(
                _PLAIN_MESSAGE,
                "tells {labels} apart, where {needed} is needed",
                {"labels": str(value), "needed": str(list(LABELS))},
            )
        return value

    @field_validator("score", mode="before")
    @classmethod
    def _take_null(cls, value: object) -> object:
        return {} if value is None else value

    @field_validator("score")
    @classmethod
    def _check_score(cls, value: ScoreMetadata) -> ScoreMetadata:
        if value.combine == "logistic" and value.still is None and value.live is None:
            raise ValueError("no weights")
        return value


Metadata: TypeAlias = DetectorMetadata | ClassifierMetadata
"""What a model file says about itself, whatever its kind."""

_SCHEMAS: Final[dict[ModelKind, type[DetectorMetadata] | type[ClassifierMetadata]]] = {
    "detector": DetectorMetadata,
    "classifier": ClassifierMetadata,
}


def read_json(text: str, where: object) -> dict[str, Any]:
    """Reads the JSON object of a file, of whatever kind, and checks that this version knows its format.

    Args:
        text: The JSON object.
        where: The file, for errors.

    Raises:
        ModelError: It cannot be read, or is newer than this version.
    """
    try:
        # JSON knows no NaN; other programs could not read what is made of such a value.
        entry = json.loads(text, parse_constant=lambda name: None, parse_float=_finite, parse_int=_exact)
    except RecursionError:
        raise ModelError(f"{where}: its maskwatch metadata cannot be read (nested too deeply)") from None
    except ValueError as error:
        raise ModelError(f"{where}: its maskwatch metadata cannot be read ({one_line(error)})") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("format"), int):
        raise ModelError(f"{where}: its maskwatch metadata has no format number")
    if entry["format"] > FORMAT:
        raise ModelError(
            f"{where}: made for a newer maskwatch (format {entry['format']}, this one reads up to {FORMAT});"
            " upgrade maskwatch"
        )
    return entry


def _finite(text: str) -> float | None:
    """Returns a number of a JSON text; None for one that is too large for a float."""
    number = float(text)
    return number if math.isfinite(number) else None


def _exact(text: str) -> int | None:
    """Returns a whole number of a JSON text; None for one that a float does not hold exactly."""
    number = int(text)
    return number if abs(number) <= _LARGEST else None


def kind_of_entry(entry: Mapping[str, Any], where: object) -> ModelKind:
    """Returns the kind of model that a JSON object describes.

    Raises:
        ModelError: It names no known kind.
    """
    kind = entry.get("kind")
    for known in _SCHEMAS:
        if kind == known:
            return known
    raise ModelError(f"{where}: its maskwatch metadata names no known kind ({kind!r})")


def parse(entry: Mapping[str, Any], kind: ModelKind, where: object) -> Metadata:
    """Checks the JSON object of a file against the schema.

    Args:
        entry: The object.
        kind: What the model has to be.
        where: The file, for errors.

    Raises:
        ModelError: The file is of another kind, something is missing, or a value makes no sense.
    """
    if entry.get("kind") != kind:
        raise ModelError(f"{where}: a {entry.get('kind')}, where a {kind} is needed")
    try:
        return _SCHEMAS[kind].model_validate(entry)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    missing = [str(one["loc"][0]) for one in problems if one["type"] == "missing" and len(one["loc"]) == 1]
    if missing:
        raise ModelError(f"{where}: its maskwatch metadata lacks {', '.join(missing)}")
    for one in problems:
        if one["type"] == _PLAIN_MESSAGE:
            raise ModelError(f"{where}: {one['msg']}")
    first = problems[0]
    field = ".".join(str(part) for part in first["loc"])
    raise ModelError(f"{where}: its maskwatch metadata makes no sense ({field}: {first['msg']})")
