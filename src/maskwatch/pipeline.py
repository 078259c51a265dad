"""The pipeline: a stateless `Engine` for single pictures, a stateful `Session` for each stream."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from os import PathLike
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.ahead import Ahead
from maskwatch.classifiers.base import Classifier
from maskwatch.classifiers.turn_check import TurnCheck, TurnMemory
from maskwatch.detectors.base import Detector
from maskwatch.detectors.fine_search import FineSearch
from maskwatch.detectors.mosaic import search_squares
from maskwatch.detectors.tracked_search import TrackedSearch
from maskwatch.geometry import iou
from maskwatch.people.census import Census
from maskwatch.people.follower import Follower, Following
from maskwatch.people.history import History
from maskwatch.people.person import People
from maskwatch.people.zones import Zone, outside
from maskwatch.results import Result
from maskwatch.rules.base import Rule, SilenceRule
from maskwatch.second_tries import Padding, Retry, Turning
from maskwatch.types import Event, Faces, Frame, Image, ImageLike, SearchMode

_LONG_AGO: Final = -1e12  # seconds


class Engine:
    """A detector and a classifier. Keeps no state between calls, so any number of threads may share it.

    `maskwatch.load` makes one. Calling the engine is the same as calling `detect`.

    Args:
        detector: Finds the faces.
        classifier: Says how each mask is worn; None leaves `Faces.probabilities` None.
        threshold: Face score in [0, 1] below which a face is not reported; None reports all that detector
            and classifier return.
        retry: Second search of a picture in which no face was found; None for none.
        padding: Search with a border, of a picture in which no answer is certain; None for none.
        turning: Searches in other orientations, of a picture without a convincing face; None for none.
        turn_check: Marks faces that are turned over; None leaves them.
        most: Number of places, the best by the detector's score, that the classifier sees of one picture;
            the others are not reported. None for all.
        live: Whether it is made for live video: a `Session` then follows the people.
    """

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier | None = None,
        threshold: float | None = None,
        retry: Retry | None = None,
        *,
        padding: Padding | None = None,
        turning: Turning | None = None,
        turn_check: TurnCheck | None = None,
        most: int | None = None,
        live: bool = False,
    ) -> None:
        self.detector = detector
        self.classifier = classifier
        self.threshold = threshold
        self.retry = retry
        self.padding = padding
        self.turning = turning
        self.turn_check = turn_check
        self.most = most
        self.live = live

    def detect(self, image: ImageLike, memory: TurnMemory | None = None) -> Faces:
        """Finds and classifies the faces of one picture.

        Args:
            image: A (h, w, 3) uint8 array in BGR order, the path of a picture file, or a PIL image. The EXIF
                orientation of files and PIL images is applied.
            memory: Of the stream that the picture is a frame of: not every frame is then checked for faces
                that are turned over. None for a picture of its own.

        Returns:
            The faces, in the detector's order; boxes are in pixels of the upright picture.

        Raises:
            TypeError: `image` is none of these.
            ValueError: The array has another shape or dtype, or the picture has no pixels.
            SourceError: The file is missing, damaged, too large or not a picture.
        """
        return self._detect(_bgr(image), memory)

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

    def candidates(self, image: Image) -> Faces:
        """Returns the places where faces may be, not classified: the first half of `detect`.

        Args:
            image: (h, w, 3) uint8, BGR.

        Returns:
            Faces with the detector's scores, best first, at most `most`.
        """
        faces = self.detector.detect(image)
        return faces if self.most is None else faces[: self.most]

    def candidates_in(self, image: Image, squares: NDArray[np.int64]) -> Faces:
        """Returns the places where faces may be in some squares of a picture, not classified.

        Args:
            image: (h, w, 3) uint8, BGR.
            squares: (n, 3): left, top and side in pixels; see `maskwatch.detectors.mosaic`.

        Returns:
            Faces with the detector's scores, best first, at most `most`.
        """
        faces = search_squares(self.detector.detect, image, squares)
        return faces if self.most is None else faces[: self.most]

    @property
    def search_side(self) -> int | None:
        """Longer side in pixels at which pictures are searched; None if the detector does not tell."""
        sizes = getattr(self.detector, "sizes", None)
        return max(sizes) if sizes else None

    def look(self, image: Image, faces: Faces) -> Faces:
        """Classifies some candidates: the second half of `detect`, without thresholds.

        Args:
            image: (h, w, 3) uint8, BGR: the picture that they were found in.
            faces: Some of what `candidates` returned.

        Returns:
            The faces with probabilities and the scores of both opinions; what is surely no face is gone.
        """
        return faces if self.classifier is None else self.classifier.classify(image, faces)

    def _detect(self, image: Image, memory: TurnMemory | None = None) -> Faces:
        faces = self._search(image, memory)
        for second_try in (self.retry, self.padding, self.turning):
            if second_try is not None:
                faces = second_try(image, faces, self._search)
        return faces

    def _search(self, image: Image, memory: TurnMemory | None = None) -> Faces:
        faces = self.look(image, self.candidates(image))
        if self.threshold is not None:
            faces = faces[faces.scores >= self.threshold]
        if self.turn_check is not None:
            faces = self.turn_check(image, faces, memory)
        return faces


class Session:
    """One stream: an engine, the people who are followed, and the rules. Use it from one thread at a time.

        session = Session(load(live=True), [NoMaskRule(after=3.0)])
        for result in run(open_source("0"), session):
            ...

    With an engine for live video people are followed: `Result.people` holds everybody in view, each with a
    number and a state that many looks agree on. A frame of another source, or one that is older than the
    frame before, begins anew. With an engine for still pictures each frame stands alone.

    Args:
        engine: May be shared by any number of sessions.
        rules: Turn results into events; a rule belongs to one session only.
        following: How people are followed; None for the usual way.
        zones: Zones, lines and areas to be ignored.
        follow: False lets each frame stand alone; None follows where the engine is one for live video.
        start: Local time at which the stream's clock is 0: minutes and hours of `history` then begin with
            those of the clock; None begins them with the stream.
        fine: Search large frames by turns in pieces, too, so that people far away are found; see
            `maskwatch.detectors.fine_search`.
        search: "every-frame" searches each frame, or a piece of it. "tracked" searches most frames only
            around the people who are known, which takes about half the time; see
            `maskwatch.detectors.tracked_search`. It needs a detector that says at which size it searches.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Sequence[Rule] = (),
        *,
        following: Following | None = None,
        zones: Sequence[Zone] = (),
        follow: bool | None = None,
        start: datetime | None = None,
        fine: bool = True,
        search: SearchMode = "every-frame",
    ) -> None:
        self.engine = engine
        self.rules = tuple(rules)
        self.zones = tuple(zones)
        self._following = following
        self._fine = fine
        self._mode = search
        # An engine of the user's own may only detect: then each frame stands alone.
        self._follows = isinstance(engine, Engine) and (engine.live if follow is None else follow)
        self._last: tuple[str, float] | None = None
        self._begin(start)

    @property
    def history(self) -> History:
        """The people of the stream so far, by minute, hour and day."""
        return self._census.history

    def _begin(self, start: datetime | None = None) -> None:
        self._memory = TurnMemory() if isinstance(self.engine, Engine) else None
        self._follower = Follower(self._following, getattr(self.engine, "threshold", None))
        self._census = Census(self.zones, start)
        if isinstance(self.engine, Engine):
            self._search = self._new_search(self.engine)

    def _new_search(self, engine: Engine) -> FineSearch | TrackedSearch:
        """Returns what chooses the places of each frame that are searched."""
        side = engine.search_side if self._fine else None
        # Where a detector does not tell its side, a small picture may cost it as much as a large one.
        if self._mode == "every-frame" or engine.search_side is None:
            return FineSearch(engine.candidates, side)
        return TrackedSearch(engine.candidates, engine.candidates_in, side, self._follower.sure)

    def __call__(self, frame: Frame) -> Result:
        """Finds the faces of the next frame, follows the people and applies the rules.

        Args:
            frame: The next frame of the stream; `frame.t` is larger than that of the frame before.

        Returns:
            The frame with its faces and people, the events that the rules raised, and the seconds the models
            took.
        """
        start = time.perf_counter()
        image = frame.image
        people: People | None = None
        if self._follows:
            if not math.isfinite(frame.t):
                raise ValueError(f"the time of a frame is a number of seconds, not {frame.t}")
            if self._last is not None and (frame.source != self._last[0] or frame.t < self._last[1]):
                self._begin()
                for rule in self.rules:  # they forget what they know when the time goes back
                    rule.update(People(), _LONG_AGO)
            self._last = (frame.source, frame.t)
            faces, people = self._follow(_bgr(image), frame.t)
        else:
            faces = self.engine.detect(image, self._memory) if self._memory else self.engine.detect(image)
            faces = outside(faces, self.zones, (image.shape[1], image.shape[0]))
        seconds = time.perf_counter() - start
        events: list[Event] = []
        for rule in self.rules:
            events += rule.update(people or People(), frame.t)
        return Result(frame, faces, tuple(events), seconds, people)

    def silence(self, seconds: float, t: float) -> tuple[Event, ...]:
        """Tells the rules that no frame has come for some time.

        Args:
            seconds: Time without a frame.
            t: Seconds since the stream began.

        Returns:
            The events that this causes.
        """
        return tuple(
            event
            for rule in self.rules
            if isinstance(rule, SilenceRule)
            for event in rule.silence(seconds, t)
        )

    def _follow(self, image: Image, t: float) -> tuple[Faces, People]:
        size = (image.shape[1], image.shape[0])
        found = self._search.candidates(image, t, self._follower.expected(t))
        found = found[np.isfinite(found.boxes).all(axis=1)]  # a detector of the user's own may give anything
        candidates = outside(found, self.zones, size)
        faces, persons = self._follower.update(candidates, t, size, _FrameEyes(self.engine, image))
        return faces, self._census.update(persons, t, size)


