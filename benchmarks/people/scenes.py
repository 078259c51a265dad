"""Made scenes whose truth is known: people from pictures before backgrounds without people."""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.people.actors import ACTS, Act, Actor, Stage, by_depth, cast
from benchmarks.people.heads import Head
from benchmarks.people.kept_heads import heads as kept_heads
from benchmarks.people.negatives import held_out
from benchmarks.people.shape import face_points, inside
from benchmarks.people.truth import REMEMBERED, VISIBLE, Truth
from maskwatch.sources.images import read_image
from maskwatch.types import Image

FPS: Final = 30
"""Frames a second at which scenes are made; slower streams skip frames of it."""

SIZES: Final = ((1280, 720), (640, 360))

_PEOPLE: Final = (4, 1, 8, 4, 20, 8, 4, 1, 8, 50)
"""People of the scenes of seeds that end in 0, 1, ... 9."""

_FACES: Final = ((24.0, 160.0), (24.0, 90.0), (24.0, 56.0))
"""Least and largest face in a picture 720 high, for up to 8, up to 20, and more people."""

_SECONDS: Final = (12.0, 10.0, 8.0)
_SOURCES: Final = (
    *("actors.py", "heads.py", "negatives.py", "scenes.py", "shape.py", "truth.py", "wrong_labels.csv"),
)


@dataclass(frozen=True)
class Scene:
    """A made scene.

    Attributes:
        seed: What it was made from.
        size: Width and height of the picture.
        seconds: Length.
        actors: The people; their numbers are their places here.
        background: (h, w, 3) uint8, BGR.
        post: x of both sides of the post that people walk behind, pixels.
        noise: Standard deviation of the camera's noise, grey values.
        quality: Of the JPEG that every frame passes through, 0 to 100.
    """

    seed: int
    size: tuple[int, int]
    seconds: float
    actors: tuple[Actor, ...]
    background: Image
    post: tuple[int, int]
    noise: float
    quality: int

    @property
    def name(self) -> str:
        """For tables and files."""
        return f"scene-{self.seed:03d}-{len(self.actors)}-people-{self.size[1]}p"

    def __len__(self) -> int:
        """Returns the number of frames."""
        return round(self.seconds * FPS)

    @cached_property
    def truths(self) -> tuple[Truth, ...]:
        """The truth of every frame."""
        return tuple(_truths(self))

    def render(self, index: int) -> Image:
        """Draws one frame, the same whenever it is drawn.

        Args:
            index: Number of the frame.

        Returns:
            (h, w, 3) uint8, BGR.
        """
        t = index / FPS
        canvas = self.background.astype(np.float32)
        order = by_depth(self.actors)
        posted = not any(self.actors[i].behind for i in order)
        for i in order:
            if not posted and not self.actors[i].behind:
                self._draw_post(canvas)
                posted = True
            _paste(canvas, self.actors[i], t)
        if not posted:
            self._draw_post(canvas)
        rng = np.random.default_rng((self.seed, index))
        light = 1 + 0.03 * math.sin(0.7 * t + self.seed)
        shift = tuple(int(v) for v in rng.integers(0, 512, 2))
        noise = np.roll(_noise(self.size), shift, axis=(0, 1))
        canvas *= light
        canvas += self.noise * noise[..., None]
        frame = np.clip(canvas, 0, 255).astype(np.uint8)
        _, coded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    def _draw_post(self, canvas: NDArray[np.float32]) -> None:
        x1, x2 = self.post
        shade = np.linspace(0.75, 1.15, x2 - x1, dtype=np.float32)[None, :, None]
        canvas[:, x1:x2] = np.array([96, 104, 112], np.float32) * shade


