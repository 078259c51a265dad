"""Matches what is shown of a frame with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import lap
import numpy as np
from benchmarks.people.players import Shown
from benchmarks.people.truth import Truth
from numpy.typing import NDArray

from maskwatch.geometry import iou

SAME: Final = 0.5
"""IoU from which a box is the face, as in the MOT challenge."""

NEAR: Final = 0.3
"""IoU from which a person of the screen is taken to stand for one of the scene, hidden or not."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of a frame that count for HOTA, IDF1 and MOTA.

    Attributes:
        true: (n,) int64: numbers of the people whose face is visible.
        shown: (m,) int64: numbers given by the tracker.
        similarity: (n, m) float32: IoU.
    """

    true: NDArray[np.int64]
    shown: NDArray[np.int64]
    similarity: NDArray[np.float32]


def assign(similarity: NDArray[np.float32], least: float) -> list[tuple[int, int]]:
    """Returns the pairs (row, column) of the assignment with the largest sum, each at least `least`."""
    if not similarity.size:
        return []
    gains = np.where(similarity >= least, similarity, 0.0)
    _, columns, _ = lap.lapjv(1.0 - gains.astype(np.float64), extend_cost=True)
    return [(i, int(j)) for i, j in enumerate(columns) if j >= 0 and gains[i, j] > 0]


def scored_boxes(truth: Truth, shown: Shown, *, unseen: bool = False) -> Boxes:
    """Returns the boxes of a frame that count.

    As in the MOT challenge, a shown box that lies on a face which need not be found (less than half of it is
    visible) is taken away.

    Args:
        truth: Of the frame.
        shown: What is shown of it.
        unseen: Count people who were not found in this very frame but are still shown, too.
    """
    kept = np.ones(len(shown.ids), np.bool_) if unseen else shown.seen.copy()
    similarity = iou(truth.boxes, shown.boxes)
    for i, j in assign(similarity, SAME):
        if not truth.visible[i]:
            kept[j] = False
    # Hidden faces are where nobody can be sure to be: a guess nearby is no false box either.
    on_hidden = similarity[~truth.visible].max(axis=0, initial=0) >= SAME
    on_visible = similarity[truth.visible].max(axis=0, initial=0) >= SAME
    kept &= ~(on_hidden & ~on_visible)
    return Boxes(truth.ids[truth.visible], shown.ids[kept], similarity[truth.visible][:, kept])


@dataclass(slots=True)
class IdentityScore:
    """IDF1: Ristani et al., Performance Measures ..., 2016, section 3. Adds up over scenes.

    Attributes:
        right: Boxes that carry the number which the best assignment gives their person.
        true: Boxes of the truth.
        shown: Boxes that were shown.
    """

    right: int = 0
    true: int = 0
    shown: int = 0

    def __add__(self, other: IdentityScore) -> IdentityScore:
        return IdentityScore(self.right + other.right, self.true + other.true, self.shown + other.shown)

    @property
    def idf1(self) -> float:
        """From 0 to 1."""
        return 2 * self.right / max(self.true + self.shown, 1)


def identity_score(frames: list[Boxes]) -> IdentityScore:
    """Scores one scene."""
    true = sorted({int(i) for frame in frames for i in frame.true})
    shown = sorted({int(i) for frame in frames for i in frame.shown})
    row, column = {n: i for i, n in enumerate(true)}, {n: i for i, n in enumerate(shown)}
    together = np.zeros((len(true), len(shown)), np.float32)
    for frame in frames:
        for i, j in zip(*np.nonzero(frame.similarity >= SAME), strict=True):
            together[row[int(frame.true[i])], column[int(frame.shown[j])]] += 1
    total = max(float(together.max(initial=0)), 1.0)
    right = sum(int(together[i, j]) for i, j in assign(together / total, 1e-6))
    return IdentityScore(
        right, sum(len(frame.true) for frame in frames), sum(len(frame.shown) for frame in frames)
    )
