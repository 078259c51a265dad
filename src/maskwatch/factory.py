"""Builds engines and rules from names and settings, and says what is known of their models."""

from __future__ import annotations

import difflib
import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from maskwatch.classifiers.base import Classifier, ClassifierBackend
from maskwatch.classifiers.score_fusion import score_thresholds
from maskwatch.classifiers.turn_check import EVERY, LIVE_CHECKED, TurnCheck, TurningClassifier
from maskwatch.detectors.base import Detector, DetectorBackend
from maskwatch.errors import ConfigError, MaskwatchError, ModelError, one_line
from maskwatch.models.catalog import (
    CLASSIFIERS,
    DETECTORS,
    LIVE_PLACES,
    NO_CLASSIFIER,
    SHIPPED,
    added_of,
    default,
    table,
)
from maskwatch.models.download import locate
from maskwatch.models.info import ModelInfo
from maskwatch.models.providers import CPU, Provider
from maskwatch.models.runtime import kind_of_file
from maskwatch.models.store import added_models, chosen, locate_added
from maskwatch.people.follower import Following
from maskwatch.people.zones import Zone
from maskwatch.pipeline import Engine, Session
from maskwatch.rules import CrowdRule, LostCameraRule, LowShareRule, NoMaskRule, Rule, WornWronglyRule
from maskwatch.second_tries import Padding, Retry, Turning
from maskwatch.types import ModelKind

if TYPE_CHECKING:
    from maskwatch.settings import Alerts, Settings


_METHODS: Final[dict[ModelKind, str]] = {"detector": "detect", "classifier": "classify"}
_MODULE_CLASS: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def kind_of(spec: str) -> ModelKind:
    """Returns the kind of model that a name, a file, name=file or module:Class stands for.

    Raises:
        ModelError: There is no such model.
    """
    name, equals, _ = spec.partition("=")
    for kind in SHIPPED:
        if name in table(kind) and (equals or spec in table(kind)):
            return kind
    if (added := added_models().get(spec)) is not None:
        return added.kind
    if _is_class(spec):
        return "classifier" if hasattr(_import_class(spec), "classify") else "detector"
    if _is_file(spec):
        return kind_of_file(_path(spec))
    raise ModelError(_unknown_model("model", name, [*DETECTORS, *CLASSIFIERS, *added_models()]))


