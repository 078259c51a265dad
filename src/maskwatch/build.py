"""From names and settings to objects: the only table of names."""

from __future__ import annotations

import difflib
import importlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from maskwatch.classifiers.base import Classifier
from maskwatch.classifiers.fusion import Fusion
from maskwatch.detectors.base import Detector
from maskwatch.errors import ConfigError, ModelError
from maskwatch.models.registry import FILES, locate
from maskwatch.models.runtime import Kind, kind_of_file
from maskwatch.models.store import Own, chosen, locate_own, own_models
from maskwatch.pipeline import Engine, Retry
from maskwatch.rules import NoMaskRule, Rule

if TYPE_CHECKING:
    from maskwatch.settings import Alerts, Settings


@dataclass(frozen=True, slots=True)
class Backend:
    """A model that can be had by name.

    Attributes:
        home: The class, as module:Class.
        files: The files that its constructor takes first, by their names in the registry.
        summary: One line for people.
        still_files: The files for still pictures, where they are others.
        options: What its constructor is told besides.
        still: What it is told besides for still pictures, unless a size is asked for.
        retry: Of a detector: what is done with still pictures in which nothing is found.
        threads: Whether it takes a number of threads.
        partner: Of a detector: the classifier that it is best used with, where that is not the usual one.
    """

    home: str
    files: tuple[str, ...]
    summary: str
    still_files: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    still: Mapping[str, Any] = field(default_factory=dict)
    retry: Retry | None = None
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

STILL_RETRY: Final = Retry(shrink=3, threshold=0.6)
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

SHIPPED: Final[dict[Kind, str]] = {"detector": "ssd", "classifier": "mobilenet"}
"""What is taken where nobody has chosen anything."""

NO_CLASSIFIER: Final = "none"
_MODULE_CLASS: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def table(kind: Kind) -> dict[str, Backend]:
    """The models of a kind that maskwatch knows by itself, by name."""
    return DETECTORS if kind == "detector" else CLASSIFIERS


def default(kind: Kind) -> str:
    """The name that is taken where none is given: the one in use (`maskwatch models use`), or the shipped."""
    return chosen(kind) or SHIPPED[kind]


def partner(detector: str) -> str:
    """The classifier that a detector is best used with; "" for whichever is the usual one."""
    known = DETECTORS.get(detector)
    return known.partner if known else ""


def at_hand(kind: Kind) -> list[str]:
    """The names of a kind that can be used without fetching anything, the user's own last."""
    known = [
        name
        for name, backend in table(kind).items()
        if all(FILES[file].path.is_file() for file in backend.all_files)
    ]
    return known + [name for name, own in _named(kind).items() if own.path.is_file()]


def kind_of(spec: str) -> Kind:
    """Whether a name, a file, name=file or module:Class is a detector or a classifier.

    Raises:
        ModelError: It is neither.
    """
    name, equals, _ = spec.partition("=")
    for kind in SHIPPED:
        if name in table(kind) and (equals or spec in table(kind)):
            return kind
    if (own := own_models().get(spec)) is not None:
        return own.kind
    if _is_class(spec):
        return "classifier" if hasattr(_import(spec), "classify") else "detector"
    if _is_file(spec):
        return kind_of_file(_path(spec))
    raise ModelError(_unknown("model", name, [*DETECTORS, *CLASSIFIERS, *own_models()]))


