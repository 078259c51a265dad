from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maskwatch.data.sample import Dataset, PortraitSample, make_sample
from maskwatch.data.split import split_dataset
from maskwatch.errors import DataError
from maskwatch.image_files import save_image
from maskwatch.types import Image


def photograph(number: int) -> Image:
    """Pictures that differ; number and number + 100 are the same at another brightness."""
    blocks = np.random.default_rng(number % 100).integers(40, 200, (6, 6, 3), np.uint8)
    return np.asarray(
        np.kron(blocks, np.ones((20, 20, 1), np.uint8)) + np.uint8(number // 100 * 30), np.uint8
    )


def portraits(folder: Path, count: int, copies: int) -> Dataset:
    items = []
    for number in [*range(count), *range(100, 100 + copies)]:
        path = folder / f"{number}.png"
        save_image(path, photograph(number))
        items.append(PortraitSample(path, number % 2))
    return Dataset("class folders", portraits=tuple(items))


def test_copies_stay_together_and_classes_get_their_shares(tmp_path: Path) -> None:
    done = split_dataset(portraits(tmp_path, 40, 10))
    home = {portrait.path.stem: portrait for portrait in done.portraits}
    for number in range(10):
        assert home[str(number)].split == home[str(number + 100)].split
        assert home[str(number)].group == home[str(number + 100)].group
    assert len({portrait.group for portrait in done.portraits}) == 40
    for state in (0, 1):
        assert sum(c.split == "val" for c in done.portraits if c.state == state) == pytest.approx(5, abs=1)


def test_given_groups_count_as_well(tmp_path: Path) -> None:
    dataset = portraits(tmp_path, 20, 0)
    person = [replace(portrait, group="same person") for portrait in dataset.portraits[:6]]
    done = split_dataset(
        replace(dataset, portraits=(*person, *dataset.portraits[6:])), {"train": 0.5, "val": 0.5}, seed=3
    )
    assert len({portrait.split for portrait in done.portraits[:6]}) == 1
    assert {portrait.group for portrait in done.portraits[:6]} == {"same person"}
    assert done.splits == ["train", "val"]


def test_pictures_with_boxes_and_broken_ones(tmp_path: Path) -> None:
    samples = []
    for number in range(10):
        save_image(tmp_path / f"{number}.png", photograph(number))
        samples.append(make_sample(tmp_path / f"{number}.png", [((0.0, 0.0, 9.0, 9.0), 2, False)]))
    (tmp_path / "0.png").write_text("no picture")
    done = split_dataset(Dataset("COCO", tuple(samples)))
    assert len(done.samples) == 9
    assert sum(sample.split == "val" for sample in done.samples) == 2
    assert len(done.problems) == 1
    assert "0.png: not a picture" in done.problems[0]


def test_nothing_to_divide(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not one picture can be read"):
        split_dataset(Dataset("class folders", portraits=(PortraitSample(tmp_path / "absent.png", 0),)))
