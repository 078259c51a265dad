"""The engines of the pages, loaded once and shared by all visitors."""

from __future__ import annotations

from typing import Final

import streamlit as st

from maskwatch.factory import load
from maskwatch.models.catalog import NO_CLASSIFIER, SHIPPED, at_hand, partner
from maskwatch.pipeline import Engine


@st.cache_resource(max_entries=8, show_spinner="Loading the models …")
def engine(
    detector: str,
    classifier: str,
    size: int | None,
    threshold: float | None,
    live: bool,
    threads: int | None,
    upright: bool = False,
) -> Engine:
    """Returns the engine for these settings; see `maskwatch.load`, which makes it on the first call.

    Raises:
        ModelError: A model is unknown, missing or damaged.
        ConfigError: A setting is out of range.
    """
    return load(detector, classifier, size, threshold, live=live, threads=threads, upright=upright)


def detectors(configured: str) -> list[str]:
    """Returns the names of the detectors that need no download, the configured one first."""
    return [configured, *(name for name in at_hand("detector") if name != configured)]


AUTOMATIC: Final = ""
"""Stands where a classifier is named: the one that the detector is best used with."""


def classifiers(configured: str) -> list[str]:
    """Returns the names of the classifiers that need no download, the configured one first.

    Where none was configured, `AUTOMATIC` comes first.
    """
    first = AUTOMATIC if configured == SHIPPED["classifier"] else configured
    names = [first, *(name for name in at_hand("classifier") if name != first)]
    return names if NO_CLASSIFIER in names else [*names, NO_CLASSIFIER]


def resolve_classifier(name: str, detector: str) -> str:
    """Returns the classifier that `AUTOMATIC` stands for; other names unchanged."""
    return name if name != AUTOMATIC else partner(detector) or SHIPPED["classifier"]


def own_threshold(engine: Engine) -> float | None:
    """Returns the face threshold of an engine that was loaded without one; None if it does not tell."""
    for holder in (engine, engine.detector):
        threshold = getattr(holder, "threshold", None)
        if threshold is not None:
            return float(threshold)
    return None
