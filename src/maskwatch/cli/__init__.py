"""The command line: one command in each module. May import everything; nothing imports it.

A module of this package defines a function (or a `typer.Typer` for a group of commands) of its own name and
is listed in `COMMANDS`. It imports heavy packages inside the function only: all modules are imported before
`--help` is shown, and `--help` has to be instant.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from maskwatch import __version__
from maskwatch.cli.interrupts import INTERRUPTS, interruptible
from maskwatch.cli.messages import say
from maskwatch.crash_log import debugging, unforeseen
from maskwatch.errors import MaskwatchError, printable

COMMANDS: Final = (
    *("app", "detect", "watch", "explain", "models", "card", "doctor"),
    *("evaluate", "compare", "bench", "data", "train", "export"),
)

_OWN_SIGNALS: Final = ("app", "train")
"""Commands that start servers or processes and see to Ctrl-C themselves."""

program = typer.Typer(
    name="maskwatch",
    help="Finds every face in a picture, video or live stream and says whether its mask is worn.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help is twice as fast, and keeps [what stands in brackets]
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        print(f"maskwatch {__version__}")
        raise typer.Exit


@program.callback()
def _common(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings file (TOML). [default: ./maskwatch.toml if it exists]"),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    ctx.obj = config
    if ctx.invoked_subcommand not in _OWN_SIGNALS:
        ctx.with_resource(interruptible(patient=ctx.invoked_subcommand == "export"))


for _name in COMMANDS:
    _command = getattr(importlib.import_module(f"maskwatch.cli.{_name}"), _name)
    if isinstance(_command, typer.Typer):
        program.add_typer(_command, name=_name)
    else:
        program.command(_name)(_command)


def main() -> None:
    """Runs the program. Results go to stdout, messages for people to stderr.

    The exit status is 0 for success, 1 for an error, 2 for wrong usage, and 128 + the number of the signal
    that ended a command.
    """
    _open_standard_streams()
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("maskwatch").setLevel(logging.INFO)
    logging.raiseExceptions = False  # stderr may be full or closed
    # A file name in another encoding must not break the message about it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    status = max(_run(), _flush())
    if INTERRUPTS.first:
        # The end of an interpreter waits for threads, and one of them may hang in a frozen stream.
        os._exit(128 + INTERRUPTS.first if status else 0)
    sys.exit(status)


class _OneLine(logging.Formatter):
    """Writes each message as one line without control characters."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))


def _run() -> int:
    """Runs the command and tells its errors; returns the exit status."""
    try:
        program()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except MaskwatchError as error:
        say(f"maskwatch: {error}")
    except Exception as error:
        if debugging():
            raise
        say(f"maskwatch: {_message(error)}")
    return 1


def _message(error: Exception) -> str:
    """Returns one line about an error that no command has foreseen."""
    if isinstance(error, MemoryError):
        return "not enough memory; close other programs, or use smaller files"
    if isinstance(error, OSError) and error.strerror:
        try:
            os.getcwd()
        except OSError:
            return "the current folder does not exist any more, or may not be read; change to another one"
        # The disk is full, a folder may not be read, a name is too long: nothing that a traceback explains.
        return f"{error.filename or 'stdout: cannot be written'}: {error.strerror}"
    return unforeseen(error)


def _open_standard_streams() -> None:
    """Opens the standard streams that the caller has closed, so that no other file takes their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _flush() -> int:
    """Writes what is still held back for stdout; returns the exit status."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # At its end the interpreter tries again, and would complain.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # the reader has left: Windows says EINVAL
            say(f"maskwatch: stdout: cannot be written ({error.strerror})")
        return 1
    return 0
