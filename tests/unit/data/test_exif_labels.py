from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PIL

from maskwatch.data.check import check_dataset
from maskwatch.data.dataset import read_dataset
from maskwatch.data.exif_labels import SizeCheck, turn_boxes
from maskwatch.data.picture_files import PictureHeader, picture_size, read_header
from maskwatch.sources.images import read_image

WIDTH, HEIGHT = 96, 64
BOX = (8, 4, 40, 20)
"""Where the stored picture is white."""


def stored(path: Path, orientation: int) -> Path:
    """Writes a black picture with a white box and an EXIF orientation."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    x1, y1, x2, y2 = BOX
    pixels[y1:y2, x1:x2] = 255
    exif = PIL.Exif()
    exif[0x0112] = orientation
    PIL.fromarray(pixels).save(path, exif=exif)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_size_box_and_pixels_agree(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = stored(tmp_path / f"a{suffix}", orientation)
    image = read_image(path)
    assert picture_size(path) == (image.shape[1], image.shape[0])
    assert read_header(path) == PictureHeader((WIDTH, HEIGHT), orientation)
    (box,) = turn_boxes(np.array([BOX], np.float32), read_header(path)).astype(int)
    white = np.argwhere(image[..., 0] > 127)
    assert [*white.min(0)[::-1], *(white.max(0)[::-1] + 1)] == box.tolist()


def coco(folder: Path, orientation: int, suffix: str, size: tuple[int, int] | None) -> Path:
    stored(folder / f"a{suffix}", orientation)
    x1, y1, x2, y2 = BOX
    picture = {"id": 1, "file_name": f"a{suffix}"}
    if size:
        picture |= {"width": size[0], "height": size[1]}
    content = {
        "images": [picture],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1]}],
        "categories": [{"id": 1, "name": "face"}],
    }
    (folder / "labels.json").write_text(json.dumps(content))
    return folder / "labels.json"


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_boxes_drawn_before_the_turn_are_told_and_turned(tmp_path: Path, suffix: str) -> None:
    path = coco(tmp_path, 6, suffix, (WIDTH, HEIGHT))
    (problem,) = check_dataset(read_dataset(path)).problems
    assert problem.startswith(
        f"{path}: 1 pictures are turned by EXIF and labelled with the size before the turn"
    )
    assert "--labels-before-exif" in problem
    dataset = read_dataset(path, before_exif=True)
    assert not dataset.problems
    assert dataset.samples[0].boxes.tolist() == [[HEIGHT - 20, 8, HEIGHT - 4, 40]]


def test_boxes_drawn_after_the_turn_stay(tmp_path: Path) -> None:
    path = coco(tmp_path, 6, ".jpg", (HEIGHT, WIDTH))
    dataset = read_dataset(path)
    assert not dataset.problems
    assert dataset.samples[0].boxes.tolist() == [list(BOX)]
    (problem,) = read_dataset(path, before_exif=True).problems
    assert "leave --labels-before-exif out" in problem


def test_yolo_before_the_turn(tmp_path: Path) -> None:
    stored(tmp_path / "a.jpg", 8)
    x1, y1, x2, y2 = BOX
    row = ((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
    (tmp_path / "a.txt").write_text(" ".join(map(str, (0, *row))))
    (sample,) = read_dataset(tmp_path, {"0": "face"}, before_exif=True).samples
    np.testing.assert_allclose(sample.boxes, [[y1, WIDTH - x2, y2, WIDTH - x1]], atol=1e-4)


def test_sizes_without_meaning_are_not_compared(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.jpg", 1)
    check = SizeCheck(before_exif=False)
    for size in (None, (0.0, 0.0), (float("inf"), 1.0), (float(WIDTH), float(HEIGHT))):
        check.add(path, size)
    check.add(tmp_path / "absent.jpg", (1.0, 1.0))
    assert check.problems(tmp_path) == []
