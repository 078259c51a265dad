"""The mask classifier of this project: MobileNetV2 (arXiv 1801.04381) on the crop of a face."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.quality import luminance, sharpness
from maskwatch.classifiers.score_fusion import ScoreFusion, logit
from maskwatch.classifiers.uncertainty import UncertaintyRules
from maskwatch.errors import ModelError
from maskwatch.geometry import crop_square
from maskwatch.models.info import ModelInfo
from maskwatch.models.metadata import ClassifierMetadata
from maskwatch.models.providers import CPU
from maskwatch.models.runtime import open_session
from maskwatch.types import LABELS, Faces, Image

_CHUNK: Final = 8  # larger batches only push each other out of the cache
_WIDER: Final = 1.08  # margin of the second crop, in margins of the first
_LEAST_FACE: Final = 0.05  # probability of a face below which there is no second crop


class CropPredictions(NamedTuple):
    """Predictions for n boxes, whether they hold a face or not."""

    probabilities: NDArray[np.float32]
    """(n, 3) of the states, columns as in `LABELS`."""
    face: NDArray[np.float32]
    """(n,) probability of a face."""
    turned: NDArray[np.float32]
    """(n,) probability of a face that is turned far to the side; 0 where the file does not tell it."""
    luminance: NDArray[np.float32]
    """(n,) mean brightness, from 0 to 255."""
    sharpness: NDArray[np.float32]
    """(n,) see `maskwatch.classifiers.quality.sharpness`."""


class MobileNet:
    """Classifies how the mask is worn, and lowers the score of what does not look like a face.

    Args:
        path: ONNX file with the metadata of a classifier.
        threads: Threads that one run may use.
        still: For still pictures, where time allows it: classify each face a second time, mirrored and with a
            little more around it, and average both predictions. The file may have another score fusion for
            them.
        provider: What runs the network; see `maskwatch.models.providers`.

    Attributes:
        info: Name and file of the model; see `maskwatch.models.info`.
        score_fusion: How the reported score is made; None: the detector's score stays.

    Raises:
        ModelError: The file cannot be used; see `maskwatch.models.runtime.open_session`.
    """

    def __init__(
        self, path: str | Path, threads: int = 1, *, still: bool = False, provider: str = CPU
    ) -> None:
        self.model = open_session(path, "classifier", threads, provider)
        self._still = still
        metadata = self.model.described
        assert isinstance(metadata, ClassifierMetadata)
        self._size = metadata.size
        self._margin = metadata.margin
        self._least_face = metadata.thresholds.face
        self._uncertainty = UncertaintyRules.from_metadata(metadata.thresholds)
        try:
            weights = metadata.score.weights(still)
        except ValueError as error:
            raise ModelError(f"{path}: its maskwatch metadata makes no sense (score: {error})") from None
        self.score_fusion = None if weights is None else ScoreFusion.from_metadata(weights)
        self.info = ModelInfo(
            name=metadata.name or self.model.path.stem,
            kind="classifier",
            back_end=type(self).__name__,
            files=(self.model.path,),
            metadata=self.model.metadata,
        )

    def classify(self, image: Image, faces: Faces) -> Faces:
        """See `maskwatch.classifiers.base.Classifier.classify`.

        Candidates that are hardly a face are dropped. With `score_fusion` the score becomes the probability
        of a face by both opinions, the detector's and the classifier's.
        """
        if len(faces) == 0:
            return faces.with_(
                probabilities=np.zeros((0, len(LABELS)), np.float32), reasons=np.zeros(0, np.object_)
            )
        predictions = self.predict(image, faces.boxes)
        measures = {
            "too_small": (faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1),
            "dark": predictions.luminance,
            "blurred": predictions.sharpness,
            "turned_away": 1 - predictions.turned,
        }
        scores = faces.scores
        if self.score_fusion:
            scores = self.score_fusion(faces.scores, predictions.face)
            measures["maybe_no_face"] = scores
        classified = faces.with_(
            scores=scores,
            probabilities=predictions.probabilities,
            reasons=self._uncertainty.reasons(predictions.probabilities, measures),
        )
        return classified[predictions.face >= self._least_face]

    def predict(self, image: Image, boxes: NDArray[np.float32]) -> CropPredictions:
        """Returns predictions for every box, whether it holds a face or not; `classify` is made of them.

        Args:
            image: (h, w, 3) uint8, BGR.
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.
        """
        if not len(boxes):
            return CropPredictions(
                np.zeros((0, len(LABELS)), np.float32), *(np.zeros(0, np.float32) for _ in range(4))
            )
        parts = [
            self._predict(image, boxes[start : start + _CHUNK]) for start in range(0, len(boxes), _CHUNK)
        ]
        return CropPredictions(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def upright_log_odds(
        self, image: Image, boxes: NDArray[np.float32], quarters: Sequence[int]
    ) -> NDArray[np.float32]:
        """See `maskwatch.classifiers.turn_check.TurningClassifier.upright_log_odds`."""
        log_odds = np.zeros((len(quarters), len(boxes)), np.float32)
        for start in range(0, len(boxes), _CHUNK):
            rows = slice(start, start + _CHUNK)
            crops = crop_square(image, boxes[rows], self._margin, self._size)
            for row, turns in zip(log_odds, quarters, strict=True):
                _, face, *more = self.model.run(np.ascontiguousarray(np.rot90(crops, turns, axes=(1, 2))))
                row[rows] = logit(face) - (logit(more[0]) if more else 0)
        return log_odds

    def _predict(self, image: Image, boxes: NDArray[np.float32]) -> CropPredictions:
        """Returns `predict`'s answer for one batch."""
        crops = crop_square(image, boxes, self._margin, self._size)
        outputs = self.model.run(crops)
        if self._still:
            outputs = self._averaged(image, boxes, outputs)
        probabilities, face, *more = outputs
        turned = more[0] if more else np.zeros_like(face)
        return CropPredictions(
            probabilities, face, turned, luminance(crops, self._margin), sharpness(crops, self._margin)
        )

    def _averaged(
        self, image: Image, boxes: NDArray[np.float32], outputs: list[NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Returns the mean of the network's outputs and those for a mirrored, wider crop."""
        rows = np.flatnonzero(outputs[1] >= _LEAST_FACE)
        if not len(rows):
            return outputs
        wider = crop_square(image, boxes[rows], self._margin * _WIDER, self._size)
        again = self.model.run(np.ascontiguousarray(wider[:, :, ::-1]))
        means = [first.copy() for first in outputs]
        for mean, second in zip(means, again, strict=True):
            mean[rows] = (mean[rows] + second) / 2
        return means
