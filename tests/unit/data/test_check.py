from __future__ import annotations

import base64
import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from maskwatch.data.check import DatasetCheck, check_dataset
from maskwatch.data.sample import Dataset, PortraitSample, Sample, make_sample, negative
from maskwatch.image_files import save_image
from maskwatch.reports.contact_sheet import contact_sheet, summary
from maskwatch.sources.images import decode_image
from maskwatch.types import Image


def photograph(name: str) -> Image:
    return np.ascontiguousarray(getattr(skimage.data, name)()[:, :, ::-1])


@pytest.fixture
def boxed(tmp_path: Path) -> Dataset:
    """One picture of each trouble."""
    astronaut = photograph("astronaut")
    save_image(tmp_path / "a.jpg", astronaut)
    save_image(tmp_path / "a_small.jpg", np.asarray(cv2.resize(astronaut, (200, 200)), np.uint8))
    save_image(tmp_path / "cat.jpg", photograph("cat"))
    save_image(tmp_path / "coffee.jpg", photograph("coffee"))
    (tmp_path / "broken.jpg").write_text("no picture")
    face = (176.0, 80.0, 272.0, 179.0)
    samples: list[Sample] = [
        make_sample(
            tmp_path / "a.jpg", [(face, 1, False), ((177.0, 80.0, 273.0, 179.0), 1, False)], split="train"
        ),
        make_sample(tmp_path / "a_small.jpg", [((69.0, 31.0, 106.0, 70.0), 1, False)], split="val"),
        make_sample(
            tmp_path / "cat.jpg", [((440.0, 10.0, 460.0, 30.0), 0, False), (face, None, True)], split="val"
        ),
        negative(tmp_path / "coffee.jpg", split="train"),
        make_sample(tmp_path / "broken.jpg", [(face, 0, False)], split="train"),
    ]
    return Dataset("COCO", tuple(samples), problems=("labels.json: bad entry",))


def test_every_trouble_is_found(boxed: Dataset) -> None:
    found = check_dataset(boxed)
    assert found.pictures == 4
    assert found.classes == {
        "train": Counter({"without_mask": 2}),
        "val": Counter({"without_mask": 1, "with_mask": 1, "ignored": 1}),
    }
    assert found.faces == Counter({"without_mask": 3, "with_mask": 1})
    assert found.heights == Counter({64: 2, 32: 1, 16: 1})
    assert found.empty == 1
    assert [(path.name, row) for path, row in found.outside] == [("cat.jpg", 0)]
    assert [(path.name, row) for path, row in found.duplicate_boxes] == [("a.jpg", 1)]
    assert [[path.name for path in group] for group in found.leaks] == [["a.jpg", "a_small.jpg"]]
    assert found.near_copy_groups == []
    assert len(found.unreadable) == 1
    assert "broken.jpg: not a picture" in found.unreadable[0]
    assert found.problems == ["labels.json: bad entry"]
    assert any("more than one split" in warning for warning in found.warnings)
    assert any("only 1 faces with_mask" in warning for warning in found.warnings)


def test_copies_with_different_states(tmp_path: Path) -> None:
    portraits = []
    for number, (name, state) in enumerate([("astronaut", 0), ("astronaut", 1), ("cat", 1)]):
        path = tmp_path / f"{number}.jpg"
        save_image(path, photograph(name))
        portraits.append(PortraitSample(path, state))
    found = check_dataset(Dataset("class folders", portraits=tuple(portraits)))
    assert [[path.name for path in group] for group in found.disagreeing] == [["0.jpg", "1.jpg"]]
    assert found.near_copy_groups == found.disagreeing
    assert found.classes == {"": Counter({"with_mask": 1, "without_mask": 2})}


@pytest.mark.parametrize(
    ("counts", "empty", "warning"),
    [
        ({"with_mask": 200}, 9, "one class only"),
        ({}, 9, "no faces at all"),
        ({"with_mask": 1200, "without_mask": 100}, 9, "12 times as many"),
        ({"with_mask": 200, "without_mask": 100}, 0, "every picture shows a face"),
        ({"with_mask": 200, "without_mask": 100}, 9, None),
    ],
)
def test_warnings(tmp_path: Path, counts: dict[str, int], empty: int, warning: str | None) -> None:
    save_image(tmp_path / "cat.jpg", photograph("cat"))
    states = {"with_mask": 0, "without_mask": 1}
    rows = [
        ((0.0, 0.0, 20.0, 20.0 + 7 * (number % 9)), states[name], False)
        for name, count in counts.items()
        for number in range(count)
    ]
    samples = [make_sample(tmp_path / "cat.jpg", rows)] + [negative(tmp_path / "cat.jpg")] * empty
    found = check_dataset(Dataset("COCO", tuple(samples[: None if counts else -1])))
    assert [warning in text for text in found.warnings] == [True] if warning else found.warnings == []


def test_the_sheet_says_it_all_and_shows_the_faces(boxed: Dataset) -> None:
    page = contact_sheet(boxed, check_dataset(boxed), "Check <of> mine")
    assert "Check &lt;of&gt; mine" in page
    for heading in ("without_mask", "with_mask", "Near-copies in different splits: 1", "Doubled boxes: 1"):
        assert f"<h2>{heading}</h2>" in page
    assert "http" not in page  # nothing is fetched
    thumbnails = [decode_image(base64.b64decode(data)) for data in re.findall(r"base64,([^\"]+)", page)]
    # Faces: 3 unmasked, 1 masked; a leak of 2; 1 box outside; 1 doubled.
    assert len(thumbnails) == 8
    assert {image.shape for image in thumbnails} == {(120, 120, 3)}


def test_the_summary_in_words(boxed: Dataset) -> None:
    lines = summary(check_dataset(boxed))
    assert lines[0] == "COCO: 4 pictures, 4 faces"
    assert "face heights in pixels: 1 16-32, 1 32-64, 2 64-128" in lines
    assert "pictures that cannot be read: 1" in lines
    assert "groups of near-copies in different splits: 1 (2 pictures)" in lines
    assert summary(DatasetCheck("COCO")) == ["COCO: 0 pictures, 0 faces"]


def test_a_face_height_exactly_at_a_border_is_in_the_class_above(tmp_path: Path) -> None:
    save_image(tmp_path / "cat.jpg", photograph("cat"))
    borders = (8, 16, 32, 64, 128, 256)
    rows = [
        ((0.0, 0.0, 20.0, height), 0, False) for b in borders for height in (b - 0.25, float(b), b + 0.25)
    ]
    found = check_dataset(Dataset("COCO", (make_sample(tmp_path / "cat.jpg", rows),)))
    assert found.heights == Counter({0: 1, 8: 3, 16: 3, 32: 3, 64: 3, 128: 3, 256: 2})


@pytest.mark.parametrize(("height", "border"), [(7, 0), (8, 8), (15, 8), (16, 16), (255, 128), (256, 256)])
def test_a_portrait_is_as_high_as_its_picture(tmp_path: Path, height: int, border: int) -> None:
    save_image(tmp_path / "a.png", np.zeros((height, 20, 3), np.uint8))
    found = check_dataset(Dataset("class folders", portraits=(PortraitSample(tmp_path / "a.png", 0),)))
    assert found.heights == Counter({border: 1})
