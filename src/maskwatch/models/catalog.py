"""The models that have a name: which back end and files each is, and which are taken where none is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from maskwatch.models.download import FILES
from maskwatch.models.store import AddedModel, added_models, chosen
from maskwatch.types import ModelKind


@dataclass(frozen=True, slots=True)
class Backend:
    """A model that can be had by name.

    Attributes:
        home: The class, as module:Class.
        files: The files that its constructor takes first, by their names in `maskwatch.models.download`.
        summary: One line for people.
        still_files: The files for still pictures, where they are others.
        options: What its constructor is told besides.
        still: What it is told besides for still pictures, unless a size is asked for.
        retry: Of a detector: the options of `maskwatch.pipeline.Retry` for still pictures in which nothing is
            found.
        threads: Whether it takes a number of threads.
        partner: Of a detector: the classifier that it is best used with, where that is not the usual one.
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
        """Whatever it needs, however it is used."""
        return (*self.files, *self.still_files)


_SSD: Final = "maskwatch.detectors.ssd:SSD"
_MOBILENET: Final = "maskwatch.classifiers.mobilenet:MobileNet"

STILL_SIZES: Final = (1280, 640, 416)
"""Long sides, in pixels, at which still pictures are searched: the large one finds small faces, the small
ones those that fill the picture, and all of them vote on where a face is. Still smaller ones take dogs for
faces, unless nothing else is found and the score is high."""

STILL_RETRY: Final[Mapping[str, float]] = {"shrink": 3, "threshold": 0.6}
"""Of 780 pictures without a face one scores more in such a copy (.78), the next .42; spoilt portraits that
are missed otherwise have .87 to .98."""

_STILL: Final[Mapping[str, Any]] = {"size": STILL_SIZES, "enlarge": 2.0}

DETECTORS: Final[dict[str, Backend]] = {
    "ssd": Backend(
        _SSD,
        ("face_ssd.onnx",),
        "Our SSD: one quick network when live; still pictures by two, at their own size up to 1280",
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
        "Our SSD, two networks averaged: the fewest mistakes, too slow for most live video",
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
"""What is taken where nobody has chosen anything."""

NO_CLASSIFIER: Final = "none"
"""Stands where a classifier is named: faces are found and not judged."""


def table(kind: ModelKind) -> dict[str, Backend]:
    """The models of a kind that maskwatch knows by itself, by name."""
    return DETECTORS if kind == "detector" else CLASSIFIERS


def default(kind: ModelKind) -> str:
    """The name that is taken where none is given: the one in use (`maskwatch models use`), or the shipped."""
    return chosen(kind) or SHIPPED[kind]


def partner(detector: str) -> str:
    """The classifier that a detector is best used with; "" for whichever is the usual one."""
    known = DETECTORS.get(detector)
    return known.partner if known else ""


def at_hand(kind: ModelKind) -> list[str]:
    """The names of a kind that can be used without fetching anything, the user's own last."""
    known = [
        name
        for name, backend in table(kind).items()
        if all(FILES[file].path.is_file() for file in backend.all_files)
    ]
    return known + [name for name, own in added_of(kind).items() if own.path.is_file()]


def added_of(kind: ModelKind) -> dict[str, AddedModel]:
    """The user's own models of a kind."""
    return {name: own for name, own in added_models().items() if own.kind == kind}
