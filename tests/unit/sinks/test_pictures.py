from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PIL

from fakes import BLUE, box, scene
from maskwatch.annotate import STYLES
from maskwatch.errors import SinkError
from maskwatch.image_files import encode_image, save_image
from maskwatch.results import Result
from maskwatch.sinks.pictures import PictureSink, UniqueNames
from maskwatch.types import Faces, Frame

FACES = Faces(
    np.array([box(2, 3)], np.float32),
    np.array([0.9], np.float32),
    np.array([[0.9, 0.05, 0.05]], np.float32),
    np.array([None], np.object_),
)


def result(source: str) -> Result:
    return Result(Frame(scene({(2, 3): BLUE}), source=source), FACES)


def test_written_with_marks_under_its_own_name(tmp_path: Path) -> None:
    with PictureSink(tmp_path / "new" / "deep") as pictures:
        pictures.write(result("somewhere/a.png"))
    with PIL.open(tmp_path / "new" / "deep" / "a.png") as picture:
        pixels = np.asarray(picture)[..., ::-1]
    assert pixels.shape == (240, 320, 3)
    assert (pixels == STYLES["with_mask"].colour).all(axis=2).any()
    assert (pixels == BLUE).all(axis=2).any()


@pytest.mark.parametrize(
    ("source", "name", "form"),
    [
        ("a.JPG", "a.jpg", "JPEG"),
        ("b.webp", "b.jpg", "JPEG"),
        ("c.PNG", "c.png", "PNG"),
        ("", "picture.jpg", "JPEG"),
    ],
)
def test_form(tmp_path: Path, source: str, name: str, form: str) -> None:
    with PictureSink(tmp_path) as pictures:
        pictures.write(result(source))
    with PIL.open(tmp_path / name) as picture:
        assert picture.format == form


def test_names_that_meet_get_a_number(tmp_path: Path) -> None:
    with PictureSink(tmp_path) as pictures:
        for source in ("x/a.jpg", "y/a.jpg", "z/A.jpeg", "a.png"):
            pictures.write(result(source))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A-3.jpg", "a-2.jpg", "a.jpg", "a.png"]


def test_input_is_never_overwritten(tmp_path: Path) -> None:
    original = tmp_path / "a.jpg"
    original.write_bytes(encode_image(scene({})))
    before = original.read_bytes()
    link = tmp_path / "link"
    link.symlink_to(tmp_path, target_is_directory=True)
    for folder in (tmp_path, link):
        with PictureSink(folder) as pictures, pytest.raises(SinkError, match="the input itself"):
            pictures.write(result(str(original)))
    assert original.read_bytes() == before


def test_older_results_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    with PictureSink(tmp_path) as pictures:
        pictures.write(result("elsewhere/a.jpg"))
    assert (tmp_path / "a.jpg").stat().st_size > 500


def test_too_wide_for_jpeg(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        save_image(tmp_path / "a.jpg", np.zeros((1, 70_000, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_names() -> None:
    names = UniqueNames()
    assert [names.take("a", ".mp4") for _ in range(3)] == ["a.mp4", "a-2.mp4", "a-3.mp4"]
    assert names.take("a", ".jpg") == "a.jpg"


@pytest.mark.parametrize("character", ["a", "é", "写", "😷", "\udcff"])
def test_long_names_are_cut_and_stay_unique(tmp_path: Path, character: str) -> None:
    stem = character * (250 // len(character.encode("utf-8", "surrogatepass")))
    names = UniqueNames()
    taken = [
        names.take(stem, ".maskwatch.mp4"),
        *(names.take(f"{stem}{end}", ".maskwatch.mp4") for end in "xy"),
    ]
    assert len(set(taken)) == 3
    for name in taken:
        assert len(name.encode("utf-8", "surrogatepass")) <= 255
        assert name.startswith(character * 40)
        assert name.endswith(".maskwatch.mp4")
    if character != "\udcff":
        with PictureSink(tmp_path) as pictures:
            pictures.write(result(f"{stem}.webp"))
            pictures.write(result(f"{stem}.bmp"))
        assert len(list(tmp_path.iterdir())) == 2


def test_names_that_fit_stay_as_they_are() -> None:
    assert UniqueNames().take("a" * 251, ".jpg") == "a" * 251 + ".jpg"
