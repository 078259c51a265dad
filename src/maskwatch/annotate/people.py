"""Draws the people of a stream, each with its number and the state that all looks agree on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from maskwatch.annotate.marks import Mark, draw_marks, percent, whole, words_of
from maskwatch.annotate.styles import UNCERTAIN, UNCLASSIFIED, Style
from maskwatch.annotate.zones import draw_zones
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.person import Person
from maskwatch.people.zones import Zone
from maskwatch.types import Image

FADES_AFTER: Final = 0.3
"""Seconds without being seen after which somebody is drawn faintly: a face that a few frames miss stays."""

_THIN: Final = 0.5


def annotate_people(
    image: Image,
    people: Iterable[Person],
    t: float,
    zones: Sequence[Zone] = (),
    counts: PeopleCounts | None = None,
) -> Image:
    """Draws people, and the zones that they are counted in, on a copy of the picture.

    Everybody gets a number, the state with its symbol and words, and the confidence. Who is undecided or
    uncertain gets a dashed frame, and a question mark instead of the symbol; who has been out of sight for a
    moment gets a thin, faint one where the face is expected. A caption keeps its form, and becomes number
    and symbol only where it would cover a neighbour.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        people: Those to be drawn; boxes are in pixels of `image`.
        t: Seconds on the stream's clock at which the picture was taken.
        zones: Drawn below the people.
        counts: Written at the zones.

    Returns:
        (h, w, 3) uint8, BGR.
    """
    canvas = image.copy()
    draw_zones(canvas, zones, counts)
    # By number, not by score: who came first keeps the caption's place while others come and go.
    draw_marks(canvas, [_mark(person, t) for person in sorted(people, key=lambda one: one.track_id)])
    return canvas


def words_of_person(person: Person) -> tuple[Style, str, str]:
    """Returns how somebody is drawn, the symbol and words of the state, and the short form of these."""
    if person.state is not None:
        return words_of(person.state, person.certain)
    if person.probabilities is not None:
        return UNCERTAIN, f"{UNCERTAIN.symbol} {UNCERTAIN.text}", UNCERTAIN.symbol
    return UNCLASSIFIED, UNCLASSIFIED.text, ""


def _mark(person: Person, t: float) -> Mark:
    style, text, short = words_of_person(person)
    if person.state is not None:  # while undecided there is nothing to be confident of
        text = f"{text} {percent(person.confidence)}"
    faded = not person.seen and t - person.last_seen > FADES_AFTER
    if faded:
        style = replace(style, weight=_THIN)
    number = f"#{person.track_id}"
    return Mark(whole(person.box), style, f"{number} {text}", f"{number} {short}".rstrip(), faded)
