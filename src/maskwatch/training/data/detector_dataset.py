"""Training dataset of the detector: random square crops around faces, mosaics, pictures without faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as recipe_table
from torch import Tensor
from torch.utils.data import Dataset

from maskwatch.data.sample import Sample
from maskwatch.geometry import GREY
from maskwatch.training.data import augmentation
from maskwatch.training.data.crop_geometry import transform_boxes, visible_boxes, warp_view
from maskwatch.training.data.pasted_faces import LARGEST, SMALLEST, cut_head, paste_face
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.nets.anchors import assign
from maskwatch.training.recipes.fields import STRICT, Amount, Count, Positive, Share
from maskwatch.training.synthesis.caps import paint_cap
from maskwatch.training.synthesis.masks import MaskPosition, paint_mask, random_style
from maskwatch.training.synthesis.occluders import paint_occluder
from maskwatch.types import Image

_MIN_PAINTED_HEIGHT: Final = 20.0
"""Smallest height, pixels of the example, of a face on which a mask or a cap is painted."""

_PAINTED_FACES: Final = 0.75
"""Share of the faces of a painted picture that get a mask."""

_NO_FACE_HEIGHT: Final = 80.0
"""Height, pixels, that decides how strongly an example without faces is degraded."""

_MAX_FACE_SHARE: Final = 0.98
"""Largest height of a face as a share of the example."""

_MIN_FACE_HEIGHT: Final = 4.0
"""Height, pixels, that smaller faces are taken to have when the scale is chosen."""

_MAX_ENLARGEMENT: Final = 3.0
"""Enlarging a picture further shows nothing but blur."""

_FILLED, _FILLED_SHARE = 0.8, 0.85
"""In most examples the picture fills at least this share of the frame's side ..."""

_FRAMED: Final = 0.35
"""... and in the others at least this share: shrinking further leaves an empty frame."""

_MIN_NEGATIVE_ZOOM: Final = 0.5
"""Smallest size of a picture without faces, relative to filling the example."""

_INSIDE_SHARE: Final = 0.9
"""Share of the examples that stay inside the picture where that is larger."""

_STRETCH: Final = 0.06
"""Standard deviation of the logarithm of a change of aspect."""

_NINE_TILES: Final = 0.4
"""Share of the mosaics of nine pictures; the others have four."""

_FILLING: Final = (0.85, 1.2)
"""Height, as a share of the example's side, of a face that fills its view."""

_MOST_PASTED: Final = 5
"""Faces that are pasted onto one view at most."""

_MIN_SHARPNESS: Final = 0.9
"""Height of a face in its own picture, relative to that of its copy: a smaller one would be blurred."""

_MIRRORED: Final = 0.5
_MIN_NEGATIVE_WEIGHT: Final = (
    0.1  # so that pictures without faces that seem easy are still drawn now and then
)
_POSITIONS: Final[tuple[MaskPosition, ...]] = ("correct", "correct", "nose_out", "chin")

Crop = tuple[Image, NDArray[np.float32], NDArray[np.bool_]]
"""A square picture (s, s, 3) uint8 BGR, its boxes (m, 4) in pixels and whether each is ignored (m,)."""


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
        occluders: How often a hand, a microphone, a sheet or a strap is painted before a face whose landmarks
            are known, in views without painted masks.
        tilt: Standard deviation of the angle by which views are turned, degrees.
        turned: Share of the views that are turned by any angle instead.
        filled: Share of the views around a face that it fills, up to a fifth beyond the edges.
        pasted: Share of the views onto which small faces of other pictures are pasted.
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
    occluders: Share = 0.0
    tilt: Amount = 0.0
    turned: Share = 0.0
    filled: Share = 0.0
    pasted: Share = 0.0