class _FrameEyes:
    """Looks at faces of one frame with the models of an engine."""

    def __init__(self, engine: Engine, image: Image) -> None:
        self._engine = engine
        self._image = image

    def look(self, faces: Faces) -> Faces:
        """See `maskwatch.people.follower.Eyes.look`."""
        seen = self._engine.look(self._image, faces)
        return seen if seen.track_ids is not None else _with_numbers(seen, faces)

    def turned_over(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """See `maskwatch.people.follower.Eyes.turned_over`."""
        check = self._engine.turn_check
        return np.zeros(len(boxes), np.bool_) if check is None else check.turned_over(self._image, boxes)


def _with_numbers(seen: Faces, given: Faces) -> Faces:
    """Returns the faces with the numbers of those given: a classifier of the user's own may make new ones."""
    assert given.track_ids is not None
    if not len(seen):
        return seen.with_(track_ids=np.zeros(0, np.int64))
    return seen.with_(track_ids=given.track_ids[iou(seen.boxes, given.boxes).argmax(axis=1)])


def run(frames: Iterable[Frame], session: Session) -> Iterator[Result]:
    """Yields the result of every frame of a source, in order.

    A source that is not live is read ahead, by a thread of its own.

    Args:
        frames: Any source, for example what `maskwatch.open_source` returns.
        session: A fresh session for this source.

    Raises:
        SourceError: The source cannot be opened or read.
    """
    with _read_ahead(frames) as ready:
        for frame in ready:
            yield session(frame)


def _read_ahead(frames: Iterable[Frame]) -> AbstractContextManager[Iterable[Frame]]:
    """Returns the frames; read ahead if they come from a source that says it is not live."""
    return Ahead(frames) if getattr(frames, "live", True) is False else nullcontext(frames)


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
