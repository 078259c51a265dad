"""Sums of streams in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from maskwatch.counting import Counts
from maskwatch.people.counts import PeopleCounts
from maskwatch.sinks.summary import StreamSummary


def number_of(number: int, what: str) -> str:
    """Returns a number with what is counted, in the plural where it is due: "3 frames"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def people_in_words(counts: Counts) -> str:
    """Returns how many people there are, by state, in one line."""
    return counts.words("person", "people")


def share_in_words(counts: Counts) -> str:
    """Returns the share that wears the mask right, with its interval; "" where nobody's state is certain."""
    share = counts.share
    if share.value is None or share.interval is None:
        return ""
    low, high = (round(100 * end) for end in share.interval)
    return f"{100 * share.value:.0f} % wear it right ({low} to {high} %)"


def places_in_words(people: PeopleCounts) -> Iterator[str]:
    """Yields a line for each zone and each line that people cross."""
    for name, zone in people.zones.items():
        yield f"{name}: {people_in_words(zone.so_far)}, {zone.now.total} now"
    for name, line in people.lines.items():
        yield f"{name}: {line.forward} forward, {line.backward} backward"


def totals(summary: StreamSummary, seconds: float) -> Iterator[str]:
    """Yields the sums over a stream as lines for people.

    Args:
        summary: The sums.
        seconds: How long it took.
    """
    speed = summary.frames / max(seconds, 1e-9)
    parts = [
        f"{number_of(summary.frames, 'frame')} in {seconds:.1f} s ({speed:.1f} a second),"
        f" {summary.dropped} dropped"
    ]
    if summary.people is None:
        parts.append(f"most at once {summary.most}")
    else:
        parts.append(people_in_words(summary.people.so_far))
        parts.append(share_in_words(summary.people.so_far))
    parts.append(number_of(summary.events, "alert"))
    yield "; ".join(part for part in parts if part)
    if summary.people is not None:
        yield from places_in_words(summary.people)
