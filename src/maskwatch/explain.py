"""Explains answers by occlusion maps (Zeiler and Fergus, arXiv 1311.2901). Pure: numpy and OpenCV.

A grey patch slides over the face, and the classifier answers again at each place. Where the patch lowers the
probability of the answer, the classifier uses what is below it. Only `Classifier.classify` is called, so any
classifier can be explained, the shipped ONNX file among them, exactly as it answers in use.

A small patch shows the place most exactly, but a very certain answer survives it: where a patch changes
nothing, a larger one is taken.

The patch does not remove a part of the face, it makes it grey: over an uncovered mouth it may look like a
mask itself, and over a mask it hides little. The map shows what the model uses, not what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.annotate import STYLES, heat_map
from maskwatch.classifiers.base import Classifier
from maskwatch.errors import ModelError
from maskwatch.geometry import GREY
from maskwatch.types import LABELS, Faces, Image, Label

# All in sides of the face: the longer side of its box is 1.
_VIEW: Final = 2.0  # what the classifier may see; the shipped ones cut less
_SEARCHED: Final = 1.4  # where the patch goes
_PATCHES: Final = (0.25, 0.4, 0.55)
_STEP: Final = 0.1

_LARGEST: Final = 192  # pixels: larger faces are shrunk, as classifiers do anyway
_BATCH: Final = 32
_WEAK: Final = 0.05
"""A fall of the probability below which no place counts as one that matters."""

# Where each part of a face ends, in heights of its box, which reaches from the hair to the chin.
_PARTS: Final = (
    (-0.05, "hair"),
    (0.2, "forehead"),
    (0.4, "eyes"),
    (0.6, "nose"),
    (0.82, "mouth"),
    (1.05, "chin"),
    (np.inf, "neck"),
)
_BESIDE: Final = "the background beside the face"
_MIN_SHARE: Final = 0.2  # of the strong places that a part must hold to be named


@dataclass(frozen=True, slots=True)
class Explanation:
    """The occlusion map of one face.

    Attributes:
        label: The answer.
        probability: Of the answer, with nothing covered, from 0 to 1.
        view: (s, s, 3) uint8, BGR: the face and what is around it.
        box: (4,) float32: the face's x1, y1, x2, y2 in pixels of `view`.
        heat: (s, s) float32: by how much the probability falls where a pixel is covered, as the mean over
            the patches that cover it; below 0 where it rises.
        fall: The largest fall by a single patch, from 0 to 1.
        lost: Whether the classifier no longer took the place for a face under some patch.
        parts: Names of the places where the map is strong, from top to bottom; none if `fall` is small.
        patch: Side of the patch, in sides of the face.
        patches: Number of places that the patch was laid on.
    """

    label: Label
    probability: float
    view: Image
    box: NDArray[np.float32]
    heat: NDArray[np.float32]
    fall: float
    lost: bool
    parts: tuple[str, ...]
    patch: float
    patches: int

    @property
    def sentence(self) -> str:
        """The map in words."""
        if not self.parts:
            return (
                "The answer rests on no single place: whatever is covered, it falls by at most"
                f" {100 * max(self.fall, 0):.0f} points from {self.probability:.0%}."
            )
        if self.lost:
            effect = "with a part of it covered, the model no longer takes this for a face."
            return f"The answer rests on {self._where}: {effect}"
        left = max(self.probability - self.fall, 0.0)
        return (
            f"The answer rests on {self._where}:"
            f" covering a part of it lowers the answer from {self.probability:.0%} to {left:.0%}."
        )

    @property
    def _where(self) -> str:
        names = _join_words(self.parts)
        return names if self.parts == (_BESIDE,) else f"the region around the {names}"

    @property
    def strong(self) -> NDArray[np.bool_]:
        """(s, s) bool: where the heat is at least half of its maximum."""
        top = float(self.heat.max())
        strong: NDArray[np.bool_] = (self.heat >= top / 2) & (top > 0)
        return strong


def explain(
    image: Image,
    box: NDArray[np.float32],
    classifier: Classifier,
    progress: Callable[[Sequence[int]], Iterable[int]] = lambda batches: batches,
) -> Explanation:
    """Makes the occlusion map of a face.

    Args:
        image: (h, w, 3) uint8, BGR: the picture.
        box: (4,) float32: x1, y1, x2, y2 of the face in pixels.
        classifier: Any classifier; it gets some hundred covered faces.
        progress: Passes numbers of batches on and may show the progress.

    Raises:
        ModelError: The classifier does not take the box for a face, or gives no probabilities.
    """
    view, inside = _cut(image, np.asarray(box, np.float32))
    (uncovered,) = _classify_covered(classifier, view, inside, [None])
    if uncovered is None:
        raise ModelError(
            "the classifier does not take this place for a face, so there is no answer to explain"
        )
    answer = int(uncovered.argmax())
    heat, largest, size, count = np.zeros(view.shape[:2], np.float32), 0.0, 0.0, 0
    lost = False
    for size in _PATCHES:
        patches = _patches(inside, view.shape[0], size)
        falls: list[float] = []
        for start in progress(range(0, len(patches), _BATCH)):
            for covered in _classify_covered(classifier, view, inside, patches[start : start + _BATCH]):
                lost |= covered is None
                # A crop that is no longer taken for a face has lost the whole probability.
                falls.append(float(uncovered[answer] - (0.0 if covered is None else covered[answer])))
        heat, largest, count = _spread(falls, patches, view.shape[0]), max(falls), len(patches)
        if largest >= _WEAK:
            break
    return Explanation(
        LABELS[answer],
        float(uncovered[answer]),
        view,
        inside,
        heat,
        largest,
        lost,
        _parts(heat, inside) if largest >= _WEAK else (),
        size,
        count,
    )


Patch = tuple[int, int, int, int]


def _cut(image: Image, box: NDArray[np.float32]) -> tuple[Image, NDArray[np.float32]]:
    """Returns the square around a face, pixel by pixel unless the face is large, and the face's box in it."""
    x1, y1, x2, y2 = (float(v) for v in box)
    longer = max(x2 - x1, y2 - y1, 1.0)
    side = max(4, round(_VIEW * longer))
    left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
    height, width = image.shape[:2]
    # What lies outside the picture repeats its edge, as the crops of classifiers do.
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    view: Image = image[rows[:, None], columns]
    inside = box - np.array([left, top, left, top], np.float32)
    factor = _LARGEST / longer
    if factor < 1:
        small = round(side * factor)
        view = np.asarray(cv2.resize(view, (small, small), interpolation=cv2.INTER_AREA), np.uint8)
        inside = inside * np.float32(small / side)
    return view, inside.astype(np.float32)


