"""Targets of the classifier's four outputs: face, mask, covered, turned."""

from __future__ import annotations

import pytest

from maskwatch.training.data.classifier_targets import (
    NOT_A_FACE,
    PRESUMED_BARE,
    WITH_MASK,
    WITHOUT_MASK,
    WORN_INCORRECTLY,
    constant_outputs,
    targets_of,
)


@pytest.mark.parametrize(
    ("state", "turned", "targets", "weights"),
    [
        (WITH_MASK, False, [1, 1, 1, 0], [1, 1, 1, 0.5]),
        (WORN_INCORRECTLY, True, [1, 1, 0, 1], [1, 1, 1, 0.5]),
        (WITHOUT_MASK, None, [1, 0, 0, 0], [1, 1, 0, 0]),
        (PRESUMED_BARE, None, [1, 0, 0, 0], [1, 0.5, 0, 0]),
        (NOT_A_FACE, None, [0, 0, 0, 0], [1, 0, 0, 0]),
    ],
)
def test_outputs_without_a_meaning_have_no_weight(
    state: int, turned: bool | None, targets: list[float], weights: list[float]
) -> None:
    got = targets_of(state, turned)
    assert [part.tolist() for part in got] == [targets, weights]


def test_outputs_with_one_target_are_constant() -> None:
    only_masks = [(WITH_MASK, False), (WORN_INCORRECTLY, False)]
    assert constant_outputs(only_masks) == {0: True, 1: True, 3: False}
    everything = [*only_masks, (WITHOUT_MASK, True), (NOT_A_FACE, None)]
    assert constant_outputs(everything) == {}


def test_without_a_target_every_mask_covers_and_no_face_is_turned() -> None:
    assert constant_outputs([(WITHOUT_MASK, None), (NOT_A_FACE, None)]) == {1: False, 2: True, 3: False}
