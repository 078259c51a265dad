from __future__ import annotations

from pathlib import Path

import pytest

from fakes import scene
from maskwatch.data.negatives import is_held_out, read_negatives
from maskwatch.errors import DataError
from maskwatch.image_files import save_image


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_image(path, scene({}))


def test_negatives(tmp_path: Path) -> None:
    put(tmp_path / "a.png", tmp_path / "cats" / "b.png", tmp_path / "cats" / ".hidden.png")
    found = read_negatives(tmp_path)
    assert [sample.path.name for sample in found] == ["a.png", "b.png"]
    assert all(sample.boxes.shape == (0, 4) and sample.source == tmp_path.name for sample in found)


def test_no_negatives(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures in this folder"):
        read_negatives(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        read_negatives(tmp_path / "absent")


def test_a_quarter_is_held_out_whatever_the_folder() -> None:
    kept = [is_held_out(Path(f"/a/{number}.jpg")) for number in range(4000)]
    assert 900 < sum(kept) < 1100
    assert kept == [is_held_out(Path(f"b/{number}.jpg")) for number in range(4000)]


@pytest.mark.parametrize(
    ("name", "held_out"),
    [
        ("0.jpg", False),
        ("1.jpg", False),
        ("2.jpg", False),
        ("3.jpg", False),
        ("4.jpg", False),
        ("5.jpg", False),
        ("6.jpg", False),
        ("7.jpg", False),
        ("8.jpg", True),
        ("9.jpg", True),
        ("10.jpg", False),
        ("11.jpg", False),
        ("cat.png", False),
        ("coffee.jpg", False),
        ("street_12.jpg", False),
        ("IMG_0001.JPG", True),
        ("a.png", False),
        ("b.png", False),
        ("Straße.jpg", False),
        ("dog (1).jpeg", True),
    ],
)
def test_which_quarter_is_held_out(name: str, held_out: bool) -> None:
    """Fixed for ever: a picture that changed sides would have taught a model that is measured on it."""
    assert is_held_out(Path("anywhere") / name) == held_out