def _patches(box: NDArray[np.float32], side: int, size: float) -> list[Patch]:
    """Returns where a grey patch of this size is laid: x1, y1, x2, y2 in whole pixels of the view."""
    face = max(float(box[2] - box[0]), float(box[3] - box[1]), 1.0)
    steps = np.arange(-_SEARCHED / 2, _SEARCHED / 2 + 1e-6, _STEP) * face
    half = max(size * face / 2, 0.5)
    middle = (box[:2] + box[2:]) / 2
    columns, rows = (
        [(max(0, round(m + s - half)), min(side, round(m + s + half))) for s in steps]
        for m in middle.tolist()
    )
    return [(x1, y1, x2, y2) for y1, y2 in rows for x1, x2 in columns if x2 > x1 and y2 > y1]


def _classify_covered(
    classifier: Classifier, view: Image, box: NDArray[np.float32], patches: Sequence[Patch | None]
) -> list[NDArray[np.float32] | None]:
    """Returns the probabilities, (3,) float32, under each patch; None where the classifier sees no face.

    The covered views are stacked into one tall picture, so that the classifier sees them in one call.
    """
    side = view.shape[0]
    tall = np.tile(view, (len(patches), 1, 1))
    for number, patch in enumerate(patches):
        if patch is not None:
            x1, y1, x2, y2 = patch
            tall[number * side + y1 : number * side + y2, x1:x2] = GREY
    down = np.arange(len(patches), dtype=np.float32) * side
    boxes = box + np.stack([np.zeros_like(down), down] * 2, axis=1)
    faces = classifier.classify(tall, Faces(boxes, np.ones(len(patches), np.float32)))
    if faces.probabilities is None:
        raise ModelError("this classifier gives no probabilities, so there is nothing to explain")
    answers: list[NDArray[np.float32] | None] = [None] * len(patches)
    # Faces may have been dropped: the height at which one lies says whose it is.
    for number, probabilities in zip(
        faces.boxes[:, [1, 3]].mean(axis=1) // side, faces.probabilities, strict=True
    ):
        answers[int(number)] = probabilities
    return answers


