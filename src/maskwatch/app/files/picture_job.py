"""One uploaded picture: looked at once, kept as the files that the visitor may take away."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskwatch.annotate import annotate
from maskwatch.app.downscale import reduced
from maskwatch.counting import Counts, count
from maskwatch.pipeline import Engine
from maskwatch.sinks.pictures import encode_image
from maskwatch.sinks.rows import Csv, JsonLines
from maskwatch.sources.images import decode_image
from maskwatch.types import Faces, Frame, Image, Result

_SHOWN_SIDE = 1600


@dataclass(frozen=True, slots=True)
class PictureJob:
    """What was found in a picture.

    Attributes:
        name: The file's name, as uploaded.
        engine: What it was looked at with.
        found: The faces.
        faces: One record a face, as in the JSON output.
        counts: How many faces wear their masks how.
        shown: The annotated picture at the size that a page shows, JPEG.
        annotated: The same at full size, as a file to take away: JPEG, or PNG for a PNG.
        suffix: ".jpg" or ".png".
        jsonl: The JSON line.
        csv: The CSV rows with their header.
        original: The file, as uploaded.
        max_megapixels: More it may not have.
    """

    name: str
    engine: Engine
    found: Faces
    faces: list[dict[str, Any]]
    counts: Counts
    shown: bytes
    annotated: bytes
    suffix: str
    jsonl: str
    csv: str
    original: bytes
    max_megapixels: float

    @classmethod
    def of(cls, name: str, data: bytes, engine: Engine, max_megapixels: float) -> PictureJob:
        """Looks at a picture.

        Args:
            name: The file's name.
            data: Its bytes.
            engine: Models.
            max_megapixels: Larger pictures are refused.

        Raises:
            SourceError: It is damaged, too large or no picture.
            SinkError: The result cannot be kept in the form of the upload.
        """
        frame = Frame(decode_image(data, name, max_megapixels), source=name)
        result = Result(frame, engine.detect(frame.image))
        small = reduced(result, _SHOWN_SIDE)
        suffix = ".png" if Path(name).suffix.lower() == ".png" else ".jpg"
        lines, rows = io.StringIO(), io.StringIO()
        with JsonLines(lines) as jsonl, Csv(rows) as csv:
            jsonl.write(result)
            csv.write(result)
        return cls(
            name=name,
            engine=engine,
            found=result.faces,
            faces=list(result.faces.records()),
            counts=count(result.faces),
            shown=encode_image(annotate(small.frame.image, small.faces, numbered=len(small.faces) > 1)),
            annotated=encode_image(annotate(frame.image, result.faces), suffix),
            suffix=suffix,
            jsonl=lines.getvalue(),
            csv=rows.getvalue(),
            original=data,
            max_megapixels=max_megapixels,
        )

    def image(self) -> Image:
        """The picture at full size: (h, w, 3) uint8, BGR. It is decoded anew, for kept it would be large."""
        return decode_image(self.original, self.name, self.max_megapixels)

    def close(self) -> None:
        """Nothing of it is on disk."""
