"""Further searches of a still picture in which no convincing face was found.

The tries, in this order; the first that convinces is the last one made:

1. `Retry`: nothing was found -> a smaller copy, in which noise matters less.
2. `Padding`: no answer is certain -> a copy with a grey border, for a face that fills the picture.
3. `Turning`: no answer is `convincing` -> the picture turned by 90, 180 and 270 degrees.

Each makes a `View`: a picture, and the way from boxes in it back to the given picture. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import GREY, clip, containment, iou
from maskwatch.types import Faces, Image

Search = Callable[[Image], Faces]
"""Finds and classifies the faces of one picture."""

CONVINCING_SCORE: Final = 0.95
"""A picture with a certain answer on a face of at least this score is not searched in other orientations.
13 of 100 upright portraits and 11 of 100 upright scenes have none."""

_LARGEST_TURNED: Final = 2560  # longer side, pixels: twice the largest size of a search
_SAME_FACE: Final = 0.4  # IoU from which boxes of two searches are one face
_PART: Final = 0.6  # share of a box inside a larger face from which it is taken for a part of it
_SMOOTHING: Final = 1e-4  # keeps log-odds finite where nothing was found


@dataclass(frozen=True, slots=True)
class View:
    """A picture made of another one.

    Attributes:
        image: (h, w, 3) uint8, BGR.
        back: Turns boxes (n, 4) in pixels of `image` into boxes in pixels of the given picture.
    """

    image: Image
    back: Callable[[NDArray[np.float32]], NDArray[np.float32]]

    def search(self, search: Search) -> Faces:
        """Returns the faces of the view, with boxes in pixels of the given picture."""
        faces = search(self.image)
        return faces.with_(boxes=self.back(faces.boxes))


def resized(image: Image, width: int, height: int) -> View:
    """Returns a smaller copy, made by averaging over areas."""
    factors = np.array([image.shape[1] / width, image.shape[0] / height] * 2, np.float32)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return View(np.asarray(small, np.uint8), lambda boxes: boxes * factors)


def limited(image: Image, longest: int) -> View:
    """Returns a copy of at most `longest` pixels on the longer side; the picture itself if it is smaller."""
    height, width = image.shape[:2]
    factor = longest / max(width, height)
    if factor >= 1:
        return View(image, lambda boxes: boxes)
    return resized(image, max(1, round(width * factor)), max(1, round(height * factor)))


def bordered(image: Image, share: float) -> View:
    """Returns a copy with a grey border all round, as wide as `share` of each side."""
    height, width = image.shape[:2]
    x, y = round(share * width), round(share * height)
    copy = cv2.copyMakeBorder(image, y, y, x, x, cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY))
    offset = np.array([x, y, x, y], np.float32)
    return View(np.asarray(copy, np.uint8), lambda boxes: clip(boxes - offset, width, height))


def turned(image: Image, quarters: int) -> View:
    """Returns a copy turned counterclockwise by `quarters` (1, 2 or 3) times 90 degrees."""
    height, width = image.shape[:2]

    def back(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        x1, y1, x2, y2 = boxes.T
        corners = {
            1: (width - y2, x1, width - y1, x2),
            2: (width - x2, height - y2, width - x1, height - y1),
            3: (y1, height - x2, y2, height - x1),
        }
        return np.stack(corners[quarters], axis=1).astype(np.float32)

    return View(np.ascontiguousarray(np.rot90(image, quarters)), back)


def convincing(faces: Faces) -> bool:
    """Returns whether a face has a certain answer and a score of at least `CONVINCING_SCORE`."""
    return bool((faces.certain & (faces.scores >= CONVINCING_SCORE)).any())


@dataclass(frozen=True, slots=True)
class Retry:
    """A second search, in a smaller copy, of a picture in which no face was found.

    Averaging pixels removes strong noise and visible JPEG blocks, which can hide a large face.

    Attributes:
        shrink: Factor by which width and height of the copy are smaller.
        threshold: Face score in [0, 1] below which a face found in the copy is not reported.
        least: Shorter side in pixels that the copy must have; there is no second search below it.
    """

    shrink: float
    threshold: float
    least: int = 32

    def __call__(self, image: Image, faces: Faces, search: Search) -> Faces:
        """Returns the faces of the copy; `faces` if there are some, or if the copy would be too small."""
        height, width = (round(side / self.shrink) for side in image.shape[:2])
        if len(faces) or min(height, width) < self.least:
            return faces
        found = resized(image, width, height).search(search)
        return found[found.scores >= self.threshold]


@dataclass(frozen=True, slots=True)
class Padding:
    """A search in a copy with a grey border, of a picture in which no answer is certain.

    The network has learnt faces with some surroundings. It misses one that fills or overflows the picture.

    Attributes:
        border: Width of the border, as a share of the side that it lengthens.
        threshold: Face score in [0, 1] that a face found in the copy needs.
        least: Side of such a face, as a share of the picture's shorter side; smaller ones are found without.
        longest: Longer side in pixels to which the picture is reduced first; large faces need no more.
    """

    border: float = 0.5
    threshold: float = 0.6
    least: float = 0.5
    longest: int = 640

    def __call__(self, image: Image, faces: Faces, search: Search) -> Faces:
        """Returns `faces` with the large faces of the copy, which replace what overlaps them."""
        if faces.certain.any():
            return faces
        small = limited(image, self.longest)
        found = bordered(small.image, self.border).search(search)
        found = found.with_(boxes=small.back(found.boxes))
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        found = found[
            (found.scores >= self.threshold) & (sides.min(axis=1) >= self.least * min(image.shape[:2]))
        ]
        return _replaced(faces, found)


@dataclass(frozen=True, slots=True)
class Turning:
    """Searches in the picture turned by 90, 180 and 270 degrees; the best orientation wins.

    Measured on 150 portraits and 100 scenes in four orientations each: of the portraits that were upside
    down or on their side, 93 to 97 of 100 were found so, of upright ones 1 in 100 was turned by mistake.

    Attributes:
        threshold: Score that the best face of another orientation needs.
        threshold_if_none: The same where nothing was found in the picture as it is: keeps pictures without
            a face free of false ones.
        lead: By how much the log-odds of that score must be above those of the picture as it is.
    """

    threshold: float = 0.6
    threshold_if_none: float = 0.9
    lead: float = 0.3

    def __call__(self, image: Image, faces: Faces, search: Search) -> Faces:
        """Returns the faces of the best orientation, boxes in pixels of the picture as it is."""
        if convincing(faces):
            return faces
        small = limited(image, _LARGEST_TURNED)
        best = Faces.empty()
        for quarters in (2, 1, 3):
            found = turned(small.image, quarters).search(search)
            if found.scores.max(initial=0) > best.scores.max(initial=0):
                best = found
        top = float(best.scores.max(initial=0))
        lead = _log_odds(top) - _log_odds(float(faces.scores.max(initial=0)))
        if top < (self.threshold if len(faces) else self.threshold_if_none) or lead < self.lead:
            return faces
        return best.with_(boxes=small.back(best.boxes))


def _replaced(faces: Faces, better: Faces) -> Faces:
    """Returns `better`, and of `faces` those that are neither the same as one of them nor a part of one."""
    if not len(better) or not len(faces):
        return better if len(better) else faces
    same = iou(faces.boxes, better.boxes).max(axis=1) >= _SAME_FACE
    part = containment(faces.boxes, better.boxes).max(axis=1) >= _PART
    return joined(better, faces[~(same | part)])


def joined(first: Faces, second: Faces) -> Faces:
    """Returns the faces of both, which come from the same models."""
    if not len(first) or not len(second):
        return first if len(first) else second
    return Faces.joined([first, second])


def _log_odds(score: float) -> float:
    return math.log((score + _SMOOTHING) / (1 - score + _SMOOTHING))
