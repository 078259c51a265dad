"""Training dataset of the mask classifier: random crops of faces and of things that are no faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as recipe_table
from torch import Tensor
from torch.utils.data import Dataset

from maskwatch.errors import ConfigError
from maskwatch.training.data import augmentation
from maskwatch.training.data.classifier_targets import (
    BARE,
    NOT_A_FACE,
    PRESUMED_BARE,
    constant_outputs,
    targets_of,
)
from maskwatch.training.data.crop_geometry import centred_affine, transform_box, transform_points, warp_face
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.nets.mask_net import OUTPUTS
from maskwatch.training.recipes.fields import STRICT, Amount, Count, Positive, Share
from maskwatch.training.synthesis.caps import paint_cap
from maskwatch.training.synthesis.masks import Donor, cut_donor, paint_mask, random_style
from maskwatch.training.synthesis.occluders import paint_occluder
from maskwatch.training.synthesis.wearing_styles import WEARING_STYLES, painted_state, place_mask
from maskwatch.types import LABELS, Image

_ROTATED: Final = 0.6
"""Share of the crops that are turned."""

_MIRRORED: Final = 0.5
_DOWNSCALED: Final = 0.5
_ON_ITS_SIDE: Final = np.pi / 4  # turn, radians, from which a face is taught as turned away
_ERASED: Final = 0.08

_STATES: Final[dict[str, tuple[int, ...]]] = {
    **{label: (state,) for state, label in enumerate(LABELS)},
    "face": (PRESUMED_BARE,),
    "none": (NOT_A_FACE,),
}
"""States of the examples of each kind. Those of "painted" examples depend on the recipe."""


@dataclass(frozen=True, slots=True)
class FaceExample:
    """A labelled place in a picture.

    Attributes:
        path: The picture.
        box: (4,) float32 x1, y1, x2, y2 in pixels of the picture.
        state: Index into `LABELS`, `PRESUMED_BARE` or `NOT_A_FACE`.
        landmarks: (5, 2) float32 pixels, as for `paint_mask`; None if no mask is to be painted here or taken
            from here.
        turned: Whether the face looks far to the side; None where that is not known.
        detected_box: (4,) float32: the box that a detector gives for this face; None where it gives none, or
            was not run.
    """

    path: Path
    box: NDArray[np.float32]
    state: int
    landmarks: NDArray[np.float32] | None = None
    turned: bool | None = None
    detected_box: NDArray[np.float32] | None = None


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
        turned: Share of the crops that are turned by any angle; a face on its side or upside down is
            taught as turned away.
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
    turned: Share = 0.0


class ClassifierData(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Random training examples. Example i depends on the seed and on i only.

    Args:
        examples: The labelled places to draw from.
        pictures: Decoded pixels.
        recipe: How examples are drawn and changed.
        length: Number of examples.
        seed: Of everything random.

    Attributes:
        constant_outputs: Outputs to which all drawn examples give the same target; see `constant_outputs`.

    Raises:
        ConfigError: The recipe names an unknown kind or wearing style.
    """

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
        if unknown := set(recipe.wearing_styles) - set(WEARING_STYLES):
            known = ", ".join(WEARING_STYLES)
            raise ConfigError(f"recipe: faces.wearing_styles: no style {min(unknown)!r}; known are {known}")
        if not any(recipe.wearing_styles.values()):
            raise ConfigError(
                "recipe: faces.wearing_styles: none is drawn; give at least one of them a share above 0"
            )
        for example in examples:
            kinds[names[example.state]].append(example)
            if example.landmarks is not None and example.state in BARE:
                kinds["painted"].append(example)
        self._donors = [e for e in kinds["with_mask"] if e.landmarks is not None]
        self._kinds = {
            name: members for name, members in kinds.items() if members and recipe.shares.get(name)
        }
        shares = np.array([recipe.shares[name] for name in self._kinds])
        self._kind_probabilities = shares / shares.sum()
        shares = np.array([recipe.wearing_styles.get(wearing, 0.0) for wearing in WEARING_STYLES])
        self._wearing_probabilities = shares / shares.sum()
        self.constant_outputs = constant_outputs(self._drawn_states())
        self._trained = np.array([c not in self.constant_outputs for c in range(len(OUTPUTS))], np.float32)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        """Returns example `index`.

        Returns:
            Crop (3, s, s) uint8 RGB; targets (4,) and weights (4,) float32, as for `binary_loss`.
        """
        rng = np.random.default_rng((self.seed, index))
        kind = list(self._kinds)[rng.choice(len(self._kinds), p=self._kind_probabilities)]
        members = self._kinds[kind]
        example = members[rng.integers(len(members))]
        picture, shrunk = self.pictures[example.path]
        wearing = self._draw_wearing(rng) if kind == "painted" else None
        state = example.state if wearing is None else painted_state(wearing)
        box = example.box
        if example.detected_box is not None and rng.random() < self.recipe.detected_boxes:
            box = example.detected_box
        turn = self._draw_turn(rng)
        crop, matrix = self._cut(picture, box * shrunk, turn, rng)
        if example.landmarks is not None:
            landmarks = transform_points(example.landmarks * shrunk, matrix)
            if wearing is not None:
                landmarks, style, position = place_mask(
                    wearing, crop.shape, landmarks, random_style(rng), rng
                )
                donor = self._donor(rng) if rng.random() < self.recipe.real_fabric else None
                crop = paint_mask(crop, landmarks, style, position, donor)
            elif state in BARE and rng.random() < self.recipe.occluders:
                crop = paint_occluder(crop, landmarks, rng)
        if rng.random() < self.recipe.caps:
            crop = paint_cap(crop, transform_box(example.box * shrunk, matrix), rng)
        planes = np.ascontiguousarray(self._augment(crop, rng)[:, :, ::-1].transpose(2, 0, 1))
        aside = True if state != NOT_A_FACE and abs(turn) > _ON_ITS_SIDE else example.turned
        targets, weights = targets_of(state, aside)
        weights *= self._trained
        return torch.from_numpy(planes), torch.from_numpy(targets), torch.from_numpy(weights)

    @property
    def kind_counts(self) -> dict[str, int]:
        """Kind -> number of examples, of the kinds that are drawn."""
        return {name: len(members) for name, members in self._kinds.items()}

    def _augment(self, crop: Image, rng: Generator) -> Image:
        if rng.random() < _MIRRORED:
            crop = np.ascontiguousarray(crop[:, ::-1])
        if rng.random() < _DOWNSCALED and self.recipe.least < self.recipe.size:
            crop = augmentation.downscale(crop, rng, self.recipe.least)
        crop = augmentation.photometric(crop, rng, self.recipe.photometric)
        if rng.random() < self.recipe.degraded:
            crop = augmentation.degrade(crop, rng, self.recipe.size / self.recipe.margin)
        if rng.random() < _ERASED:
            crop = augmentation.erase(crop, rng)
        return crop

    def _draw_wearing(self, rng: Generator) -> str:
        return WEARING_STYLES[rng.choice(len(WEARING_STYLES), p=self._wearing_probabilities)]

    def _drawn_states(self) -> set[tuple[int, bool | None]]:
        """Returns `state` and `turned` of all examples that may be drawn."""
        painted = {painted_state(wearing) for wearing, share in self.recipe.wearing_styles.items() if share}
        states = {
            (state, example.turned)
            for kind, members in self._kinds.items()
            for example in members
            for state in _STATES.get(kind) or painted
        }
        if self.recipe.turned:
            states |= {(state, True) for state, _ in states if state != NOT_A_FACE}
        return states

    def _donor(self, rng: Generator) -> Donor | None:
        """Draws a face with a real mask; None if there is none."""
        if not self._donors:
            return None
        example = self._donors[rng.integers(len(self._donors))]
        assert example.landmarks is not None
        picture, shrunk = self.pictures[example.path]
        return cut_donor(picture, example.box * shrunk, example.landmarks * shrunk)

    def _draw_turn(self, rng: Generator) -> float:
        """Draws the turn of a crop, radians; where the recipe turns none by any angle, that draws nothing."""
        if self.recipe.turned and rng.random() < self.recipe.turned:
            return rng.uniform(-np.pi, np.pi)
        return float(np.deg2rad(rng.uniform(-1, 1) * self.recipe.rotation * (rng.random() < _ROTATED)))

    def _cut(
        self, picture: Image, box: NDArray[np.float32], turn: float, rng: Generator
    ) -> tuple[Image, NDArray[np.float64]]:
        """Cuts out a box, turned by `turn` radians, with a random shift, zoom and shear.

        Returns:
            The crop (s, s, 3) uint8 and the (2, 3) matrix from pixels of the picture to pixels of the crop.
        """
        recipe, size = self.recipe, self.recipe.size
        longest = float(max(box[2:] - box[:2]))
        side = longest * recipe.margin * float(np.exp(rng.normal(0, recipe.zoom)))
        centre = (box[:2] + box[2:]) / 2 + rng.normal(0, recipe.shift, 2) * longest
        shear = rng.uniform(-1, 1) * recipe.shear
        scale = size / max(side, 1.0)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn) + shear], [np.sin(turn), np.cos(turn)]])
        return warp_face(picture, linear, centre, side, size), centred_affine(linear, centre, size)
