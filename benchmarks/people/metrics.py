"""What users would notice: wrong counts, states that flip or are wrong, changes told late, false people."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from benchmarks.people.actors import FADE
from benchmarks.people.matching import NEAR, Boxes, IdentityScore, assign, identity_score, scored_boxes
from benchmarks.people.players import UNDECIDED, Shown
from benchmarks.people.truth import Truth
from maskwatch.geometry import iou

SETTLED: Final = 0.5
"""Seconds after somebody came or went from which a count has to be right in `Tally.settled_error`."""

_LEAST_SEEN: Final = 0.5  # seconds for which a face must have been visible for the person to be judged
_LEAST_AFTER: Final = 2.0  # seconds that a change must last to be judged


@dataclass(slots=True)
class PersonTally:
    """One person of one scene.

    Attributes:
        visible: Seconds for which the face was visible.
        found: Whether the person was ever shown.
        flips: Changes of the told state that the truth does not contain.
        drops: Times at which a told state became undecided.
        wrong: Seconds for which a wrong state was told.
        longest_wrong: The longest of such times.
        decided: Seconds from the first sight to the first told state; infinite if there was none.
        delays: Seconds until each change was told; infinite if it was not.
        numbers: Different numbers under which the person was shown.
        height: Largest height of the visible face, pixels.
    """

    visible: float = 0.0
    found: bool = False
    flips: int = 0
    drops: int = 0
    wrong: float = 0.0
    longest_wrong: float = 0.0
    decided: float = math.inf
    delays: list[float] = field(default_factory=list)
    numbers: int = 0
    height: float = 0.0


@dataclass(slots=True)
class Tally:
    """Sums over frames and scenes, from which all figures are made.

    Attributes:
        identity: IDF1 of those who are shown as present.
        identity_shown: IDF1 of all who are shown, dimmed ones included.
        seconds: Time judged.
        counted: Seconds with people in the picture.
        count_error: Integral of |shown - true| / true over `counted`.
        settled: Part of `counted` in which nobody has come or gone for half a second.
        settled_error: Integral over `settled`.
        people: Different people, as they were.
        people_error: |shown - true| different people at the end.
        so_far_error: Integral of |shown - true| / true different people over `counted`.
        false_people: Numbers that were shown where nobody was.
        extra_changes: Changes of the shown count beyond those of the true one.
        frames: Number of frames.
        looks: Faces classified.
        persons: Everybody who was visible long enough.
    """

    identity: IdentityScore = field(default_factory=IdentityScore)
    identity_shown: IdentityScore = field(default_factory=IdentityScore)
    seconds: float = 0.0
    counted: float = 0.0
    count_error: float = 0.0
    settled: float = 0.0
    settled_error: float = 0.0
    people: int = 0
    people_error: int = 0
    so_far_error: float = 0.0
    false_people: int = 0
    extra_changes: int = 0
    frames: int = 0
    looks: int = 0
    persons: list[PersonTally] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            **{name: getattr(self, name) + getattr(other, name) for name in Tally.__dataclass_fields__}
        )

    def figures(self) -> dict[str, float]:
        """Returns the figures by name; shares from 0 to 1, times in seconds, infinite where never."""
        return {
            "idf1": self.identity.idf1,
            "idf1_shown": self.identity_shown.idf1,
            "count_error": self.count_error / max(self.counted, 1e-9),
            "count_error_settled": self.settled_error / max(self.settled, 1e-9),
            "people_error": self.people_error / max(self.people, 1),
            "so_far_error": self.so_far_error / max(self.counted, 1e-9),
            "false_people_a_minute": 60 * self.false_people / max(self.seconds, 1e-9),
            "extra_changes_a_minute": 60 * self.extra_changes / max(self.seconds, 1e-9),
            "looks_a_frame": self.looks / max(self.frames, 1),
            **person_figures(self.persons),
        }


def person_figures(people: Sequence[PersonTally]) -> dict[str, float]:
    """Returns the figures that are means, shares and quantiles over people, by name."""
    number = max(len(people), 1)
    delays = [d for person in people for d in person.delays]
    decided = [person.decided for person in people if person.found]
    return {
        "flips": sum(p.flips for p in people) / number,
        "drops": sum(p.drops for p in people) / number,
        "wrong_seconds": sum(p.wrong for p in people) / number,
        "never_long_wrong": sum(p.longest_wrong <= 1.0 for p in people) / number,
        "never_found": sum(not p.found for p in people) / number,
        "never_decided": sum(math.isinf(p.decided) for p in people) / number,
        "numbers": sum(p.numbers for p in people) / max(sum(p.found for p in people), 1),
        "decided_median": quantile(decided, 0.5),
        "decided_p90": quantile(decided, 0.9),
        "change_median": quantile(delays, 0.5),
        "change_p90": quantile(delays, 0.9),
        "changes": len(delays),
        "people": len(people),
    }


def quantile(values: Sequence[float], q: float) -> float:
    """Returns the value below which the share `q` of the values lies; infinite ones count. NaN for none."""
    if not values:
        return math.nan
    return sorted(values)[min(len(values) - 1, math.ceil(q * len(values)) - 1)]


def judge(truths: Sequence[Truth], shown: Sequence[Shown]) -> Tally:
    """Compares what was shown of one scene with the truth.

    Args:
        truths: Of the frames that were shown, by time.
        shown: What was shown of each.
    """
    tally = Tally(frames=len(shown), looks=sum(s.looks for s in shown))
    spans = _spans([s.t for s in shown])
    pairs = [assign(iou(t.boxes, s.boxes), NEAR) for t, s in zip(truths, shown, strict=True)]
    present: list[Boxes] = []
    all_shown: list[Boxes] = []
    for truth, screen in zip(truths, shown, strict=True):
        present.append(scored_boxes(truth, screen))
        all_shown.append(scored_boxes(truth, screen, dimmed=True))
    tally.identity, tally.identity_shown = identity_score(present), identity_score(all_shown)
    _judge_counts(tally, truths, shown, spans)
    tally.false_people = _false_people(shown, pairs)
    tally.persons = _judge_persons(truths, shown, pairs, spans)
    return tally


def _spans(times: Sequence[float]) -> list[float]:
    """Returns how long each frame stays on the screen, in seconds."""
    if len(times) < 2:
        return [1 / 30] * len(times)
    steps = [b - a for a, b in pairwise(times)]
    return [*steps, float(np.median(steps))]


def _judge_counts(
    tally: Tally, truths: Sequence[Truth], shown: Sequence[Shown], spans: Sequence[float]
) -> None:
    visible: dict[int, float] = defaultdict(float)
    last, changed = truths[0].count if truths else 0, -math.inf
    shown_moves = true_moves = 0
    before = 0
    for truth, screen, span in zip(truths, shown, spans, strict=True):
        for i in truth.ids[truth.visible]:
            visible[int(i)] += span
        so_far = sum(seconds >= _LEAST_SEEN for seconds in visible.values())
        if truth.count != last:
            changed = truth.t
        true_moves += abs(truth.count - last)
        shown_moves += abs(screen.count - before)
        last, before = truth.count, screen.count
        tally.seconds += span
        if truth.count == 0:
            continue
        error = span * abs(screen.count - truth.count) / truth.count
        tally.counted += span
        tally.count_error += error
        tally.so_far_error += span * abs(screen.so_far - so_far) / max(so_far, 1)
        if truth.t - changed >= SETTLED:
            tally.settled += span
            tally.settled_error += error
    true_moves += truths[0].count if truths else 0
    tally.extra_changes = max(0, shown_moves - true_moves)
    tally.people = sum(seconds >= _LEAST_SEEN for seconds in visible.values())
    tally.people_error = abs((shown[-1].so_far if shown else 0) - tally.people)


def _false_people(shown: Sequence[Shown], pairs: Sequence[Sequence[tuple[int, int]]]) -> int:
    """Counts the numbers that were shown where nobody was, most of the time."""
    frames: dict[int, int] = defaultdict(int)
    matched: dict[int, int] = defaultdict(int)
    for screen, matches in zip(shown, pairs, strict=True):
        for number in screen.ids:
            frames[int(number)] += 1
        for _, j in matches:
            matched[int(screen.ids[j])] += 1
    return sum(2 * matched[number] < n for number, n in frames.items())


def _judge_persons(
    truths: Sequence[Truth],
    shown: Sequence[Shown],
    pairs: Sequence[Sequence[tuple[int, int]]],
    spans: Sequence[float],
) -> list[PersonTally]:
    people: dict[int, _Watch] = defaultdict(_Watch)
    for truth, screen, matches, span in zip(truths, shown, pairs, spans, strict=True):
        partner = dict(matches)
        for i, number in enumerate(truth.ids):
            j = partner.get(i)
            told = None if j is None else int(screen.states[j])
            people[int(number)].see(
                truth.t,
                span,
                bool(truth.visible[i]),
                int(truth.states[i]),
                int(truth.changes[i]),
                told,
                None if j is None else int(screen.ids[j]),
            )
            if truth.visible[i]:
                tally = people[int(number)].tally
                tally.height = max(tally.height, float(truth.boxes[i, 3] - truth.boxes[i, 1]))
    watched = [watch.finish() for _, watch in sorted(people.items())]
    return [tally for tally in watched if tally.visible >= _LEAST_SEEN]


class _Watch:
    """Watches one person of the truth over the frames of a scene."""

    def __init__(self) -> None:
        self.tally = PersonTally()
        self._numbers: set[int] = set()
        self._first: float | None = None
        self._last = 0.0
        self._told = UNDECIDED  # the newest told state, undecided or not
        self._believed = UNDECIDED  # the newest state that was told
        self._believed_changes = 0  # true changes so far when it was told first
        self._changes = 0
        self._changed_at: float | None = None
        self._waiting = False
        self._wrong_run = 0.0

    def see(
        self,
        t: float,
        span: float,
        visible: bool,
        state: int,
        changes: int,
        told: int | None,
        number: int | None,
    ) -> None:
        """Takes the next frame; `told` and `number` are None where the person is not shown."""
        self._last = t
        if visible:
            self.tally.visible += span
            self._first = t if self._first is None else self._first
        if changes > self._changes:
            self._give_up(t)
            self._changes, self._changed_at, self._waiting = changes, t, True
        if told is None or number is None:
            return
        self.tally.found = True
        self._numbers.add(number)
        if told == UNDECIDED:
            self.tally.drops += self._told != UNDECIDED
            self._told, self._wrong_run = told, 0.0
            return
        if math.isinf(self.tally.decided):
            self.tally.decided = max(0.0, t - (t if self._first is None else self._first))
        if self._believed not in (UNDECIDED, told):
            justified = told == state and changes > self._believed_changes
            self.tally.flips += not justified
        if self._believed != told or told == state:
            self._believed_changes = changes
        self._told = self._believed = told
        if told == state:
            self._wrong_run = 0.0
            if self._waiting and self._changed_at is not None:
                self.tally.delays.append(t - self._changed_at)
                self._waiting = False
        elif self._changed_at is None or t - self._changed_at > FADE / 2:
            self.tally.wrong += span
            self._wrong_run += span
            self.tally.longest_wrong = max(self.tally.longest_wrong, self._wrong_run)

    def finish(self) -> PersonTally:
        """Returns the person's tally at the end of the scene."""
        self._give_up(self._last)
        self.tally.numbers = len(self._numbers)
        return self.tally

    def _give_up(self, t: float) -> None:
        if self._waiting and self._changed_at is not None and t - self._changed_at >= _LEAST_AFTER:
            self.tally.delays.append(math.inf)
        self._waiting = False
