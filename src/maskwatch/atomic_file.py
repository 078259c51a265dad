"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from maskwatch.errors import SinkError


class AtomicFile:
    """A temporary file beside `path` that takes its place in the end.

        with Replacing(path) as temporary:
            temporary.path.write_bytes(...)

    Args:
        path: The final name; its folder is made where it does not exist.

    Attributes:
        path: The temporary file; it ends as the final name does.

    Raises:
        SinkError: The folder cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.final = path
        if path.is_dir():
            raise SinkError(f"{path}: a folder, not a file to write to")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Not by tempfile: its files are for their owner only, and would stay so.
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
        """Gives the file its name.

        Raises:
            SinkError: The name cannot be taken.
        """
        try:
            os.replace(self.path, self.final)
        except OSError as error:
            self.discard()
            raise SinkError(f"{self.final}: cannot be written ({error.strerror or error})") from error

    def discard(self) -> None:
        """Removes the file."""
        self.path.unlink(missing_ok=True)


def refuse_input(path: Path, source: str) -> None:
    """Keeps a result from taking the place of what it was made from.

    Raises:
        SinkError: `path` is the file `source`.
    """
    try:
        same = path.samefile(source)
    except OSError:
        return
    if same:
        raise SinkError(f"{path}: this is the input itself; choose another place for the results")


def write_text(path: Path, text: str) -> None:
    """Writes a text file (UTF-8), its folder included; an older file stays until the new one is whole.

    Raises:
        SinkError: It cannot be written.
    """
    with AtomicFile(path) as draft:
        try:
            draft.path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error
