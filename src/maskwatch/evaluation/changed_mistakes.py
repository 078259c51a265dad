"""Finds the mistakes that one engine makes and another does not. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from maskwatch.evaluation.mistakes import Mistake
from maskwatch.geometry import iou

_SAME_IOU: Final = 0.5
"""IoU from which two false faces count as the same one."""


def changed_mistakes(
    first: Sequence[Mistake], second: Sequence[Mistake]
) -> tuple[list[Mistake], list[Mistake]]:
    """Compares two lists of mistakes face by face. A face that both get wrong is no change.

    Args:
        first: Mistakes of the first engine.
        second: Mistakes of the second.

    Returns:
        What only the first gets wrong, and what only the second gets wrong, in the given order.
    """
    return _not_in(first, second), _not_in(second, first)


def _not_in(mistakes: Iterable[Mistake], others: Iterable[Mistake]) -> list[Mistake]:
    wrong = set()
    false: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for mistake in others:
        if mistake.kind != "false_face":
            wrong.add((mistake.picture, mistake.row))
        elif mistake.box is not None:
            false[mistake.picture].append(mistake.box)
    return [
        mistake
        for mistake in mistakes
        if not (
            _overlaps(mistake, false[mistake.picture])
            if mistake.kind == "false_face"
            else (mistake.picture, mistake.row) in wrong
        )
    ]


def _overlaps(mistake: Mistake, boxes: Sequence[tuple[float, ...]]) -> bool:
    if mistake.box is None or not boxes:
        return False
    overlap = iou(np.array([mistake.box], np.float32), np.array(boxes, np.float32))
    return bool(overlap.max() >= _SAME_IOU)