def make_scene(
    data: Path,
    seed: int,
    size: tuple[int, int] = SIZES[0],
    people: int | None = None,
    keep: Path | None = None,
    acts: Sequence[Act] = ACTS,
) -> Scene:
    """Makes a scene; the same arguments make the same.

    Args:
        data: Folder of the pictures.
        seed: Below 100 for choosing settings, from 100 for figures that are reported: both have other people
            and other backgrounds.
        size: Width and height of the picture.
        people: Number of people; None takes 1, 4, 8, 20 or 50 by the seed.
        keep: Folder for the heads that are cut out; None cuts them out anew.
        acts: What the people do, in turn.
    """
    split = "choose" if seed < 100 else "report"
    rng = np.random.default_rng((seed, 7))
    number = _PEOPLE[seed % len(_PEOPLE)] if people is None else people
    kind = 0 if number <= 8 else 1 if number <= 20 else 2
    seconds, scale = _SECONDS[kind], size[1] / 720
    low, high = _FACES[kind]
    heads = kept_heads(data, split, keep).heads
    middle = float(rng.uniform(0.3, 0.7)) * size[0]
    width = float(rng.uniform(90, 150)) * scale
    stage = Stage(
        *size,
        seconds,
        (middle - width / 2, middle + width / 2),
        (low * scale if scale >= 1 else max(low * scale, 16.0), high * scale),
        [heads[i] for i in rng.permutation(len(heads))],
        rng,
    )
    actors = cast(stage, number, acts)
    return Scene(
        seed,
        size,
        seconds,
        tuple(actors),
        _background(data, split, rng, size),
        (round(stage.post[0]), round(stage.post[1])),
        float(rng.uniform(1.5, 5.0)),
        int(rng.integers(55, 88)),
    )


@cache
def digest() -> str:
    """Returns a hash of the code that makes scenes: what is kept of one made by other code is of no use."""
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in _SOURCES)).hexdigest()[:10]


def _background(data: Path, split: str, rng: np.random.Generator, size: tuple[int, int]) -> Image:
    """Returns a picture without people, enlarged to fill the frame."""
    paths = [path for path in held_out(data, split) if not path.name.startswith("pet_")]
    while True:
        image = read_image(paths[int(rng.integers(len(paths)))])
        height, width = image.shape[:2]
        if width >= 400 and width > height:
            break
    scale = max(size[0] / width, size[1] / height)
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - size[1]) // 2, (large.shape[1] - size[0]) // 2
    cut = np.zeros((size[1], size[0], 3), np.uint8)
    part = large[max(top, 0) :, max(left, 0) :][: size[1], : size[0]]
    cut[: part.shape[0], : part.shape[1]] = part
    return cut


@cache
def _noise(size: tuple[int, int]) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return np.asarray(rng.standard_normal((size[1], size[0])), np.float32)


def _picture(actor: Actor, t: float) -> Image:
    """Returns what the person looks like, as large as the head's pictures: (h, w, 3) uint8."""
    head = actor.head
    looks = actor.looks_at(t)
    picture = head.looks[looks[0][0]]
    if len(looks) > 1:
        other, weight = looks[1]
        picture = np.asarray(cv2.addWeighted(picture, 1 - weight, head.looks[other], weight, 0), np.uint8)
    away = actor.turned_at(t)
    if away > 0:
        picture = np.asarray(cv2.addWeighted(picture, 1 - away, _back(head), away, 0), np.uint8)
    return picture


def _back(head: Head) -> Image:
    """Paints the back of a head: hair over the face, in the colour of the crown."""
    image = head.looks[head.own].copy()
    x1, y1, x2, y2 = head.face
    w, h = x2 - x1, y2 - y1
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    top = image[
        max(0, int(y1 - 0.22 * h)) : max(1, int(y1 - 0.05 * h)), int(cx - 0.2 * w) : int(cx + 0.2 * w)
    ]
    hair = np.median(top.reshape(-1, 3), axis=0) if top.size else np.array([40, 40, 44])
    hair = np.minimum(hair, 120)
    rng = np.random.default_rng(zlib.crc32(head.name.encode()))
    strands = cv2.GaussianBlur(
        rng.standard_normal(image.shape[:2]), (0, 0), 0.5, sigmaY=0.06 * float(h) + 0.5
    )
    painted = hair + 60 * strands[..., None]
    cover = np.zeros(image.shape[:2], np.float32)
    axes = (0.58 * float(w), 0.66 * float(h))
    cv2.ellipse(cover, ((float(cx), float(cy - 0.02 * h)), (2 * axes[0], 2 * axes[1]), 0.0), 1.0, -1)
    cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.04 * float(h) + 0.5), np.float32)[..., None]
    return np.asarray(np.clip(image * (1 - cover) + painted * cover, 0, 255), np.uint8)


