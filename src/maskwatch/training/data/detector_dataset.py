"""Training examples for the detector: random square crops around faces, mosaics, pictures without faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as recipe_table
from torch import Tensor
from torch.utils.data import Dataset

from maskwatch.data.sample import Sample
from maskwatch.training.data import augmentation
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.nets.anchors import assign
from maskwatch.training.recipes.fields import STRICT, Amount, Count, Positive, Share
from maskwatch.training.synthesis.caps import paint_cap
from maskwatch.training.synthesis.masks import Worn, paint_mask, random_style
from maskwatch.types import Image

_PAINTABLE: Final = 20.0
"""Least height, in pixels of the example, of a face that a mask or a cap is painted on."""

_LARGE: Final = 80.0
"""Height, in pixels of the example, of a face that is taken for the smallest one where there is none."""

Crop = tuple[Image, NDArray[np.float32], NDArray[np.bool_]]
"""A square picture, its boxes (m, 4) and which of them to ignore (m,)."""


@recipe_table(frozen=True, config=STRICT)
class CropRecipe:
    """How examples are drawn.

    Attributes:
        size: Side of an example in pixels, a multiple of 64.
        faces: Smallest and largest height of the face that an example is centred on, pixels.
        mosaic: Share of examples that are put together from four or nine pictures.
        smallest: Faces with a shorter side under this many pixels are ignored.
        weights: How often pictures of a source are drawn, relative to 1.
        painted: Share of the views in which masks are painted on the faces whose landmarks are known.
        degraded: Share of the examples with strong noise or visible pixels, where all faces are large enough.
        hard_faces: How often an example is drawn around a hard face, relative to 1; see `DetectorData`.
        negative_zoom: The most by which a picture without faces is enlarged, relative to filling the
            example. Still pictures are searched at up to four times the size of an example.
        negative_tiles: Share of a mosaic's tiles that are taken from pictures without faces.
        caps: How often a cap is painted over the brow of a face.
    """

    size: Count = 320
    faces: tuple[Positive, Positive] = (9.0, 320.0)
    mosaic: Share = 0.35
    smallest: Amount = 6.0
    weights: dict[str, Amount] = field(default_factory=dict)
    painted: Share = 0.0
    degraded: Share = 0.0
    hard_faces: Positive = 1.0
    negative_zoom: Positive = 2.0
    negative_tiles: Share = 0.0
    caps: Share = 0.0


class DetectorData(Dataset[tuple[Tensor, Tensor, Tensor, int]]):
    """Endless random examples; number i is the same whenever it is asked for with the same seed.

    Args:
        faces: Pictures with true faces.
        negatives: Pictures without a face.
        hardness: (len(negatives),) shared tensor: how sure the detector was, of late, that there is a
            face in each; drawing follows it (hard-example mining over pictures).
        negative_share: Share of examples that are drawn from `negatives`.
        landmarks: Picture -> (n, 5, 2) landmarks of its bare faces, NaN for the others; see
            `maskwatch.training.data.auto_labeller.landmarks_for`.
        hard: Picture -> (n,) bool, which of its faces are hard to find; see
            `maskwatch.training.data.auto_labeller.hard_faces`.
    """

    def __init__(
        self,
        faces: Sequence[Sample],
        negatives: Sequence[Sample],
        pictures: PictureCache,
        recipe: CropRecipe,
        length: int,
        seed: int = 0,
        negative_share: float = 0.2,
        hardness: Tensor | None = None,
        landmarks: Mapping[Path, NDArray[np.float32]] | None = None,
        hard: Mapping[Path, NDArray[np.bool_]] | None = None,
    ) -> None:
        self.faces, self.negatives, self.pictures = faces, negatives, pictures
        self.recipe, self.length, self.seed = recipe, length, seed
        self.negative_share = negative_share if negatives else 0.0
        self.hardness = hardness
        self.landmarks = landmarks or {}
        self.hard = hard or {}
        weights = np.array([recipe.weights.get(s.source, 1.0) * _mean(self._wanted(s)) for s in faces])
        self._weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor, int]:
        """Picture (3, s, s) uint8 RGB, anchor states (a,) int8, boxes (a, 4), which negative, or -1."""
        rng = np.random.default_rng((self.seed, index))
        size, negative = self.recipe.size, -1
        if rng.random() < self.negative_share:
            negative = self._draw_negative(rng)
            image, boxes, ignore = self._crop(self.negatives[negative], size, rng)
        elif rng.random() < self.recipe.mosaic:
            image, boxes, ignore = self._mosaic(rng)
        else:
            image, boxes, ignore = self._crop(self._draw(rng), size, rng)
        if rng.random() < 0.5:
            image = image[:, ::-1]
            boxes = boxes.copy()
            boxes[:, [0, 2]] = size - boxes[:, [2, 0]]
        image = augmentation.photometric(np.ascontiguousarray(image), rng)
        if rng.random() < self.recipe.degraded:
            heights = boxes[~ignore, 3] - boxes[~ignore, 1]
            image = augmentation.spoil(image, rng, float(heights.min(initial=_LARGE)))
        states, targets = assign(boxes, ignore, size, size)
        planes = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))
        return torch.from_numpy(planes), torch.from_numpy(states), torch.from_numpy(targets), negative

    def _wanted(self, sample: Sample) -> NDArray[np.float64]:
        """(n,) how often an example is drawn around each face of a picture that is not ignored."""
        hard = self.hard.get(sample.path)
        wanted = np.ones(len(sample.boxes)) if hard is None else np.where(hard, self.recipe.hard_faces, 1.0)
        return wanted[~sample.ignore]

    def _draw(self, rng: Generator) -> Sample:
        return self.faces[rng.choice(len(self.faces), p=self._weights)]

    def _draw_negative(self, rng: Generator) -> int:
        if self.hardness is None:
            return int(rng.integers(len(self.negatives)))
        weights = 0.1 + self.hardness.numpy().astype(np.float64)
        return int(rng.choice(len(weights), p=weights / weights.sum()))

    def _mosaic(self, rng: Generator) -> Crop:
        """Two by two or three by three pictures: many small faces, many backgrounds."""
        size, count = self.recipe.size, 2 + int(rng.random() < 0.4)
        edges = [size * i // count for i in range(count + 1)]
        image = np.empty((size, size, 3), np.uint8)
        boxes, ignores = [], []
        for y, bottom in pairwise(edges):
            for x, right in pairwise(edges):
                side = max(bottom - y, right - x)
                bare = bool(self.negatives) and rng.random() < self.recipe.negative_tiles
                sample = self.negatives[self._draw_negative(rng)] if bare else self._draw(rng)
                tile, box, ignore = self._crop(sample, side, rng)
                image[y:bottom, x:right] = tile[: bottom - y, : right - x]
                boxes.append(box + np.array([x, y, x, y], np.float32))
                ignores.append(ignore)
        return image, np.concatenate(boxes), np.concatenate(ignores)

    def _crop(self, sample: Sample, size: int, rng: Generator) -> Crop:
        """A square of `size` pixels that shows part of the picture at a random scale."""
        picture, shrunk = self.pictures[sample.path]
        height, width = picture.shape[:2]
        boxes = sample.boxes * shrunk
        real = np.flatnonzero(~sample.ignore)
        smallest, largest = self.recipe.faces
        largest = min(largest, size * 0.98)
        if len(real):
            wanted = self._wanted(sample)
            box = boxes[rng.choice(real, p=wanted / wanted.sum())]
            face = max(box[3] - box[1], 4.0)
            height_here = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
            # Enlarging more than three times shows nothing but blur; shrinking far leaves an empty frame.
            least = size * (0.8 if rng.random() < 0.85 else 0.35) / max(height, width)
            scale = float(np.clip(height_here / face, least, max(3.0, least)))
            centre = (box[:2] + box[2:]) / 2 + rng.uniform(-0.5, 0.5, 2) * max(size / scale - face, 0)
        else:
            nearness = np.exp(rng.uniform(np.log(0.5), np.log(self.recipe.negative_zoom)))
            scale = float(nearness) * size / max(height, width)
            centre = np.array([width, height]) * rng.uniform(0.2, 0.8, 2)
        view = size / scale
        # Where the picture is larger than the view, the view stays inside it; mostly.
        limits = np.array([width, height])
        low, high = np.minimum(view / 2, limits / 2), np.maximum(limits - view / 2, limits / 2)
        if rng.random() < 0.9:
            centre = np.clip(centre, low, high)
        stretch = np.exp(rng.normal(0, 0.06))
        matrix = np.array([[scale * stretch, 0, 0], [0, scale / stretch, 0]])
        matrix[:, 2] = size / 2 - matrix[:, :2] @ centre
        image = _warp(picture, matrix, size, rng)
        moved = boxes.reshape(-1, 2, 2) @ matrix[:, :2].T.astype(np.float32) + matrix[:, 2].astype(np.float32)
        points = self.landmarks.get(sample.path)
        if points is not None and rng.random() < self.recipe.painted:
            points = points * shrunk @ matrix[:, :2].T + matrix[:, 2]
            image = _masked(image, points, moved.reshape(-1, 4), rng)
        boxes, ignore = _visible(moved.reshape(-1, 4), sample.ignore, size, self.recipe.smallest)
        if self.recipe.caps:
            for box in boxes[boxes[:, 3] - boxes[:, 1] >= _PAINTABLE]:
                if rng.random() < self.recipe.caps:
                    image = paint_cap(image, box, rng)
        return image, boxes, ignore


def _mean(wanted: NDArray[np.float64]) -> float:
    return float(wanted.mean()) if len(wanted) else 1.0


def _masked(image: Image, points: NDArray[np.floating], boxes: NDArray[np.float32], rng: Generator) -> Image:
    """Paints masks on most of the faces that are large enough; every third is worn wrongly."""
    worn: tuple[Worn, ...] = ("correct", "correct", "nose_out", "chin")
    height = boxes[:, 3] - boxes[:, 1]
    seen = (boxes[:, 2:] > 0).all(1) & (boxes[:, :2] < image.shape[0]).all(1)
    for row in np.flatnonzero(np.isfinite(points).all((1, 2)) & (height >= _PAINTABLE) & seen):
        if rng.random() < 0.75:
            how = worn[rng.integers(len(worn))]
            image = paint_mask(image, points[row].astype(np.float32), random_style(rng), how)
    return image


def _warp(picture: Image, matrix: NDArray[np.float64], size: int, rng: Generator) -> Image:
    scale = float(np.sqrt(matrix[0, 0] * matrix[1, 1]))
    border = [int(v) for v in rng.integers(0, 256, 3)] if rng.random() < 0.5 else [127] * 3
    if scale < 0.6:
        # warpAffine samples single pixels: shrink by area first, as inference does.
        factor = scale * 1.2
        picture = np.asarray(
            cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
        )
        matrix = matrix.copy()
        matrix[:, :2] /= factor
    return np.asarray(
        cv2.warpAffine(
            picture,
            matrix,
            (size, size),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=border,
        ),
        np.uint8,
    )


def _visible(
    boxes: NDArray[np.float32], ignore: NDArray[np.bool_], size: int, smallest: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cuts boxes at the border; a face that is mostly outside or too small is ignored."""
    cut = np.clip(boxes, 0, size)
    sides = cut[:, 2:] - cut[:, :2]
    share = sides.prod(1) / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-6)
    inside = (sides > 1).all(1)
    ignore = ignore | (share < 0.55) | (sides.min(1, initial=size) < smallest)
    return cut[inside].astype(np.float32), ignore[inside]
