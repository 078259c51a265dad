from pathlib import Path

import numpy as np

from maskwatch.data.sample import UNKNOWN, PortraitSample, make_sample
from maskwatch.training.data.label_cache import AutoLabel
from maskwatch.training.data.pseudo_labels import box_pictures, box_portraits, ignore_unlabelled

A, B, C = Path("a.jpg"), Path("b.jpg"), Path("c.jpg")


def seen(*rows: tuple[float, float, float, float, float]) -> AutoLabel:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return AutoLabel(table[:, :4], table[:, 4], np.zeros((len(table), 5, 2), np.float32))


def test_a_find_without_a_label_is_ignored_and_one_with_a_label_is_not_doubled() -> None:
    sample = make_sample(A, [((0, 0, 10, 10), 0, False)])
    found = {A: seen((1, 0, 11, 10, 0.9), (50, 50, 60, 60, 0.7), (80, 80, 90, 90, 0.2))}
    (result,) = ignore_unlabelled([sample], found, 0.5)
    assert result.boxes.tolist() == [[0, 0, 10, 10], [50, 50, 60, 60]]
    assert result.ignore.tolist() == [False, True]
    assert result.states.tolist() == [0, UNKNOWN]


def test_a_picture_that_nobody_looked_at_stays_as_it_is() -> None:
    sample = make_sample(A, [((0, 0, 10, 10), 0, False)])
    assert ignore_unlabelled([sample], {}, 0.5) == [sample]


def test_a_person_gets_the_box_of_the_only_sure_face() -> None:
    portraits = [PortraitSample(path, 1, "mine", "group") for path in (A, B, C)]
    found = {
        A: seen((5, 5, 40, 40, 0.95), (60, 5, 80, 30, 0.4), (6, 6, 41, 41, 0.3)),
        B: seen((5, 5, 40, 40, 0.95), (60, 5, 80, 30, 0.9)),
    }
    (result,) = box_portraits(portraits, found, 0.8)
    assert result.path == A
    assert (result.source, result.group) == ("mine", "group")
    assert result.boxes.tolist() == [[5, 5, 40, 40], [60, 5, 80, 30]]
    assert result.states.tolist() == [1, UNKNOWN]
    assert result.ignore.tolist() == [False, True]


def test_unlabelled_pictures_give_sure_faces_and_ignore_doubtful_ones() -> None:
    found = {A: seen((0, 0, 9, 9, 0.9), (20, 0, 29, 9, 0.5), (40, 0, 49, 9, 0.1)), B: seen((0, 0, 9, 9, 0.5))}
    (result,) = box_pictures([A, B, C], found, 0.8, 0.3)
    assert result.path == A
    assert result.ignore.tolist() == [False, True]
