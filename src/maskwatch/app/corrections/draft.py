"""The corrections of one picture before they are stored. Needs no Streamlit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from maskwatch.data.collection import Box, LabelledFace, faces_from_model
from maskwatch.types import Faces


@dataclass(frozen=True, slots=True)
class Draft:
    """The faces of a picture with the visitor's corrections. Each method returns a changed copy.

    Attributes:
        faces: The detected faces, then those that the visitor added. The number of a face never changes.
        rejected: Numbers, from 0, of the faces that the visitor called no face.
    """

    faces: tuple[LabelledFace, ...]
    rejected: frozenset[int] = frozenset()

    @classmethod
    def of(cls, faces: Faces) -> Draft:
        """Returns the draft of detected faces without corrections."""
        return cls(tuple(faces_from_model(faces)))

    def with_state(self, number: int, state: str) -> Draft:
        """Sets the class of a face, one of `maskwatch.data.collection.STATES`."""
        return self._with(number, replace(self.faces[number], state=state, by="person"))

    def with_box(self, number: int, box: Box) -> Draft:
        """Sets the box of a face; its class stays."""
        return self._with(number, replace(self.faces[number], box=box, by="person"))

    def with_rejected(self, number: int) -> Draft:
        """Marks a face as no face."""
        return replace(self, rejected=self.rejected | {number})

    def with_face(self, box: Box, state: str) -> Draft:
        """Adds a face that was missed."""
        return replace(self, faces=(*self.faces, LabelledFace(box, state, "person")))

    @property
    def accepted_faces(self) -> list[LabelledFace]:
        """All faces that were not rejected."""
        return [face for number, face in enumerate(self.faces) if number not in self.rejected]

    @property
    def not_faces(self) -> list[Box]:
        """The boxes of the rejected faces that the models had found."""
        return [self.faces[number].box for number in sorted(self.rejected) if self._is_detected(number)]

    def is_corrected(self, number: int) -> bool:
        """Returns whether the visitor corrected this face."""
        return number in self.rejected or self.faces[number].by == "person"

    @property
    def corrected_count(self) -> int:
        """Number of faces that the visitor corrected."""
        return sum(self.is_corrected(number) for number in range(len(self.faces)))

    def _is_detected(self, number: int) -> bool:
        return self.faces[number].score is not None

    def _with(self, number: int, face: LabelledFace) -> Draft:
        faces = (*self.faces[:number], face, *self.faces[number + 1 :])
        return replace(self, faces=faces, rejected=self.rejected - {number})
