"""The engines of the pages, loaded once and shared by all visitors."""

from __future__ import annotations

import streamlit as st

from maskwatch.factory import load
from maskwatch.models.catalog import at_hand
from maskwatch.pipeline import Engine


@st.cache_resource(max_entries=8, show_spinner="Loading the models …")
def engine(
    detector: str,
    classifier: str,
    size: int | None,
    threshold: float | None,
    live: bool,
    threads: int | None,
) -> Engine:
    """Returns the engine for these settings; see `maskwatch.load`, which makes it on the first call.

    Raises:
        ModelError: A model is unknown, missing or damaged.
        ConfigError: A setting is out of range.
    """
    return load(detector, classifier, size, threshold, live=live, threads=threads)


def detectors(configured: str) -> list[str]:
    """Returns the names of the detectors that need no download, the configured one first."""
    return [configured, *(name for name in at_hand("detector") if name != configured)]
