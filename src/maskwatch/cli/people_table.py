"""Shows the people of a stream on a terminal, as a table that is renewed in place."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from maskwatch.annotate.people import words_of_person
from maskwatch.cli.sums import people_in_words, places_in_words, share_in_words
from maskwatch.counting import count
from maskwatch.errors import printable
from maskwatch.people.person import Person
from maskwatch.results import Result
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Label

_EVERY: Final = 0.2
"""Seconds between two pictures of the table."""

_RATE_OVER: Final = 2.0
"""Seconds over which frames a second are counted."""

_LOST: Final = 1.0
"""Seconds without a frame after which nobody is shown any more."""

_OTHER_LINES: Final = 6
"""Lines of the terminal beside the people: above, below, and the cursor's."""

_COLOURS: Final[dict[Label, str]] = {
    "with_mask": "green",
    "without_mask": "bold red",
    "mask_worn_incorrectly": "bold yellow",
}
"""Besides symbol and words; a terminal has its own shades of them."""


class PeopleTable:
    """A display with a row for each person.

    Args:
        console: A terminal.
        summary: The sums so far, kept up to date by others.
    """

    def __init__(self, console: Console, summary: StreamSummary) -> None:
        self._console = console
        self._summary = summary
        self._result: Result | None = None
        self._silent = 0.0
        self._times: deque[float] = deque()
        self._drawn = 0.0
        self._moved: list[logging.StreamHandler[Any]] = []
        # What is said on stderr goes above the table, unless stderr is a file.
        self._live = Live(
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),
        )

    def write(self, result: Result) -> None:
        """Shows the people of one frame."""
        now = time.monotonic()
        self._result, self._silent = result, 0.0
        self._times.append(now)
        while now - self._times[0] > _RATE_OVER:
            self._times.popleft()
        if now - self._drawn >= _EVERY:
            self._draw(now)

    def pause(self, seconds: float) -> None:
        """Shows for how long no frame has come."""
        self._silent = seconds
        self._times.clear()
        self._draw(time.monotonic())

    def _draw(self, now: float) -> None:
        self._drawn = now
        self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        lines: list[RenderableType] = [Text(self._head(), style="dim", no_wrap=True, overflow="ellipsis")]
        result = self._result
        if result is not None and result.people is not None and not self._lost:
            persons = result.people.persons
            room = self._console.height - _OTHER_LINES - len(list(self._foot()))
            shown = _most_urgent(persons, max(3, room))
            lines.append(_table(shown, result.frame.t))
            if len(shown) < len(persons):
                lines.append(Text(f"and {len(persons) - len(shown)} more", style="dim"))
        lines += [Text(printable(line), no_wrap=True, overflow="ellipsis") for line in self._foot()]
        return Group(*lines)

    @property
    def _lost(self) -> bool:
        """Whether what is known of the people is too old to be shown as what is now."""
        return self._silent >= _LOST

    def _head(self) -> str:
        parts = [printable(self._summary.source)]
        if self._lost:
            parts.append(f"NO PICTURE for {duration(self._silent)}")
        elif self._result is not None:
            parts.append(f"{self._result.frame.t:.1f} s")
            if len(self._times) > 1:
                rate = (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-9)
                parts.append(f"{rate:.1f} frames a second")
            parts.append(f"{1000 * self._result.seconds:.0f} ms each")
        if self._summary.dropped:
            parts.append(f"{self._summary.dropped} dropped")
        return "   ".join(parts)

    def _foot(self) -> Iterator[str]:
        if self._result is None:
            yield "waiting for the first picture"
            return
        people = self._result.people
        if people is None:
            yield str(count(self._result.faces))
            return
        yield f"Now     {'no picture' if self._lost else people_in_words(people.counts.now)}"
        yield f"So far  {people_in_words(people.counts.so_far)}"
        yield f"        {share_in_words(people.counts.so_far)}"
        yield from places_in_words(people.counts)

    def __enter__(self) -> Self:
        before = sys.stderr
        self._live.start()
        # A program that has to end at once could not give the cursor back.
        self._console.show_cursor(True)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is before:
                handler.setStream(sys.stderr)
                self._moved.append(handler)
        self._draw(time.monotonic())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shows the last frame, and leaves it on the terminal."""
        self._draw(time.monotonic())
        self._live.stop()
        for handler in self._moved:
            handler.setStream(sys.stderr)
        self._moved.clear()


def can_show_table(console: Console) -> bool:
    """Returns whether a console is a terminal that can move its cursor and write the symbols."""
    return console.is_terminal and not console.is_dumb_terminal and not console.options.ascii_only


def duration(seconds: float) -> str:
    """Returns a time for people, such as "12 s", "3 min" or "1 h 05 min"."""
    whole = int(max(seconds, 0.0))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _most_urgent(persons: tuple[Person, ...], most: int) -> list[Person]:
    """Returns at most so many people, by number; where room is short, those without a certain mask."""
    urgent = sorted(persons, key=lambda one: (one.certain and one.state == "with_mask", one.track_id))
    return sorted(urgent[:most], key=lambda one: one.track_id)


def _table(persons: list[Person], t: float) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", justify="right")
    table.add_column("State", min_width=15)
    table.add_column("Confidence", justify="right")
    table.add_column("Since", justify="right", min_width=7)
    table.add_column("Looks", justify="right")
    table.add_column("Seen", min_width=8)
    if any(person.zones for person in persons):
        table.add_column("Zone")
    for person in persons:
        _, words, _ = words_of_person(person)
        colour = _COLOURS[person.state] if person.state is not None and person.certain else ""
        cells = [
            Text(f"#{person.track_id}"),
            Text(words, style=colour),
            Text("" if person.state is None else f"{100 * person.confidence:.0f} %"),
            Text(duration(t - person.since)),
            Text(str(person.looks)),
            Text("now" if person.seen else f"{max(t - person.last_seen, 0.0):.1f} s ago"),
            Text(printable(", ".join(person.zones))),
        ]
        table.add_row(*cells[: len(table.columns)], style="" if person.seen else "dim")
    return table
