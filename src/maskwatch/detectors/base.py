"""The interface of face detectors."""

from typing import Protocol, runtime_checkable

from maskwatch.models.info import ModelInfo
from maskwatch.types import Faces, Image


class Detector(Protocol):
    """Finds faces. Implementations are stateless after construction and safe to share between threads.

    This is all that a detector of your own needs. What it does not say about itself (`DetectorBackend`) is
    taken from the name of its class; see `maskwatch.factory.model_info`.
    """

    def detect(self, image: Image) -> Faces:
        """Finds the faces of one picture.

        Args:
            image: (h, w, 3) uint8, BGR, any size from 1x1.

        Returns:
            `boxes` and `scores`, best first, none below the detector's threshold; boxes lie inside
            the picture.
        """
        ...


@runtime_checkable
class DetectorBackend(Detector, Protocol):
    """A detector of maskwatch, which says which model it runs."""

    @property
    def info(self) -> ModelInfo:
        """Name, files and threshold of the model."""
        ...
