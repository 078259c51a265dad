"""Files that get their final name only when they are complete."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from maskwatch.errors import SinkError

_LINKS: Final = 40
"""Symbolic links that are followed, as Linux does."""

_DESCRIPTORS: Final = re.compile(r"/dev/fd|/proc/[^/]+(/task/[^/]+)?/fd")
"""Folders whose entries are open files of a process."""

_inputs: set[tuple[int, int]] = set()
_outputs: set[tuple[int, int]] = set()
_drafts: set[AtomicFile] = set()
_lock: Final = threading.Lock()


class AtomicFile:
    """A temporary file beside `path` that replaces it when the `with` block ends without an error.

        with AtomicFile(path) as draft:
            draft.path.write_bytes(...)

    A symbolic link stays: the file it points to is replaced. The new file has the permissions, and where the
    system allows it the owner, of the old one. A pipe or device is written to directly.

    Args:
        path: The final name; its folder is made if it does not exist.

    Attributes:
        final: The final name.
        path: Where to write: a temporary file with the same suffix as the final name, or the pipe or device.
        whole_at_any_time: Whether what is in the file is of use even if the rest never comes.
        appeared: Whether it has its final name already; from then on it is never deleted.

    Raises:
        SinkError: The folder cannot be made or written to; or the file is an input of the command
            (`protected`), may not be written, or is a folder, disk or socket.
    """

    def __init__(self, path: Path) -> None:
        self.final = path
        self.whole_at_any_time = False
        self.appeared = False
        self._direct = False
        try:
            self._target = self.path = path
            path.parent.mkdir(parents=True, exist_ok=True)
            old = _status(path)
            if old is not None and stat.S_ISDIR(old.st_mode):
                raise SinkError(f"{path}: a folder, not a file to write to")
            if old is not None and (old.st_dev, old.st_ino) in _inputs:
                raise SinkError(_input_message(path))
            if old is not None and (old.st_dev, old.st_ino) in _outputs:
                raise SinkError(f"{path}: holds another result of this command; choose another place")
            if old is not None and (stat.S_ISBLK(old.st_mode) or stat.S_ISSOCK(old.st_mode)):
                raise SinkError(f"{path}: a disk or a socket, not a file to write to")
            if _is_descriptor(path) or (old is not None and not stat.S_ISREG(old.st_mode)):
                self._direct = True
                return
            if old is not None and not os.access(path, os.W_OK):
                raise SinkError(f"{path}: cannot be written (it is write-protected)")
            if path.is_symlink():
                self._target = Path(os.path.realpath(path))
            self.path = self._target.with_name(_temporary_name(path))
            self._create(old)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SinkError(f"{path}: cannot be written ({reason})") from error
        with _lock:
            _drafts.add(self)

    def _create(self, old: os.stat_result | None) -> None:
        """Makes the temporary file, with owner and permissions of the file that it will replace."""
        # Not by tempfile: only the owner may read its files, and that would stay so.
        # Of an old file the permissions come first: nobody else may read the new content meanwhile.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(self.path, flags, 0o666 if old is None else 0o600)
        try:
            if old is not None and hasattr(os, "fchown"):
                with contextlib.suppress(OSError):  # only root may give files away
                    os.fchown(descriptor, old.st_uid, old.st_gid)
                with contextlib.suppress(OSError):  # some file systems have no permissions
                    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
        finally:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def appear(self) -> None:
        """Gives an unfinished file its final name now, if the system allows that while it is written.

        For what is of use before it is complete: a program that is killed cannot do so any more.
        """
        if self._direct or self.appeared:
            return
        with contextlib.suppress(OSError):  # Windows renames no open file; it gets its name at the end
            os.replace(self.path, self._target)
            self.path, self.appeared = self._target, True

    def cut(self, size: int) -> None:
        """Takes away what lies beyond `size` bytes of a file that is no pipe or device."""
        if not self._direct and self.path.stat().st_size > size:
            os.truncate(self.path, size)

    def commit(self) -> None:
        """Gives the file its final name.

        Raises:
            SinkError: The file with this name cannot be replaced.
        """
        if self._direct:
            return
        try:
            new = os.stat(self.path)
            if not self.appeared:
                os.replace(self.path, self._target)
        except OSError as error:
            self.discard()
            raise SinkError(f"{self.final}: cannot be written ({error.strerror or error})") from error
        if _inputs:
            _outputs.add((new.st_dev, new.st_ino))
        self._forget()

    def discard(self) -> None:
        """Deletes the temporary file; one that has appeared stays as it is."""
        if not self._direct:
            if not self.appeared:
                self.path.unlink(missing_ok=True)
            self._forget()

    def _forget(self) -> None:
        with _lock:
            _drafts.discard(self)


def finish_all() -> None:
    """Finishes every file that is still being written, for a program that has to end at once.

    Files that are `whole_at_any_time` get their final names, the others are deleted.
    """
    for draft in list(_drafts):
        with contextlib.suppress(OSError, SinkError):
            if draft.whole_at_any_time:
                draft.commit()
            else:
                draft.discard()


@contextmanager
def protected(paths: Iterable[str | Path | None]) -> Iterator[None]:
    """Refuses, within the `with` block, every `AtomicFile` that would replace one of these files.

    Nor does any replace what another one of the block has written.

    A command names all its inputs here before it writes anything: an output may be the input that comes next.

    Args:
        paths: Inputs of the command; what is no file, such as an address or the name of a model, is ignored.
    """
    added = set()
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            status = os.stat(path or "")
            if stat.S_ISREG(status.st_mode):
                added.add((status.st_dev, status.st_ino))
    added -= _inputs
    _inputs.update(added)
    try:
        yield
    finally:
        _inputs.difference_update(added)
        if not _inputs:
            _outputs.clear()


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
    except (OSError, ValueError):
        return
    if same and not stat.S_ISCHR(path.stat().st_mode):
        raise SinkError(_input_message(path))


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8 and makes its folder. An older file stays until the new one is complete.

    Parts of file names that are not text are written as backslash escapes.

    Raises:
        SinkError: The file cannot be written.
    """
    with AtomicFile(path) as draft:
        try:
            draft.path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error


def _input_message(path: Path) -> str:
    return f"{path}: this is the input itself; choose another place for the results"


def _status(path: Path) -> os.stat_result | None:
    """Returns what lies at `path`, links followed; None for nothing, or a link to nothing."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _is_descriptor(path: Path) -> bool:
    """Returns whether `path` stands for an open file of a process, as /dev/stdout does."""
    at = os.path.abspath(path)
    for _ in range(_LINKS):
        folder = os.path.dirname(at)
        if _DESCRIPTORS.fullmatch(folder) or _DESCRIPTORS.fullmatch(os.path.realpath(folder)):
            return True
        if not os.path.islink(at):
            return False
        at = os.path.join(folder, os.readlink(at))
    return False


def _temporary_name(path: Path) -> str:
    """Returns a hidden name that no other file has and that is not too long for the file system."""
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= 32 else ""
    return f".{path.stem[:40]}.{uuid.uuid4().hex[:12]}{suffix}"
