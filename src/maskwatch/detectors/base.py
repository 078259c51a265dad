"""What every face detector looks like."""

from typing import Protocol

from maskwatch.types import Faces, Image


class Detector(Protocol):
    """Finds faces. Implementations are stateless after construction and safe to share between threads."""

    def detect(self, image: Image) -> Faces:
        """Finds the faces of one picture.

        Args:
            image: (h, w, 3) uint8, BGR, any size from 1x1.

        Returns:
            `boxes` and `scores`, best first, none below the detector's threshold; boxes lie inside
            the picture.
        """
        ...
