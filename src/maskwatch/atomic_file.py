"""Files that get their final name only when they are complete."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from maskwatch.errors import SinkError


class AtomicFile:
    """A temporary file in the folder of `path` that replaces it when the `with` block ends without an error.

        with AtomicFile(path) as draft:
            draft.path.write_bytes(...)

    Args:
        path: The final name; its folder is made if it does not exist.

    Attributes:
        final: The final name.
        path: The temporary file; it has the same suffix as the final name.

    Raises:
        SinkError: The folder cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.final = path
        if path.is_dir():
            raise SinkError(f"{path}: a folder, not a file to write to")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Not by tempfile: only the owner may read its files, and that would stay so.
            # 40 characters: in emoji 160 bytes, and a name may have 255 of them.
            self.path = path.with_name(f".{path.stem[:40]}.{uuid.uuid4().hex[:12]}{path.suffix}")
            self.path.open("xb").close()
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def commit(self) -> None:
        """Gives the file its final name.

        Raises:
            SinkError: The file with this name cannot be replaced.
        """
        try:
            os.replace(self.path, self.final)
        except OSError as error:
            self.discard()
            raise SinkError(f"{self.final}: cannot be written ({error.strerror or error})") from error

    def discard(self) -> None:
        """Deletes the temporary file."""
        self.path.unlink(missing_ok=True)


def refuse_input(path: Path, source: str) -> None:
    """Refuses to overwrite the input with the result.

    Args:
        path: Where the result is to be written.
        source: The input: a file, or anything else that names a source.

    Raises:
        SinkError: Both are the same file.
    """
    try:
        same = path.samefile(source)
    except OSError:
        return
    if same:
        raise SinkError(f"{path}: this is the input itself; choose another place for the results")


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8 and makes its folder. An older file stays until the new one is complete.

    Raises:
        SinkError: The file cannot be written.
    """
    with AtomicFile(path) as draft:
        try:
            draft.path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error
