"""The face detector of this project: a single-shot detector (SSD) with a MobileNetV2 backbone.

Papers: SSD, arXiv 1512.02325 (anchors and their decoding); MobileNetV2 and SSDLite, arXiv 1801.04381.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.detectors import tiles
from maskwatch.errors import ConfigError, ModelError
from maskwatch.geometry import (
    GREY,
    box_voting,
    ceil_to,
    clip,
    letterbox_size,
    nms,
    resize_into,
    snap_to_multiple,
    soft_nms,
)
from maskwatch.models.info import ModelInfo
from maskwatch.models.metadata import DetectorMetadata
from maskwatch.models.providers import CPU
from maskwatch.models.runtime import open_session
from maskwatch.types import Faces, Image

_LOG = logging.getLogger(__name__)
_CANDIDATES: Final = 2000
_INSIDE: Final = 0.75  # of 11,688 labelled faces one lies that far inside another
_LARGEST_GROWTH: Final = 4.0  # exp(4): no face is 55 times as large as its anchor


class SSD:
    """Finds faces with an SSD in an ONNX file.

    The picture is resized, aspect kept, so that its longer side measures `size` pixels; with several
    sizes it is searched at each and the detections are merged.

    Args:
        path: ONNX file with the metadata of a detector.
        size: Longer side of the network's input in pixels, a name for it from the file's metadata
            ("fast", "accurate"), or several such sides; None takes the file's default.
        threshold: Score below which nothing is reported, in [0, 1]; None takes the file's default.
        enlarge: Largest factor by which a small picture is enlarged to reach `size`; 1 never enlarges.
        tiled: Search very large pictures in overlapping tiles, too; see `maskwatch.detectors.tiles`.
        threads: Threads that one run may use.
        provider: What runs the network; see `maskwatch.models.providers`.

    Attributes:
        info: Name, file and threshold of the model; see `maskwatch.models.info`.

    Raises:
        ModelError: The file cannot be used; see `maskwatch.models.runtime.open_session`.
        ConfigError: The size is unknown or too small.
    """

    def __init__(
        self,
        path: str | Path,
        size: int | str | Sequence[int] | None = None,
        threshold: float | None = None,
        *,
        enlarge: float = 1.0,
        tiled: bool = False,
        threads: int = 1,
        provider: str = CPU,
    ) -> None:
        self.model = open_session(path, "detector", threads, provider)
        metadata = self.model.described
        assert isinstance(metadata, DetectorMetadata)
        self._multiple = metadata.stride_multiple
        self._nms_iou = metadata.nms_iou
        self._vote_iou = metadata.vote_iou
        self._variances = tuple(metadata.variances)
        self._levels = [
            (level.stride, np.array(level.anchors, np.float32).reshape(-1, 2)) for level in metadata.levels
        ]
        self.threshold = float(metadata.threshold if threshold is None else threshold)
        self.sizes = _sizes(metadata.default_size if size is None else size, metadata.sizes, self._multiple)
        self.info = ModelInfo(
            name=metadata.name or self.model.path.stem,
            kind="detector",
            back_end=type(self).__name__,
            files=(self.model.path,),
            threshold=self.threshold,
            metadata=self.model.metadata,
        )
        self.enlarge = enlarge
        self.tiled = tiled
        self._buffers = _Buffers()

    def detect(self, image: Image) -> Faces:
        """See `maskwatch.detectors.base.Detector.detect`."""
        height, width = image.shape[:2]
        searches = [self._search(image, *target) for target in self._targets(width, height)]
        searches += self._search_tiles(image)
        boxes = np.concatenate([boxes for boxes, _ in searches])
        scores = np.concatenate([scores for _, scores in searches])
        boxes = clip(boxes, width, height)
        # Clipped to nothing, a box lay in the padding.
        visible = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= 1
        boxes, scores = boxes[visible], scores[visible]
        kept = nms(boxes, scores, self._nms_iou)
        if self._vote_iou is None:
            return Faces(boxes[kept], scores[kept])
        boxes, scores = box_voting(boxes, scores, kept, self._vote_iou), scores[kept]
        # At one of several sizes a face may be too large for the network, which then detects parts of it.
        scores = soft_nms(boxes, scores, self._nms_iou, _INSIDE if len(self.sizes) > 1 else math.inf)
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= self.threshold]
        return Faces(boxes[order], scores[order])

    def _search_tiles(self, image: Image) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Returns boxes and scores of each tile of a very large picture, without faces that a tile cuts."""
        height, width = image.shape[:2]
        planned = tiles.plan(width, height, max(self.sizes)) if self.tiled else []
        if planned:
            reduced = round(100 * tiles.scale(width, height, max(self.sizes)))
            _LOG.info(
                "a picture of %d x %d pixels: also searched in %d tiles, at %d %% of its size",
                *(width, height, len(planned), reduced),
            )
        searches = []
        for tile in planned:
            boxes, scores = self._search(tile.cut(image), tile.width, tile.height)
            boxes = tile.placed(boxes)
            whole = tile.whole(boxes, width, height)
            searches.append((boxes[whole], scores[whole]))
        return searches

    def _targets(self, width: int, height: int) -> list[tuple[int, int]]:
        """Returns widths and heights at which to search a picture; similar ones only once."""
        targets: list[tuple[int, int]] = []
        for size in sorted(self.sizes, reverse=True):
            target = snap_to_multiple(*letterbox_size(width, height, size, self.enlarge), self._multiple)
            if not targets or max(target) * 1.25 < max(targets[-1]):
                targets.append(target)
        return targets

    def _search(
        self, image: Image, width: int, height: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns boxes (n, 4) in pixels of the picture and scores (n,), before non-maximum suppression."""
        padded = self._buffers.get(self._padded(height), self._padded(width))
        resize_into(image, padded[:height, :width])
        padded[height:] = GREY
        padded[:, width:] = GREY
        logits, offsets = self.model.run(padded[None])
        rows = np.flatnonzero(logits >= _logit(self.threshold))
        if len(rows) > _CANDIDATES:
            rows = rows[np.argpartition(-logits[rows], _CANDIDATES)[:_CANDIDATES]]
        anchors = self._anchors(rows, padded.shape[0], padded.shape[1], len(logits))
        boxes = _decode(anchors, offsets[rows], self._variances)
        boxes *= np.array([image.shape[1] / width, image.shape[0] / height] * 2, np.float32)
        return boxes, _sigmoid(logits[rows])

    def _padded(self, side: int) -> int:
        # An input smaller than a cell of the coarsest level would have no cell there.
        return max(ceil_to(side, self._multiple), max(stride for stride, _ in self._levels))

    def _anchors(self, rows: NDArray[np.intp], height: int, width: int, total: int) -> NDArray[np.float32]:
        """Returns centre x, centre y, width and height (n, 4) of the anchors with these row numbers."""
        # Computed for the few rows that matter instead of kept for every size of picture.
        anchors = np.empty((len(rows), 4), np.float32)
        first = 0
        for stride, shapes in self._levels:
            columns = width // stride
            last = first + height // stride * columns * len(shapes)
            in_level = (rows >= first) & (rows < last)
            cell, shape = np.divmod(rows[in_level] - first, len(shapes))
            row, column = np.divmod(cell, columns)
            anchors[in_level, 0] = (column + 0.5) * stride
            anchors[in_level, 1] = (row + 0.5) * stride
            anchors[in_level, 2:] = shapes[shape]
            first = last
        if first != total:
            raise ModelError(
                f"{self.model.path}: gives {total} candidates where its metadata promises {first}"
            )
        return anchors


class _Buffers(threading.local):
    """Reuses the network's input, one array for each size and thread: fresh memory costs page faults."""

    def __init__(self) -> None:
        self._arrays: dict[tuple[int, int], Image] = {}

    def get(self, height: int, width: int) -> Image:
        if (height, width) not in self._arrays:
            if len(self._arrays) >= 4:  # still pictures come in many sizes
                self._arrays.clear()
            self._arrays[height, width] = np.empty((height, width, 3), np.uint8)
        return self._arrays[height, width]


def _sizes(size: int | str | Sequence[int], named: dict[str, int], multiple: int) -> tuple[int, ...]:
    """Returns the longer sides, in pixels, that a size stands for."""
    if isinstance(size, str):
        if size not in named:
            raise ConfigError(
                f"no size {size!r} in this model; it knows {', '.join(named)} or a number of pixels"
            )
        size = named[size]
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if not sizes or min(sizes) < multiple:
        raise ConfigError(f"the detector's size must be at least {multiple} pixels")
    return sizes


def _decode(
    anchors: NDArray[np.float32], offsets: NDArray[np.float32], variances: tuple[float, ...]
) -> NDArray[np.float32]:
    """Returns boxes x1, y1, x2, y2 (n, 4) from anchors (centre, size) and predicted offsets, both (n, 4)."""
    centres = anchors[:, :2] + offsets[:, :2] * np.float32(variances[0]) * anchors[:, 2:]
    growth = np.minimum(offsets[:, 2:] * np.float32(variances[1]), np.float32(_LARGEST_GROWTH))
    half = anchors[:, 2:] * np.exp(growth) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    one = np.float32(1)
    return one / (one + np.exp(-np.maximum(logits, np.float32(-80))))  # exp(89) overflows


def _logit(probability: float) -> float:
    if probability <= 0:
        return -math.inf
    return math.inf if probability >= 1 else math.log(probability / (1 - probability))
