"""Adds, uses and removes the user's own models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from maskwatch.errors import ModelError
from maskwatch.factory import kind_of, load
from maskwatch.models import openvino
from maskwatch.models.catalog import CLASSIFIERS, DETECTORS, NO_CLASSIFIER, SHIPPED
from maskwatch.models.runtime import kind_of_file
from maskwatch.models.store import (
    AddedModel,
    add_file,
    added_models,
    check_name,
    choose,
    damaged_models,
    remove_damaged,
    remove_file,
)
from maskwatch.types import Faces, ModelKind


def add(path: Path, name: str | None = None) -> AddedModel:
    """Adds a model file under a name, after it has been tried.

    Args:
        path: An ONNX file that `maskwatch export` wrote.
        name: Its name; None takes the file's name without its ending.

    Raises:
        ConfigError: The name is not allowed.
        ModelError: The file is no model of maskwatch or fails, or the name is taken.
        SinkError: The file cannot be copied; nothing was changed.
    """
    name = path.stem if name is None else name
    check_name(name)
    if name.lower() in (*DETECTORS, *CLASSIFIERS, NO_CLASSIFIER):
        raise ModelError(f"{name!r} is a name of maskwatch's own; choose another with --name")
    if path.suffix == openvino.SUFFIX:
        raise ModelError(f"{path}: an OpenVINO model is two files; name it by its path, or add the ONNX file")
    kind = kind_of_file(path)
    _check_it_runs(path, kind)
    return add_file(path, name, kind)


def use(name: str) -> ModelKind:
    """Makes a model the default of its kind, in place of the shipped one.

    Returns:
        The kind.

    Raises:
        ModelError: There is no such name, or the model cannot be used.
        SinkError: The choice cannot be stored.
    """
    if name not in (*DETECTORS, *CLASSIFIERS, *added_models()):
        known = ", ".join((*DETECTORS, *CLASSIFIERS, *added_models()))
        raise ModelError(
            f"no model is named {name!r}; there are {known}. A file gets a name by `maskwatch models add`"
        )
    kind = kind_of(name)
    if kind == "detector":
        load(name, NO_CLASSIFIER)
    else:
        load(SHIPPED["detector"], name)
    choose(kind, None if name == SHIPPED[kind] else name)
    return kind


def use_shipped() -> None:
    """Makes the shipped models the defaults again.

    Raises:
        SinkError: The choice cannot be stored.
    """
    for kind in SHIPPED:
        choose(kind, None)


def remove(name: str) -> AddedModel | None:
    """Deletes a model that was added, and returns what it was; None where that cannot be read any more.

    Raises:
        ModelError: No added model has this name.
    """
    if name in damaged_models():
        remove_damaged(name)
        return None
    model = added_models().get(name)
    if model is None:
        known = ", ".join(added_models()) or "none"
        what = "comes with maskwatch and stays" if name in (*DETECTORS, *CLASSIFIERS) else "was not added"
        raise ModelError(f"{name!r} {what}; added models: {known}")
    remove_file(model)
    return model


def _check_it_runs(path: Path, kind: ModelKind) -> None:
    """Runs the model once: only then does metadata show that does not fit the network."""
    grey = np.full((240, 320, 3), 127, np.uint8)
    if kind == "detector":
        load(str(path), NO_CLASSIFIER, live=True).detect(grey)
        return
    classifier = load(SHIPPED["detector"], str(path), live=True).classifier
    assert classifier is not None
    classifier.classify(grey, Faces(np.array([[80, 60, 240, 220]], np.float32), np.ones(1, np.float32)))
