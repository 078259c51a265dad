"""One uploaded picture: its faces, and the files that the visitor can download."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskwatch.annotate import annotate
from maskwatch.app.downscale import downscaled
from maskwatch.counting import Counts, count
from maskwatch.image_files import encode_image
from maskwatch.pipeline import Engine
from maskwatch.results import Result
from maskwatch.sinks.rows import Csv, JsonLines
from maskwatch.sources.images import decode_image
from maskwatch.types import Faces, Frame, Image

_PREVIEW_SIDE = 1600


@dataclass(frozen=True, slots=True)
class PictureJob:
    """The result for one uploaded picture, a `CorrectablePicture`.

    Attributes:
        name: Name of the uploaded file.
        engine: The models that were used.
        faces: The faces that they found.
        records: One record for each face, as in the JSON output.
        counts: Numbers of faces by class.
        preview: The annotated picture at the size that a page shows, a JPEG file.
        annotated: The annotated picture at full size, a JPEG file, or PNG for a PNG.
        suffix: Suffix of `annotated`: ".jpg" or ".png".
        jsonl: The line of JSON.
        csv: The CSV rows with their header.
        original: The uploaded file.
        max_megapixels: Limit for decoding it.
    """

    name: str
    engine: Engine
    faces: Faces
    records: list[dict[str, Any]]
    counts: Counts
    preview: bytes
    annotated: bytes
    suffix: str
    jsonl: str
    csv: str
    original: bytes
    max_megapixels: float

    @classmethod
    def of(cls, name: str, data: bytes, engine: Engine, max_megapixels: float) -> PictureJob:
        """Finds the faces of a picture and makes the files for download.

        Args:
            name: Name of the uploaded file.
            data: Its bytes.
            engine: The models.
            max_megapixels: Larger pictures are refused.

        Raises:
            SourceError: The file is damaged, too large or not a picture.
            SinkError: The annotated picture cannot be encoded in this format.
        """
        frame = Frame(decode_image(data, name, max_megapixels), source=name)
        result = Result(frame, engine.detect(frame.image))
        small = downscaled(result, _PREVIEW_SIDE)
        suffix = ".png" if Path(name).suffix.lower() == ".png" else ".jpg"
        lines, rows = io.StringIO(), io.StringIO()
        with JsonLines(lines) as jsonl, Csv(rows) as csv:
            jsonl.write(result)
            csv.write(result)
        return cls(
            name=name,
            engine=engine,
            faces=result.faces,
            records=list(result.faces.records()),
            counts=count(result.faces),
            preview=encode_image(annotate(small.frame.image, small.faces, numbered=len(small.faces) > 1)),
            annotated=encode_image(annotate(frame.image, result.faces), suffix),
            suffix=suffix,
            jsonl=lines.getvalue(),
            csv=rows.getvalue(),
            original=data,
            max_megapixels=max_megapixels,
        )

    def image(self) -> Image:
        """Decodes the picture again, which takes less memory than to keep it: (h, w, 3) uint8, BGR."""
        return decode_image(self.original, self.name, self.max_megapixels)

    def close(self) -> None:
        """Does nothing: no file was written."""