class DetectorData(Dataset[tuple[Tensor, Tensor, Tensor, int]]):
    """Random training examples. Example i depends on the seed, on i and on `hardness` only.

    Args:
        faces: Pictures with true faces.
        negatives: Pictures without a face.
        pictures: Decoded pixels.
        recipe: How examples are drawn.
        length: Number of examples.
        seed: Of everything random.
        negative_share: Share of the examples that show a picture of `negatives`.
        hardness: (len(negatives),) shared tensor: the detector's recent score for a face in each negative.
            Negatives with a high score are drawn more often (hard-example mining over pictures).
        landmarks: Picture -> (n, 5, 2) landmarks of its unmasked faces, NaN for the others; see
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
        weights = np.array([recipe.weights.get(s.source, 1.0) * _mean(self._face_weights(s)) for s in faces])
        self._weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor, int]:
        """Returns example `index`.

        Returns:
            Picture (3, s, s) uint8 RGB; states (a,) int8 and boxes (a, 4) float32 of the anchors, see
            `assign`; and the number of the negative that it shows, -1 for none.
        """
        rng = np.random.default_rng((self.seed, index))
        size, negative = self.recipe.size, -1
        if rng.random() < self.negative_share:
            negative = self._draw_negative(rng)
            image, boxes, ignore = self._crop(self.negatives[negative], size, rng)
        elif rng.random() < self.recipe.mosaic:
            image, boxes, ignore = self._mosaic(rng)
        else:
            image, boxes, ignore = self._crop(self._draw_sample(rng), size, rng)
        if rng.random() < _MIRRORED:
            image = image[:, ::-1]
            boxes = boxes.copy()
            boxes[:, [0, 2]] = size - boxes[:, [2, 0]]
        image = augmentation.photometric(np.ascontiguousarray(image), rng)
        if rng.random() < self.recipe.degraded:
            heights = boxes[~ignore, 3] - boxes[~ignore, 1]
            image = augmentation.degrade(image, rng, float(heights.min(initial=_NO_FACE_HEIGHT)))
        states, targets = assign(boxes, ignore, size, size)
        planes = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))
        return torch.from_numpy(planes), torch.from_numpy(states), torch.from_numpy(targets), negative

    def _face_weights(self, sample: Sample) -> NDArray[np.float64]:
        """Returns how often an example is drawn around each face (n,) that is not ignored, relative to 1."""
        hard = self.hard.get(sample.path)
        weights = np.ones(len(sample.boxes)) if hard is None else np.where(hard, self.recipe.hard_faces, 1.0)
        return weights[~sample.ignore]

    def _draw_sample(self, rng: Generator) -> Sample:
        return self.faces[rng.choice(len(self.faces), p=self._weights)]

    def _draw_negative(self, rng: Generator) -> int:
        if self.hardness is None:
            return int(rng.integers(len(self.negatives)))
        weights = _MIN_NEGATIVE_WEIGHT + self.hardness.numpy().astype(np.float64)
        return int(rng.choice(len(weights), p=weights / weights.sum()))

    def _mosaic(self, rng: Generator) -> Crop:
        """Puts four or nine pictures together: many small faces, many backgrounds (arXiv 2004.10934)."""
        size, count = self.recipe.size, 2 + int(rng.random() < _NINE_TILES)
        edges = [size * i // count for i in range(count + 1)]
        image = np.empty((size, size, 3), np.uint8)
        boxes, ignores = [], []
        for y, bottom in pairwise(edges):
            for x, right in pairwise(edges):
                side = max(bottom - y, right - x)
                bare = bool(self.negatives) and rng.random() < self.recipe.negative_tiles
                sample = self.negatives[self._draw_negative(rng)] if bare else self._draw_sample(rng)
                tile, box, ignore = self._crop(sample, side, rng)
                image[y:bottom, x:right] = tile[: bottom - y, : right - x]
                boxes.append(box + np.array([x, y, x, y], np.float32))
                ignores.append(ignore)
        return image, np.concatenate(boxes), np.concatenate(ignores)

    def _crop(self, sample: Sample, size: int, rng: Generator) -> Crop:
        """Cuts a square of `size` pixels that shows part of the picture at a random scale."""
        picture, shrunk = self.pictures[sample.path]
        boxes = sample.boxes * shrunk
        matrix = self._draw_view(sample, boxes, picture.shape, size, rng)
        image = warp_view(picture, matrix, size, _draw_border(rng))
        moved = transform_boxes(boxes, matrix)
        points = self.landmarks.get(sample.path)
        if points is not None:
            landmarks = points * shrunk @ matrix[:, :2].T + matrix[:, 2]
            paintable = _paintable(image, landmarks, moved)
            if rng.random() < self.recipe.painted:
                image = _paint_masks(image, landmarks[paintable], rng)
            elif self.recipe.occluders:
                for face in landmarks[paintable].astype(np.float32):
                    if rng.random() < self.recipe.occluders:
                        image = paint_occluder(image, face, rng)
        boxes, ignore = visible_boxes(moved, sample.ignore, size, self.recipe.smallest)
        if len(sample.boxes) and self.recipe.pasted and rng.random() < self.recipe.pasted:
            image, boxes, ignore = self._paste(image, boxes, ignore, rng)
        if self.recipe.caps:
            for box in boxes[boxes[:, 3] - boxes[:, 1] >= _MIN_PAINTED_HEIGHT]:
                if rng.random() < self.recipe.caps:
                    image = paint_cap(image, box, rng)
        return image, boxes, ignore

    def _paste(
        self, image: Image, boxes: NDArray[np.float32], ignore: NDArray[np.bool_], rng: Generator
    ) -> Crop:
        """Pastes small faces of another picture where there is room."""
        sample = self._draw_sample(rng)
        real = np.flatnonzero(~sample.ignore)
        picture, shrunk = self.pictures[sample.path]
        for row in rng.permutation(real)[:_MOST_PASTED]:
            part, face = cut_head(picture, sample.boxes[row] * np.float32(shrunk))
            height = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
            if face[3] - face[1] < _MIN_SHARPNESS * height or min(part.shape[:2]) < 2:
                continue
            image, box = paste_face(image, boxes, part, face, height, rng)
            if box is not None:
                boxes = np.concatenate([boxes, box[None]])
                ignore = np.append(ignore, (box[2:] - box[:2]).min() < self.recipe.smallest)
        return image, boxes, ignore

    def _draw_view(
        self, sample: Sample, boxes: NDArray[np.float32], shape: tuple[int, ...], size: int, rng: Generator
    ) -> NDArray[np.float64]:
        """Draws which part of a picture an example shows.

        Args:
            sample: The picture.
            boxes: (n, 4) its boxes in pixels of the decoded picture.
            shape: Of the decoded picture: (height, width, ...).
            size: Side of the example, pixels.
            rng: Draws face, scale, place and stretch.

        Returns:
            (2, 3) matrix from pixels of the decoded picture to pixels of the example.
        """
        height, width = shape[:2]
        real = np.flatnonzero(~sample.ignore)
        smallest, largest = self.recipe.faces
        largest = min(largest, size * _MAX_FACE_SHARE)
        if len(real):
            weights = self._face_weights(sample)
            box = boxes[rng.choice(real, p=weights / weights.sum())]
            face = max(box[3] - box[1], _MIN_FACE_HEIGHT)
            if self.recipe.filled and rng.random() < self.recipe.filled:
                target = size * rng.uniform(*_FILLING)
            else:
                target = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
            filled = _FILLED if rng.random() < _FILLED_SHARE else _FRAMED
            min_scale = size * filled / max(height, width)
            scale = float(np.clip(target / face, min_scale, max(_MAX_ENLARGEMENT, min_scale)))
            centre = (box[:2] + box[2:]) / 2 + rng.uniform(-0.5, 0.5, 2) * max(size / scale - face, 0)
        else:
            zoom = np.exp(rng.uniform(np.log(_MIN_NEGATIVE_ZOOM), np.log(self.recipe.negative_zoom)))
            scale = float(zoom) * size / max(height, width)
            centre = np.array([width, height]) * rng.uniform(0.2, 0.8, 2)
        view = size / scale
        limits = np.array([width, height])
        low, high = np.minimum(view / 2, limits / 2), np.maximum(limits - view / 2, limits / 2)
        if rng.random() < _INSIDE_SHARE:
            centre = np.clip(centre, low, high)
        stretch = np.exp(rng.normal(0, _STRETCH))
        matrix = np.zeros((2, 3))
        matrix[:, :2] = self._draw_turn(rng) @ np.diag([scale * stretch, scale / stretch])
        matrix[:, 2] = size / 2 - matrix[:, :2] @ centre
        return matrix

    def _draw_turn(self, rng: Generator) -> NDArray[np.float64]:
        """Draws the (2, 2) rotation of a view; draws nothing where the recipe turns no views."""
        angle = 0.0
        if self.recipe.turned and rng.random() < self.recipe.turned:
            angle = rng.uniform(-np.pi, np.pi)
        elif self.recipe.tilt:
            angle = rng.normal(0, np.deg2rad(self.recipe.tilt))
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _mean(weights: NDArray[np.float64]) -> float:
    return float(weights.mean()) if len(weights) else 1.0


def _draw_border(rng: Generator) -> list[int]:
    """Draws the colour outside the picture: any, or the grey of the detector's padding."""
    return [int(v) for v in rng.integers(0, 256, 3)] if rng.random() < 0.5 else [GREY] * 3


def _paintable(image: Image, points: NDArray[np.floating], boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Returns which faces are large enough to be painted, inside, and have landmarks: (n,).

    Args:
        image: (s, s, 3) uint8, BGR.
        points: (n, 5, 2) landmarks in pixels of the image; NaN where unknown.
        boxes: (n, 4) boxes in pixels of the image.
    """
    height = boxes[:, 3] - boxes[:, 1]
    inside = (boxes[:, 2:] > 0).all(1) & (boxes[:, :2] < image.shape[0]).all(1)
    return np.asarray(np.isfinite(points).all((1, 2)) & (height >= _MIN_PAINTED_HEIGHT) & inside)


def _paint_masks(image: Image, points: NDArray[np.floating], rng: Generator) -> Image:
    """Paints masks on most of the faces; every second one is worn incorrectly.

    Args:
        image: (s, s, 3) uint8, BGR; not changed.
        points: (n, 5, 2) landmarks in pixels of the image.
        rng: Draws faces, masks and positions.
    """
    for face in points.astype(np.float32):
        if rng.random() < _PAINTED_FACES:
            position = _POSITIONS[rng.integers(len(_POSITIONS))]
            image = paint_mask(image, face, random_style(rng), position)
    return image
