"""A network that finds faces and masks in one go, such as AIZOO's FaceMaskDetection, by ONNX Runtime.

The file is the user's own: input (1, 3, s, s) or (1, s, s, 3) float32, RGB, 0 to 1; outputs offsets (1, n, 4)
and scores (1, n, 2). Anchors as AIZOO publishes them for 260 and 360 pixels.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import chain
from typing import Any, Final

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.speed.worker import Results, serve

_STRIDES: Final = (8, 16, 32, 64, 128)
_SIZES: Final = ((0.04, 0.056), (0.08, 0.11), (0.16, 0.22), (0.32, 0.45), (0.64, 0.72))
_RATIOS: Final = (1.0, 0.62, 0.42)
_VARIANCES: Final = np.array([0.1, 0.1, 0.2, 0.2], np.float32)
_SCORE: Final = 0.5
_NMS_IOU: Final = 0.4

Floats = NDArray[np.float32]


class SingleShot:
    """Finds faces with their mask state.

    Args:
        path: The ONNX file.
    """

    def __init__(self, path: str) -> None:
        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (given,) = self._session.get_inputs()
        self._name = given.name
        self._planes = given.shape[1] == 3
        side = given.shape[2]
        if not isinstance(side, int):
            raise SystemExit(f"{path}: the network's input has no fixed size")
        self._side = side
        self._anchors = anchors(side)
        self._faces(np.zeros((720, 1280, 3), np.uint8))

    def versions(self) -> dict[str, str]:
        """See `benchmarks.speed.worker.Competitor.versions`."""
        return {"onnxruntime": onnxruntime.__version__, "opencv": cv2.__version__}

    def run(self, job: Mapping[str, Any], results: Results) -> None:
        """Runs a clip."""
        capture = cv2.VideoCapture(job["path"])
        number = 0
        while True:
            there, frame = capture.read()
            if not there:
                return
            results.add(number, self._faces(np.asarray(frame, np.uint8)))
            number += 1

    def _faces(self, frame: NDArray[np.uint8]) -> int:
        """Returns the number of faces in a frame."""
        small = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), (self._side, self._side))
        fed = small.astype(np.float32)[None] / 255
        fed = np.ascontiguousarray(fed.transpose(0, 3, 1, 2)) if self._planes else fed
        outputs = self._session.run(None, {self._name: fed})
        offsets = next(np.asarray(o)[0] for o in outputs if o.shape[-1] == 4)
        scores = next(np.asarray(o)[0] for o in outputs if o.shape[-1] == 2).max(axis=1)
        rows = np.flatnonzero(scores >= _SCORE)
        boxes = decode(self._anchors[rows], offsets[rows])
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores[rows].tolist(), _SCORE, _NMS_IOU)
        return len(kept)


def anchors(side: int) -> Floats:
    """Returns the anchors (n, 4) of an input: centre x, centre y, width, height, as shares of the picture."""
    rows = []
    for stride, (small, large) in zip(_STRIDES, _SIZES, strict=True):
        cells = -(-side // stride)
        shapes = [(small, small), (large, large)]
        shapes += [(small * ratio**0.5, small / ratio**0.5) for ratio in _RATIOS[1:]]
        centres = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        grid = np.stack([x, y], axis=-1).reshape(-1, 1, 2).repeat(len(shapes), axis=1)
        wide = np.broadcast_to(np.array(shapes), grid.shape)
        rows.append(np.concatenate([grid, wide], axis=-1).reshape(-1, 4))
    return np.array(list(chain.from_iterable(rows)), np.float32)


def decode(anchors: Floats, offsets: Floats) -> Floats:
    """Returns boxes (n, 4): left, top, width and height as shares of the picture."""
    scaled = offsets * _VARIANCES
    centres = scaled[:, :2] * anchors[:, 2:] + anchors[:, :2]
    sizes = np.exp(scaled[:, 2:]) * anchors[:, 2:]
    return np.asarray(np.concatenate([centres - sizes / 2, sizes], axis=1), np.float32)


def main() -> None:
    """Loads it and answers jobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("network", help="an ONNX file")
    options = parser.parse_args()
    serve(lambda: SingleShot(options.network))


if __name__ == "__main__":
    main()
