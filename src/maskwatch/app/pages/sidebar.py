"""The most important settings, in the sidebar of every page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from maskwatch.app.engines import detectors, engine
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.models.catalog import SHIPPED, partner
from maskwatch.pipeline import Engine
from maskwatch.settings import Settings, load_settings

_NAMES = {
    "ssd": "Standard",
    "ssd-fast": "Fast: for slow computers",
    "ssd-accurate": "Accurate: for faces far away",
    "ssd-large": "Thorough: slow, for the fewest mistakes",
    "yunet": "YuNet",
    "opencv-ssd": "OpenCV SSD (old, for comparison)",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings that the visitor chose in the sidebar.

    Attributes:
        settings: All settings, including those of the sidebar.
    """

    settings: Settings

    def picture_engine(self) -> Engine:
        """Returns the engine for still pictures.

        Raises:
            MaskwatchError: The models cannot be loaded.
        """
        return self._engine(live=False, threads=None)

    def live_setup(self) -> StreamSetup:
        """Returns the setup for live video.

        Raises:
            MaskwatchError: The models cannot be loaded.
        """
        return StreamSetup(self._engine(live=True, threads=None), self.settings.alerts)

    def video_setup(self) -> StreamSetup:
        """Returns the setup for video files: the live models with two threads, for total time counts here.

        Raises:
            MaskwatchError: The models cannot be loaded.
        """
        return StreamSetup(self._engine(live=True, threads=min(2, os.cpu_count() or 1)), self.settings.alerts)

    def _engine(self, live: bool, threads: int | None) -> Engine:
        detect = self.settings.detect
        return engine(
            detect.detector,
            self.settings.classify.classifier,
            detect.size,
            detect.threshold,
            live,
            threads if detect.threads is None else detect.threads,
        )


def sidebar() -> Choices:
    """Shows the settings and returns what the visitor chose.

    Raises:
        ConfigError: A setting in the file or the environment is unknown or out of range.
    """
    settings = load_settings()
    with st.sidebar:
        st.subheader("Settings")
        detector = st.selectbox(
            "Face detector",
            detectors(settings.detect.detector),
            format_func=lambda name: _NAMES.get(name, Path(name).name),
            help="Standard suits most rooms. Accurate finds smaller faces and takes more time; fast is for "
            "slow computers.",
            key="detector",
        )
        own = st.toggle(
            "Set the face threshold myself",
            value=settings.detect.threshold is not None,
            help="Each model brings a threshold that suits it.",
            key="own_threshold",
        )
        threshold = None
        if own:
            threshold = st.slider(
                "Face threshold",
                0.05,
                0.95,
                settings.detect.threshold or 0.5,
                0.05,
                help="How sure the model must be that something is a face. Higher: fewer false alarms. "
                "Lower: fewer faces missed.",
                key="threshold",
            )
        after = st.slider(
            "Alert after (seconds)",
            0.0,
            15.0,
            min(settings.alerts.after, 15.0),
            0.5,
            format="%g s",
            help="How long somebody must be without a mask before sound and banner come.",
            key="alert_after",
        )
    classifier = settings.classify.classifier
    if classifier == SHIPPED["classifier"]:
        classifier = partner(detector) or classifier
    changes = {
        "classify": settings.classify.model_copy(update={"classifier": classifier}),
        "detect": settings.detect.model_copy(update={"detector": detector, "threshold": threshold}),
        "alerts": settings.alerts.model_copy(update={"after": after}),
    }
    return Choices(settings.model_copy(update=changes))
