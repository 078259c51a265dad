"""Two detectors agree on a face, one alone is believed where it is very sure, and heads bound both."""

from __future__ import annotations

import numpy as np

from maskwatch.training.data.agreement import PseudoLabels, agreed_faces, without_labelled
from maskwatch.types import Faces

Row = tuple[float, float, float, float, float]


def faces(*rows: Row) -> Faces:
    """x1, y1, x2, y2, score of each."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Faces(table[:, :4], table[:, 4])


def heads(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


def told(labels: PseudoLabels) -> list[tuple[list[float], bool]]:
    return list(zip(labels.boxes.tolist(), labels.doubtful.tolist(), strict=True))


def test_what_both_find_is_a_face_with_the_box_of_the_first() -> None:
    labels = agreed_faces(faces((10, 10, 50, 50, 0.5)), faces((14, 12, 52, 52, 0.71)))
    assert told(labels) == [([10, 10, 50, 50], False)]
    np.testing.assert_allclose(labels.scores, [0.71])


def test_two_that_agree_without_conviction_are_in_doubt_and_less_than_that_is_background() -> None:
    first = faces((10, 10, 50, 50, 0.49), (100, 0, 120, 20, 0.2))
    labels = agreed_faces(first, faces((10, 10, 50, 50, 0.69)))
    assert told(labels) == [([10, 10, 50, 50], True)]


def test_one_alone_is_believed_from_its_own_score_on() -> None:
    first = faces((0, 0, 20, 20, 0.71), (50, 0, 70, 20, 0.69))
    labels = agreed_faces(first, faces((0, 90, 20, 110, 0.98), (50, 90, 70, 110, 0.96)))
    assert [doubtful for _, doubtful in told(labels)] == [False, True, False, True]


def test_boxes_of_different_faces_are_not_joined() -> None:
    """The second detector's box lies on two faces of the first: it is that of the one it overlaps more."""
    first = faces((0, 0, 40, 40, 0.9), (30, 0, 70, 40, 0.55))
    labels = agreed_faces(first, faces((2, 0, 42, 40, 0.9)))
    assert told(labels) == [([0, 0, 40, 40], False), ([30, 0, 70, 40], True)]


def test_in_a_head_little_is_enough_and_outside_of_one_nothing_is() -> None:
    first, second = faces((10, 10, 30, 30, 0.36), (200, 10, 220, 30, 0.99)), faces((10, 10, 30, 30, 0.36))
    labels = agreed_faces(first, second, heads((5, 0, 35, 35)))
    assert told(labels) == [([10, 10, 30, 30], False), ([200, 10, 220, 30], True)]


def test_a_head_has_one_face_the_best() -> None:
    first = faces((10, 10, 30, 30, 0.7), (15, 25, 25, 35, 0.9))
    labels = agreed_faces(first, faces((10, 10, 30, 30, 0.8)), heads((5, 0, 35, 40)))
    assert told(labels) == [([10, 10, 30, 30], False), ([15, 25, 25, 35], True)]


def test_a_head_without_a_face_is_left_alone_even_behind_another_head() -> None:
    """The face of the head in front touches the head behind it, but is not its face."""
    front, behind = (0, 0, 40, 40), (30, 0, 70, 40)
    labels = agreed_faces(faces((5, 5, 35, 38, 0.9)), faces(), heads(front, behind))
    assert told(labels) == [([5, 5, 35, 38], False), (list(behind), True)]
    assert labels.scores.tolist() == [np.float32(0.9), 0]


def test_nothing_is_found() -> None:
    assert told(agreed_faces(faces(), faces())) == []
    assert told(agreed_faces(faces(), faces(), heads((0, 0, 9, 9)))) == [([0, 0, 9, 9], True)]
    assert told(agreed_faces(faces((0, 0, 9, 9, 0.99)), faces(), heads())) == [([0, 0, 9, 9], True)]


def test_labelled_faces_get_no_second_label() -> None:
    first = faces((0, 0, 20, 20, 0.9), (50, 0, 70, 20, 0.9), (112, 12, 118, 18, 0.9), (90, 90, 99, 99, 0.9))
    labels = agreed_faces(first, faces())
    labelled = heads((4, 0, 24, 20), (66, 0, 86, 20), (100, 0, 140, 40))
    assert told(without_labelled(labels, labelled)) == [([50, 0, 70, 20], False), ([90, 90, 99, 99], False)]
    assert without_labelled(labels, heads()).boxes.tolist() == labels.boxes.tolist()
