"""Training examples for the mask classifier: faces as the detector cuts them, and things that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from maskwatch.errors import ConfigError
from maskwatch.training import augment
from maskwatch.training.mask_net import OUTPUTS
from maskwatch.training.paint import Donor, Worn, paint_mask, random_style, visible_share
from maskwatch.training.pictures import Pictures
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


_WAYS: Final[tuple[tuple[Worn, int, Literal["as seen", "higher", "narrower"]], ...]] = (
    ("nose_out", WRONG, "as seen"),
    ("chin", WRONG, "as seen"),
    ("correct", WRONG, "higher"),  # over eyes and nose: the mouth is free
    ("correct", WRONG, "narrower"),  # over the nose alone
    ("correct", WITH, "as seen"),
)
_OFTEN: Final = (0.42, 0.18, 0.06, 0.06, 0.28)

_DONOR: Final = 100.0
"""Longer side, pixels, to which a face is reduced before its mask is taken: about that of the other face."""

_STATES: Final[dict[str, tuple[int, ...]]] = {
    **{label: (state,) for state, label in enumerate(LABELS)},
    "face": (PRESUMED_BARE,),
    "none": (NOT_A_FACE,),
    "painted": (WITH, WRONG),
}
"""States that examples of each kind may have."""


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


@dataclass(frozen=True)
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
        found: How often a face is cut out where a detector sees it, as in use, instead of where it is.
        donated: How often a painted mask has the cloth of a real one.
        spoilt: How often a crop gets strong noise or visible pixels.
    """

    size: int = 112
    margin: float = 1.4
    shares: dict[str, float] = field(
        default_factory=lambda: {
            "with_mask": 0.30,
            "without_mask": 0.22,
            "mask_worn_incorrectly": 0.14,
            "painted": 0.11,
            "face": 0.08,
            "none": 0.15,
        }
    )
    rotation: float = 18.0
    zoom: float = 0.10
    shift: float = 0.05
    shear: float = 0.08
    least: int = 14
    photometric: float = 1.0
    found: float = 0.0
    donated: float = 0.0
    spoilt: float = 0.0


class ClassifierData(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless random examples; number i is the same whenever it is asked for with the same seed."""

    def __init__(
        self,
        examples: Sequence[FaceExample],
        pictures: Pictures,
        recipe: FaceRecipe,
        length: int,
        seed: int = 0,
    ) -> None:
        self.pictures, self.recipe, self.length, self.seed = pictures, recipe, length, seed
        names = {**dict(enumerate(LABELS)), PRESUMED_BARE: "face", NOT_A_FACE: "none"}
        kinds: dict[str, list[FaceExample]] = {name: [] for name in (*names.values(), "painted")}
        if unknown := set(recipe.shares) - set(kinds):
            raise ConfigError(f"recipe: faces.shares: no kind {min(unknown)!r}; known are {', '.join(kinds)}")
        for example in examples:
            kinds[names[example.state]].append(example)
            if example.landmarks is not None and example.state in (WITHOUT, PRESUMED_BARE):
                kinds["painted"].append(example)
        self._donors = [e for e in kinds["with_mask"] if e.landmarks is not None]
        self._kinds = {name: found for name, found in kinds.items() if found and recipe.shares.get(name)}
        shares = np.array([recipe.shares[name] for name in self._kinds])
        self._shares = shares / shares.sum()
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
        state, landmarks = example.state, None
        if name == "painted":
            worn, state, place = _WAYS[rng.choice(len(_WAYS), p=_OFTEN)]
            assert example.landmarks is not None
            landmarks = example.landmarks
            if place == "higher":
                landmarks = _higher(landmarks, rng.uniform(0.7, 1.0))
            elif place == "narrower":
                landmarks = _narrower(landmarks, rng.uniform(0.42, 0.55))
        box = example.box
        if example.found is not None and rng.random() < self.recipe.found:
            box = example.found
        crop, moved = self._cut(picture, box * shrunk, rng, landmarks, shrunk)
        if moved is not None:
            style = random_style(rng)
            if worn == "chin" and visible_share(crop.shape, moved, style, worn) < 0.5:
                worn = "nose_out"  # the crop ends above the chin: nothing of the mask would be seen
            donor = self._donor(rng) if rng.random() < self.recipe.donated else None
            crop = paint_mask(crop, moved, style, worn, donor)
        if rng.random() < 0.5:
            crop = np.ascontiguousarray(crop[:, ::-1])
        if rng.random() < 0.5 and self.recipe.least < self.recipe.size:
            crop = augment.shrink(crop, rng, self.recipe.least)
        crop = augment.photometric(crop, rng, self.recipe.photometric)
        if rng.random() < self.recipe.spoilt:
            crop = augment.spoil(crop, rng, self.recipe.size / self.recipe.margin)
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
        seen = {
            (state, example.turned)
            for name, found in self._kinds.items()
            for example in found
            for state in _STATES[name]
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
        self,
        picture: Image,
        box: NDArray[np.float32],
        rng: Generator,
        landmarks: NDArray[np.float32] | None,
        shrunk: float,
    ) -> tuple[Image, NDArray[np.float32] | None]:
        """The crop, turned, moved, zoomed and sheared; landmarks likewise."""
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
        matrix = np.concatenate([linear_here, (size / 2 - linear_here @ centre_here)[:, None]], 1)
        crop = cv2.warpAffine(
            picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        if landmarks is None:
            return np.asarray(crop, np.uint8), None
        moved = (landmarks * shrunk - centre) @ linear.T + size / 2
        return np.asarray(crop, np.uint8), moved.astype(np.float32)


def _targets(state: int, turned: bool | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    face = float(state != NOT_A_FACE)
    mask = float(state in (WITH, WRONG))
    sure = {NOT_A_FACE: 0.0, PRESUMED_BARE: 0.5}.get(state, 1.0)
    weights = [1.0, sure, mask, 0.0 if turned is None else 0.5]
    return np.array([face, mask, float(state == WITH), bool(turned)], np.float32), np.array(
        weights, np.float32
    )


def _higher(landmarks: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Landmarks moved up the face by a share of the way from mouth to eyes."""
    moved = landmarks + share * (landmarks[:2].mean(0) - landmarks[3:].mean(0))
    return np.asarray(moved, np.float32)


def _narrower(landmarks: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Landmarks of a face that is only a share as long below the eyes: a mask on it ends above the mouth."""
    eyes = landmarks[:2].mean(0)
    down = landmarks[3:].mean(0) - eyes
    depth = (landmarks - eyes) @ down / max(float(down @ down), 1e-6)
    return np.asarray(landmarks - (1 - share) * depth[:, None] * down, np.float32)


def _patch(image: Image, rng: Generator) -> Image:
    """Something small in front of the face: a plain rectangle at a random place."""
    size = image.shape[0]
    width, height = (rng.uniform(0.1, 0.3, 2) * size).astype(int)
    x, y = rng.integers(0, size - width), rng.integers(0, size - height)
    image = image.copy()
    image[y : y + height, x : x + width] = rng.integers(0, 256, 3)
    return image
