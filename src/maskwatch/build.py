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
from maskwatch.detectors.base import Detector
from maskwatch.errors import ConfigError, ModelError
from maskwatch.models.registry import locate
from maskwatch.pipeline import Engine
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
        options: What its constructor is told besides.
        still: What it is told besides for still pictures, unless a size is asked for.
        threads: Whether it takes a number of threads.
    """

    home: str
    files: tuple[str, ...]
    summary: str
    options: Mapping[str, Any] = field(default_factory=dict)
    still: Mapping[str, Any] = field(default_factory=dict)
    threads: bool = False


_SSD: Final = "maskwatch.detectors.ssd:SSD"

DETECTORS: Final[dict[str, Backend]] = {
    "ssd": Backend(
        _SSD,
        ("face_ssd.onnx",),
        "Our SSD: accurate size when live, still pictures at their own size up to 1280",
        still={"size": (1280, 416), "enlarge": 2.0},
        threads=True,
    ),
    "ssd-fast": Backend(
        _SSD, ("face_ssd.onnx",), "Our SSD, small input: fastest", {"size": "fast"}, threads=True
    ),
    "ssd-accurate": Backend(
        _SSD, ("face_ssd.onnx",), "Our SSD, large input: small faces", {"size": "accurate"}, threads=True
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
        "maskwatch.classifiers.mobilenet:MobileNet",
        ("mask_mobilenet.onnx",),
        "Our MobileNetV2: masked, unmasked, worn wrongly",
        threads=True,
    ),
}

NO_CLASSIFIER: Final = "none"
_MODULE_CLASS: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def load(
    detector: str = "ssd",
    classifier: str = "mobilenet",
    size: int | None = None,
    threshold: float | None = None,
    *,
    live: bool = False,
    threads: int | None = None,
) -> Engine:
    """Makes a detector and a classifier ready.

    Args:
        detector: A name ("ssd", "ssd-fast", "ssd-accurate", "yunet", "opencv-ssd"), an ONNX file that
            maskwatch exported, name=file for a back end with a file of your own, or module:Class.
        classifier: The same for the classifier ("mobilenet"); "none" only finds faces.
        size: Longer side in pixels at which pictures are searched; None chooses by `live`.
        threshold: Face score in [0, 1] below which a face is not reported; None takes the model's.
        live: Choose for speed: one search at the model's size. Else still pictures are searched
            at their own size, and once more at a small one for faces that fill the picture.
        threads: Threads of one model run; None takes 1 when live, else 2 where there are two cores.

    Returns:
        An engine that any number of threads may share.

    Raises:
        ModelError: An unknown name, or a file that cannot be had or used.
        ConfigError: A threshold outside [0, 1] or a size of no use.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigError(f"the threshold is a score between 0 and 1, not {threshold}")
    if threads is None:
        threads = 1 if live else min(2, os.cpu_count() or 1)
    judge: Classifier | None = None
    if classifier != NO_CLASSIFIER:
        judge = cast(Classifier, _make("classifier", classifier, {}, live, threads))
    floor = threshold
    if threshold is not None and getattr(judge, "combines_scores", False):
        # The reported score is sqrt(detector's x classifier's): it can reach the threshold from here.
        floor = threshold**2
    finder = cast(Detector, _make("detector", detector, {"size": size, "threshold": floor}, live, threads))
    return Engine(finder, judge, threshold)


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
        return Path(path).expanduser()
    if spec in tables:
        return locate(tables[spec].files[0])
    if Path(spec).is_file() or spec.endswith(".onnx"):
        return Path(spec).expanduser()
    raise ModelError(_unknown("model", spec, list(tables)))


def _make(kind: str, spec: str, options: dict[str, Any], live: bool, threads: int) -> object:
    """An object for a name, a file, name=file or module:Class."""
    table = DETECTORS if kind == "detector" else CLASSIFIERS
    given = {key: value for key, value in options.items() if value is not None}
    name, equals, path = spec.partition("=")
    if equals and name in table:
        backend, files = table[name], [Path(path).expanduser()]
    elif spec in table:
        backend, files = table[spec], [locate(file) for file in table[spec].files]
    elif _MODULE_CLASS.fullmatch(spec) and not Path(spec).exists():
        return _import(spec)(**given)
    elif Path(spec).is_file() or (spec.endswith(".onnx") and not equals):
        backend, files = next(iter(table.values())), [Path(spec).expanduser()]
    else:
        raise ModelError(_unknown(kind, name, list(table)))
    told = {**backend.options, **({} if live or "size" in given else backend.still), **given}
    if backend.threads:
        told["threads"] = threads
    return _import(backend.home)(*files, **told)


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
