"""The pipeline: a stateless `Engine` for single pictures, a stateful `Session` for each stream."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

import cv2
import numpy as np

from maskwatch.classifiers.base import Classifier
from maskwatch.detectors.base import Detector
from maskwatch.rules import Rule
from maskwatch.types import Event, Faces, Frame, Image, ImageLike, Result


@dataclass(frozen=True, slots=True)
class Retry:
    """A second search, in a smaller copy, of a picture in which no face was found.

    Averaging pixels removes strong noise and visible JPEG blocks, which can hide a large face.

    Attributes:
        shrink: Factor by which width and height of the copy are smaller.
        threshold: Face score in [0, 1] below which a face found in the copy is not reported.
        least: Shorter side in pixels that the copy must have; there is no second search below it.
    """

    shrink: float
    threshold: float
    least: int = 32

    def smaller(self, image: Image) -> Image | None:
        """Returns the smaller copy (h, w, 3) uint8, or None where it would be too small to show a face."""
        height, width = (round(side / self.shrink) for side in image.shape[:2])
        if min(height, width) < self.least:
            return None
        return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


class Engine:
    """A detector and a classifier. Keeps no state between calls, so any number of threads may share it.

    `maskwatch.load` makes one. Calling the engine is the same as calling `detect`.

    Args:
        detector: Finds the faces.
        classifier: Says how each mask is worn; None leaves `Faces.probabilities` None.
        threshold: Face score in [0, 1] below which a face is not reported; None reports all that detector
            and classifier return.
        retry: Second search of a picture in which no face was found; None for none.
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

    def detect(self, image: ImageLike) -> Faces:
        """Finds and classifies the faces of one picture.

        Args:
            image: A (h, w, 3) uint8 array in BGR order, the path of a picture file, or a PIL image. The EXIF
                orientation of files and PIL images is applied.

        Returns:
            The faces, in the detector's order; boxes are in pixels of the upright picture.

        Raises:
            TypeError: `image` is none of these.
            ValueError: The array has another shape or dtype, or the picture has no pixels.
            SourceError: The file is missing, damaged, too large or not a picture.
        """
        return self._detect(_bgr(image))

    __call__ = detect

    def predict(self, image: ImageLike) -> Result:
        """Finds and classifies the faces of one picture and keeps the picture with them.

            load().predict("people.jpg").save("marked.jpg")

        Args:
            image: See `detect`.

        Returns:
            The picture with its faces, to be drawn (`plot`), saved or written to a sink; its `frame.source`
            is the path, or "" for a picture that comes from no file.

        Raises:
            TypeError: See `detect`, as for the following.
            ValueError: The array has another shape or dtype.
            SourceError: The file cannot be read.
        """
        bgr = _bgr(image)
        start = time.perf_counter()
        faces = self._detect(bgr)
        return Result(Frame(bgr, source=_source(image)), faces, seconds=time.perf_counter() - start)

    def _detect(self, image: Image) -> Faces:
        faces = self._search(image)
        if self.retry is None or len(faces) or (smaller := self.retry.smaller(image)) is None:
            return faces
        faces = self._search(smaller)
        faces = faces[faces.scores >= self.retry.threshold]
        (height, width), (low, narrow) = image.shape[:2], smaller.shape[:2]
        return faces.with_(boxes=faces.boxes * np.array([width / narrow, height / low] * 2, np.float32))

    def _search(self, image: Image) -> Faces:
        faces = self.detector.detect(image)
        if self.classifier is not None:
            faces = self.classifier.classify(image, faces)
        if self.threshold is not None:
            faces = faces[faces.scores >= self.threshold]
        return faces


class Session:
    """One stream: an engine, and the rules that remember earlier frames. Use it from one thread at a time.

        session = Session(load(live=True), [NoMaskRule(after=3.0)])
        for result in run(open_source("0"), session):
            ...

    Args:
        engine: May be shared by any number of sessions.
        rules: Turn results into events; a rule belongs to one session only.
    """

    def __init__(self, engine: Engine, rules: Sequence[Rule] = ()) -> None:
        self.engine = engine
        self.rules = tuple(rules)

    def __call__(self, frame: Frame) -> Result:
        """Finds the faces of the next frame and applies the rules.

        Args:
            frame: The next frame of the stream; `frame.t` is not smaller than that of the frame before.

        Returns:
            The frame with its faces, the events that the rules raised, and the seconds the models took.
        """
        start = time.perf_counter()
        faces = self.engine.detect(frame.image)
        seconds = time.perf_counter() - start
        events: list[Event] = []
        for rule in self.rules:
            events += rule.update(faces, frame.t)
        return Result(frame, faces, tuple(events), seconds)


def run(frames: Iterable[Frame], session: Session) -> Iterator[Result]:
    """Yields the result of every frame of a source, in order.

    Args:
        frames: Any source, for example what `maskwatch.open_source` returns.
        session: A fresh session for this source.

    Raises:
        SourceError: The source cannot be opened or read.
    """
    for frame in frames:
        yield session(frame)


def _bgr(image: ImageLike) -> Image:
    """Returns any accepted form of a picture as (h, w, 3) uint8, BGR; see `Engine.detect` for the errors."""
    if not isinstance(image, np.ndarray):
        from maskwatch.sources.images import to_bgr  # late: arrays need no picture files

        image = to_bgr(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(
            f"expected a BGR picture as (height, width, 3) uint8, got {image.shape} {image.dtype};"
            " read_image() makes one from any file"
        )
    return image


def _source(image: ImageLike) -> str:
    """Returns the path that a picture was read from, "" for an array."""
    if isinstance(image, np.ndarray):
        return ""
    if isinstance(image, str | PathLike):
        return str(image)
    return str(getattr(image, "filename", ""))  # of PIL images only those that were opened from a file
