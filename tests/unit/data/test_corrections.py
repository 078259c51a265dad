from __future__ import annotations

from pathlib import Path

import pytest

from maskwatch.data.corrections import (
    apply_corrections,
    ignored_pictures,
    label_portraits,
    read_corrections,
    short_names,
)
from maskwatch.data.sample import UNKNOWN, PortraitSample, make_sample
from maskwatch.errors import DataError

BOX = (1.0, 2.0, 3.0, 4.0)


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["picture,box,state,note", *rows]) + "\n", encoding="utf-8")
    return path


def test_states_are_replaced_and_boxes_ignored(tmp_path: Path) -> None:
    sample = make_sample(Path("/data/images/a.jpg"), [(BOX, 0, False), (BOX, 1, False), (BOX, 2, False)])
    other = make_sample(Path("/data/images/b.jpg"), [(BOX, 0, False)])
    listed = read_corrections(
        written(
            tmp_path / "list.csv",
            "a.jpg,0,mask_worn_incorrectly,under the chin",
            "a.jpg,1,ignore,no face",
            "a.jpg,2,face,nobody can tell",
            "b.jpg,0,with_mask,as it was",
            "elsewhere.jpg,5,with_mask,",
        )
    )
    (first, second), portraits, changed = apply_corrections([sample, other], [], listed)
    assert first.states.tolist() == [2, UNKNOWN, UNKNOWN]
    assert first.ignore.tolist() == [False, True, False]
    assert second.states.tolist() == [0]
    assert portraits == []
    assert changed == 3
    assert sample.states.tolist() == [0, 1, 2]  # the given ones stay as they are


def test_pictures_of_one_person(tmp_path: Path) -> None:
    given = [
        PortraitSample(Path(f"/c/{name}"), 0) for name in ("with/1.jpg", "with/2.jpg", "other/1.jpg", "3.jpg")
    ]
    listed = read_corrections(
        written(tmp_path / "list.csv", "with/1.jpg,,without_mask,", "2.jpg,,ignore,", "with\\3.jpg,,face,")
    )
    _, portraits, changed = apply_corrections([], given, listed)
    assert [(str(portrait.path), portrait.state) for portrait in portraits] == [
        ("/c/with/1.jpg", 1),
        ("/c/other/1.jpg", 0),
        ("/c/3.jpg", 0),
    ]
    assert changed == 2


def test_a_box_that_is_not_there(tmp_path: Path) -> None:
    sample = make_sample(Path("a.jpg"), [(BOX, 0, False)])
    with pytest.raises(DataError, match="has no box 1, named in the corrections"):
        apply_corrections([sample], [], read_corrections(written(tmp_path / "list.csv", "a.jpg,1,ignore,")))


@pytest.mark.parametrize("row", ["a.jpg,x,ignore,", "a.jpg,0,masked,", ",0,ignore,", "a.jpg,-1,ignore,"])
def test_an_entry_of_no_meaning(tmp_path: Path, row: str) -> None:
    with pytest.raises(DataError, match=r"list\.csv:2: needs picture, box"):
        read_corrections(written(tmp_path / "list.csv", row))


def test_no_list(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a readable CSV file"):
        read_corrections(tmp_path / "absent.csv")


def test_pictures_are_named_as_shortly_as_can_be() -> None:
    paths = [Path(p) for p in ("/d/train/mask/1.jpg", "/d/val/mask/1.jpg", "/d/val/none/1.jpg", "/d/2.jpg")]
    assert [short_names(paths)[path] for path in paths] == [
        "train/mask/1.jpg",
        "val/mask/1.jpg",
        "none/1.jpg",
        "2.jpg",
    ]
    pair = [Path("1.jpg"), Path("a/1.jpg")]
    assert list(map(short_names(pair).get, pair)) == ["1.jpg", "a/1.jpg"]


def test_pictures_that_are_ignored_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("picture,box,state\nnone/oven.jpg,,ignore\nstreet.jpg,0,ignore\n7.jpg,,with_mask\n")
    paths = [Path("/a/none/oven.jpg"), Path("/b/oven.jpg"), Path("/a/street.jpg"), Path("/a/7.jpg")]
    assert ignored_pictures(paths, read_corrections(file)) == {paths[0]}


def test_labels_for_pictures_that_have_none(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("picture,box,state\n1.jpg,,mask_worn_incorrectly\n2.jpg,,ignore\n3.jpg,0,with_mask\n")
    paths = [tmp_path / "people" / f"{number}.jpg" for number in range(4)]
    (found,) = label_portraits(paths, read_corrections(file))
    assert (found.path, found.state, found.source) == (paths[1], 2, "people")


def test_the_number_of_changed_labels_of_pictures_of_one_person(tmp_path: Path) -> None:
    given = [PortraitSample(Path(f"/c/{number}.jpg"), 0) for number in range(5)]
    listed = read_corrections(
        written(
            tmp_path / "list.csv", "0.jpg,,without_mask,", "1.jpg,,with_mask,as it was", "2.jpg,3,ignore,"
        )
    )
    _, portraits, changed = apply_corrections([], given, listed)
    assert [portrait.state for portrait in portraits] == [1, 0, 0, 0, 0]  # a box is none of theirs
    assert changed == 1
    assert apply_corrections([], given, [])[2] == 0
