from __future__ import annotations

from pathlib import Path

import pytest

from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.data.negatives import is_held_out
from maskwatch.errors import DataError
from maskwatch.evaluation.evaluation_set import Selection, select, with_corrections

FACE = [Square((1, 1), 0, 0)]


@pytest.fixture
def split_set(tmp_path: Path) -> Path:
    folder = tmp_path / "street"
    write_coco(folder, [FACE] * 5, name="train.json")
    write_coco(folder, [FACE] * 2, name="val.json")
    return folder


@pytest.mark.parametrize(("split", "count"), [(None, 2), ("val", 2), ("train", 5), ("all", 7)])
def test_splits(split_set: Path, split: str | None, count: int) -> None:
    evaluation_set = select(Selection([split_set], split=split))
    assert len(evaluation_set.samples) == count
    assert evaluation_set.sources == ["street"]


def test_a_split_that_is_not_there(split_set: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no split 'test', only train, val"):
        select(Selection([split_set], split="test"))
    plain = write_coco(tmp_path / "plain", [FACE])
    assert len(select(Selection([plain])).samples) == 1
    with pytest.raises(DataError, match="has no split 'val'; it is not divided"):
        select(Selection([plain], split="val"))


def test_every_kind_of_picture(split_set: Path, tmp_path: Path) -> None:
    portraits = write_crops(tmp_path / "people", [(0, 0), (1, 1)])
    negatives = write_negatives(tmp_path / "none", [False] * 40)
    evaluation_set = select(Selection([split_set], [negatives], [portraits], held_out_only=True))
    assert (len(evaluation_set.samples), len(evaluation_set.portraits)) == (2, 2)
    assert 0 < len(evaluation_set.negatives) < 20
    assert all(is_held_out(sample.path) for sample in evaluation_set.negatives)
    assert len(select(Selection([split_set], [negatives])).negatives) == 40
    assert evaluation_set.about["names"] == ["none", "people", "street"]


def test_the_limit_is_drawn_once_and_for_all(tmp_path: Path) -> None:
    path = write_coco(tmp_path / "street", [FACE] * 30)
    chosen = [sample.path.name for sample in select(Selection([path], limit=5)).samples]
    assert len(chosen) == 5
    assert chosen == [sample.path.name for sample in select(Selection([path], limit=5)).samples]
    assert chosen != [f"{number}.png" for number in range(5)]


def test_what_is_no_set_of_crops(split_set: Path) -> None:
    with pytest.raises(DataError, match="COCO is not a set of pictures of one person each"):
        select(Selection(portraits=[split_set]))


def test_nothing_named() -> None:
    with pytest.raises(DataError, match="nothing to look at"):
        select(Selection())


def test_corrected_labels(split_set: Path, tmp_path: Path) -> None:
    portraits = write_crops(tmp_path / "people", [(0, 0), (1, 1)])
    negatives = write_negatives(tmp_path / "none", [False] * 3)
    evaluation_set = select(Selection([split_set], [negatives], [portraits]))
    with_a_face = evaluation_set.negatives[0].path
    listing = tmp_path / "corrections.csv"
    listing.write_text(
        f"picture,box,state\nstreet/0.png,0,without_mask\n{with_a_face.parent.name}/{with_a_face.name},,ignore\n"
    )
    corrected = with_corrections(evaluation_set, listing)
    assert [s.states.tolist() for s in evaluation_set.samples] == [[0], [0]]
    assert sorted(s.states.tolist() for s in corrected.samples) == [[0], [1]]
    assert with_a_face not in [sample.path for sample in corrected.negatives]
    assert corrected.about["pictures without a face"] == 2
    assert evaluation_set.about["pictures without a face"] == 3
