import pickle
from pathlib import Path

import cv2
import numpy as np

from maskwatch.training.data.picture_cache import cache


def test_pictures_come_back_as_they_were_and_large_ones_smaller(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    small, large = rng.integers(0, 256, (30, 40, 3), np.uint8), rng.integers(0, 256, (200, 100, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), small)
    cv2.imwrite(str(tmp_path / "b.png"), large)
    pictures, failures = cache([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "cache", longest=100)
    assert failures == []
    image, shrunk = pictures[tmp_path / "a.png"]
    assert np.array_equal(image, small)
    assert shrunk == 1.0
    image, shrunk = pickle.loads(pickle.dumps(pictures))[tmp_path / "b.png"]
    assert image.shape == (100, 50, 3)
    assert shrunk == 0.5


def test_what_cannot_be_read_is_listed_and_left_out(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "b.jpg").write_text("this is no picture")
    paths = [tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "missing.png"]
    for _ in range(2):  # the second time from the cache
        pictures, failures = cache(paths, tmp_path / "cache")
        assert [paths[0] in pictures, paths[1] in pictures, paths[2] in pictures] == [True, False, False]
        assert len(failures) == 2
        assert "b.jpg" in failures[0]
        assert "missing.png" in failures[1]


def test_a_changed_picture_is_decoded_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for value in (10, 200):
        cv2.imwrite(str(path), np.full((8, 8 + value, 3), value, np.uint8))
        pictures, _ = cache([path], tmp_path / "cache")
        assert pictures[path][0].mean() == value
