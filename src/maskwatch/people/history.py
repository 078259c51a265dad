"""People of a stream by minute, hour and day. Pure: time is the stream's own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from maskwatch.counting import Counts, counts_of
from maskwatch.labels import Label
from maskwatch.proportion import Proportion

KEPT: Final = {"minutes": (60, 60), "hours": (3600, 48), "days": (86400, 400)}
"""By name: length of a span of time in seconds, and the number of spans that are kept."""

_HOLDS: Final = 5.0
"""Seconds for which a frame speaks for the time after it; a longer pause was not watched."""


@dataclass(frozen=True, slots=True)
class Span:
    """The people of one minute, hour or day.

    Attributes:
        start: Seconds on the stream's clock; below 0 for a span that had begun before the stream.
        came: People who came into view in it, by the last known state of each.
        watched: Seconds of it in which there were frames.
        mean: People in view, on average over the time watched.
        most: Most people in view at once.
    """

    start: float
    came: Counts
    watched: float
    mean: float
    most: int

    @property
    def share(self) -> Proportion:
        """The share that wears a mask right, among those who came and whose state is known."""
        return self.came.share


@dataclass(slots=True)
class _Sum:
    came: Counter[Label | None] = field(default_factory=Counter)
    watched: float = 0.0
    presence: float = 0.0  # people times seconds
    most: int = 0


class _Series:
    """Spans of one length, the newest of them; those in which there was no frame are left out."""

    def __init__(self, length: float, kept: int, offset: float) -> None:
        self._length = length
        self._kept = kept
        self._offset = offset
        self._sums: dict[int, _Sum] = {}
        self._newest = -math.inf

    def came(self, t: float, state: Label | None) -> None:
        self._at(self._number(t)).came[state] += 1

    def changed(self, t: float, old: Label | None, new: Label | None) -> None:
        if (found := self._sums.get(self._number(t))) is not None:
            found.came[old] -= 1
            found.came[new] += 1

    def view(self, start: float, end: float, people: int) -> None:
        for number in range(self._number(start), self._number(end) + 1):
            span = self._at(number)
            seconds = min(end, self._start(number + 1)) - max(start, self._start(number))
            span.watched += max(0.0, seconds)
            span.presence += max(0.0, seconds) * people
            if seconds > 0 or start == end:
                span.most = max(span.most, people)

    def spans(self) -> tuple[Span, ...]:
        return tuple(
            Span(
                self._start(number),
                counts_of(one.came),
                one.watched,
                one.presence / one.watched if one.watched else float(one.most),
                one.most,
            )
            for number, one in sorted(self._sums.items())
        )

    def _number(self, t: float) -> int:
        return math.floor((t + self._offset) / self._length)

    def _start(self, number: int) -> float:
        return number * self._length - self._offset

    def _at(self, number: int) -> _Sum:
        if number > self._newest:
            self._newest = number
            for old in [one for one in self._sums if one <= number - self._kept]:
                del self._sums[old]
        return self._sums.setdefault(number, _Sum())


class History:
    """The last 60 minutes, 48 hours and 400 days of one stream.

    Args:
        start: Local time at which the stream's clock was 0: spans then begin with the minutes, hours and days
            of that clock, for which summer time neither begins nor ends. None: with the stream.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self.start = start
        midnight = None if start is None else start.replace(hour=0, minute=0, second=0, microsecond=0)
        offset = 0.0 if start is None or midnight is None else (start - midnight).total_seconds()
        self._series = {name: _Series(length, kept, offset) for name, (length, kept) in KEPT.items()}
        self._last: tuple[float, int] | None = None

    def came(self, t: float, state: Label | None) -> None:
        """Counts somebody who came into view at `t` seconds; the state is None while it is not known."""
        for series in self._series.values():
            series.came(t, state)

    def changed(self, t: float, old: Label | None, new: Label | None) -> None:
        """Notes another state of somebody who came at `t` seconds."""
        for series in self._series.values():
            series.changed(t, old, new)

    def view(self, t: float, people: int) -> None:
        """Notes how many people are in view in the frame at `t` seconds."""
        for series in self._series.values():
            if self._last is not None:
                series.view(self._last[0], min(t, self._last[0] + _HOLDS), self._last[1])
            series.view(t, t, people)
        self._last = (t, people)

    @property
    def minutes(self) -> tuple[Span, ...]:
        """The last 60 minutes, oldest first; those without any frame are left out."""
        return self._series["minutes"].spans()

    @property
    def hours(self) -> tuple[Span, ...]:
        """The last 48 hours, in the same way."""
        return self._series["hours"].spans()

    @property
    def days(self) -> tuple[Span, ...]:
        """The last 400 days, in the same way."""
        return self._series["days"].spans()

    def record(self) -> dict[str, Any]:
        """Returns all spans for JSON; see docs/guides/zones.md."""
        return {
            "start": None if self.start is None else self.start.isoformat(timespec="seconds"),
            **{name: list(self._records(series)) for name, series in self._series.items()},
        }

    def _records(self, series: _Series) -> Iterator[dict[str, Any]]:
        for span in series.spans():
            time = None if self.start is None else self.start + timedelta(seconds=span.start)
            yield {
                "t": round(span.start, 3),
                "time": None if time is None else time.isoformat(timespec="seconds"),
                "came": asdict(span.came),
                "share": span.share.record(),
                "watched": round(span.watched, 1),
                "mean": round(span.mean, 2),
                "most": span.most,
            }
