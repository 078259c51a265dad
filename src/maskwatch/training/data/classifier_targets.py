"""Targets of the mask classifier: the states of examples, their targets and the weights in the loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.training.nets.mask_net import OUTPUTS
from maskwatch.types import LABELS

NOT_A_FACE: Final = -2
"""State of an example that shows no face."""

PRESUMED_BARE: Final = -1
"""State of a face without a label, from a collection where nearly nobody wears a mask."""

WITH_MASK, WITHOUT_MASK, WORN_INCORRECTLY = (
    LABELS.index("with_mask"),
    LABELS.index("without_mask"),
    LABELS.index("mask_worn_incorrectly"),
)

BARE: Final = (WITHOUT_MASK, PRESUMED_BARE)
"""States of faces on which a mask may be painted."""

_PRESUMED_WEIGHT: Final = 0.5  # of "mask" where the state is only presumed
_TURNED_WEIGHT: Final = 0.5  # of "turned", which comes from the auto-labeller and not from people


def targets_of(state: int, turned: bool | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns the targets of an example and their weights in the loss.

    Args:
        state: Index into `LABELS`, `PRESUMED_BARE` or `NOT_A_FACE`.
        turned: Whether the face is turned far to the side; None where that is not known.

    Returns:
        Targets (4,) float32, 0 or 1, and weights (4,) float32, columns as in `OUTPUTS`. An output without a
        meaning has weight 0, for example "covered" without a mask.
    """
    face = float(state != NOT_A_FACE)
    mask = float(state in (WITH_MASK, WORN_INCORRECTLY))
    mask_weight = {NOT_A_FACE: 0.0, PRESUMED_BARE: _PRESUMED_WEIGHT}.get(state, 1.0)
    weights = [1.0, mask_weight, mask, 0.0 if turned is None else _TURNED_WEIGHT]
    return np.array([face, mask, float(state == WITH_MASK), bool(turned)], np.float32), np.array(
        weights, np.float32
    )


def constant_outputs(examples: Iterable[tuple[int, bool | None]]) -> dict[int, bool]:
    """Finds the outputs that cannot be trained, because all examples have the same target.

    Args:
        examples: State and `turned` of each example, as for `targets_of`.

    Returns:
        Column of `OUTPUTS` -> the only target. Where no example has one: every mask covers, no face is
        turned.
    """
    targets = [targets_of(*example) for example in set(examples)]
    values = [{bool(target[c]) for target, weight in targets if weight[c]} for c in range(len(OUTPUTS))]
    return {c: min(only, default=OUTPUTS[c] != "turned") for c, only in enumerate(values) if len(only) < 2}