def load(
    detector: str | None = None,
    classifier: str | None = None,
    size: int | None = None,
    threshold: float | None = None,
    *,
    live: bool = False,
    threads: int | None = None,
) -> Engine:
    """Makes a detector and a classifier ready.

    Args:
        detector: A name ("ssd", "ssd-fast", "ssd-accurate", "ssd-large", "yunet", "opencv-ssd", or one of
            your own, see `maskwatch models add`), an ONNX file that maskwatch exported, name=file for a back
            end with a file of your own, or module:Class. None takes the one in use: the shipped "ssd", unless
            another was chosen (`maskwatch models use`).
        classifier: The same for the classifier ("mobilenet", "mobilenet-fast"); "none" only finds faces.
        size: Longer side in pixels at which pictures are searched; None chooses by `live`.
        threshold: Face score in [0, 1] below which a face is not reported; None takes the model's.
        live: Choose for speed: one network, one search at the model's size. Else still pictures are
            searched by two at their own size, and again at smaller ones for faces that fill them; where
            nothing is found, once more in a copy a third as large, in which noise hides less.
        threads: Threads of one model run; None takes 1 when live, else 2 where there are two cores.

    Returns:
        An engine that any number of threads may share.

    Raises:
        ModelError: An unknown name, or a file that cannot be had or used.
        ConfigError: A threshold outside [0, 1] or a size of no use.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigError(f"the threshold is a score between 0 and 1, not {threshold}")
    detector = default("detector") if detector is None else detector
    classifier = default("classifier") if classifier is None else classifier
    if threads is None:
        threads = 1 if live else min(2, os.cpu_count() or 1)
    judge: Classifier | None = None
    if classifier != NO_CLASSIFIER:
        judge = cast(Classifier, _make("classifier", classifier, {}, live, threads))
    floor = threshold
    fusion: Fusion | None = getattr(judge, "fusion", None)
    if fusion is not None:
        # The reported score is another than the detector's: the detector has to report all that may reach it.
        threshold = fusion.threshold if threshold is None else threshold
        floor = fusion.floor(threshold)
    finder = cast(Detector, _make("detector", detector, {"size": size, "threshold": floor}, live, threads))
    known = DETECTORS.get(detector)
    retry = known.retry if known and fusion and size is None and not live else None
    return Engine(finder, judge, threshold, retry)


def from_settings(settings: Settings, *, live: bool = False, threads: int | None = None) -> Engine:
    """The engine that the settings describe; see `load`, whose `threads` the settings overrule."""
    detect = settings.detect
    return load(
        detect.detector,
        settings.classify.classifier,
        detect.size,
        detect.threshold,
        live=live,
        threads=threads if detect.threads is None else detect.threads,
    )


def rules(alerts: Alerts) -> list[Rule]:
    """Fresh rules for one stream."""
    return [NoMaskRule(alerts.after, alerts.gap)]


def model_file(spec: str) -> Path:
    """The main file of a model that is named by its name, by name=file or by its file.

    Raises:
        ModelError: No such model, or its file cannot be had.
    """
    tables = DETECTORS | CLASSIFIERS
    name, equals, path = spec.partition("=")
    if equals and name in tables:
        return _path(path)
    if spec in tables:
        return locate(tables[spec].files[0])
    if (own := own_models().get(spec)) is not None:
        return locate_own(own)
    if _is_file(spec):
        return _path(spec)
    raise ModelError(_unknown("model", spec, [*tables, *own_models()]))


def _make(kind: Kind, spec: str, options: dict[str, Any], live: bool, threads: int) -> object:
    """An object for a name, a file, name=file or module:Class."""
    known = table(kind)
    given = {key: value for key, value in options.items() if value is not None}
    name, equals, path = spec.partition("=")
    if equals and name in known:
        backend, files = known[name], [_path(path)]
    elif spec in known:
        backend = known[spec]
        names = backend.files if live else backend.still_files or backend.files
        files = [locate(file) for file in names]
    elif (own := own_models().get(spec)) is not None and own.kind == kind:
        backend, files = known[SHIPPED[kind]], [locate_own(own)]
    elif _is_class(spec):
        try:
            return _import(spec)(**given)
        except TypeError as error:
            raise ModelError(f"{spec}: cannot be made with {given or 'no arguments'} ({error})") from error
    elif _is_file(spec):
        backend, files = known[SHIPPED[kind]], [_path(spec)]
    else:
        raise ModelError(_unknown(kind, name, [*known, *_named(kind)]) + _if_chosen(kind, spec))
    told = {**backend.options, **({} if live or "size" in given else backend.still), **given}
    if backend.threads:
        told["threads"] = threads
    return _import(backend.home)(*files, **told)


def _named(kind: Kind) -> dict[str, Own]:
    """The user's own models of a kind."""
    return {name: own for name, own in own_models().items() if own.kind == kind}


def _if_chosen(kind: Kind, spec: str) -> str:
    if spec != chosen(kind):
        return ""
    return ". It was chosen with `maskwatch models use`; `maskwatch models use --default` takes that back"


def _is_class(spec: str) -> bool:
    return bool(_MODULE_CLASS.fullmatch(spec)) and not Path(spec).exists()


def _is_file(spec: str) -> bool:
    return _path(spec).is_file() or (spec.endswith(".onnx") and "=" not in spec)


def _path(text: str) -> Path:
    return Path(os.path.expanduser(text))  # pathlib's own fails on the home of nobody: ~x


def _import(home: str) -> Any:
    module, _, name = home.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"cannot load {home}: {error}") from error


def _unknown(kind: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown {kind} {name!r}: {hint}Known are {', '.join(known)}, or give an ONNX file"
