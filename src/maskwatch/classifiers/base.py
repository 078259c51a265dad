"""The interface of mask classifiers."""

from typing import Protocol, runtime_checkable

from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.models.info import ModelInfo
from maskwatch.types import Faces, Image


class Classifier(Protocol):
    """Says how the mask is worn. Stateless after construction and safe to share between threads.

    This is all that a classifier of your own needs; see `ClassifierBackend` for what it may say besides.
    """

    def classify(self, image: Image, faces: Faces) -> Faces:
        """Classifies each face of a picture.

        Args:
            image: (h, w, 3) uint8, BGR: the picture that the faces were found in.
            faces: n faces; only `boxes` and `scores` are read.

        Returns:
            The faces with `probabilities` and `reasons` filled. A classifier that also tells faces
            from other things may lower `scores` and drop what is no face; order is kept.
        """
        ...


@runtime_checkable
class ClassifierBackend(Classifier, Protocol):
    """A classifier of maskwatch, which says which model it runs and what it does to scores."""

    @property
    def info(self) -> ModelInfo:
        """Name and files of the model."""
        ...

    @property
    def score_fusion(self) -> ScoreFusion | None:
        """How `classify` makes the reported score of the detector's score and its own opinion.

        None: the detector's score stays. The threshold of the detector follows from it; see
        `maskwatch.classifiers.score_fusion.score_thresholds`.
        """
        ...
