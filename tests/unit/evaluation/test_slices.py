from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskwatch.data.sample import UNKNOWN, make_sample
from maskwatch.errors import DataError
from maskwatch.evaluation.figures import SliceFigures
from maskwatch.evaluation.match_table import PicturePrediction
from maskwatch.evaluation.slices import by_slice, read_slices
from maskwatch.proportion import Proportion
from maskwatch.types import Faces

HEAD = "picture,box,slice\n"


def prediction(
    name: str, states: list[int], said: list[int | None], certain: list[bool]
) -> PicturePrediction:
    """One face a column, found where something is said of it."""
    boxes = [(100.0 * i, 0.0, 100.0 * i + 40, 40.0) for i in range(len(states))]
    rows = [i for i, answer in enumerate(said) if answer is not None]
    probabilities = np.array([np.eye(3, dtype=np.float32)[said[i]] for i in rows], np.float32).reshape(-1, 3)
    faces = Faces(
        np.array([boxes[i] for i in rows], np.float32).reshape(-1, 4),
        np.array([0.5 + 0.1 * i for i in rows], np.float32),
        probabilities,
        np.array([None if certain[i] else "undecided" for i in rows], np.object_),
    )
    sample = make_sample(Path(f"/data/{name}"), [(b, s, False) for b, s in zip(boxes, states, strict=True)])
    return PicturePrediction(sample, faces, faces, 1000, 100)


def test_each_slice_counts_its_own_faces(tmp_path: Path) -> None:
    pictures = [
        prediction("a.jpg", [0, 1, 2], [0, 0, None], [True, True, True]),
        prediction("b.jpg", [0, UNKNOWN], [2, 1], [False, True]),
    ]
    listed = tmp_path / "slices.csv"
    listed.write_text(
        HEAD + "a.jpg,0,glasses\na.jpg,1,glasses\nb.jpg,0,glasses\na.jpg,2,dark mask\nb.jpg,1,dark mask\n"
        "data/a.jpg,0,dark mask\nelsewhere/a.jpg,1,dark mask\nc.jpg,9,glasses\n"
    )
    assert by_slice(pictures, read_slices(listed)) == {
        "dark mask": SliceFigures(
            found=Proportion(2, 3),
            right=Proportion(1, 1),
            certain=Proportion(1, 1),
            certain_right=Proportion(1, 1),
        ),
        "glasses": SliceFigures(
            found=Proportion(3, 3),
            right=Proportion(1, 3),
            certain=Proportion(2, 3),
            certain_right=Proportion(1, 2),
        ),
    }


def test_a_picture_in_which_nothing_was_found(tmp_path: Path) -> None:
    listed = tmp_path / "slices.csv"
    listed.write_text(HEAD + "a.jpg,0,glasses\n")
    missed = by_slice([prediction("a.jpg", [0], [None], [True])], read_slices(listed))
    assert missed["glasses"].found == Proportion(0, 1)
    assert missed["glasses"].right == Proportion(0, 0)


def test_a_box_that_is_not_there(tmp_path: Path) -> None:
    listed = tmp_path / "slices.csv"
    listed.write_text(HEAD + "a.jpg,1,glasses\n")
    with pytest.raises(DataError, match="has no box 1, named in the slices"):
        by_slice([prediction("a.jpg", [0], [0], [True])], read_slices(listed))


@pytest.mark.parametrize("row", ["a.jpg,,glasses", "a.jpg,0,", "a.jpg,x,glasses", ",0,glasses"])
def test_a_line_that_lacks_something(tmp_path: Path, row: str) -> None:
    listed = tmp_path / "slices.csv"
    listed.write_text(HEAD + row + "\n")
    with pytest.raises(DataError, match=r"slices\.csv:2: needs picture, box \(a number\) and slice"):
        read_slices(listed)
