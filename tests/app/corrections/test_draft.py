from __future__ import annotations

import numpy as np
import pytest

from maskwatch.app.corrections.draft import Draft
from maskwatch.types import Faces

BOXES = [(0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0)]


@pytest.fixture
def draft() -> Draft:
    return Draft.of(
        Faces(
            np.array(BOXES, np.float32),
            np.array([0.9, 0.8], np.float32),
            np.array([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]], np.float32),
        )
    )


def states(draft: Draft) -> list[tuple[str, str]]:
    return [(face.state, face.by) for face in draft.accepted_faces]


def test_what_nobody_touches_stays_the_models(draft: Draft) -> None:
    assert states(draft) == [("with_mask", "model"), ("without_mask", "model")]
    assert draft.corrected_count == 0


def test_a_state_and_a_frame_can_be_corrected(draft: Draft) -> None:
    corrected = draft.with_state(0, "mask_worn_incorrectly").with_box(1, (21, 1, 31, 11))
    assert states(corrected) == [("mask_worn_incorrectly", "person"), ("without_mask", "person")]
    assert corrected.accepted_faces[1].box == (21, 1, 31, 11)
    assert corrected.accepted_faces[0].answer == "with_mask", "what the model took it for is not forgotten"
    assert states(draft) == [("with_mask", "model"), ("without_mask", "model")], "the one before is as it was"


def test_what_is_no_face_goes_and_may_come_back(draft: Draft) -> None:
    less = draft.with_rejected(0)
    assert states(less) == [("without_mask", "model")]
    assert less.not_faces == [BOXES[0]]
    assert less.corrected_count == 1
    back = less.with_state(0, "with_mask")
    assert states(back) == [("with_mask", "person"), ("without_mask", "model")]
    assert back.not_faces == []


def test_a_missed_face_can_be_added_and_taken_away(draft: Draft) -> None:
    more = draft.with_face((40, 0, 50, 10), "without_mask")
    assert states(more)[2] == ("without_mask", "person")
    less = more.with_rejected(2)
    assert states(less) == states(draft)
    assert less.not_faces == [], "no model took this place for a face"
