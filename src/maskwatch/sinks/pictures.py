"""Annotated pictures in a folder."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2

from maskwatch.annotate import annotate
from maskwatch.atomic_file import AtomicFile, refuse_input
from maskwatch.errors import SinkError, one_line
from maskwatch.types import Image, Result

_OPTIONS: Final = {".jpg": (cv2.IMWRITE_JPEG_QUALITY, 92)}


class PictureSink:
    """Writes each result as a picture with its faces marked.

    A PNG becomes a PNG, everything else a JPEG, under its own name; a second picture of a name gets
    a number.

    Args:
        folder: Where they go; it is made where it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = Names()

    def write(self, result: Result) -> None:
        """See `maskwatch.sinks.base.Sink.write`."""
        source = Path(result.frame.source or "picture")
        path = self.folder / self._names.take(
            source.stem, ".png" if source.suffix.lower() == ".png" else ".jpg"
        )
        refuse_input(path, result.frame.source)
        save_image(path, annotate(result.frame.image, result.faces))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""


class Names:
    """File names that are each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, stem: str, suffix: str) -> str:
        """The name, with a number if it has been taken before."""
        name, number = stem + suffix, 1
        while name.lower() in self._taken:  # some file systems do not tell cases apart
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._taken.add(name.lower())
        return name


def encode_image(image: Image, suffix: str = ".jpg") -> bytes:
    """The bytes of a picture file.

    Args:
        image: (h, w, 3) uint8, BGR.
        suffix: ".jpg" or ".png".

    Raises:
        SinkError: The picture cannot be kept in this form (JPEG ends at 65,500 pixels a side).
    """
    try:
        done, data = cv2.imencode(suffix, image, _OPTIONS.get(suffix, ()))
    except cv2.error as error:
        raise SinkError(f"the picture cannot be written as {suffix} ({one_line(error)})") from error
    if not done:
        height, width = image.shape[:2]
        raise SinkError(f"a picture of {width} x {height} pixels cannot be written as {suffix}")
    return data.tobytes()


def save_image(path: Path, image: Image) -> None:
    """Writes a picture file, whole or not at all.

    Raises:
        SinkError: It cannot be written.
    """
    data = encode_image(image, path.suffix)
    with AtomicFile(path) as target:
        try:
            target.path.write_bytes(data)
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from error