def _paste(canvas: NDArray[np.float32], actor: Actor, t: float) -> None:
    """Draws a person onto the canvas, placed to a fraction of a pixel."""
    head = actor.head
    scale = actor.size_at(t) / head.height
    x, y = actor.centre_at(t)
    height, width = head.alpha.shape
    reach = scale * math.hypot(width, height)
    x0, y0 = max(0, math.floor(x - reach)), max(0, math.floor(y - reach))
    x1, y1 = min(canvas.shape[1], math.ceil(x + reach)), min(canvas.shape[0], math.ceil(y + reach))
    if x1 <= x0 or y1 <= y0:
        return
    picture, alpha, fx, fy = _picture(actor, t), head.alpha, 1.0, 1.0
    if scale < 0.7:  # linear interpolation would skip pixels
        target = (max(2, round(width * scale * 1.2)), max(2, round(height * scale * 1.2)))
        picture = np.asarray(cv2.resize(picture, target, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = np.asarray(cv2.resize(alpha, target, interpolation=cv2.INTER_AREA), np.float32)
        fx, fy = target[0] / width, target[1] / height
    angle = math.radians(actor.roll_at(t))
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    cx, cy = (head.face[0] + head.face[2]) / 2, (head.face[1] + head.face[3]) / 2
    matrix = np.array(
        [
            [cos / fx, -sin / fy, x - x0 - cos * cx + sin * cy - 0.5],
            [sin / fx, cos / fy, y - y0 - sin * cx - cos * cy - 0.5],
        ]
    )
    size = (x1 - x0, y1 - y0)
    moved = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(alpha, matrix, size, flags=cv2.INTER_LINEAR)[..., None]
    part = canvas[y0:y1, x0:x1]
    part += cover * (moved - part)


def _truths(scene: Scene) -> Iterator[Truth]:
    """Yields the truth of every frame."""
    actors, (width, height) = scene.actors, scene.size
    depth = np.argsort(by_depth(actors))
    behind = np.array([actor.behind for actor in actors])
    ratio = np.array([float(a.head.face[2] - a.head.face[0]) / a.head.height for a in actors])
    grid_u, grid_v = face_points()
    seen_last = np.full(len(actors), -math.inf)
    for index in range(len(scene)):
        t = index / FPS
        tall = np.array([actor.size_at(t) for actor in actors])
        wide = tall * ratio
        centres = np.array([actor.centre_at(t) for actor in actors])
        x = centres[:, :1] + wide[:, None] * grid_u  # (people, points)
        y = centres[:, 1:] + tall[:, None] * grid_v
        within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        clear = within.copy()
        clear &= ~(behind[:, None] & (x >= scene.post[0]) & (x < scene.post[1]))
        for j in range(len(actors)):
            covered = inside((x - centres[j, 0]) / wide[j], (y - centres[j, 1]) / tall[j])
            clear &= ~(covered & (depth < depth[j])[:, None])
        facing = np.array([actor.turned_at(t) < 0.5 for actor in actors])
        shares = clear.mean(axis=1) * facing
        in_picture = within.mean(axis=1) >= VISIBLE
        seen_last[(shares >= VISIBLE) & in_picture] = t
        counted = in_picture & (t - seen_last <= REMEMBERED)
        boxes = np.concatenate([centres, centres], axis=1)
        boxes += np.stack([-wide, -tall, wide, tall], axis=1) / 2
        boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        kept = np.flatnonzero(within.any(axis=1))
        states = np.array([actor.state_at(t) for actor in actors])
        changes = np.array([sum(0 < begin <= t for begin, _ in actor.states) for actor in actors])
        yield Truth(
            t,
            kept.astype(np.int64),
            boxes[kept],
            shares[kept].astype(np.float32),
            states[kept].astype(np.int64),
            counted[kept],
            changes[kept].astype(np.int64),
        )
