"""Ctrl-C and its like: the first one lets a command finish what it has, the second one ends it at once."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from maskwatch.atomic_file import finish_all

_GRACE: Final = 1.5
"""Seconds that a command has to finish after the first signal."""

_OVER: Final = b"\0"  # no number of a signal

_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass
class Interrupts:
    """The signals of a command.

    Attributes:
        first: Number of the first signal that came; 0 for none.
    """

    first: int = 0


INTERRUPTS: Final = Interrupts()
"""Those of this process."""


@contextmanager
def interruptible(patient: bool = False) -> Iterator[None]:
    """Turns SIGINT, SIGTERM and SIGHUP into KeyboardInterrupt within the `with` block.

    A second signal ends the process at once, and so does one that is not answered in time: the main thread
    may hang in a decoder that waits for a frozen stream. Files that are whole line by line are kept even
    then; other temporary files are deleted. Once a signal has come, this holds until the process ends.

    Args:
        patient: Whether the command may take as long as it needs after the first signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {}
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # ignored by nohup, or for a background job
            before[number] = signal.signal(number, _interrupt)
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # Python calls a handler only when the main thread runs Python code again. This is written at once.
    earlier = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    arguments = (reader, writer, frozenset(before), patient)
    threading.Thread(target=_watch, args=arguments, name="signals", daemon=True).start()
    try:
        yield
    finally:
        if not INTERRUPTS.first:
            signal.set_wakeup_fd(earlier)
            for number, handler in before.items():
                signal.signal(number, handler)
            with contextlib.suppress(OSError):
                writer.send(_OVER)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Handles a signal in the main thread."""
    INTERRUPTS.first = INTERRUPTS.first or number
    raise KeyboardInterrupt


def _watch(reader: socket.socket, writer: socket.socket, numbers: frozenset[int], patient: bool) -> None:
    """Waits for signals, whose numbers come from `reader`, and ends the process where that is due."""
    seen, deadline = 0, None
    with reader, writer:
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([reader], [], [], left)[0]:
                _end(seen)
            data = reader.recv(1)
            if data and data[0] in numbers:
                if seen:
                    _end(seen)
                seen = INTERRUPTS.first = data[0]
                deadline = None if patient else time.monotonic() + _GRACE
            elif not seen:
                return


def _end(number: int) -> None:
    """Ends the process as an unhandled signal would, without waiting for any thread."""
    finish_all()
    os._exit(128 + number)
