"""Writes annotated pictures into a folder."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

from maskwatch.atomic_file import refuse_input
from maskwatch.image_files import save_image
from maskwatch.results import Result

_LONGEST_NAME: Final = 255  # bytes: NAME_MAX of ext4, APFS and most others


class PictureSink:
    """Writes each result as a picture with the faces drawn on it.

    A PNG stays a PNG, everything else becomes a JPEG. The file keeps its name; a number is added if the name
    was used before.

    Args:
        folder: Where to write; made if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = UniqueNames()

    def write(self, result: Result) -> None:
        """Draws the faces of a result and writes the picture.

        Raises:
            SinkError: The file cannot be written, or would replace the picture that was read.
        """
        source = Path(result.frame.source or "picture")
        path = self.folder / self._names.take(
            source.stem, ".png" if source.suffix.lower() == ".png" else ".jpg"
        )
        refuse_input(path, result.frame.source)
        save_image(path, result.plot())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing: no file is left open."""


class UniqueNames:
    """Gives out file names, each only once, none longer than file systems allow."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, stem: str, suffix: str) -> str:
        """Returns `stem` + `suffix`, with a number in between if that name was given out before.

        Args:
            stem: Its end is cut off where the name would be too long.
            suffix: Kept whole.
        """
        name, number = _shorten(stem, suffix) + suffix, 1
        while name.lower() in self._used:  # some file systems do not tell cases apart
            number += 1
            ending = f"-{number}{suffix}"
            name = _shorten(stem, ending) + ending
        self._used.add(name.lower())
        return name


def _shorten(stem: str, ending: str) -> str:
    """Cuts characters off the end until `stem` + `ending` fits; what counts is bytes, up to four a letter."""
    room = _LONGEST_NAME - len(ending.encode("utf-8", "surrogatepass"))
    size = len(stem.encode("utf-8", "surrogatepass"))
    end = len(stem)
    while size > room and end > 1:
        end -= 1
        size -= len(stem[end].encode("utf-8", "surrogatepass"))
    return stem[:end]
