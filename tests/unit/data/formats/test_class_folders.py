from __future__ import annotations

from pathlib import Path

import pytest

from fakes import scene
from maskwatch.data.formats.class_folders import read_crops
from maskwatch.errors import DataError
from maskwatch.sinks.pictures import save_image


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
    crops = {crop.path.name: (crop.state, crop.split, crop.group) for crop in read_crops(tmp_path)}
    assert crops == {"a.png": (0, "train", "g7"), "b.png": (1, "train", ""), "c.png": (2, "val", "")}


def test_the_groups_of_a_split_stand_above_it(tmp_path: Path) -> None:
    put(tmp_path / "val" / "with_mask" / "a.png")
    (tmp_path / "groups.csv").write_text("file,group\nval/with_mask/a.png,g7\n")
    (crop,) = read_crops(tmp_path / "val")
    assert (crop.split, crop.group) == ("val", "g7")


def test_other_names(tmp_path: Path) -> None:
    put(tmp_path / "yes" / "a.png", tmp_path / "no" / "b.png", tmp_path / "mask" / "c.png")
    crops = read_crops(tmp_path, {"yes": "with_mask", "no": "without_mask", "mask": "ignore"})
    assert {crop.path.name: crop.state for crop in crops} == {"a.png": 0, "b.png": 1}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder named with_mask"):
        read_crops(tmp_path)
    (tmp_path / "with_mask").mkdir()
    with pytest.raises(DataError, match="the folders with_mask hold no picture"):
        read_crops(tmp_path)
