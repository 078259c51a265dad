"""Training examples for the mask classifier: faces as the detector cuts them, and things that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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

from maskwatch.errors import ConfigError
from maskwatch.training.data import augmentation
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.nets.mask_net import OUTPUTS
from maskwatch.training.recipes.fields import STRICT, Amount, Count, Positive, Share
from maskwatch.training.synthesis.caps import paint_cap
from maskwatch.training.synthesis.masks import Donor, paint_mask, random_style
from maskwatch.training.synthesis.occluders import paint_thing
from maskwatch.training.synthesis.wearing_styles import WAYS, fit
from maskwatch.types import LABELS, Image

NOT_A_FACE: Final = -2
"""State of an example that shows no face."""

PRESUMED_BARE: Final = -1
"""State of a face that nobody labelled, from a collection where nearly nobody wears a mask."""

WITH, WITHOUT, WRONG = (
    LABELS.index("with_mask"),
    LABELS.index("without_mask"),
    LABELS.index("mask_worn_incorrectly"),
)


_BARE: Final = (WITHOUT, PRESUMED_BARE)

_DONOR: Final = 100.0
"""Longer side, pixels, to which a face is reduced before its mask is taken: about that of the other face."""

_STATES: Final[dict[str, tuple[int, ...]]] = {
    **{label: (state,) for state, label in enumerate(LABELS)},
    "face": (PRESUMED_BARE,),
    "none": (NOT_A_FACE,),
}
"""States that examples of each kind may have; those of "painted" ones depend on the recipe."""


@dataclass(frozen=True, slots=True)
class FaceExample:
    """One place in one picture.

    Attributes:
        path: The picture.
        box: (4,) x1, y1, x2, y2 in pixels of the picture.
        state: Index into `LABELS`, `PRESUMED_BARE` or `NOT_A_FACE`.
        landmarks: (5, 2) as `paint_mask` takes them, or None: no mask can be painted or taken here.
        turned: Whether the face looks far to the side; None where that is not known.
        found: (4,) where a detector sees the same face; None where it does not, or was not asked.
    """

    path: Path
    box: NDArray[np.float32]
    state: int
    landmarks: NDArray[np.float32] | None = None
    turned: bool | None = None
    found: NDArray[np.float32] | None = None


@recipe_table(frozen=True, config=STRICT)
class FaceRecipe:
    """How examples are drawn and changed.

    Attributes:
        size: Side of the network's input, pixels.
        margin: Side of the crop as a multiple of the box's longer side.
        shares: How often each kind of example is drawn: one of `LABELS`, "face" (presumed bare),
            "none" (no face) or "painted" (a bare face with a painted mask).
        rotation: Largest turn, degrees.
        zoom: Standard deviation of the logarithm of the crop's size.
        shift: Standard deviation of the crop's place, as a share of the box.
        shear: Largest shear.
        least: Smallest side, in pixels, to which a crop is reduced to look like a small face.
        photometric: How often light, colour, blur, noise and compression change, relative to the usual.
        detected_boxes: How often a face is cropped at the box that a detector gives, as in use, instead of
            the labelled one.
        real_fabric: How often a painted mask has the fabric of a real one.
        degraded: How often a crop gets strong noise or visible pixels.
        wearing_styles: How often a painted mask is worn in each of the styles of
            `maskwatch.training.synthesis.wearing_styles`.
        caps: How often a cap is painted over the brow of a face.
        occluders: How often something else than a mask is painted before a bare face.
    """

    size: Count = 112
    margin: Positive = 1.4
    shares: dict[str, Amount] = field(
        default_factory=lambda: {
            "with_mask": 0.30,
            "without_mask": 0.22,
            "mask_worn_incorrectly": 0.14,
            "painted": 0.11,
            "face": 0.08,
            "none": 0.15,
        }
    )
    rotation: Amount = 18.0
    zoom: Amount = 0.10
    shift: Amount = 0.05
    shear: Amount = 0.08
    least: Count = 14
    photometric: Amount = 1.0
    detected_boxes: Share = 0.0
    real_fabric: Share = 0.0
    degraded: Share = 0.0
    wearing_styles: dict[str, Amount] = field(
        default_factory=lambda: {
            "nose_out": 0.42,
            "chin": 0.18,
            "eyes": 0.06,
            "nose_only": 0.06,
            "hanging": 0.0,
            "correct": 0.28,
        }
    )
    caps: Share = 0.0
    occluders: Share = 0.0


class ClassifierData(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless random examples; number i is the same whenever it is asked for with the same seed."""

    def __init__(
        self,
        examples: Sequence[FaceExample],
        pictures: PictureCache,
        recipe: FaceRecipe,
        length: int,
        seed: int = 0,
    ) -> None:
        self.pictures, self.recipe, self.length, self.seed = pictures, recipe, length, seed
        names = {**dict(enumerate(LABELS)), PRESUMED_BARE: "face", NOT_A_FACE: "none"}
        kinds: dict[str, list[FaceExample]] = {name: [] for name in (*names.values(), "painted")}
        if unknown := set(recipe.shares) - set(kinds):
            raise ConfigError(f"recipe: faces.shares: no kind {min(unknown)!r}; known are {', '.join(kinds)}")
        if unknown := set(recipe.wearing_styles) - set(WAYS):
            raise ConfigError(
                f"recipe: faces.wearing_styles: no style {min(unknown)!r}; known are {', '.join(WAYS)}"
            )
        if not any(recipe.wearing_styles.values()):
            raise ConfigError(
                "recipe: faces.wearing_styles: none is drawn; give at least one of them a share above 0"
            )
        for example in examples:
            kinds[names[example.state]].append(example)
            if example.landmarks is not None and example.state in _BARE:
                kinds["painted"].append(example)
        self._donors = [e for e in kinds["with_mask"] if e.landmarks is not None]
        self._kinds = {name: found for name, found in kinds.items() if found and recipe.shares.get(name)}
        shares = np.array([recipe.shares[name] for name in self._kinds])
        self._shares = shares / shares.sum()
        often = np.array([recipe.wearing_styles.get(way, 0.0) for way in WAYS])
        self._often = often / often.sum()
        self.settled = self._settled()
        self._asked = np.array([column not in self.settled for column in range(len(OUTPUTS))], np.float32)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        """Picture (3, s, s) uint8 RGB, targets (4,) and weights (4,) as `binary_loss` takes them."""
        rng = np.random.default_rng((self.seed, index))
        kind = rng.choice(len(self._kinds), p=self._shares)
        name = list(self._kinds)[kind]
        found = self._kinds[name]
        example = found[rng.integers(len(found))]
        picture, shrunk = self.pictures[example.path]
        way = WAYS[rng.choice(len(WAYS), p=self._often)] if name == "painted" else None
        state = example.state if way is None else _painted(way)
        box = example.box
        if example.found is not None and rng.random() < self.recipe.detected_boxes:
            box = example.found
        crop, matrix = self._cut(picture, box * shrunk, rng)
        if example.landmarks is not None:
            landmarks = _moved(example.landmarks * shrunk, matrix)
            if way is not None:
                landmarks, style, worn = fit(way, crop.shape, landmarks, random_style(rng), rng)
                donor = self._donor(rng) if rng.random() < self.recipe.real_fabric else None
                crop = paint_mask(crop, landmarks, style, worn, donor)
            elif state in _BARE and rng.random() < self.recipe.occluders:
                crop = paint_thing(crop, landmarks, rng)
        if rng.random() < self.recipe.caps:
            crop = paint_cap(crop, _moved_box(example.box * shrunk, matrix), rng)
        if rng.random() < 0.5:
            crop = np.ascontiguousarray(crop[:, ::-1])
        if rng.random() < 0.5 and self.recipe.least < self.recipe.size:
            crop = augmentation.shrink(crop, rng, self.recipe.least)
        crop = augmentation.photometric(crop, rng, self.recipe.photometric)
        if rng.random() < self.recipe.degraded:
            crop = augmentation.spoil(crop, rng, self.recipe.size / self.recipe.margin)
        if rng.random() < 0.08:
            crop = _patch(crop, rng)
        planes = np.ascontiguousarray(crop[:, :, ::-1].transpose(2, 0, 1))
        targets, weights = _targets(state, example.turned)
        weights *= self._asked
        return torch.from_numpy(planes), torch.from_numpy(targets), torch.from_numpy(weights)

    @property
    def kinds(self) -> dict[str, int]:
        """How many examples of each kind there are, of the kinds that are drawn."""
        return {name: len(found) for name, found in self._kinds.items()}

    def _settled(self) -> dict[int, bool]:
        """Questions (columns of the targets) to which all examples that are drawn give the same answer."""
        painted = {_painted(way) for way, share in self.recipe.wearing_styles.items() if share}
        seen = {
            (state, example.turned)
            for name, found in self._kinds.items()
            for example in found
            for state in _STATES.get(name) or painted
        }
        answered = [_targets(*example) for example in seen]
        answers = [{bool(t[c]) for t, w in answered if w[c]} for c in range(len(OUTPUTS))]
        # Where nothing is known: every mask covers, no face is turned away.
        return {
            c: min(found, default=OUTPUTS[c] != "turned") for c, found in enumerate(answers) if len(found) < 2
        }

    def _donor(self, rng: Generator) -> Donor | None:
        """Somebody's real mask."""
        if not self._donors:
            return None
        example = self._donors[rng.integers(len(self._donors))]
        assert example.landmarks is not None
        picture, shrunk = self.pictures[example.path]
        box, landmarks = example.box * shrunk, example.landmarks * shrunk
        low = np.maximum(box[:2].astype(int) - 2, 0)
        high = np.ceil(box[2:] + 0.3 * (box[2:] - box[:2])).astype(int)  # a mask may hang below the face
        part = picture[low[1] : high[1], low[0] : high[0]]
        factor = min(1.0, _DONOR / max(float((box[2:] - box[:2]).max()), 1.0))
        image = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return Donor(np.asarray(image, np.uint8), ((landmarks - low) * factor).astype(np.float32))

    def _cut(
        self, picture: Image, box: NDArray[np.float32], rng: Generator
    ) -> tuple[Image, NDArray[np.float64]]:
        """The crop, turned, moved, zoomed and sheared; and the (2, 3) matrix from picture to crop."""
        recipe, size = self.recipe, self.recipe.size
        longest = float(max(box[2:] - box[:2]))
        side = longest * recipe.margin * float(np.exp(rng.normal(0, recipe.zoom)))
        centre = (box[:2] + box[2:]) / 2 + rng.normal(0, recipe.shift, 2) * longest
        turn = np.deg2rad(rng.uniform(-1, 1) * recipe.rotation * (rng.random() < 0.6))
        shear = rng.uniform(-1, 1) * recipe.shear
        scale = size / max(side, 1.0)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn) + shear], [np.sin(turn), np.cos(turn)]])
        if scale < 0.5:
            factor = scale * 1.5
            x0, y0 = np.maximum(np.floor(centre - side).astype(int), 0)
            x1, y1 = np.ceil(centre + side).astype(int)
            part = picture[y0:y1, x0:x1]
            picture = np.asarray(
                cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
            )
            linear_here, centre_here = linear / factor, (centre - [x0, y0]) * factor
        else:
            linear_here, centre_here = linear, centre
        crop = cv2.warpAffine(
            picture,
            _about(linear_here, centre_here, size),
            (size, size),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(crop, np.uint8), _about(linear, centre, size)


def _about(linear: NDArray[np.float64], centre: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    """(2, 3) matrix that takes `centre` to the middle of the crop."""
    return np.concatenate([linear, (size / 2 - linear @ centre)[:, None]], 1)


def _moved(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 2) points of the picture, in the crop."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _moved_box(box: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """The upright box through the middles of the sides of a box that may have been turned."""
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    left, top, right, bottom = _moved(np.array([[x1, y], [x, y1], [x2, y], [x, y2]]), matrix)
    return np.array([left[0], top[1], right[0], bottom[1]], np.float32)


def _painted(way: str) -> int:
    """State of a face with a painted mask."""
    return WITH if way == "correct" else WRONG


def _targets(state: int, turned: bool | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    face = float(state != NOT_A_FACE)
    mask = float(state in (WITH, WRONG))
    sure = {NOT_A_FACE: 0.0, PRESUMED_BARE: 0.5}.get(state, 1.0)
    weights = [1.0, sure, mask, 0.0 if turned is None else 0.5]
    return np.array([face, mask, float(state == WITH), bool(turned)], np.float32), np.array(
        weights, np.float32
    )


def _patch(image: Image, rng: Generator) -> Image:
    """Something small in front of the face: a plain rectangle at a random place."""
    size = image.shape[0]
    width, height = (rng.uniform(0.1, 0.3, 2) * size).astype(int)
    x, y = rng.integers(0, size - width), rng.integers(0, size - height)
    image = image.copy()
    image[y : y + height, x : x + width] = rng.integers(0, 256, 3)
    return image
