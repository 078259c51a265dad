"""What comes out of the pipeline: a frame with its faces and events, which draws and saves itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskwatch.annotate import annotate, annotate_people
from maskwatch.atomic_file import refuse_input
from maskwatch.image_files import save_image
from maskwatch.people.person import People
from maskwatch.people.zones import Zone
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

    def plot(self, zones: Sequence[Zone] = ()) -> Image:
        """Returns a copy of the picture with the people drawn on it, or the faces where nobody is followed.

        Other ways to draw are in `maskwatch.annotate`.

        Args:
            zones: Zones of the stream, such as `Session.zones`; drawn below the people.

        Returns:
            (h, w, 3) uint8, BGR.
        """
        if self.people is None:
            return annotate(self.frame.image, self.faces)
        return annotate_people(self.frame.image, self.people, self.frame.t, zones, self.people.counts)

    def save(self, path: str | Path) -> Path:
        """Writes the picture as `plot` draws it. The file appears only when it is complete.

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
