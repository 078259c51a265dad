"""Stratified splits that keep groups together. Pure functions."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from maskwatch.errors import DataError
from maskwatch.types import LABELS


def split_by_group(
    groups: Sequence[Hashable],
    counts: NDArray[np.integer],
    fractions: Mapping[str, float],
    seed: int = 0,
) -> list[str]:
    """Assigns pictures to splits, whole groups at a time.

    This is iterative stratification (Sechidis et al., ECML PKDD 2011). The rarest class is handled first:
    each group that contains it goes to the split that lacks this class most. Then the next class follows.

    Args:
        groups: The group of each picture; a picture with "" or None is a group of its own.
        counts: (n, k) number of instances of each class in each picture, for example its faces by state.
        fractions: Share of each split, for example {"train": 0.8, "val": 0.2}; they sum to 1.
        seed: Of the order of groups that are otherwise equal.

    Returns:
        The split of each picture.

    Raises:
        DataError: The fractions do not sum to 1, or there are fewer groups than splits.
    """
    names = list(fractions)
    shares = np.array([fractions[name] for name in names], np.float64)
    if not names or (shares <= 0).any() or abs(shares.sum() - 1) > 1e-6:
        raise DataError(f"the shares of a split must be above 0 and sum to 1, not {dict(fractions)}")
    keys: dict[Hashable, int] = {}
    of_picture = [
        keys.setdefault(("alone", row) if group in ("", None) else group, len(keys))
        for row, group in enumerate(groups)
    ]
    if len(keys) < len(names):
        raise DataError(f"{len(keys)} groups of pictures cannot be split into {', '.join(names)}")
    # A column of ones after the classes spreads pictures without any face as well.
    group_counts = np.zeros((len(keys), counts.shape[1] + 1))
    np.add.at(group_counts, of_picture, np.column_stack([counts, np.ones(len(counts))]))

    deficit = shares[:, None] * group_counts.sum(axis=0)
    assigned = np.full(len(keys), -1)
    order = np.random.default_rng(seed).permutation(len(keys))
    totals = group_counts[order].sum(axis=0)
    for column in np.argsort(np.where(totals > 0, totals, np.inf), kind="stable"):
        candidates = order[(group_counts[order, column] > 0) & (assigned[order] < 0)]
        for group in candidates[np.argsort(-group_counts[candidates, column], kind="stable")]:
            # Relative to the share of the split; by the number of pictures where the class does not decide.
            need = deficit[:, column] / shares
            best = np.flatnonzero(need >= need.max() - 1e-9)
            target = best[np.argmax(deficit[best, -1] / shares[best])]
            assigned[group] = target
            deficit[target] -= group_counts[group]
    return [names[assigned[group]] for group in of_picture]


def face_counts(states: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Counts faces by state, for `split_by_group`.

    Args:
        states: For each picture the states of its faces: index into `LABELS`, or `UNKNOWN`.

    Returns:
        (n, 4) int64; the last column counts faces of unknown state.
    """
    return np.array([np.bincount(s % (len(LABELS) + 1), minlength=len(LABELS) + 1) for s in states])
