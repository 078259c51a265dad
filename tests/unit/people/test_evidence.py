"""Looks over time become a state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from maskwatch.labels import LABELS, Label, Reason
from maskwatch.people.evidence import Evidence, Voting


def answer(label: Label, probability: float = 0.96) -> np.ndarray:
    """An answer with this probability for a state; the two others share the rest."""
    rest = (1 - probability) / 2
    return np.array([probability if one == label else rest for one in LABELS], np.float32)


def looked(
    labels: Sequence[Label],
    every: float = 0.1,
    reason: Reason | None = None,
    side: float = 60,
    evidence: Evidence | None = None,
    start: float = 0.0,
    probability: float = 0.96,
) -> Evidence:
    """Evidence after one look at each of the labels."""
    evidence = Evidence(Voting()) if evidence is None else evidence
    for i, label in enumerate(labels):
        evidence.observe(start + i * every, answer(label, probability), reason, side)
    return evidence


def test_one_look_is_not_enough() -> None:
    evidence = looked(["with_mask"])
    assert evidence.state is None
    assert evidence.reason == "undecided"
    assert evidence.votes == {"with_mask": 1}


def test_two_looks_that_agree_are() -> None:
    evidence = looked(["with_mask"] * 2)
    assert evidence.state == "with_mask"
    assert evidence.reason is None
    assert evidence.since == 0
    assert evidence.probabilities[0] > 0.9


def test_many_looks_in_one_moment_are_little_more_than_one() -> None:
    assert looked(["with_mask"] * 5, every=0.001).state is None


def test_looks_that_disagree_leave_it_undecided() -> None:
    evidence = looked(["with_mask", "without_mask"])
    assert evidence.state is None


@pytest.mark.parametrize(
    ("reason", "side", "looks"), [(None, 60, 2), ("blurred", 60, 7), ("undecided", 60, 4), (None, 6, 9)]
)
def test_poor_looks_count_less(reason: Reason | None, side: float, looks: int) -> None:
    assert looked(["with_mask"] * (looks - 1), reason=reason, side=side).state is None
    assert looked(["with_mask"] * looks, reason=reason, side=side).state == "with_mask"


def test_what_troubles_most_looks_is_the_reason() -> None:
    evidence = looked(["with_mask"] * 10, reason="blurred")
    assert evidence.state == "with_mask"
    assert evidence.reason == "blurred"
    looked(["with_mask"] * 12, start=1, evidence=evidence)
    assert evidence.reason is None


def test_a_face_that_is_turned_over_says_nothing() -> None:
    evidence = looked(["with_mask"] * 10, reason="turned_over")
    assert evidence.state is None
    assert evidence.votes == {}
    assert evidence.reason == "turned_over"


def test_one_look_that_differs_changes_nothing() -> None:
    evidence = looked(["with_mask"] * 20)
    looked(["without_mask"], start=2.0, evidence=evidence)
    assert evidence.state == "with_mask"
    assert evidence.doubtful
    looked(["with_mask"] * 3, start=2.1, evidence=evidence)
    assert not evidence.doubtful
    assert evidence.since == 0


def test_a_change_is_told_soon_and_dates_from_the_first_look_that_saw_it() -> None:
    evidence = looked(["with_mask"] * 100)
    start = 10.0
    for i in range(10):
        evidence.observe(start + i * 0.1, answer("without_mask"), None, 60)
        if evidence.state == "without_mask":
            break
    assert evidence.state == "without_mask"
    assert 4 <= i <= 7
    assert start <= evidence.since <= start + 0.2
    assert evidence.probabilities[1] > 0.8


def test_answers_that_waver_do_not_flip_the_state() -> None:
    evidence = looked(["with_mask"] * 10)
    for i in range(100):
        label: Label = "without_mask" if i % 2 else "with_mask"
        evidence.observe(1 + i * 0.1, answer(label, 0.9), None, 60)
        assert evidence.state == "with_mask"


def test_turning_over_later_takes_the_certainty() -> None:
    evidence = looked(["with_mask"] * 10)
    looked(["with_mask"] * 30, reason="turned_over", start=1, evidence=evidence)
    assert evidence.state == "with_mask"
    assert evidence.reason == "turned_over"


def test_a_certain_zero_does_not_outweigh_everything() -> None:
    evidence = looked(["with_mask"] * 10)
    evidence.observe(1.0, np.array([0, 1, 0], np.float32), None, 60)
    assert evidence.state == "with_mask"
    assert np.isfinite(evidence.probabilities).all()


def test_some_certain_looks_among_uncertain_ones_suffice() -> None:
    evidence = Evidence(Voting())
    for i in range(30):
        evidence.observe(i * 0.1, answer("with_mask"), None if i % 3 == 0 else "undecided", 60)
    assert (evidence.state, evidence.reason) == ("with_mask", None)


def test_certain_looks_that_contradict_each_other_do_not() -> None:
    evidence = Evidence(Voting())
    for i in range(30):
        label: Label = "with_mask" if i % 2 else "without_mask"
        evidence.observe(i * 0.1, answer(label), None if i % 3 == 0 else "blurred", 60)
    assert evidence.reason is not None


def test_certainty_is_lost_later_than_it_is_won() -> None:
    evidence = looked(["with_mask"] * 10)
    told = []
    for i in range(200):
        evidence.observe(1 + i * 0.1, answer("with_mask"), "blurred", 60)
        told.append(evidence.reason)
    assert told[20] is None
    assert told[-1] == "blurred"
    assert told == sorted(told, key=lambda reason: reason is not None)  # once


def test_what_contradicts_the_state_takes_the_certainty_before_it_flips() -> None:
    evidence = looked(["with_mask"] * 50)
    told: list[tuple[Label | None, Reason | None]] = []
    for i in range(30):
        evidence.observe(10 + i * 0.1, answer("without_mask", 0.85), None, 60)
        told.append((evidence.state, evidence.reason))
    assert told[0] == ("with_mask", None)
    assert told[-1] == ("without_mask", None)
    assert 0 < told.index(("with_mask", "undecided")) < told.index(("without_mask", None))


def test_uncertain_looks_flip_the_state_only_after_a_second() -> None:
    evidence = looked(["with_mask"] * 50)
    flipped = None
    for i in range(40):
        t = 10 + i * 0.1
        evidence.observe(t, answer("without_mask", 0.8), "blurred", 60)
        if evidence.state == "without_mask":
            flipped = t
            break
    assert flipped is not None
    assert 11 <= flipped <= 12
    assert evidence.reason == "blurred"