def _spread(falls: Sequence[float], patches: Sequence[Patch], side: int) -> NDArray[np.float32]:
    """Returns (side, side) float32: the mean fall of the patches that cover each pixel; 0 where none does."""
    total = np.zeros((side, side), np.float64)
    times = np.zeros((side, side), np.int64)
    for fall, (x1, y1, x2, y2) in zip(falls, patches, strict=True):
        total[y1:y2, x1:x2] += fall
        times[y1:y2, x1:x2] += 1
    return np.divide(total, times, out=np.zeros_like(total), where=times > 0).astype(np.float32)


def _parts(heat: NDArray[np.float32], box: NDArray[np.float32]) -> tuple[str, ...]:
    """Returns the parts of the face that hold the strong half of the map."""
    strong = np.where(heat >= heat.max() / 2, heat, 0)
    x1, y1, x2, y2 = (float(v) for v in box)
    rows = (np.arange(heat.shape[0]) + 0.5 - y1) / max(y2 - y1, 1.0)
    columns = (np.arange(heat.shape[1]) + 0.5 - x1) / max(x2 - x1, 1.0)
    on_face = (columns >= -0.1) & (columns <= 1.1)
    total = float(strong.sum())
    edges = np.searchsorted([edge for edge, _ in _PARTS], rows, side="right")
    shares = {
        name: float(strong[edges == number][:, on_face].sum()) / total
        for number, (_, name) in enumerate(_PARTS)
    }
    shares[_BESIDE] = float(strong[:, ~on_face].sum()) / total
    named = tuple(name for name, share in shares.items() if share >= _MIN_SHARE)
    return named or (max(shares, key=lambda name: shares[name]),)


def _join_words(names: Sequence[str]) -> str:
    """Returns for example "eyes, nose and mouth"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def summary(explanation: Explanation) -> dict[str, Any]:
    """Returns the explanation as plain data, ready for JSON; places are in sides of the face's box."""
    x1, y1, x2, y2 = (float(v) for v in explanation.box)
    rows, columns = np.nonzero(explanation.strong)
    place = None
    if explanation.parts:
        width, height = max(x2 - x1, 1.0), max(y2 - y1, 1.0)
        place = [
            round((int(columns.min()) - x1) / width, 2),
            round((int(rows.min()) - y1) / height, 2),
            round((int(columns.max()) + 1 - x1) / width, 2),
            round((int(rows.max()) + 1 - y1) / height, 2),
        ]
    return {
        "label": explanation.label,
        "probability": round(explanation.probability, 4),
        "fall": round(explanation.fall, 4),
        "lost": explanation.lost,
        "parts": list(explanation.parts),
        "strong": place,
        "patch": explanation.patch,
        "patches": explanation.patches,
        "text": explanation.sentence,
    }


def heat_picture(explanation: Explanation, title: str, model: str) -> Image:
    """Draws the map as a picture with its legend; see `maskwatch.annotate.heat_map`.

    Args:
        explanation: The explanation.
        title: Which face it is, for people.
        model: Name of the classifier's file.

    Returns:
        (h, w, 3) uint8, BGR.
    """
    return heat_map(
        explanation.view,
        explanation.box.tolist(),
        explanation.heat,
        _top(explanation),
        heat_lines(explanation, title, model),
        ("no fall", "largest mean fall"),
    )


def heat_lines(explanation: Explanation, title: str, model: str) -> list[str]:
    """Returns the lines below the map; see `heat_picture`.

    The colours show means over many patches, the sentence the strongest single one: both numbers are told.
    """
    style = STYLES[explanation.label]
    return [
        f"{title}: {style.symbol} {style.text} {explanation.probability:.0%}",
        explanation.sentence,
        "Inside the white line: at least half of the strongest fall. Left: the face as it is."
        if explanation.parts
        else "Left: the face as it is.",
        f"Occlusion map of {model}. Colours: the mean fall over all grey patches that cover a place; the"
        f" brightest stands for {_points(_top(explanation))}. The strongest single patch:"
        f" {_points(max(explanation.fall, 0.0))}.",
    ]


def _top(explanation: Explanation) -> float:
    """The fall of the brightest colour: `_WEAK` where nothing matters much, for that must not glow."""
    return float(explanation.heat.max()) if explanation.parts else _WEAK


def _points(fall: float) -> str:
    """A fall of a probability in percentage points, for example "23 points" or "0.4 points"."""
    points = 100 * fall
    return f"{points:.0f} points" if points >= 9.95 else f"{points:.1f} points"
