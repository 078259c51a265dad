"""Heads cut from labelled pictures: the people of the made scenes. Some have one face in several states."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.people.negatives import CORRECTIONS
from benchmarks.people.shape import DOWN, LEFT, UP, Floats, inside
from maskwatch.data.corrections import apply_corrections, read_corrections
from maskwatch.data.formats.coco import read_coco
from maskwatch.data.sample import Sample
from maskwatch.geometry import containment, iou
from maskwatch.models.download import FILES, locate
from maskwatch.opencv_log import quiet
from maskwatch.sources.images import read_image
from maskwatch.training.synthesis.masks import MaskPosition, paint_mask, random_style
from maskwatch.types import LABELS, Image

MASKED, UNMASKED, WRONG = (LABELS.index(s) for s in ("with_mask", "without_mask", "mask_worn_incorrectly"))
YUNET: Final = "face_detection_yunet_2026may.onnx"

_LEAST: Final = 36.0  # shorter side of a face in its picture, pixels
_LARGEST: Final = 180.0  # height to which faces are shrunk: more is never shown
_NEEDED: Final = (0.62, 0.60, 0.62)  # of a person, that must lie in the picture: sides, up, down
_WRONG_LABELS: Final = Path(__file__).with_name("wrong_labels.csv")
_SAME: Final = 0.5  # IoU from which the box of YuNet and the labelled one mean the same
_TOUCHES: Final = 0.3  # share of the smaller box from which they at least mean the same head
_OTHER: Final = 0.25  # share of another face in the cut from which it is not used
_YUNET_SCORE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Head:
    """A person cut out of a picture.

    Attributes:
        name: File and number of the box.
        group: Of near-copies, which may show the same person.
        looks: State -> (h, w, 3) uint8, BGR; all of one shape.
        alpha: (h, w) float32, 1 on the person, 0 beside.
        face: (4,) float32: the labelled box of the face in these pictures.
        own: The labelled state; the other looks are painted.
        size: Height of the face in the picture that it was cut from, pixels.
    """

    name: str
    group: str
    looks: Mapping[int, Image]
    alpha: Floats
    face: Floats
    own: int
    size: float

    @property
    def height(self) -> float:
        """Height of the face in `looks`, pixels."""
        return float(self.face[3] - self.face[1])


@dataclass(frozen=True, slots=True)
class Pool:
    """The heads of one split.

    Attributes:
        heads: All of them.
        left_out: Reason -> number of labelled faces that were not used.
    """

    heads: tuple[Head, ...]
    left_out: Mapping[str, int]


def cut_heads(data: Path, split: str) -> Pool:
    """Cuts out the heads of one split.

    Left out are faces under 36 pixels, cut by the rim of the picture, with another face beside them that
    would be pasted along, with a label that is plainly wrong (`wrong_labels.csv`; others are corrected by
    `benchmarks/val_corrections.csv`), and those whose labelled box lies beside the face: YuNet finds the
    head, but elsewhere. Which of them maskwatch's models find or get right is not looked at.

    Where YuNet finds the same face, the true box is the mean of its box and the labelled one, because styles
    differ by source.

    Args:
        data: Folder of the pictures, with `scenes/val.json`.
        split: "choose" or "report": near-copies of a picture are on one side.

    Returns:
        The heads, in the order of the file.
    """
    labelled = read_coco(data / "scenes" / "val.json")
    samples, _, _ = apply_corrections(labelled, (), read_corrections(CORRECTIONS))
    landmarks = _Landmarks(data)
    heads: list[Head] = []
    left_out: dict[str, int] = {}
    for sample in samples:
        if sample.source == "wider" or split_of(sample.group or sample.path.name) != split:
            continue
        for result in _heads_of(sample, landmarks):
            if isinstance(result, Head):
                heads.append(result)
            else:
                left_out[result] = left_out.get(result, 0) + 1
    return Pool(tuple(heads), left_out)


def split_of(group: str) -> str:
    """Returns the split of a group of near-copies: "choose" or "report"."""
    return ("choose", "report")[zlib.crc32(group.encode()) % 2]


@cache
def _wrong_labels() -> set[tuple[str, int]]:
    rows = csv.DictReader(_WRONG_LABELS.read_text(encoding="utf-8").splitlines())
    return {(row["picture"], int(row["box"])) for row in rows}


class _Landmarks:
    """Faces and landmarks by YuNet."""

    def __init__(self, data: Path) -> None:
        beside = data.parent / "weights" / "others" / YUNET
        path = beside if beside.is_file() and not FILES[YUNET].path.is_file() else locate(YUNET)
        with quiet():
            self._net = cv2.FaceDetectorYN.create(str(path), "", (64, 64), _YUNET_SCORE, 0.3, 5000)

    def find(self, image: Image) -> tuple[Floats, Floats]:
        """Returns boxes (n, 4) and landmarks (n, 5, 2), pixels."""
        self._net.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._net.detect(image)
        found = np.zeros((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)
        boxes = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1)
        return boxes, found[:, 4:14].reshape(-1, 5, 2)


def _heads_of(sample: Sample, landmarks: _Landmarks) -> Iterator[Head | str]:
    """Yields a head, or the reason why there is none, for each labelled face of a picture."""
    usable = [
        i
        for i, box in enumerate(sample.boxes)
        if not sample.ignore[i] and sample.states[i] >= 0 and min(box[2:] - box[:2]) >= _LEAST
    ]
    for _ in range(len(sample.boxes) - len(usable)):
        yield "small or without a state"
    if not usable:
        return
    image = read_image(sample.path)
    found, points = landmarks.find(image)
    wrong = _wrong_labels()
    for i in usable:
        box = sample.boxes[i]
        if (sample.path.name, i) in wrong:
            yield "wrong label"
            continue
        cut = _cut(box, image.shape)
        if cut is None:
            yield "at the rim of the picture"
            continue
        others = np.concatenate(
            [np.delete(sample.boxes, i, axis=0), found[iou(found, box[None])[:, 0] < 0.3]]
        )
        others = others[containment(others, box[None])[:, 0] < 0.8]  # a second box of the same face
        if len(others) and _shares(others, cut).max() > _OTHER:
            yield "beside another face"
            continue
        shares = iou(found, box[None])[:, 0] if len(found) else np.zeros(0, np.float32)
        marks = None
        if shares.max(initial=0) >= _SAME:
            marks = points[shares.argmax()]
            box = (box + found[shares.argmax()]) / 2
        elif len(found) and containment(found, box[None]).max() >= _TOUCHES:
            yield "box beside the face"
            continue
        group = sample.group or sample.path.name
        yield _head(f"{sample.path.name}:{i}", group, image, box, cut, int(sample.states[i]), marks)


def _shares(boxes: Floats, cut: tuple[int, int, int, int]) -> Floats:
    """Returns which share (n,) of each box lies in the cut."""
    x1, y1, x2, y2 = boxes.T
    width = np.clip(np.minimum(x2, cut[2]) - np.maximum(x1, cut[0]), 0, None)
    height = np.clip(np.minimum(y2, cut[3]) - np.maximum(y1, cut[1]), 0, None)
    return np.asarray(width * height / np.maximum((x2 - x1) * (y2 - y1), 1), np.float32)


def _cut(box: Floats, shape: Sequence[int]) -> tuple[int, int, int, int] | None:
    """Returns the part of the picture that shows the person, x1, y1, x2, y2; None if too little does."""
    x1, y1, x2, y2 = (float(v) for v in box)
    w, h, cx, cy = x2 - x1, y2 - y1, (x1 + x2) / 2, (y1 + y2) / 2
    side, up, down = _NEEDED
    if cx - side * w < 0 or cx + side * w > shape[1] or cy - up * h < 0 or cy + down * h > shape[0]:
        return None
    return (
        max(0, round(cx - LEFT * w)),
        max(0, round(cy - UP * h)),
        min(shape[1], round(cx + LEFT * w)),
        min(shape[0], round(cy + DOWN * h)),
    )


def _head(
    name: str,
    group: str,
    image: Image,
    box: Floats,
    cut: tuple[int, int, int, int],
    state: int,
    landmarks: Floats | None,
) -> Head:
    """Cuts out a head and paints its other looks."""
    looks = {state: image}
    if state == UNMASKED and landmarks is not None:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        style = random_style(rng)
        wrong: MaskPosition = "nose_out" if rng.random() < 0.6 else "chin"
        looks[MASKED] = paint_mask(image, landmarks, style, "correct")
        looks[WRONG] = paint_mask(image, landmarks, style, wrong)
    x1, y1, x2, y2 = cut
    size = float(box[3] - box[1])
    scale = min(1.0, _LARGEST / size)
    target = (max(8, round((x2 - x1) * scale)), max(8, round((y2 - y1) * scale)))
    ratio = np.array([target[0] / (x2 - x1), target[1] / (y2 - y1)] * 2, np.float32)
    face = (np.asarray(box, np.float32) - np.array([x1, y1, x1, y1], np.float32)) * ratio
    parts = {
        s: np.asarray(cv2.resize(look[y1:y2, x1:x2], target, interpolation=cv2.INTER_AREA), np.uint8)
        for s, look in looks.items()
    }
    return Head(name, group, parts, _alpha(target, face), face, state, size)


def _alpha(size: tuple[int, int], face: Floats) -> Floats:
    """Draws how much of each pixel belongs to the person: (h, w) float32, with soft edges."""
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    width, height = face[2] - face[0], face[3] - face[1]
    u, v = (x - (face[0] + face[2]) / 2) / width, (y - (face[1] + face[3]) / 2) / height
    solid = np.pad(inside(u, v).astype(np.float32), 1)  # the rim of the cut is an edge, too
    soft = cv2.GaussianBlur(solid, (0, 0), max(0.6, 0.035 * float(height)), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.clip(soft[1:-1, 1:-1] * 1.5 - 0.25, 0, 1), np.float32)
