"""The models that the pages use, loaded once for everybody."""

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
    """The engine for these settings; see `maskwatch.factory.load`, which it calls.

    Raises:
        ModelError: A model cannot be had or used.
        ConfigError: A setting makes no sense.
    """
    return load(detector, classifier, size, threshold, live=live, threads=threads)


def detectors(configured: str) -> list[str]:
    """The detectors that can be used at once, the configured one first."""
    return [configured, *(name for name in at_hand("detector") if name != configured)]
