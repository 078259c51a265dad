"""What comes out of the pipeline: a frame with its faces and events, which draws and saves itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskwatch.annotate import annotate
from maskwatch.atomic_file import refuse_input
from maskwatch.image_files import save_image
from maskwatch.people.person import People
from maskwatch.types import Event, Faces, Frame, Image


@dataclass(frozen=True, slots=True)
class Result:
    """A frame with the faces found in it.

    Attributes:
        frame: The frame.
        faces: Its faces; boxes are in pixels of `frame.image`.
        events: The events that the rules of a session raised; empty for single pictures.
        seconds: Time in seconds that the models took.
        people: Everybody who is followed; None for single pictures and streams in which nobody is followed.
    """

    frame: Frame
    faces: Faces
    events: tuple[Event, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    people: People | None = None

    def record(self) -> dict[str, Any]:
        """Returns one line of the JSON output as a dictionary; see docs/concepts/output.md."""
        height, width = self.frame.image.shape[:2]
        people = {} if self.people is None else {"people": [person.record() for person in self.people]}
        return {
            "source": self.frame.source,
            "index": self.frame.index,
            "t": round(self.frame.t, 3),
            "width": width,
            "height": height,
            "faces": list(self.faces.records()),
            **people,
        }

    def plot(self) -> Image:
        """Returns a copy of the picture with the faces drawn on it: (h, w, 3) uint8, BGR.

        Other ways to draw are in `maskwatch.annotate`.
        """
        return annotate(self.frame.image, self.faces)

    def save(self, path: str | Path) -> Path:
        """Writes the picture with the faces drawn on it. The file appears only when it is complete.

        Args:
            path: The suffix decides the format: .jpg, .png, .webp or another that OpenCV writes. The folder
                is made if needed, an older file is replaced.

        Returns:
            The path.

        Raises:
            SinkError: The file cannot be written, the suffix is unknown, or `path` is the picture that the
                frame was read from.
        """
        path = Path(path)
        refuse_input(path, self.frame.source)
        save_image(path, self.plot())
        return path
