"""Splits that keep near-copies together and every class in its share. Pure."""

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

    Follows iterative stratification (Sechidis et al., ECML PKDD 2011): the group whose rarest class is
    rarest among what is left goes to the split that lacks this class most.

    Args:
        groups: The group of each picture; an empty string or None is a group of its own.
        counts: (n, k) how much of each class every picture holds, for example its faces by state.
        fractions: Share of each split, for example {"train": 0.8, "val": 0.2}; they sum to 1.
        seed: Order of the groups where nothing else decides.

    Returns:
        The split of each picture.

    Raises:
        DataError: The fractions make no sense, or there are fewer groups than splits.
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
    # A column of ones after the classes: pictures without any face are spread as well.
    held = np.zeros((len(keys), counts.shape[1] + 1))
    np.add.at(held, of_picture, np.column_stack([counts, np.ones(len(counts))]))

    lacking = shares[:, None] * held.sum(axis=0)
    assigned = np.full(len(keys), -1)
    order = np.random.default_rng(seed).permutation(len(keys))
    left = held[order].sum(axis=0)
    for kind in np.argsort(np.where(left > 0, left, np.inf), kind="stable"):
        having = order[(held[order, kind] > 0) & (assigned[order] < 0)]
        for group in having[np.argsort(-held[having, kind], kind="stable")]:
            # Relative to the split's share, and by pictures where the class does not decide.
            need = lacking[:, kind] / shares
            best = np.flatnonzero(need >= need.max() - 1e-9)
            target = best[np.argmax(lacking[best, -1] / shares[best])]
            assigned[group] = target
            lacking[target] -= held[group]
    return [names[assigned[group]] for group in of_picture]


def face_counts(states: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """(n, 4) faces of each state, the last column those of unknown state, for `split_by_group`."""
    return np.array([np.bincount(s % (len(LABELS) + 1), minlength=len(LABELS) + 1) for s in states])
