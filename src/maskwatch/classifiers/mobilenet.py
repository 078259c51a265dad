"""The mask classifier of this project: MobileNetV2 (arXiv 1801.04381) on the crop of a face."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.quality import luminance, sharpness
from maskwatch.errors import ModelError
from maskwatch.geometry import crop_square
from maskwatch.models.runtime import open_session
from maskwatch.types import LABELS, Faces, Image

_CHUNK: Final = 8  # larger batches only push each other out of the cache


class MobileNet:
    """Says how the mask is worn, and doubts what does not look like a face.

    Args:
        path: ONNX file with the metadata of a classifier.
        threads: Threads that one run may use.

    Raises:
        ModelError: The file cannot be used; see `maskwatch.models.runtime.open_session`.
    """

    def __init__(self, path: str | Path, threads: int = 1) -> None:
        self.model = open_session(path, "classifier", threads)
        metadata = self.model.metadata
        if tuple(metadata["labels"]) != LABELS:
            raise ModelError(f"{path}: tells {metadata['labels']} apart, where {list(LABELS)} is needed")
        try:
            self._size = int(metadata["size"])
            self._margin = float(metadata["margin"])
            limits = {str(name): float(value) for name, value in metadata["thresholds"].items()}
            combine = metadata.get("score", {}).get("combine", "none")
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"{path}: its maskwatch metadata makes no sense ({error!r})") from error
        if combine not in ("geometric", "none"):
            raise ModelError(f"{path}: unknown way to combine scores, {combine!r}; upgrade maskwatch")
        self.combines_scores = combine == "geometric"
        """Whether the reported score is the geometric mean of the detector's and the classifier's."""
        self._limits = limits

    def classify(self, image: Image, faces: Faces) -> Faces:
        """See `maskwatch.classifiers.base.Classifier.classify`.

        What is hardly a face is dropped; where the file asks for it, the score becomes the geometric
        mean of what the detector and the classifier think.
        """
        if len(faces) == 0:
            return faces.with_(
                probabilities=np.zeros((0, len(LABELS)), np.float32), reasons=np.zeros(0, np.object_)
            )
        probabilities, face, light, detail = self._look_at_all(image, faces.boxes)
        scores = np.sqrt(faces.scores * face) if self.combines_scores else faces.scores
        classified = faces.with_(
            scores=scores,
            probabilities=probabilities,
            reasons=self._reasons(faces.boxes, probabilities, light, detail),
        )
        return classified[face >= self._limits.get("face", 0.0)]

    def assess(
        self, image: Image, boxes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What the network says of every box, whether it takes it for a face or not.

        Args:
            image: (h, w, 3) uint8, BGR.
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.

        Returns:
            Probabilities (n, 3) of the states, and (n,) that it is a face at all.
        """
        if not len(boxes):
            return np.zeros((0, len(LABELS)), np.float32), np.zeros(0, np.float32)
        probabilities, face, _, _ = self._look_at_all(image, boxes)
        return probabilities, face

    def _look_at_all(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """As `_look`, for any number of faces but none."""
        parts = [self._look(image, boxes[start : start + _CHUNK]) for start in range(0, len(boxes), _CHUNK)]
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def _look(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Probabilities (n, 3), face (n,), luminance (n,), sharpness (n,) of a few faces."""
        crops = crop_square(image, boxes, self._margin, self._size)
        probabilities, face = self.model.run(crops)
        return probabilities, face, luminance(crops, self._margin), sharpness(crops, self._margin)

    def _reasons(
        self,
        boxes: NDArray[np.float32],
        probabilities: NDArray[np.float32],
        light: NDArray[np.float32],
        detail: NDArray[np.float32],
    ) -> NDArray[np.object_]:
        """(n,) the first reason that applies to each face, None where none does."""
        sides = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        measures = {
            "too_small": sides,
            "dark": light,
            "blurred": detail,
            "undecided": probabilities.max(axis=1),
        }
        reasons = np.full(len(boxes), None, np.object_)
        for reason, values in reversed(measures.items()):
            reasons[values < self._limits.get(reason, 0.0)] = reason
        return reasons
