"""Models whose answers are kept on disk: a second run over the same frames needs neither model nor picture.

The answers are kept by frame, model, place in the frame and settings. Whatever is asked anew is answered by
the real model, on the frame as it is drawn for it, and kept. So any part of maskwatch above the models can
change between two runs.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.mobilenet import CropPredictions, MobileNet
from maskwatch.detectors.mosaic import search_squares
from maskwatch.detectors.ssd import SSD
from maskwatch.factory import load
from maskwatch.pipeline import Engine
from maskwatch.types import Faces, Image

Floats = NDArray[np.float32]

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS answers (question TEXT PRIMARY KEY, answer BLOB) WITHOUT ROWID"
_COLUMNS: Final = 7  # of a kept prediction: three states, face, turned, luminance, sharpness


class Recording:
    """The kept answers about the frames of one scene.

        with Recording(file, scene.size, scene.render) as recording:
            engine = recording.engine()
            engine.detect(recording.frame(12))

    Args:
        file: Where answers are kept; None keeps them in memory.
        size: Width and height of the frames.
        render: Draws a frame; called only for what nobody has asked before.
    """

    def __init__(self, file: Path | None, size: tuple[int, int], render: Callable[[int], Image]) -> None:
        self._render = render
        self._index = -1
        self._drawn: tuple[int, Image] | None = None
        # What stands for the frames: where a part of it begins in memory says which part of the frame it is.
        self._blank: Image = np.zeros((size[1], size[0], 3), np.uint8)
        self._new: dict[str, Floats] = {}
        self._database: sqlite3.Connection | None = None
        self._known: dict[str, Floats] = {}
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(file, timeout=60)
            self._database.execute(_SCHEMA)
            for question, answer in self._database.execute("SELECT question, answer FROM answers"):
                self._known[question] = np.frombuffer(answer, np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Keeps what is new."""
        if self._database is not None:
            rows = [(question, answer.tobytes()) for question, answer in self._new.items()]
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)
            self._database.close()
            self._database = None

    @property
    def whole(self) -> Image:
        """The blank picture."""
        return self._blank

    def frame(self, index: int) -> Image:
        """Makes a frame the current one, and returns a blank picture that stands for it: (h, w, 3) uint8."""
        self._index = index
        return self._blank

    def pixels(self, image: Image) -> Image:
        """Returns what a part of the blank picture stands for, drawn: same shape."""
        if self._drawn is None or self._drawn[0] != self._index:
            self._drawn = (self._index, self._render(self._index))
        x, y = self._corner(image)
        return self._drawn[1][y : y + image.shape[0], x : x + image.shape[1]]

    def ask(self, image: Image, question: str, answer: Callable[[], Floats]) -> Floats:
        """Returns the answer to a question about a part of the current frame; a new one is kept.

        Args:
            image: The blank picture, or a part of it.
            question: What is asked; says everything that the answer depends on, but the frame and the part.
            answer: Answers it.

        Returns:
            (n,) float32.
        """
        key = self._key(image, question)
        known = self._known.get(key)
        if known is None:
            known = np.ascontiguousarray(answer(), np.float32).ravel()
            self._known[key] = self._new[key] = known
        return known

    def knows(self, image: Image, question: str) -> bool:
        """Says whether the question was asked before."""
        return self._key(image, question) in self._known

    def engine(self, threshold: float | None = None) -> Engine:
        """Returns the engine of live video, whose models answer from this recording."""
        real = load("ssd", "mobilenet", threshold=threshold, live=True)
        detector, classifier = real.detector, real.classifier
        assert isinstance(detector, SSD)
        assert isinstance(classifier, MobileNet)
        recorded = RecordedClassifier(classifier, self)
        engine = RecordedEngine(real, RecordedDetector(detector, self, recorded), recorded)
        if engine.turn_check is not None:
            engine.turn_check = replace(engine.turn_check, classifier=recorded)
        return engine

    def _key(self, image: Image, question: str) -> str:
        x, y = self._corner(image)
        return f"{self._index} {x} {y} {image.shape[1]} {image.shape[0]} {question}"

    def _corner(self, image: Image) -> tuple[int, int]:
        """Returns x and y of the upper left corner of a part of the blank picture."""
        offset = image.__array_interface__["data"][0] - self._blank.__array_interface__["data"][0]
        if not np.shares_memory(image, self._blank) or image.strides != self._blank.strides:
            raise ValueError(
                "a recorded model was asked about a picture that is no part of the current frame"
            )
        y, rest = divmod(offset, self._blank.strides[0])
        return rest // self._blank.strides[1], y


