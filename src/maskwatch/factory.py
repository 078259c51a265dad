"""Builds engines and rules from names and settings."""

from __future__ import annotations

import difflib
import importlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from maskwatch.classifiers.base import Classifier
from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.detectors.base import Detector
from maskwatch.errors import ConfigError, ModelError
from maskwatch.models.catalog import CLASSIFIERS, DETECTORS, NO_CLASSIFIER, SHIPPED, added_of, default, table
from maskwatch.models.download import locate
from maskwatch.models.runtime import kind_of_file
from maskwatch.models.store import added_models, chosen, locate_added
from maskwatch.pipeline import Engine, Retry
from maskwatch.rules import NoMaskRule, Rule
from maskwatch.types import ModelKind

if TYPE_CHECKING:
    from maskwatch.settings import Alerts, Settings


_MODULE_CLASS: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def kind_of(spec: str) -> ModelKind:
    """Whether a name, a file, name=file or module:Class is a detector or a classifier.

    Raises:
        ModelError: It is neither.
    """
    name, equals, _ = spec.partition("=")
    for kind in SHIPPED:
        if name in table(kind) and (equals or spec in table(kind)):
            return kind
    if (own := added_models().get(spec)) is not None:
        return own.kind
    if _is_class(spec):
        return "classifier" if hasattr(_import(spec), "classify") else "detector"
    if _is_file(spec):
        return kind_of_file(_path(spec))
    raise ModelError(_unknown("model", name, [*DETECTORS, *CLASSIFIERS, *added_models()]))


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
    if size is not None and size < 1:  # OpenCV's detectors would find nothing and say nothing
        raise ConfigError(f"the detector's size must be at least 1 pixel, not {size}")
    detector = default("detector") if detector is None else detector
    classifier = default("classifier") if classifier is None else classifier
    if threads is None:
        threads = 1 if live else min(2, os.cpu_count() or 1)
    judge: Classifier | None = None
    if classifier != NO_CLASSIFIER:
        judge = cast(Classifier, _make("classifier", classifier, {}, live, threads))
    floor = threshold
    fusion: ScoreFusion | None = getattr(judge, "fusion", None)
    if fusion is not None:
        # The reported score is another than the detector's: the detector has to report all that may reach it.
        threshold = fusion.threshold if threshold is None else threshold
        floor = fusion.floor(threshold)
    finder = cast(Detector, _make("detector", detector, {"size": size, "threshold": floor}, live, threads))
    known = DETECTORS.get(detector)
    retry = None
    if known and known.retry and fusion and size is None and not live:
        retry = Retry(known.retry["shrink"], known.retry["threshold"])
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
    if (own := added_models().get(spec)) is not None:
        return locate_added(own)
    if _is_file(spec):
        return _path(spec)
    raise ModelError(_unknown("model", spec, [*tables, *added_models()]))


def _make(kind: ModelKind, spec: str, options: dict[str, Any], live: bool, threads: int) -> object:
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
    elif (own := added_models().get(spec)) is not None and own.kind == kind:
        backend, files = known[SHIPPED[kind]], [locate_added(own)]
    elif _is_class(spec):
        try:
            return _import(spec)(**given)
        except TypeError as error:
            raise ModelError(f"{spec}: cannot be made with {given or 'no arguments'} ({error})") from error
    elif _is_file(spec):
        backend, files = known[SHIPPED[kind]], [_path(spec)]
    else:
        raise ModelError(_unknown(kind, name, [*known, *added_of(kind)]) + _if_chosen(kind, spec))
    told = {**backend.options, **({} if live or "size" in given else backend.still), **given}
    if backend.threads:
        told["threads"] = threads
    return _import(backend.home)(*files, **told)


def _if_chosen(kind: ModelKind, spec: str) -> str:
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
