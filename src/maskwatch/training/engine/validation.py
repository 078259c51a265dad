"""Validation while training: held-out faces, cropped as in use, and held-out pictures, searched whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskwatch.data.sample import Sample
from maskwatch.evaluation.matching import match
from maskwatch.evaluation.metrics import average_precision, precision_recall
from maskwatch.geometry import GREY, crop_square, nms
from maskwatch.training.data.classifier_dataset import FaceExample
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.nets.anchors import grid
from maskwatch.training.nets.mask_net import state_probabilities
from maskwatch.training.nets.ssd import decode
from maskwatch.types import LABELS

_BATCH: Final = 32
_CANDIDATES: Final = 200
_LEAST_SCORE: Final = 0.02
_NMS_IOU: Final = 0.45


class HeldOutFaces:
    """Classifies labelled faces that are not trained on.

    Args:
        examples: The faces; those without one of the three states are left out.
        pictures: Their decoded pixels.
        size: Side of the network's input, pixels.
        margin: Side of the crop as a multiple of the box's longer side.
    """

    def __init__(
        self, examples: Sequence[FaceExample], pictures: PictureCache, size: int, margin: float
    ) -> None:
        self._examples = [e for e in examples if 0 <= e.state < len(LABELS) and e.path in pictures]
        self._pictures, self._size, self._margin = pictures, size, margin
        self._states = torch.tensor([e.state for e in self._examples], dtype=torch.int64)

    def batches(self) -> Iterator[Tensor]:
        """The faces, (n, 3, s, s) uint8 RGB."""
        for first in range(0, len(self._examples), _BATCH):
            crops = [self._crop(e) for e in self._examples[first : first + _BATCH]]
            yield torch.from_numpy(np.ascontiguousarray(np.stack(crops)[..., ::-1].transpose(0, 3, 1, 2)))

    def balanced_accuracy(self, predict: Callable[[Tensor], Tensor]) -> float | None:
        """Returns the balanced accuracy of a network that gives logits (n, 3); see `score`."""
        logits = [predict(planes).float().cpu() for planes in self.batches()]
        return self.score(torch.cat(logits)) if logits else None

    def score(self, logits: Tensor) -> float | None:
        """Returns the share of right answers, averaged over the states that occur; None without faces.

        Args:
            logits: (n, 3) of face, mask and covered.
        """
        if not len(self._states):
            return None
        right = state_probabilities(logits.float().cpu()).argmax(1) == self._states
        shares = [right[self._states == state].float().mean() for state in torch.unique(self._states)]
        return float(torch.stack(shares).mean())

    def _crop(self, example: FaceExample) -> NDArray[np.uint8]:
        picture, shrunk = self._pictures[example.path]
        crop: NDArray[np.uint8] = crop_square(picture, example.box[None] * shrunk, self._margin, self._size)[
            0
        ]
        return crop


class HeldOutPictures:
    """Searches pictures with labelled faces that are not trained on.

    Args:
        samples: The pictures.
        pictures: Their decoded pixels.
        size: Side, in pixels, of the square that a picture is fitted into.
    """

    def __init__(self, samples: Sequence[Sample], pictures: PictureCache, size: int) -> None:
        self._samples = [s for s in samples if s.path in pictures]
        self._pictures, self._size = pictures, size

    @torch.no_grad()
    def average_precision(self, predict: Callable[[Tensor], tuple[Tensor, Tensor]]) -> float | None:
        """Returns the average precision at IoU 0.5; None without faces.

        Args:
            predict: Takes a picture (1, 3, s, s) uint8 RGB, gives logits (1, a) and offsets (1, a, 4).
        """
        faces = sum(int((~s.ignore).sum()) for s in self._samples)
        if not faces:
            return None
        anchors = torch.from_numpy(grid(self._size, self._size))
        scores, outcomes = [], []
        for sample in self._samples:
            planes, scale = self._fit(sample)
            logits, offsets = (part[0].float().cpu() for part in predict(planes))
            top = logits.sigmoid().topk(min(_CANDIDATES, len(logits)))
            rows = top.indices[top.values >= _LEAST_SCORE]
            boxes = (decode(offsets[rows], anchors[rows]) / scale).numpy()
            score = top.values[: len(rows)].numpy()
            kept = nms(boxes, score, _NMS_IOU)
            matched = match(boxes[kept], score[kept], sample.boxes, sample.ignore)
            scores.append(matched.scores)
            outcomes.append(matched.outcome)
        return average_precision(precision_recall(np.concatenate(scores), np.concatenate(outcomes), faces))

    def _fit(self, sample: Sample) -> tuple[Tensor, float]:
        """The picture in the upper left corner of a square, and its scale against the file's."""
        picture, shrunk = self._pictures[sample.path]
        scale = self._size / max(picture.shape[:2])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        height, width = (min(self._size, max(1, round(side * scale))) for side in picture.shape[:2])
        square = np.full((self._size, self._size, 3), GREY, np.uint8)
        square[:height, :width] = cv2.resize(picture, (width, height), interpolation=interpolation)
        return torch.from_numpy(np.ascontiguousarray(square[None, ..., ::-1].transpose(0, 3, 1, 2))), (
            scale * shrunk
        )
