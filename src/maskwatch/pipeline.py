"""The one pipeline: a stateless `Engine` for pictures, a stateful `Session` for each stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from maskwatch.classifiers.base import Classifier
from maskwatch.detectors.base import Detector
from maskwatch.rules import Rule
from maskwatch.types import Event, Faces, Frame, Image, Result


class Engine:
    """Detector and classifier together. Holds no state, so any number of threads may share it.

    Args:
        detector: Finds the faces.
        classifier: Says how each mask is worn; None leaves `probabilities` empty.
        threshold: Face score below which a face is not reported; None keeps what the detector gives.
    """

    def __init__(
        self, detector: Detector, classifier: Classifier | None = None, threshold: float | None = None
    ) -> None:
        self.detector = detector
        self.classifier = classifier
        self.threshold = threshold

    def detect(self, image: Image) -> Faces:
        """Finds and classifies the faces of one picture.

        Args:
            image: (h, w, 3) uint8, BGR.

        Raises:
            ValueError: The array has another shape or type.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise ValueError(
                f"expected a BGR picture as (height, width, 3) uint8, got {image.shape} {image.dtype};"
                " read_image() makes one from any file"
            )
        faces = self.detector.detect(image)
        if self.classifier is not None:
            faces = self.classifier.classify(image, faces)
        if self.threshold is not None:
            faces = faces[faces.scores >= self.threshold]
        return faces

    __call__ = detect


class Session:
    """One stream: an engine plus everything that remembers. One thread at a time may call it.

    Args:
        engine: Shared by all sessions.
        rules: What turns results into events; each belongs to this session alone.
    """

    def __init__(self, engine: Engine, rules: Sequence[Rule] = ()) -> None:
        self.engine = engine
        self.rules = tuple(rules)

    def __call__(self, frame: Frame) -> Result:
        """Looks at the next frame of the stream; `frame.t` must not run backwards."""
        start = time.perf_counter()
        faces = self.engine.detect(frame.image)
        seconds = time.perf_counter() - start
        events: list[Event] = []
        for rule in self.rules:
            events += rule.update(faces, frame.t)
        return Result(frame, faces, tuple(events), seconds)


def run(frames: Iterable[Frame], session: Session) -> Iterator[Result]:
    """Sends every frame of a source through a session, in order."""
    for frame in frames:
        yield session(frame)
