"""The most important settings, in the sidebar of every page."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from maskwatch.app.engines import (
    AUTOMATIC,
    classifiers,
    detectors,
    engine,
    own_threshold,
    resolve_classifier,
)
from maskwatch.app.pages.alert_settings import alert_settings
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.models.catalog import NO_CLASSIFIER
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

_CLASSIFIER_NAMES = {
    AUTOMATIC: "Automatic",
    "mobilenet": "Standard",
    "mobilenet-fast": "Fast: for slow computers",
    NO_CLASSIFIER: "None: only find faces",
}
_LIVE, _STILLS = "threshold", "threshold_stills"
_USUAL_THRESHOLD = 0.5  # of a back end that does not tell its own


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings that the visitor chose in the sidebar.

    Attributes:
        settings: All settings, including those of the sidebar.
        threshold: Face threshold for live video and video files; None for the model's.
        still_threshold: Face threshold for still pictures; None for the model's.
    """

    settings: Settings
    threshold: float | None = None
    still_threshold: float | None = None

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
        return StreamSetup(self._engine(live=True, threads=None), self.settings)

    def video_setup(self) -> StreamSetup:
        """Returns the setup for video files: the live models with two threads, for total time counts here.

        Raises:
            MaskwatchError: The models cannot be loaded.
        """
        return StreamSetup(self._engine(live=True, threads=min(2, os.cpu_count() or 1)), self.settings)

    def own_threshold(self, live: bool) -> float:
        """Returns the face threshold that the models bring along.

        Raises:
            MaskwatchError: The models cannot be loaded.
        """
        own = own_threshold(replace(self, threshold=None, still_threshold=None)._engine(live, None))
        return _USUAL_THRESHOLD if own is None else own

    def _engine(self, live: bool, threads: int | None) -> Engine:
        detect = self.settings.detect
        return engine(
            detect.detector,
            self.settings.classify.classifier,
            detect.size,
            self.threshold if live else self.still_threshold,
            live,
            threads if detect.threads is None else detect.threads,
            detect.upright,
        )


def sidebar() -> Choices:
    """Shows the settings and returns what the visitor chose.

    Raises:
        ConfigError: A setting in the file or the environment is unknown or out of range.
        ModelError: The models cannot be loaded.
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
        classifier = st.selectbox(
            "Mask classifier",
            classifiers(settings.classify.classifier),
            format_func=lambda name: _CLASSIFIER_NAMES.get(name, Path(name).name),
            help="Says how each mask is worn. Automatic takes the one that suits the face detector.",
            key="classifier",
        )
        classify = settings.classify.model_copy(
            update={"classifier": resolve_classifier(classifier, detector)}
        )
        detect = settings.detect.model_copy(update={"detector": detector})
        choices = Choices(settings.model_copy(update={"classify": classify, "detect": detect}))
        threshold, still_threshold = _thresholds(choices, settings.detect.threshold)
        alerts = alert_settings(settings.alerts)
    changed = choices.settings.model_copy(update={"alerts": alerts})
    return Choices(changed, threshold, still_threshold)


def _thresholds(choices: Choices, configured: float | None) -> tuple[float | None, float | None]:
    """Shows the switch and the sliders; returns the thresholds for video and for still pictures."""
    own = st.toggle(
        "Set the face threshold myself",
        value=configured is not None,
        help="Each model brings a threshold that suits it: one for video, one for still pictures.",
        key="own_threshold",
    )
    models = (choices.settings.detect.detector, choices.settings.classify.classifier)
    if not own:
        st.session_state.pop("threshold_models", None)
        return None, None
    starts = [choices.own_threshold(live) if configured is None else configured for live in (True, False)]
    if st.session_state.get("threshold_models") != models:  # other models, other thresholds
        st.session_state.threshold_models = models
        st.session_state[_LIVE], st.session_state[_STILLS] = (_rounded(start) for start in starts)
    words = (
        "How sure the model must be that something is a face. Higher: fewer false alarms. "
        "Lower: fewer faces missed."
    )
    chosen = [
        st.slider(label, 0.01, 0.99, step=0.01, help=words, key=key)
        for label, key in (
            ("Face threshold, live and videos", _LIVE),
            ("Face threshold, photos", _STILLS),
        )
    ]
    # A slider that nobody moved leaves the exact threshold.
    live, stills = (
        (configured if value == _rounded(start) else value)
        for value, start in zip(chosen, starts, strict=True)
    )
    return live, stills


def _rounded(threshold: float) -> float:
    """Returns the value of the slider that is closest to a threshold."""
    return round(min(max(threshold, 0.01), 0.99), 2)
