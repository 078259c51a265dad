"""The usual loop: read a frame, find the faces, cut them out, one call of the classifier for all of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.worker import Results

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]

FACE: Final = 224
"""Side of the square that the classifier gets, pixels."""

_FIRST: Final = (1, 1, 2, 5, 20, 33)
"""Faces of the calls before any that count."""


class FrameLoop:
    """Runs clips and live streams through a detector and a classifier, as tutorials do.

    Args:
        detect: (h, w, 3) uint8, BGR -> boxes (n, 4) in pixels.
        predict: (n, 224, 224, 3) float32, RGB, -1 to 1 -> one row a face.
        libraries: Library -> version.
        only_found: Deals with the faces that the detector finds. Else faces that it misses are handed to it
            where they are known, so that the classifier has the work that there is.
    """

    def __init__(
        self,
        detect: Callable[[Image], Boxes],
        predict: Callable[[NDArray[np.float32]], object],
        libraries: Mapping[str, str],
        only_found: bool = False,
    ) -> None:
        self._detect = detect
        self._predict = predict
        self._libraries = {"opencv": cv2.__version__, **libraries}
        self._only_found = only_found
        blank = np.zeros((720, 1280, 3), np.uint8)
        # The first calls build graphs: Keras for each number of faces, until it has seen a few and makes one
        # for all.
        for faces in _FIRST:
            detect(blank)
            predict(np.zeros((faces, FACE, FACE, 3), np.float32))

    def versions(self) -> dict[str, str]:
        """See `benchmarks.speed.worker.Competitor.versions`."""
        return dict(self._libraries)

    def run(self, job: Mapping[str, Any], results: Results) -> None:
        """Runs a clip ("file"), a live stream ("live") or pictures ("stills")."""
        {"file": self._file, "live": self._live, "stills": self._stills}[job["do"]](job, results)

    def _file(self, job: Mapping[str, Any], results: Results) -> None:
        truth = json.loads(Path(job["truth"]).read_text(encoding="utf-8")) if job.get("truth") else []
        capture = cv2.VideoCapture(job["path"])
        number = 0
        while True:
            there, frame = capture.read()
            if not there:
                return
            known = truth[number] if number < len(truth) else []
            results.add(number, *self._faces(np.asarray(frame, np.uint8), known))
            number += 1

    def _stills(self, job: Mapping[str, Any], results: Results) -> None:
        for number, path in enumerate(job["paths"]):
            results.add(number, *self._faces(np.asarray(cv2.imread(path), np.uint8), []))

    def _live(self, job: Mapping[str, Any], results: Results) -> None:
        newest = _Newest(job["path"])
        try:
            while True:
                number, frame = newest.take()
                if frame is None:
                    return
                results.add(number, *self._faces(frame, job.get("known", [])))
        finally:
            newest.close()

    def _faces(self, frame: Image, known: list[list[float]]) -> tuple[int, int]:
        """Finds and classifies the faces of a frame; returns how many, and how many of them it found."""
        boxes = self._detect(frame)
        found = len(boxes)
        if not self._only_found and found < len(known):
            boxes = np.concatenate([boxes.reshape(-1, 4), np.asarray(known[found:], np.float32)])
        faces = []
        height, width = frame.shape[:2]
        for x1, y1, x2, y2 in boxes.round().astype(int).tolist():
            face = frame[max(y1, 0) : min(y2, height), max(x1, 0) : min(x2, width)]
            if not face.size:
                continue
            square = cv2.resize(cv2.cvtColor(face, cv2.COLOR_BGR2RGB), (FACE, FACE))
            faces.append(square.astype(np.float32) / 127.5 - 1)
        if faces:
            self._predict(np.array(faces, np.float32))
        return len(faces), min(found, len(faces))


class _Newest:
    """Reads a stream in a thread and keeps the newest frame, as the tutorials' video streams do."""

    def __init__(self, path: str) -> None:
        self._capture = cv2.VideoCapture(path)
        self._new = threading.Condition()
        self._frame: Image | None = None
        self._number = self._taken = -1
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def take(self) -> tuple[int, Image | None]:
        """Waits for a frame that was not taken yet; returns its number and itself, None at the end."""
        with self._new:
            self._new.wait_for(lambda: self._ended or self._number > self._taken)
            if self._number == self._taken:
                return self._number, None
            self._taken = self._number
            return self._number, self._frame

    def close(self) -> None:
        """Ends the thread."""
        self._ended = True
        self._thread.join(5)
        self._capture.release()

    def _read(self) -> None:
        while not self._ended:
            there, frame = self._capture.read()
            with self._new:
                if there:
                    self._frame = np.asarray(frame, np.uint8)
                    self._number += 1
                else:
                    self._ended = True
                self._new.notify()
