from __future__ import annotations

from pathlib import Path

import numpy as np

from maskwatch.data.sample import UNKNOWN, make_sample
from maskwatch.evaluation.match_table import PicturePrediction, concatenate, tabulate
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE
from maskwatch.types import Faces

A, B = (0.0, 0.0, 10.0, 20.0), (30.0, 0.0, 40.0, 10.0)


def faces(*rows: tuple[tuple[float, ...], float]) -> Faces:
    return Faces(
        np.array([box for box, _ in rows], np.float32).reshape(-1, 4),
        np.array([s for _, s in rows], np.float32),
    )


def prediction(
    found: Faces, *rows: tuple[tuple[float, float, float, float], int | None], source: str = ""
) -> PicturePrediction:
    sample = make_sample(Path("a.jpg"), [(box, state, False) for box, state in rows], source)
    return PicturePrediction(sample, found, found, 100, 100)


def test_one_picture() -> None:
    item = prediction(
        faces((B, 0.4), (A, 0.9), ((60, 60, 70, 70), 0.6)), (A, 1), (B, UNKNOWN), ((50, 0, 60, 9), 0)
    )
    table = tabulate(item, item.faces)
    np.testing.assert_allclose(table.detection_score, [0.9, 0.6, 0.4])
    assert table.detection_height.tolist() == [20, 10, 10]
    assert table.detection_outcome.tolist() == [TRUE, FALSE, TRUE]
    assert table.truth_state.tolist() == [1, UNKNOWN, 0]
    assert table.truth_detection.tolist() == [0, 2, -1]
    np.testing.assert_allclose(table.truth_score, [0.9, 0.4, -1])
    assert np.isnan(table.detection_probabilities).all()


def test_ignored_boxes_are_no_true_faces() -> None:
    item = prediction(faces((A, 0.9)), (A, None), (B, 1))
    table = tabulate(item, item.faces)
    assert table.truth_row.tolist() == [1]
    assert table.detection_outcome.tolist() == [IGNORED]


def test_boxes_are_cut_at_the_rim_and_dropped_beyond_it() -> None:
    found = faces(((90, 90, 100, 100), 0.9))
    item = prediction(found, ((90, 90, 130, 130), 0), ((200, 200, 220, 220), 0))
    table = tabulate(item, found)
    assert table.truth_row.tolist() == [0]
    assert table.truth_detection.tolist() == [0]
    assert table.truth_height.tolist() == [10]


def test_where_not_every_face_has_a_box_nothing_is_false() -> None:
    item = prediction(faces((A, 0.9), (B, 0.8)), (A, 0), source="web")
    assert tabulate(item, item.faces, partly_labelled=["web"]).detection_outcome.tolist() == [TRUE, IGNORED]
    assert tabulate(item, item.faces, partly_labelled=["other"]).detection_outcome.tolist() == [TRUE, FALSE]


def test_joined_tables_point_to_their_own_rows() -> None:
    first = prediction(faces((A, 0.9), (B, 0.8)), (B, 0))
    empty = prediction(Faces.empty(), (A, 2))
    last = prediction(faces((A, 0.7)), (A, 1))
    table = concatenate([tabulate(item, item.faces) for item in (first, empty, last)])
    assert table.pictures == 3
    assert table.detection_picture.tolist() == [0, 0, 2]
    assert table.truth_picture.tolist() == [0, 1, 2]
    assert table.truth_detection.tolist() == [1, -1, 2]
    np.testing.assert_allclose(table.detection_score[table.truth_detection[[0, 2]]], [0.8, 0.7])


def test_nothing_joined() -> None:
    assert concatenate([]).pictures == 0
    assert len(concatenate([]).truth_score) == 0
