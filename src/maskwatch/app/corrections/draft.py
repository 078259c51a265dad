"""What a visitor says of a picture, before it is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from maskwatch.data.collection import Box, LabelledFace, faces_from_model
from maskwatch.types import Faces


@dataclass(frozen=True, slots=True)
class Draft:
    """All faces of a picture, the models' and the visitor's; a face keeps its number whatever is said of it.

    Attributes:
        faces: What was found, then what the visitor added.
        rejected: Numbers, from 0, of those that are no face.
    """

    faces: tuple[LabelledFace, ...]
    rejected: frozenset[int] = frozenset()

    @classmethod
    def of(cls, found: Faces) -> Draft:
        """What the models say, untouched."""
        return cls(tuple(faces_from_model(found)))

    def said(self, number: int, state: str) -> Draft:
        """A person says what state a face is in."""
        return self._with(number, replace(self.faces[number], state=state, by="person"))

    def framed(self, number: int, box: Box) -> Draft:
        """A person says where a face is; its state is the one it had."""
        return self._with(number, replace(self.faces[number], box=box, by="person"))

    def not_a_face(self, number: int) -> Draft:
        """A person says that there is no face."""
        return replace(self, rejected=self.rejected | {number})

    def added(self, box: Box, state: str) -> Draft:
        """A person says that a face was missed."""
        return replace(self, faces=(*self.faces, LabelledFace(box, state, "person")))

    @property
    def kept(self) -> list[LabelledFace]:
        """The faces of the picture."""
        return [face for number, face in enumerate(self.faces) if number not in self.rejected]

    @property
    def not_faces(self) -> list[Box]:
        """Where the models, and they alone, saw a face."""
        return [self.faces[number].box for number in sorted(self.rejected) if self._is_found(number)]

    def is_corrected(self, number: int) -> bool:
        """Whether a person has said something of this face."""
        return number in self.rejected or self.faces[number].by == "person"

    @property
    def corrections(self) -> int:
        """Of how many faces a person has said something."""
        return sum(self.is_corrected(number) for number in range(len(self.faces)))

    def _is_found(self, number: int) -> bool:
        return self.faces[number].score is not None

    def _with(self, number: int, face: LabelledFace) -> Draft:
        faces = (*self.faces[:number], face, *self.faces[number + 1 :])
        return replace(self, faces=faces, rejected=self.rejected - {number})
