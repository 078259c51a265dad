"""The one pipeline: a stateless `Engine` for pictures, a stateful `Session` for each stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from maskwatch.classifiers.base import Classifier
from maskwatch.detectors.base import Detector
from maskwatch.rules import Rule
from maskwatch.types import Event, Faces, Frame, Image, Result


@dataclass(frozen=True, slots=True)
class Retry:
    """A second try with a picture in which nothing is found: the same, smaller.

    Where pixels are averaged, strong noise and visible blocks no longer hide a large face.

    Attributes:
        shrink: How many times smaller the copy is on either side.
        threshold: Face score below which a face found there is not reported.
        least: Shorter side, in pixels, that the copy must have.
    """

    shrink: float
    threshold: float
    least: int = 32

    def smaller(self, image: Image) -> Image | None:
        """The copy (h, w, 3) uint8 of a picture; None where it would be too small to hold a face."""
        height, width = (round(side / self.shrink) for side in image.shape[:2])
        if min(height, width) < self.least:
            return None
        return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


class Engine:
    """Detector and classifier together. Holds no state, so any number of threads may share it.

    Args:
        detector: Finds the faces.
        classifier: Says how each mask is worn; None leaves `probabilities` empty.
        threshold: Face score below which a face is not reported; None keeps what the detector gives.
        retry: What is done where nothing is found; None leaves it at that.
    """

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier | None = None,
        threshold: float | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.detector = detector
        self.classifier = classifier
        self.threshold = threshold
        self.retry = retry

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
        faces = self._look(image)
        if self.retry is None or len(faces) or (smaller := self.retry.smaller(image)) is None:
            return faces
        faces = self._look(smaller)
        faces = faces[faces.scores >= self.retry.threshold]
        (height, width), (low, narrow) = image.shape[:2], smaller.shape[:2]
        return faces.with_(boxes=faces.boxes * np.array([width / narrow, height / low] * 2, np.float32))

    __call__ = detect

    def _look(self, image: Image) -> Faces:
        faces = self.detector.detect(image)
        if self.classifier is not None:
            faces = self.classifier.classify(image, faces)
        if self.threshold is not None:
            faces = faces[faces.scores >= self.threshold]
        return faces


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
