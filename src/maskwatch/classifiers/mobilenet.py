"""The mask classifier of this project: MobileNetV2 (arXiv 1801.04381) on the crop of a face."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.quality import luminance, sharpness
from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.classifiers.uncertainty import UncertaintyRules
from maskwatch.errors import ModelError
from maskwatch.geometry import crop_square
from maskwatch.models.runtime import open_session
from maskwatch.types import LABELS, Faces, Image

_CHUNK: Final = 8  # larger batches only push each other out of the cache
_WIDER: Final = 1.08  # how much more the second look takes in
_WORTH: Final = 0.05  # what is less probably a face gets no second look


class MobileNet:
    """Says how the mask is worn, and doubts what does not look like a face.

    Args:
        path: ONNX file with the metadata of a classifier.
        threads: Threads that one run may use.
        still: For still pictures, which have time: look at each face once more, mirrored and a little wider,
            and take the mean of both. The file may combine scores in another way for them.

    Attributes:
        fusion: How the detector's and its own opinion make the reported score; None: the detector's stays.

    Raises:
        ModelError: The file cannot be used; see `maskwatch.models.runtime.open_session`.
    """

    def __init__(self, path: str | Path, threads: int = 1, *, still: bool = False) -> None:
        self.model = open_session(path, "classifier", threads)
        self._still = still
        metadata = self.model.metadata
        if tuple(metadata["labels"]) != LABELS:
            raise ModelError(f"{path}: tells {metadata['labels']} apart, where {list(LABELS)} is needed")
        try:
            self._size = int(metadata["size"])
            self._margin = float(metadata["margin"])
            self._least_face = float(metadata["thresholds"].get("face", 0.0))
            self._doubts = UncertaintyRules.read(metadata["thresholds"])
            score = metadata.get("score") or {}
            combine = score.get("combine", "none")
            weights = score.get("still" if still else "live", score)  # files once had the same for both
            self.fusion = ScoreFusion.read(weights) if combine == "logistic" else None
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise ModelError(f"{path}: its maskwatch metadata makes no sense ({error!r})") from error
        if combine not in ("logistic", "none"):
            raise ModelError(f"{path}: unknown way to combine scores, {combine!r}; upgrade maskwatch")

    def classify(self, image: Image, faces: Faces) -> Faces:
        """See `maskwatch.classifiers.base.Classifier.classify`.

        What is hardly a face is dropped; where the file asks for it, the score becomes the probability
        of a face after both, the detector and the classifier, have been heard.
        """
        if len(faces) == 0:
            return faces.with_(
                probabilities=np.zeros((0, len(LABELS)), np.float32), reasons=np.zeros(0, np.object_)
            )
        probabilities, face, turned, light, detail = self.look(image, faces.boxes)
        measures = {
            "too_small": (faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1),
            "dark": light,
            "blurred": detail,
            "turned_away": 1 - turned,
        }
        classified = faces.with_(
            scores=self.fusion(faces.scores, face) if self.fusion else faces.scores,
            probabilities=probabilities,
            reasons=self._doubts.reasons(probabilities, measures),
        )
        return classified[face >= self._least_face]

    def look(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """What `classify` goes by: what can be said of every box, whether it holds a face or not.

        Args:
            image: (h, w, 3) uint8, BGR.
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.

        Returns:
            Probabilities of the states (n, 3); probability of a face (n,) and of being turned away (n,);
            luminance (n,); sharpness (n,).
        """
        if not len(boxes):
            return np.zeros((0, len(LABELS)), np.float32), *(np.zeros(0, np.float32) for _ in range(4))
        parts = [self._look(image, boxes[start : start + _CHUNK]) for start in range(0, len(boxes), _CHUNK)]
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def _look(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        crops = crop_square(image, boxes, self._margin, self._size)
        answers = self.model.run(crops)
        if self._still:
            answers = self._averaged(image, boxes, answers)
        probabilities, face, *more = answers
        turned = more[0] if more else np.zeros_like(face)
        return probabilities, face, turned, luminance(crops, self._margin), sharpness(crops, self._margin)

    def _averaged(
        self, image: Image, boxes: NDArray[np.float32], answers: list[NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """The mean of the first answers and those of the second look."""
        worth = np.flatnonzero(answers[1] >= _WORTH)
        if not len(worth):
            return answers
        wider = crop_square(image, boxes[worth], self._margin * _WIDER, self._size)
        again = self.model.run(np.ascontiguousarray(wider[:, :, ::-1]))
        means = [first.copy() for first in answers]
        for mean, second in zip(means, again, strict=True):
            mean[worth] = (mean[worth] + second) / 2
        return means
