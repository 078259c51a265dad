"""What every mask classifier looks like."""

from typing import Protocol

from maskwatch.types import Faces, Image


class Classifier(Protocol):
    """Says how the mask is worn. Stateless after construction and safe to share between threads."""

    def classify(self, image: Image, faces: Faces) -> Faces:
        """Looks at each face of a picture.

        Args:
            image: (h, w, 3) uint8, BGR: the picture that the faces were found in.
            faces: n faces; only `boxes` and `scores` are read.

        Returns:
            The faces with `probabilities` and `reasons` filled. A classifier that also tells faces
            from other things may lower `scores` and drop what is no face; order is kept.
        """
        ...
