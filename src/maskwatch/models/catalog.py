"""The models that have a name: the back end and the files of each, and the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from maskwatch.models.download import FILES
from maskwatch.models.store import AddedModel, added_models, chosen
from maskwatch.types import ModelKind


@dataclass(frozen=True, slots=True)
class Backend:
    """A model that has a name.

    Attributes:
        home: Its class, as module:Class.
        files: First arguments of the constructor: names of files in `maskwatch.models.download`.
        summary: One line for people.
        still_files: The files for still pictures, where these are others.
        options: Keyword arguments of the constructor.
        still: More keyword arguments for still pictures, unless the user asks for a size.
        retry: Detector: the options of `maskwatch.second_tries.Retry` for still pictures in which no face is
            found.
        threads: Whether the constructor takes a number of threads, and a provider.
        partner: Detector: the classifier that suits it best, where that is not the default one.
    """

    home: str
    files: tuple[str, ...]
    summary: str
    still_files: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    still: Mapping[str, Any] = field(default_factory=dict)
    retry: Mapping[str, float] = field(default_factory=dict)
    threads: bool = False
    partner: str = ""

    @property
    def all_files(self) -> tuple[str, ...]:
        """All files, for still pictures and live video."""
        return (*self.files, *self.still_files)


_SSD: Final = "maskwatch.detectors.ssd:SSD"
_MOBILENET: Final = "maskwatch.classifiers.mobilenet:MobileNet"

STILL_SIZES: Final = (1280, 640, 416)
"""Longer sides, in pixels, at which still pictures are searched. The large size finds small faces, the small
sizes find faces that fill the picture, and all of them vote on where a face is. Even smaller sizes take dogs
for faces; they are used only if nothing else is found, with a high threshold (`STILL_RETRY`)."""

STILL_RETRY: Final[Mapping[str, float]] = {"shrink": 3, "threshold": 0.6}
"""Of 780 pictures without a face, one scores more than the threshold in such a copy (.78), the next .42.
Damaged portraits that are missed otherwise score .87 to .98."""

LIVE_PLACES: Final = 64
"""Places of a live frame that are classified, the best by the detector's score. Of 1,351 faces found in val,
at the models' own threshold, all are among the best 64 of their picture, 11 are not among the best 32."""

_STILL: Final[Mapping[str, Any]] = {"size": STILL_SIZES, "enlarge": 2.0, "tiled": True}

DETECTORS: Final[dict[str, Backend]] = {
    "ssd": Backend(
        _SSD,
        ("face_ssd.onnx",),
        "Our SSD: one quick network when live; still pictures by a larger one, at their own size up to 1280",
        still_files=("face_ssd_large.onnx",),
        still=_STILL,
        retry=STILL_RETRY,
        threads=True,
    ),
    "ssd-fast": Backend(
        _SSD,
        ("face_ssd.onnx",),
        "Our SSD, small input: fastest",
        options={"size": "fast"},
        threads=True,
        partner="mobilenet-fast",
    ),
    "ssd-accurate": Backend(
        _SSD,
        ("face_ssd.onnx",),
        "Our SSD, large input: small faces",
        options={"size": "accurate"},
        threads=True,
    ),
    "ssd-large": Backend(
        _SSD,
        ("face_ssd_large.onnx",),
        "Our SSD, the larger network: the fewest mistakes, too slow for most live video",
        still=_STILL,
        retry=STILL_RETRY,
        threads=True,
    ),
    "yunet": Backend(
        "maskwatch.detectors.yunet:YuNet",
        ("face_detection_yunet_2026may.onnx",),
        "YuNet of OpenCV's model zoo",
        still={"size": 1280},
    ),
    "opencv-ssd": Backend(
        "maskwatch.detectors.opencv_ssd:OpenCVSSD",
        ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"),
        "The SSD of OpenCV's samples, for comparison",
    ),
}

CLASSIFIERS: Final[dict[str, Backend]] = {
    "mobilenet": Backend(
        _MOBILENET,
        ("mask_mobilenet.onnx",),
        "Our MobileNetV2: masked, unmasked, worn wrongly; in still pictures each face is looked at twice",
        still={"still": True},
        threads=True,
    ),
    "mobilenet-fast": Backend(
        _MOBILENET,
        ("mask_mobilenet_fast.onnx",),
        "Our MobileNetV2 with a third of the channels: half the time, a little less accurate",
        still={"still": True},
        threads=True,
    ),
}

SHIPPED: Final[dict[ModelKind, str]] = {"detector": "ssd", "classifier": "mobilenet"}
"""The defaults where the user has chosen nothing."""

NO_CLASSIFIER: Final = "none"
"""Given in place of a classifier's name: faces are found but not classified."""


def table(kind: ModelKind) -> dict[str, Backend]:
    """Returns the models of a kind that come with maskwatch, by name."""
    return DETECTORS if kind == "detector" else CLASSIFIERS


def default(kind: ModelKind) -> str:
    """Returns the default model's name: the one in use (`maskwatch models use`), else the shipped one."""
    return chosen(kind) or SHIPPED[kind]


def partner(detector: str) -> str:
    """Returns the classifier that suits a detector best; "" for the default one."""
    known = DETECTORS.get(detector)
    return known.partner if known else ""


def at_hand(kind: ModelKind) -> list[str]:
    """Returns the names of a kind that can be used without a download, the user's own last."""
    known = [
        name
        for name, backend in table(kind).items()
        if all(FILES[file].path.is_file() for file in backend.all_files)
    ]
    return known + [name for name, model in added_of(kind).items() if model.path.is_file()]


def added_of(kind: ModelKind) -> dict[str, AddedModel]:
    """Returns the user's own models of a kind, by name."""
    return {name: model for name, model in added_models().items() if model.kind == kind}
