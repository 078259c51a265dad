"""How fast it is meant to be on two cores, with the standard models, and how fast it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.speed import entries, starting, stills
from benchmarks.speed.clips import SLOW_FPS
from benchmarks.speed.competitors.modes import STANDARD
from benchmarks.speed.meter import Row
from benchmarks.speed.stages import OVERHEAD
from benchmarks.speed.summary import Spread, chosen, named, ratio, spread

Parts = Mapping[str, Mapping[str, Any]]
"""Name of a part -> what was measured; see `benchmarks.speed.files` and the others."""

_SIZE: Final = "720p, "
_SLOW: Final = f"5 people, {SLOW_FPS} fps"
_FPS: Final = named("fps")


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted.

    Attributes:
        what: In words.
        limit: The number.
        least: Whether the figure is to be at least that; else it is to be less.
        value: Takes the figure out of what was measured; None where it was not.
        digits: Of the figure.
    """

    what: str
    limit: float
    least: bool
    value: Callable[[Parts], Spread | None]
    digits: int = 1

    def met(self, value: float) -> bool:
        """Returns whether a figure is as wanted."""
        return value >= self.limit if self.least else value <= self.limit


def rows_of(parts: Parts, part: str) -> Sequence[Row]:
    """Returns the measurements of a part; none where it was not measured."""
    rows: Sequence[Row] = parts.get(part, {}).get("rows", ())
    return rows


def _to(other: Sequence[str], people: int) -> Callable[[Parts], Spread | None]:
    """Returns what compares frames a second of files with those of others."""

    def value(parts: Parts) -> Spread | None:
        rows = chosen(rows_of(parts, "files"), clip=f"{_SIZE}{people} people")
        others = [row for name in other for row in chosen(rows, who=name)]
        return ratio(chosen(rows, who=STANDARD), others, _FPS)

    return value


def _to_one(people: int) -> Callable[[Parts], Spread | None]:
    """Returns what compares the time of a frame with that of a frame with one person."""

    def value(parts: Parts) -> Spread | None:
        rows = chosen(rows_of(parts, "files"), who=STANDARD)
        return ratio(
            chosen(rows, clip=f"{_SIZE}1 people"), chosen(rows, clip=f"{_SIZE}{people} people"), _FPS
        )

    return value


def _live(figure: str, cameras: int = 1, clip: str = "5 people") -> Callable[[Parts], Spread | None]:
    def value(parts: Parts) -> Spread | None:
        known = {"who": STANDARD, "cameras": cameras, "clip": f"{_SIZE}{clip}"}
        return spread(chosen(rows_of(parts, "live"), **known), named(figure))

    return value


def _start(what: str) -> Callable[[Parts], Spread | None]:
    return lambda parts: spread(chosen(rows_of(parts, "start"), who=what), named("seconds"))


def _stills(way: str) -> Callable[[Parts], Spread | None]:
    """Returns what tells the pictures a second of the kind of pictures that takes longest."""

    def value(parts: Parts) -> Spread | None:
        rows = chosen(rows_of(parts, "stills"), who=way)
        kinds = {row["clip"] for row in rows}
        spreads = [spread(chosen(rows, clip=kind), named("per_second")) for kind in kinds]
        return min((found for found in spreads if found is not None), default=None)

    return value


def overhead(row: Row) -> float | None:
    """Returns milliseconds a frame outside models and codec."""
    return float(sum(row["ms"][name] for name in OVERHEAD))


def _overhead(parts: Parts) -> Spread | None:
    rows = parts.get("files", {}).get("stages", ())
    return spread(chosen(rows, who=STANDARD, clip=f"{_SIZE}5 people"), overhead)


def _page(parts: Parts) -> Spread | None:
    return spread(rows_of(parts, "page"), named("p50"))


_DECODERS: Final = (entries.DECODE, entries.DECODE_OPENCV)

TARGETS: Final[Sequence[Target]] = (
    Target("files, 1 person: times the classic loop", 25, True, _to((entries.CLASSIC,), 1)),
    Target("files, 5 people: times the classic loop", 25, True, _to((entries.CLASSIC,), 5)),
    Target("files, 20 people: times the classic loop", 50, True, _to((entries.CLASSIC,), 20)),
    Target(
        "files, 1 person: share of decoding alone, by the faster decoder", 0.4, True, _to(_DECODERS, 1), 2
    ),
    Target("files: time of a frame with 20 people, to 1 person", 1.7, False, _to_one(20), 2),
    Target("files: time of a frame with 50 people, to 1 person", 2.5, False, _to_one(50), 2),
    Target("live, 30 frames/s, 5 people: p95 from camera to result, ms", 40, False, _live("p95")),
    Target(
        "live, 4 cameras at 10 frames/s: share of frames dropped", 0.01, False, _live("dropped", 4, _SLOW), 3
    ),
    Target(
        "live, 4 cameras at 10 frames/s: p95 from camera to result, ms", 100, False, _live("p95", 4, _SLOW)
    ),
    Target("live, 5 people: most memory of the process, MB", 400, False, _live("peak_mb"), 0),
    Target("page to page: median, ms", 80, False, _page),
    Target("maskwatch --help, s", 0.3, False, _start(starting.HELP), 2),
    Target("first picture of a fresh process, s", 1.2, False, _start(starting.PICTURE), 2),
    Target("first frame of a file of a fresh process, s", 1.2, False, _start(starting.VIDEO), 2),
    Target("outside models and codec, 5 people: ms a frame", 1.5, False, _overhead, 2),
    Target("pictures a second", 3, True, _stills(stills.DEFAULT)),
    Target("pictures a second with --fast", 15, True, _stills(stills.FAST)),
)
