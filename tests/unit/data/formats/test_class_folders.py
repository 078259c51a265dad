from __future__ import annotations

from pathlib import Path

import pytest

from fakes import scene
from maskwatch.data.formats.class_folders import read_portraits
from maskwatch.errors import DataError
from maskwatch.image_files import save_image


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_image(path, scene({}))


def test_states_and_splits(tmp_path: Path) -> None:
    put(
        tmp_path / "train" / "with_mask" / "a.png",
        tmp_path / "train" / "Without Mask" / "deep" / "b.png",
        tmp_path / "val" / "mask_worn_incorrectly" / "c.png",
        tmp_path / "val" / "notes" / "d.png",
    )
    (tmp_path / "train" / "with_mask" / "a.txt").write_text("no picture")
    (tmp_path / "groups.csv").write_text("file,group\ntrain/with_mask/a.png,g7\n")
    portraits = {
        portrait.path.name: (portrait.state, portrait.split, portrait.group)
        for portrait in read_portraits(tmp_path)
    }
    assert portraits == {"a.png": (0, "train", "g7"), "b.png": (1, "train", ""), "c.png": (2, "val", "")}


def test_the_groups_of_a_split_stand_above_it(tmp_path: Path) -> None:
    put(tmp_path / "val" / "with_mask" / "a.png")
    (tmp_path / "groups.csv").write_text("file,group\nval/with_mask/a.png,g7\n")
    (portrait,) = read_portraits(tmp_path / "val")
    assert (portrait.split, portrait.group) == ("val", "g7")


def test_other_names(tmp_path: Path) -> None:
    put(tmp_path / "yes" / "a.png", tmp_path / "no" / "b.png", tmp_path / "mask" / "c.png")
    portraits = read_portraits(tmp_path, {"yes": "with_mask", "no": "without_mask", "mask": "ignore"})
    assert {portrait.path.name: portrait.state for portrait in portraits} == {"a.png": 0, "b.png": 1}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder named with_mask"):
        read_portraits(tmp_path)
    (tmp_path / "with_mask").mkdir()
    with pytest.raises(DataError, match="the folders with_mask hold no picture"):
        read_portraits(tmp_path)


def test_the_order_is_that_of_folders_and_names(tmp_path: Path) -> None:
    put(*(tmp_path / f / n for f in ("without_mask", "with_mask") for n in ("b.png", "a.png")))
    found = [(p.state, p.path.name, p.split, p.group) for p in read_portraits(tmp_path)]
    assert found == [(0, "a.png", "", ""), (0, "b.png", "", ""), (1, "a.png", "", ""), (1, "b.png", "", "")]


def test_a_folder_of_an_unknown_state_and_a_file_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "with_mask" / "a.png", tmp_path / "face" / "b.png", tmp_path / "scarf" / "c.png")
    (tmp_path / "without_mask").write_text("no folder")
    (tmp_path / "train").write_text("no folder")
    assert [portrait.path.name for portrait in read_portraits(tmp_path)] == ["a.png"]


def test_the_nearest_list_of_groups_counts(tmp_path: Path) -> None:
    put(tmp_path / "val" / "with_mask" / "a.png", tmp_path / "val" / "with_mask" / "b.png")
    (tmp_path / "groups.csv").write_text("file,group\nval/with_mask/a.png,above\n")
    (tmp_path / "val" / "groups.csv").write_text("file,group\nwith_mask/a.png,near\nwith_mask/b.png,\n,x\n")
    assert [portrait.group for portrait in read_portraits(tmp_path / "val")] == ["near", ""]
    (tmp_path / "val" / "groups.csv").write_text("something else\n1\n")
    assert [portrait.group for portrait in read_portraits(tmp_path / "val")] == ["", ""]


def test_a_list_of_groups_may_have_any_letters_and_lines(tmp_path: Path) -> None:
    put(tmp_path / "with_mask" / "Zoë.png")
    (tmp_path / "groups.csv").write_bytes('file,group\r\nwith_mask/Zoë.png,"two\r\nlines"\r\n'.encode())
    assert [portrait.group for portrait in read_portraits(tmp_path)] == ["two\r\nlines"]
