from __future__ import annotations

from typing import Any

import pytest

from maskwatch.evaluation.mistake_counts import MistakeCounts, count_mistakes


def mistake(kind: str, height: float | None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "height": height, "true": None, "source": "street", "certain": None, **more}


def test_mistakes_are_counted_by_height_state_and_source() -> None:
    rows = [
        mistake("missed_face", 15.9),
        mistake("missed_face", 16.0, true="with_mask"),
        mistake("wrong_label", 20.0, true="with_mask", certain=True),
        mistake("wrong_label", 300.0, true="mask_worn_incorrectly", certain=False, source="web"),
        mistake("false_face", 40.0, certain=True),
        mistake("missed_face", None, true="without_mask", source="people"),
    ]
    assert count_mistakes(rows) == [
        MistakeCounts("height", "<16", 1, 0, 0, 0),
        MistakeCounts("height", "16-32", 1, 0, 1, 1),
        MistakeCounts("height", "32-64", 0, 1, 0, 0),
        MistakeCounts("height", ">=64", 0, 0, 1, 0),
        MistakeCounts("height", "whole picture", 1, 0, 0, 0),
        MistakeCounts("state", "with_mask", 1, 0, 1, 1),
        MistakeCounts("state", "without_mask", 1, 0, 0, 0),
        MistakeCounts("state", "mask_worn_incorrectly", 0, 0, 1, 0),
        MistakeCounts("state", "face", 1, 0, 0, 0),
        MistakeCounts("source", "people", 1, 0, 0, 0),
        MistakeCounts("source", "street", 2, 1, 1, 1),
        MistakeCounts("source", "web", 0, 0, 1, 0),
    ]
    assert count_mistakes([]) == []


@pytest.mark.parametrize(
    ("height", "name"),
    [(0.0, "<16"), (15.99, "<16"), (16.0, "16-32"), (32.0, "32-64"), (63.99, "32-64"), (64.0, ">=64")],
)
def test_a_height_exactly_at_a_border_is_in_the_class_above(height: float, name: str) -> None:
    assert count_mistakes([mistake("missed_face", height)])[0].name == name