class RecordedEngine(Engine):
    """The engine, with models whose answers are kept.

    Args:
        real: The engine itself.
        detector: In place of its detector.
        classifier: In place of its classifier.
    """

    def __init__(self, real: Engine, detector: RecordedDetector, classifier: RecordedClassifier) -> None:
        self.__dict__.update(real.__dict__)
        self.detector, self.classifier = detector, classifier
        self._recorded = detector

    def candidates_in(self, image: Image, squares: NDArray[np.int64]) -> Faces:
        """See `maskwatch.pipeline.Engine.candidates_in`."""
        return self._recorded.detect_in(image, squares)[: self.most]


class RecordedDetector(SSD):
    """The detector; what it finds is kept.

    Args:
        real: The detector itself.
        recording: Where answers are kept.
        classifier: Classifies new boxes at once, while the frame is at hand.
    """

    def __init__(self, real: SSD, recording: Recording, classifier: RecordedClassifier) -> None:
        self.__dict__.update(real.__dict__)
        self._real, self._recording, self._classifier = real, recording, classifier
        self._name = f"detect {_digest(real.info.files[0])}"

    def detect(self, image: Image) -> Faces:
        """See `maskwatch.detectors.base.Detector.detect`."""
        self._real.threshold, self._real.sizes = self.threshold, self.sizes
        question = f"{self._name} {self.threshold:.4f} {self.sizes} {self.enlarge} {self.tiled}"
        new = not self._recording.knows(image, question)
        rows = self._recording.ask(image, question, lambda: self._detect(image)).reshape(-1, 5)
        faces = Faces(rows[:, :4].copy(), rows[:, 4].copy())
        if new and image is self._recording.whole:
            self._classifier.predict(image, faces.boxes[:64])
        return faces

    def detect_in(self, image: Image, squares: NDArray[np.int64]) -> Faces:
        """See `maskwatch.detectors.mosaic.search_squares`."""
        if not len(squares):
            return Faces.empty()
        question = f"{self._name} {self.threshold:.4f} squares {squares.tolist()}"
        rows = self._recording.ask(image, question, lambda: self._detect_in(image, squares)).reshape(-1, 5)
        return Faces(rows[:, :4].copy(), rows[:, 4].copy())

    def _detect(self, image: Image) -> Floats:
        return _rows(self._real.detect(self._recording.pixels(image)))

    def _detect_in(self, image: Image, squares: NDArray[np.int64]) -> Floats:
        return _rows(search_squares(self._real.detect, self._recording.pixels(image), squares))


class RecordedClassifier(MobileNet):
    """The classifier; its answer to each box is kept.

    Args:
        real: The classifier itself.
        recording: Where answers are kept.
    """

    def __init__(self, real: MobileNet, recording: Recording) -> None:
        self.__dict__.update(real.__dict__)
        self._real, self._recording = real, recording
        self._name = _digest(real.info.files[0])

    def predict(self, image: Image, boxes: NDArray[np.float32]) -> CropPredictions:
        """See `maskwatch.classifiers.mobilenet.MobileNet.predict`."""
        if not len(boxes):
            return self._real.predict(image, boxes)
        questions = [f"predict {self._name} {box}" for box in _texts(boxes)]
        asked = [i for i, q in enumerate(questions) if not self._recording.knows(image, q)]
        if asked:
            part = self._real.predict(self._recording.pixels(image), boxes[asked])
            table = np.concatenate([part[0], np.stack(part[1:], axis=1)], axis=1).astype(np.float32)
            for i, row in zip(asked, table, strict=True):
                self._recording.ask(image, questions[i], lambda row=row: row)  # type: ignore[misc]
        kept = np.stack([self._recording.ask(image, q, _unasked) for q in questions])
        assert kept.shape[1] == _COLUMNS
        return CropPredictions(kept[:, :3], *kept[:, 3:].T)

    def upright_log_odds(
        self, image: Image, boxes: NDArray[np.float32], quarters: Sequence[int]
    ) -> NDArray[np.float32]:
        """See `maskwatch.classifiers.turn_check.TurningClassifier.upright_log_odds`."""
        columns = [
            self._recording.ask(
                image,
                f"upright {tuple(quarters)} {self._name} {text}",
                lambda box=box: self._real.upright_log_odds(  # type: ignore[misc]
                    self._recording.pixels(image), box[None], quarters
                ),
            )
            for box, text in zip(boxes, _texts(boxes), strict=True)
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(quarters), 0), np.float32)


def _rows(faces: Faces) -> Floats:
    """Returns boxes and scores (n, 5)."""
    return np.concatenate([faces.boxes, faces.scores[:, None]], axis=1)


def _texts(boxes: Floats) -> list[str]:
    return [np.asarray(box, np.float32).tobytes().hex() for box in boxes]


def _unasked() -> Floats:
    raise AssertionError("was asked before")


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
