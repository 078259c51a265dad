"""A made world in which a face is a bright disc and a mask is a dark bar over its lower half."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from maskwatch.data.sample import Sample, negative
from maskwatch.training.data.picture_cache import PictureCache, cache

WITH, WITHOUT = 0, 1


def disc(image: np.ndarray, x: int, y: int, radius: int, masked: bool) -> None:
    cv2.circle(image, (x, y), radius, (170, 200, 235), -1)
    if masked:
        cv2.rectangle(
            image,
            (x - radius * 3 // 4, y + radius // 8),
            (x + radius * 3 // 4, y + radius * 3 // 4),
            (60, 40, 30),
            -1,
        )


def made_world(folder: Path, count: int, seed: int) -> tuple[list[Sample], list[Sample]]:
    """Pictures with one or two discs, and as many without; written as PNG."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    faces, negatives = [], []
    for i in range(count):
        image = rng.integers(20, 90, (6, 8, 3), np.uint8)
        image = cv2.resize(image, (160, 128), interpolation=cv2.INTER_CUBIC)
        path = folder / f"none{i}.png"
        cv2.imwrite(str(path), image)
        negatives.append(negative(path))
        boxes, states = [], []
        for x in (40, 118)[: 1 + i % 2]:
            radius = int(rng.integers(14, 26))
            y = int(rng.integers(40, 88))
            state = int(rng.integers(2))
            disc(image, x, y, radius, state == WITH)
            boxes.append([x - radius, y - radius, x + radius, y + radius])
            states.append(state)
        path = folder / f"face{i}.png"
        cv2.imwrite(str(path), image)
        faces.append(
            Sample(
                path, np.array(boxes, np.float32), np.array(states), np.zeros(len(boxes), bool), source="made"
            )
        )
    return faces, negatives


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Sample], list[Sample], PictureCache]:
    folder = tmp_path_factory.mktemp("world")
    faces, negatives = made_world(folder / "pictures", 24, 0)
    pictures, failures = cache([s.path for s in [*faces, *negatives]], folder / "cache")
    assert failures == []
    return faces, negatives, pictures
