from pathlib import Path

import numpy as np

from maskwatch.data.sample import UNKNOWN, Sample
from maskwatch.training.data.auto_labeller import hard_faces, landmarks_for, turned_away
from maskwatch.training.data.label_cache import AutoLabel

FRONT = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
NONE = np.zeros(0, np.float32)


def sample(*boxes: tuple[float, float, float, float]) -> Sample:
    rows = np.array(boxes, np.float32).reshape(-1, 4)
    return Sample(Path("a.png"), rows, np.full(len(rows), UNKNOWN), np.zeros(len(rows), np.bool_))


def test_landmarks_go_to_the_true_face_that_they_lie_on() -> None:
    truth = sample((200, 0, 260, 80), (20, 20, 82, 100))
    boxes = np.array([[20, 20, 80, 100], [300, 300, 320, 330]], np.float32)
    points = landmarks_for(
        truth, AutoLabel(boxes, np.array([0.9, 0.9], np.float32), np.stack([FRONT, FRONT + 9]))
    )
    assert np.isnan(points[0]).all()
    np.testing.assert_array_equal(points[1], FRONT)


def test_a_doubtful_find_gives_no_landmarks() -> None:
    boxes = np.array([[20, 20, 80, 100]], np.float32)
    found = landmarks_for(
        sample((20, 20, 82, 100)), AutoLabel(boxes, np.array([0.6], np.float32), FRONT[None])
    )
    assert np.isnan(found).all()


def test_nobody_looked_or_nobody_is_there() -> None:
    assert np.isnan(landmarks_for(sample((0, 0, 9, 9)), None)).all()
    assert landmarks_for(sample(), None).shape == (0, 5, 2)


def test_a_nose_far_beside_the_eyes_is_a_face_turned_away() -> None:
    side, unknown = FRONT.copy(), np.full((5, 2), np.nan, np.float32)
    side[2, 0] += 34  # beyond the eye, which is 20 from the middle
    rolled = (FRONT - 50) @ np.array([[0, 1], [-1, 0]], np.float32)  # lying down, but looking here
    assert turned_away(np.stack([FRONT, side, rolled, unknown])).tolist() == [False, True, False, False]


def test_hard_faces_are_large_enough_and_unseen_or_turned_away() -> None:
    truth = sample((20, 20, 82, 100), (220, 20, 282, 100), (400, 20, 460, 100), (500, 20, 512, 34))
    side = FRONT + np.array([200, 0], np.float32)
    side[2, 0] += 34
    boxes = truth.boxes[:2]
    seen = AutoLabel(boxes, np.full(2, 0.9, np.float32), np.stack([FRONT, side]))
    assert hard_faces(truth, seen).tolist() == [False, True, True, False]
    assert hard_faces(truth, None).tolist() == [True, True, True, False]
