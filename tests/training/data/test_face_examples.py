from pathlib import Path

import numpy as np
import pytest

from maskwatch.data.sample import UNKNOWN, Sample, make_sample
from maskwatch.geometry import iou
from maskwatch.training.data.classifier_targets import NOT_A_FACE, PRESUMED_BARE
from maskwatch.training.data.face_examples import background_examples, face_examples, negative_examples
from maskwatch.training.data.label_cache import AutoLabel
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Faces


def test_labelled_faces_that_are_large_enough_become_examples() -> None:
    sample = make_sample(
        Path("a.jpg"),
        [
            ((0, 0, 30, 40), 0, False),
            ((50, 0, 80, 40), 1, False),
            ((100, 0, 108, 40), 1, False),  # too narrow
            ((150, 0, 190, 40), 2, True),  # ignored
            ((200, 0, 240, 40), UNKNOWN, False),
            ((250, 0, 264, 40), UNKNOWN, False),  # too small for one that nobody labelled
        ],
    )
    marks = np.arange(10, dtype=np.float32).reshape(1, 5, 2)
    seen = AutoLabel(np.array([[51, 0, 80, 41]], np.float32), np.array([0.9], np.float32), marks)
    examples = face_examples([sample], {sample.path: seen})
    assert [e.state for e in examples] == [0, 1, PRESUMED_BARE]
    assert examples[0].landmarks is None
    assert examples[1].landmarks is not None
    assert np.array_equal(examples[1].landmarks, marks[0])


def test_large_masks_that_face_the_camera_can_be_taken() -> None:
    rows = [((0, 0, 50, 60), 0, False), ((100, 0, 130, 40), 0, False), ((200, 0, 250, 60), 0, False)]
    sample = make_sample(Path("a.jpg"), rows)
    frontal = np.array([[10, 20], [40, 20], [25, 35], [15, 45], [35, 45]], np.float32)
    aside = np.array([[10, 20], [20, 20], [1, 35], [15, 45], [15, 45]], np.float32)
    marks = np.stack([frontal, frontal * 0.6, aside]).astype(np.float32)
    marks[:, :, 0] += np.array([[0], [100], [200]], np.float32)
    seen = AutoLabel(sample.boxes, np.full(3, 0.9, np.float32), marks)
    large, small, turned = face_examples([sample], {sample.path: seen})
    assert large.landmarks is not None
    assert small.landmarks is None
    assert turned.turned
    assert turned.landmarks is None


def test_a_found_box_belongs_to_the_face_it_fits_best() -> None:
    sample = make_sample(
        Path("a.jpg"),
        [((0, 0, 40, 40), 0, False), ((6, 0, 46, 40), 1, False), ((100, 0, 140, 40), 1, False)],
    )
    boxes = np.array([[7, 0, 47, 40], [125, 0, 165, 40], [300, 0, 340, 40]], np.float32)
    found = Faces(boxes, np.ones(3, np.float32))
    near, best, shifted = face_examples([sample], {}, {sample.path: found})
    assert best.detected_box is not None
    assert best.detected_box.tolist() == [7, 0, 47, 40]
    assert near.detected_box is None  # what was found is the neighbour
    assert shifted.detected_box is None  # hardly the same place
    assert all(e.detected_box is None for e in face_examples([sample], {}))


def test_background_keeps_away_from_faces(world: tuple[list[Sample], list[Sample], PictureCache]) -> None:
    faces, _, pictures = world
    examples = background_examples(faces, {}, pictures, 0)
    assert len(examples) > len(faces)
    boxes = {sample.path: sample.boxes for sample in faces}
    for example in examples:
        assert example.state == NOT_A_FACE
        assert iou(example.box[None], boxes[example.path]).max() < 0.15


def test_what_a_detector_takes_for_a_face_beside_the_faces_is_learnt_as_none(
    world: tuple[list[Sample], list[Sample], PictureCache],
) -> None:
    sample, pictures = world[0][0], world[2]
    face = sample.boxes[0]
    fooled = np.array([[1, 1, 9, 9], [2, 2, 11, 11], face], np.float32)
    assert iou(fooled[:2], sample.boxes).max() == 0
    detections = {
        sample.path: Faces(fooled, np.array([0.3, 0.9, 0.4], np.float32))  # the second may be a face
    }
    plain = background_examples([sample], {}, pictures, 0)
    examples = background_examples([sample], {}, pictures, 0, detections=detections)
    assert [e.box.tolist() for e in examples[len(plain) :]] == [[1, 1, 9, 9]] * 3
    assert all(e.state == NOT_A_FACE for e in examples)
    label = AutoLabel(fooled[:1], np.array([0.5], np.float32), np.zeros((1, 5, 2), "f4"))
    known = background_examples([sample], {sample.path: label}, pictures, 0, detections=detections)
    assert [1, 1, 9, 9] not in [e.box.tolist() for e in known]


def test_nothing_is_taken_from_sources_with_unlabelled_faces(
    world: tuple[list[Sample], list[Sample], PictureCache],
) -> None:
    assert background_examples(world[0], {}, world[2], 0, partly_labelled=["made"]) == []


def test_what_fooled_a_detector_is_shown_more_often(
    world: tuple[list[Sample], list[Sample], PictureCache],
) -> None:
    _, negatives, pictures = world
    fooled = AutoLabel(
        np.array([[10, 10, 40, 40]], np.float32), np.array([0.8], np.float32), np.zeros((1, 5, 2), "f4")
    )
    examples = negative_examples(negatives[:2], [{negatives[0].path: fooled}], pictures, 0)
    of_first = [e for e in examples if e.path == negatives[0].path]
    assert len(of_first) == len(examples) - len(of_first) + 3
    assert sum(e.box.tolist() == pytest.approx([10, 10, 40, 40]) for e in of_first) == 3
