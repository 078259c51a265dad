"""The validation pictures from which the sets are made, with the landmarks of their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.corrections import apply_corrections, read_corrections
from maskwatch.data.sample import PortraitSample, Sample, make_sample
from maskwatch.evaluation.evaluation_set import Selection, select
from maskwatch.sources.images import read_image
from maskwatch.training.data.auto_labeller import auto_label, landmarks_for, turned_away
from maskwatch.training.data.label_cache import AutoLabels
from maskwatch.training.data.picture_cache import cache as decode
from maskwatch.types import LABELS, Image

CORRECTIONS: Final = Path(__file__).parents[1] / "val_corrections.csv"
"""Labels of the validation pictures that are wrong."""

_PORTRAIT_SCORE: Final = 0.7
"""The auto-labeller's score from which a portrait gets its box."""

_MIN_SIDE: Final = 24.0
"""Shorter side, pixels, of a face that is large enough to be painted on, or to be what a picture is about."""

_MIN_DONOR_SIDE: Final = 40.0
"""The same of a face whose mask gives fabric for others."""


@dataclass(frozen=True, slots=True)
class ValPicture:
    """A validation picture.

    Attributes:
        sample: Its n faces; that of a portrait has the auto-labeller's box.
        landmarks: (n, 5, 2) float32 pixels, as for `paint_mask`; NaN where they are not known.
        portrait: Whether it shows one person.
    """

    sample: Sample
    landmarks: NDArray[np.float32]
    portrait: bool

    @property
    def image(self) -> Image:
        """(h, w, 3) uint8, BGR, read anew each time."""
        return read_image(self.sample.path)

    @property
    def shown(self) -> NDArray[np.bool_]:
        """(n,) bool: faces of known state that are large enough."""
        return np.asarray((self.sample.states >= 0) & self._large(_MIN_SIDE))

    @property
    def bare(self) -> NDArray[np.bool_]:
        """(n,) bool: faces without a mask on which one can be painted."""
        return self._facing(LABELS.index("without_mask"), _MIN_SIDE)

    @property
    def donors(self) -> NDArray[np.bool_]:
        """(n,) bool: faces with a correctly worn mask whose fabric can be taken."""
        return self._facing(LABELS.index("with_mask"), _MIN_DONOR_SIDE)

    def _facing(self, state: int, side: float) -> NDArray[np.bool_]:
        known = np.isfinite(self.landmarks).all((1, 2))
        facing = known & ~turned_away(self.landmarks)
        return np.asarray((self.sample.states == state) & self._large(side) & facing)

    def _large(self, side: float) -> NDArray[np.bool_]:
        sides = (self.sample.boxes[:, 2:] - self.sample.boxes[:, :2]).min(1, initial=np.inf)
        return np.asarray((sides >= side) & ~self.sample.ignore)


def val_pictures(data: Path, auto_labeller: Path, cache: Path) -> list[ValPicture]:
    """Reads the validation pictures of scenes and portraits, with corrected labels.

    Portraits in which the auto-labeller finds no face are left out: nothing says where it is.

    Args:
        data: Folder of `scenes/` (COCO) and `crops/` (`val/` with a folder for each state); only read.
        auto_labeller: ONNX file of YuNet.
        cache: Folder that keeps decoded pictures and landmarks.

    Raises:
        DataError: There are no such pictures.
    """
    chosen = select(Selection([data / "scenes"], portraits=[data / "crops"], split="val"))
    corrections = read_corrections(CORRECTIONS)
    samples, portraits, _ = apply_corrections(chosen.samples, chosen.portraits, corrections)
    paths = [sample.path for sample in samples] + [portrait.path for portrait in portraits]
    labels = auto_label(paths, decode(paths, cache)[0], auto_labeller, cache)
    scenes = [
        ValPicture(sample, landmarks_for(sample, labels.get(sample.path)), False)
        for sample in samples
        if sample.path in labels
    ]
    return scenes + _portraits(portraits, labels)


def _portraits(portraits: Sequence[PortraitSample], labels: AutoLabels) -> list[ValPicture]:
    pictures = []
    for portrait in portraits:
        label = labels.get(portrait.path)
        if label is None or label.scores.max(initial=0) < _PORTRAIT_SCORE:
            continue
        best = int(label.scores.argmax())
        x1, y1, x2, y2 = label.boxes[best].tolist()
        sample = make_sample(portrait.path, [((x1, y1, x2, y2), portrait.state, False)], portrait.source)
        pictures.append(ValPicture(sample, label.landmarks[best : best + 1], True))
    return pictures