def load(
    detector: str | None = None,
    classifier: str | None = None,
    size: int | None = None,
    threshold: float | None = None,
    *,
    live: bool = False,
    threads: int | None = None,
    upright: bool = False,
    provider: Provider = CPU,
) -> Engine:
    """Loads a detector and a classifier.

    Args:
        detector: A name ("ssd", "ssd-fast", "ssd-accurate", "ssd-large", "yunet", "opencv-ssd", or one of
            your own, see `maskwatch models add`), an ONNX file that maskwatch exported, name=file for a back
            end with a file of your own, or module:Class. None takes the one in use: the shipped "ssd", unless
            another was chosen (`maskwatch models use`).
        classifier: The same for the classifier ("mobilenet", "mobilenet-fast"); "none" only finds faces.
        size: Longer side in pixels at which pictures are searched; None chooses by `live`.
        threshold: Face score in [0, 1] below which a face is not reported; None takes the model's.
        live: For live video: one fast network, one search at the model's size. For still pictures (False),
            a larger one searches at the picture's own size, and again at smaller sizes for faces that fill
            it. If it finds nothing, it searches a copy a third as large, in which noise matters less, and if
            no face convinces, a copy with a border and the picture turned by 90, 180 and 270 degrees.
        threads: Threads of one model run; None takes 1 for live video, else 2 where there are two cores.
        upright: The pictures are known to be upright: they are not searched in other orientations.
        provider: What runs our networks: "cpu", "cuda", "directml", "coreml", "openvino", or "auto" for a
            graphics card where there is one; see `maskwatch.models.providers`.

    Returns:
        An engine that any number of threads may share.

    Raises:
        ModelError: The name is unknown, or a file cannot be downloaded or used.
        ConfigError: The threshold is outside [0, 1], the size is too small, or the installed ONNX Runtime
            does not offer the provider.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigError(f"the threshold is a score between 0 and 1, not {threshold}")
    if size is not None and size < 1:  # OpenCV's detectors would find nothing and say nothing
        raise ConfigError(f"the detector's size must be at least 1 pixel, not {size}")
    detector = default("detector") if detector is None else detector
    classifier = default("classifier") if classifier is None else classifier
    if threads is None:
        threads = 1 if live else min(2, os.cpu_count() or 1)
    run_by = {"threads": threads, "provider": provider}
    loaded_classifier: Classifier | None = None
    if classifier != NO_CLASSIFIER:
        loaded_classifier = cast(Classifier, _make("classifier", classifier, {}, live, run_by))
    # A class of the user's own need not say what it does to scores: then it is taken to leave them alone.
    fusion = loaded_classifier.score_fusion if isinstance(loaded_classifier, ClassifierBackend) else None
    thresholds = score_thresholds(fusion, threshold)
    options = {"size": size, "threshold": thresholds.detector}
    loaded_detector = cast(Detector, _make("detector", detector, options, live, run_by))
    known = DETECTORS.get(detector)
    # The scores of all tries are compared, so they need to be probabilities: those of both opinions.
    tries = fusion is not None and not live
    return Engine(
        loaded_detector,
        loaded_classifier,
        thresholds.reported,
        Retry(known.retry["shrink"], known.retry["threshold"])
        if known and known.retry and tries and size is None
        else None,
        padding=Padding() if tries else None,
        turning=Turning() if tries and not upright else None,
        turn_check=_turn_check(loaded_classifier, live),
        most=LIVE_PLACES if live else None,
        live=live,
    )


def _turn_check(classifier: Classifier | None, live: bool) -> TurnCheck | None:
    """Returns the check for turned faces, where the classifier can make it."""
    if not isinstance(classifier, TurningClassifier):
        return None
    return TurnCheck(classifier, checked=LIVE_CHECKED, every=EVERY) if live else TurnCheck(classifier)


def model_info(part: Detector | Classifier, kind: ModelKind) -> ModelInfo:
    """Returns what is known of the model that a detector or a classifier runs.

    A class of the user's own may have no `info`. It is then known by the name of its class; attributes
    `threshold` and `path` are taken where it has them.

    Args:
        part: The detector or classifier.
        kind: Which of both it is.
    """
    if isinstance(part, DetectorBackend | ClassifierBackend) and isinstance(part.info, ModelInfo):
        return part.info
    name = type(part).__name__
    path, threshold = getattr(part, "path", None), getattr(part, "threshold", None)
    files = (Path(path),) if isinstance(path, str | Path) else ()
    return ModelInfo(name, kind, name, files, threshold)


def from_settings(settings: Settings, *, live: bool = False, threads: int | None = None) -> Engine:
    """Loads the engine that the settings describe; see `load`. Their `threads` win over the argument."""
    detect = settings.detect
    return load(
        detect.detector,
        settings.classify.classifier,
        detect.size,
        detect.threshold,
        live=live,
        threads=threads if detect.threads is None else detect.threads,
        upright=detect.upright,
        provider=detect.provider,
    )


def new_session(engine: Engine, settings: Settings, start: datetime | None = None) -> Session:
    """Makes a session for one stream: its rules, zones and how people are followed come from the settings.

    Args:
        engine: For live video; see `from_settings`.
        settings: All settings.
        start: Local time at which the stream begins; see `maskwatch.pipeline.Session`.

    Raises:
        ConfigError: The alerts are to watch a zone that is none.
    """
    following = Following(hidden=settings.people.hidden, every=settings.people.every)
    made = rules(settings.alerts, settings.zones)
    return Session(
        engine,
        made,
        following=following,
        zones=settings.zones,
        start=start,
        search=settings.detect.search,
    )


def rules(alerts: Alerts, zones: Sequence[Zone] = ()) -> list[Rule]:
    """Makes the rules for one stream; they remember, so each stream needs its own.

    Args:
        alerts: What is worth an alert.
        zones: All zones, lines and ignored areas of the stream.

    Returns:
        Each rule that is wanted, once for each zone that is to be watched, and one about the camera.

    Raises:
        ConfigError: The alerts are to watch a zone that is none.
    """
    found: list[Rule] = [LostCameraRule(alerts.lost_after)] if alerts.lost_after else []
    for zone in _watched(alerts.zones, zones):
        found += _rules_of(alerts, zone)
    return found


def _rules_of(alerts: Alerts, zone: str) -> Iterator[Rule]:
    """Yields the rules that watch one zone, or the whole picture: ""."""
    again_after = alerts.again_after
    remind = None if alerts.remind is None else 60 * alerts.remind
    if alerts.no_mask:
        yield NoMaskRule(alerts.after, alerts.gap, zone=zone, again_after=again_after, remind=remind)
    if alerts.worn_wrongly:
        yield WornWronglyRule(
            alerts.wrong_after, alerts.gap, zone=zone, again_after=again_after, remind=remind
        )
    if alerts.share_below is not None:
        share, seconds = alerts.share_below / 100, 60 * alerts.share_minutes
        yield LowShareRule(share, seconds, alerts.share_people, zone=zone)
    if alerts.most_people is not None:
        yield CrowdRule(alerts.most_people, zone=zone, again_after=again_after, remind=remind)


def _watched(names: Sequence[str], zones: Sequence[Zone]) -> list[str]:
    """Returns the names of the zones that rules watch, each once; "" alone for the whole picture.

    Raises:
        ConfigError: A name is that of no zone.
    """
    known = [zone.name for zone in zones if zone.kind == "zone"]
    for name in names:
        if name not in known:
            raise ConfigError(f"setting alerts.zones: {_no_zone(name, zones, known)}")
    return list(dict.fromkeys(names)) or [""]


def _no_zone(name: str, zones: Sequence[Zone], known: list[str]) -> str:
    """Returns why a zone cannot be watched, and which can."""
    those = f"zones are {', '.join(known)}" if known else "there are no zones; name them under [[zones]]"
    kinds = {"line": "a line", "ignore": "an ignored area"}
    for zone in zones:
        if zone.name == name:
            return f"{name!r} is {kinds[zone.kind]}, which no rule watches; {those}"
    close = difflib.get_close_matches(name, known, n=1)
    return f"no zone is named {name!r}: {f'did you mean {close[0]!r}? ' if close else ''}{those}"


def model_file(spec: str) -> Path:
    """Returns the main file of a model that is given by its name, by name=file or by its file.

    Raises:
        ModelError: There is no such model, or its file cannot be downloaded.
    """
    tables = DETECTORS | CLASSIFIERS
    name, equals, path = spec.partition("=")
    if equals and name in tables:
        return _path(path)
    if spec in tables:
        return locate(tables[spec].files[0])
    if (added := added_models().get(spec)) is not None:
        return locate_added(added)
    if _is_file(spec):
        return _path(spec)
    raise ModelError(_unknown_model("model", spec, [*tables, *added_models()]))


def _make(
    kind: ModelKind, spec: str, options: dict[str, Any], live: bool, run_by: Mapping[str, Any]
) -> object:
    """Makes the detector or classifier for a name, a file, name=file or module:Class.

    Args:
        kind: Which of both.
        spec: The name, file or class.
        options: Arguments for its class; those that are None are not given.
        live: Whether it is for live video.
        run_by: Arguments for the classes of maskwatch that run a network: threads and provider.
    """
    known = table(kind)
    given = {key: value for key, value in options.items() if value is not None}
    name, equals, path = spec.partition("=")
    if equals and name in known:
        backend, files = known[name], [_path(path)]
    elif spec in known:
        backend = known[spec]
        names = backend.files if live else backend.still_files or backend.files
        files = [locate(file) for file in names]
    elif (added := added_models().get(spec)) is not None and added.kind == kind:
        backend, files = known[SHIPPED[kind]], [locate_added(added)]
    elif _is_class(spec):
        method = _METHODS[kind]
        if not callable(getattr(_import_class(spec), method, None)):
            raise ModelError(f"{spec}: has no method {method}, which a {kind} needs")
        try:
            return _import_class(spec)(**given)
        except TypeError as error:
            raise ModelError(f"{spec}: cannot be made with {given or 'no arguments'} ({error})") from error
        except MaskwatchError:
            raise
        except Exception as error:  # the class is the user's own: it may raise anything
            raise ModelError(f"{spec}: {type(error).__name__} when made: {one_line(error)}") from error
    elif _is_file(spec):
        backend, files = known[SHIPPED[kind]], [_path(spec)]
    else:
        raise ModelError(_unknown_model(kind, name, [*known, *added_of(kind)]) + _if_chosen(kind, spec))
    arguments = {**backend.options, **({} if live or "size" in given else backend.still), **given}
    if backend.threads:
        arguments |= run_by
    return _import(backend.home)(*files, **arguments)


def _if_chosen(kind: ModelKind, spec: str) -> str:
    """Returns advice for a model that was put to use and has vanished."""
    if spec != chosen(kind):
        return ""
    return ". It was chosen with `maskwatch models use`; `maskwatch models use --default` takes that back"


def _is_class(spec: str) -> bool:
    return bool(_MODULE_CLASS.fullmatch(spec)) and not _is_there(Path(spec))


def _is_there(path: Path) -> bool:
    try:
        return path.is_file() or path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_file(spec: str) -> bool:
    path = _path(spec)
    return (_is_there(path) and not path.is_dir()) or (spec.endswith(".onnx") and "=" not in spec)


def _path(text: str) -> Path:
    return Path(os.path.expanduser(text))  # pathlib's own fails on the home of nobody: ~x


def _import_class(spec: str) -> Any:
    """Imports a class of the user's own.

    Raises:
        ModelError: The module cannot be imported, or the name is that of no class.
    """
    try:
        cls = _import(spec)
    except ModelError:
        raise
    except Exception as error:  # whatever a module of the user's own may raise
        raise ModelError(f"cannot load {spec}: {type(error).__name__}: {one_line(error)}") from error
    if not isinstance(cls, type):
        raise ModelError(f"{spec}: no class, but a {type(cls).__name__}; module:Class names a class")
    return cls


def _import(home: str) -> Any:
    module, _, name = home.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"cannot load {home}: {error}") from error


def _unknown_model(kind: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown {kind} {name!r}: {hint}Known are {', '.join(known)}, or give an ONNX file"
