"""Alerts: when one comes, when none comes, and when the next one may come."""

from __future__ import annotations

import numpy as np
import pytest

from maskwatch.rules import NoMaskRule
from maskwatch.types import Event, Faces, Reason

MASKED, UNMASKED, WRONG = ([0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6])


def faces(*states: list[float], reasons: tuple[Reason | None, ...] | None = None) -> Faces:
    """Faces with these probabilities; without `reasons` all are certain."""
    n = len(states)
    return Faces(
        np.zeros((n, 4), np.float32),
        np.ones(n, np.float32),
        np.array(states, np.float32).reshape(n, 3),
        np.array(reasons or [None] * n, np.object_),
    )


BARE, COVERED, NOBODY = faces(UNMASKED), faces(MASKED), faces()


def alerts(rule: NoMaskRule, *moments: tuple[float, Faces]) -> list[float]:
    """The moments at which the rule fires."""
    return [event.t for t, seen in moments for event in rule.update(seen, t)]


def test_one_event_after_the_time_and_not_before() -> None:
    rule = NoMaskRule(after=3, gap=1)
    assert [rule.update(BARE, t) for t in (0, 1, 2, 2.75)] == [[], [], [], []]
    assert rule.update(BARE, 3) == [Event("no_mask", 3, "Somebody has been without a mask for 3 seconds")]
    assert alerts(rule, *((t, BARE) for t in range(4, 20))) == []


def test_the_watch_begins_with_the_first_bare_face_not_with_the_stream() -> None:
    rule = NoMaskRule(after=3, gap=1)
    empty = [(float(t), NOBODY) for t in range(10)]
    assert alerts(rule, *empty, *((float(t), BARE) for t in range(10, 16))) == [13]


def test_without_a_wait_the_first_bare_face_is_told() -> None:
    assert alerts(NoMaskRule(after=0, gap=1), (5, BARE), (6, BARE)) == [5]


def test_the_usual_times() -> None:
    rule = NoMaskRule()
    assert (rule.after, rule.gap) == (3.0, 1.0)


@pytest.mark.parametrize("reason", ["too_small", "blurred", "dark", "turned_away", "undecided"])
def test_an_uncertain_face_alone_never_fires(reason: Reason) -> None:
    doubtful = faces(UNMASKED, reasons=(reason,))
    assert alerts(NoMaskRule(after=1, gap=1), *((t, doubtful) for t in range(10))) == []


def test_certain_of_the_masked_one_only_never_fires() -> None:
    """Certainty must belong to the same face as the missing mask."""
    mixed = faces(MASKED, UNMASKED, reasons=(None, "dark"))
    assert alerts(NoMaskRule(after=1, gap=1), *((t, mixed) for t in range(10))) == []
    sure = faces(MASKED, UNMASKED, reasons=("dark", None))
    assert alerts(NoMaskRule(after=1, gap=1), *((t, sure) for t in range(10))) == [1]


def test_an_uncertain_face_does_not_keep_the_watch_going() -> None:
    doubtful = faces(UNMASKED, reasons=("blurred",))
    rule = NoMaskRule(after=3, gap=1)
    moments = [(0.0, BARE), (1.0, doubtful), (2.0, doubtful), (3.0, BARE), (4.0, BARE)]
    assert alerts(rule, *moments, (5.0, BARE), (6.0, BARE)) == [6]


@pytest.mark.parametrize("seen", [faces(MASKED), faces(WRONG), faces(MASKED, WRONG), NOBODY])
def test_other_states_never_fire(seen: Faces) -> None:
    assert alerts(NoMaskRule(after=1, gap=1), *((t, seen) for t in range(10))) == []


def test_without_a_classifier_nothing_fires() -> None:
    plain = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32))
    assert alerts(NoMaskRule(after=1, gap=1), *((t, plain) for t in range(10))) == []


def test_a_face_without_reasons_is_certain() -> None:
    plain = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32), np.array([UNMASKED], np.float32))
    assert alerts(NoMaskRule(after=1, gap=1), *((t, plain) for t in range(4))) == [1]


def test_gaps_up_to_the_limit_are_forgiven() -> None:
    rule = NoMaskRule(after=3, gap=1)
    assert alerts(rule, (0, BARE), (0.5, COVERED), (1, BARE), (1.75, NOBODY), (2, BARE), (3, BARE)) == [3]


def test_a_longer_gap_ends_the_watch() -> None:
    rule = NoMaskRule(after=3, gap=1)
    # 1.25 seconds pass between the bare faces at 1 and 2.25: the watch begins again there.
    moments = [(0.0, BARE), (1.0, BARE), (2.25, BARE), (3.0, BARE), (4.0, BARE), (5.0, BARE)]
    assert alerts(rule, *moments, (5.25, BARE)) == [5.25]


@pytest.mark.parametrize("between", [COVERED, NOBODY])
def test_it_fires_again_after_all_were_masked_for_longer_than_the_gap(between: Faces) -> None:
    rule = NoMaskRule(after=2, gap=1)
    moments = [*((t, BARE) for t in range(3)), (3, between), (4, between), *((t, BARE) for t in range(5, 9))]
    assert alerts(rule, *moments) == [2, 7]


def test_it_does_not_fire_again_after_a_shorter_gap() -> None:
    rule = NoMaskRule(after=2, gap=1)
    moments = [*((t, BARE) for t in range(3)), (2.5, COVERED), *((t, BARE) for t in range(3, 12))]
    assert alerts(rule, *moments) == [2]


def test_each_alert_needs_a_gap_of_its_own() -> None:
    rule = NoMaskRule(after=1, gap=1)
    rounds = [(start + t, BARE) for start in (0, 10, 20) for t in range(5)]
    assert alerts(rule, *rounds) == [1, 11, 21]
