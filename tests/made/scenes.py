"""Made scenes with known truth: people with and without masks in a room, still or walking.

made = scene([Place("none", x=180, y=200), Place("correct", x=440, y=220)])
made.image, made.boxes, made.states

frames = [made for _, made in zip(range(50), walk([Place("nose_out", x=320, y=200)], fps=25))]
truth = write_clip(tmp_path / "walk.mp4", frames, fps=25)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.training.synthesis.masks import MaskStyle
from maskwatch.types import LABELS, Image

from .portrait import FACE, Cutout, Look, Wearing, person
from .room import room

FACE_HEIGHT = FACE[3] - FACE[1]

STYLES = (
    MaskStyle("surgical", (222, 192, 142), seed=3),
    MaskStyle("black", (40, 38, 38), seed=5),
    MaskStyle("ffp2", (238, 238, 236), seed=8),
    MaskStyle("cloth", (120, 60, 30), seed=4),
    MaskStyle("surgical", (236, 232, 226), seed=12),
)
LOOKS = (
    Look(clothes=(120, 84, 52)),
    Look((62, 58, 56), (196, 192, 188), jacket=True, hair=(30, 30, 36), skin=0.8, mirror=True, stretch=1.05),
    Look(clothes=(76, 64, 122), hair=(38, 54, 84), glasses=True, skin=0.92, stretch=0.96),
    Look(clothes=(112, 128, 70), hair=(128, 132, 136), mirror=True),
    Look(clothes=(168, 172, 176), hair=(22, 22, 26), skin=0.7, stretch=1.03),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a scene.

    Attributes:
        worn: How the mask is worn, or "none".
        x: Middle of the face in pixels of the scene.
        y: Middle of the face, likewise.
        face: Height of the face from brow to chin in pixels.
        style: The mask; None takes one by the person's number.
        look: Hair, skin and clothes; None takes those of the person's number.
        roll: Tilt of head and body in degrees, clockwise.
    """

    worn: Wearing = "none"
    x: float = 320
    y: float = 200
    face: float = 110
    style: MaskStyle | None = None
    look: Look | None = None
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """The faces of one picture.

    Attributes:
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels, brow to chin and ear to ear, cut at the rim.
        states: (n,) int64: index into `LABELS`.
        people: (n,) int64: number of the person, the same through a clip.
    """

    boxes: NDArray[np.float32]
    states: NDArray[np.int64]
    people: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MadeScene:
    """A picture and what is in it; `boxes` and `states` as in `Truth`."""

    image: Image
    truth: Truth

    @property
    def boxes(self) -> NDArray[np.float32]:
        return self.truth.boxes

    @property
    def states(self) -> NDArray[np.int64]:
        return self.truth.states


def state(worn: Wearing) -> int:
    """Index into `LABELS` of a way to wear a mask."""
    if worn == "none":
        return LABELS.index("without_mask")
    return LABELS.index("with_mask" if worn == "correct" else "mask_worn_incorrectly")


def scene(places: Sequence[Place], size: tuple[int, int] = (640, 480), seed: int = 0) -> MadeScene:
    """Puts people into a room, the first one rearmost.

    Args:
        places: The people; who shows less than half of the face is no part of the truth.
        size: Width and height of the picture.
        seed: Chooses the room.

    Returns:
        The picture and its truth.
    """
    image = room(size[0], size[1], seed).copy()
    standing = Standing()
    for number, place in enumerate(places):
        style = place.style or STYLES[number % len(STYLES)]
        look = place.look or LOOKS[number % len(LOOKS)]
        cutout = person(place.worn, None if place.worn == "none" else style, look)
        standing.add(stand(image, cutout, place), place.worn, number)
    return MadeScene(image, standing.truth(size))


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a person came to stand.

    Attributes:
        box: (4,) float32: the face, which may reach outside the picture.
        cover: (h, w) float32: how far the person covers each pixel of the picture.
    """

    box: NDArray[np.float32]
    cover: NDArray[np.float32]


class Standing:
    """Keeps the truth while people are put into a picture, one before the other."""

    def __init__(self) -> None:
        self._people: list[tuple[NDArray[np.float32], int, int]] = []
        self._seen: list[float] = []

    def add(self, stood: Stood, worn: Wearing, number: int) -> None:
        """Adds a person in front of all others."""
        limit = np.array(stood.cover.shape[::-1] * 2)
        for i, (box, _, _) in enumerate(self._people):
            x1, y1, x2, y2 = np.clip(box, 0, limit).astype(int)
            if x2 > x1 and y2 > y1:
                self._seen[i] *= 1 - float(stood.cover[y1:y2, x1:x2].mean())
        self._people.append((stood.box, state(worn), number))
        inside = np.clip(stood.box, 0, limit)
        self._seen.append(_area(inside) / _area(stood.box))

    def truth(self, size: tuple[int, int]) -> Truth:
        """Those of whose faces half can be seen, in a picture of this width and height."""
        shown = [person for person, seen in zip(self._people, self._seen, strict=True) if seen >= 0.5]
        boxes = np.array([box for box, _, _ in shown], np.float32).reshape(-1, 4)
        return Truth(
            np.clip(boxes, 0, np.array(size * 2, np.float32)),
            np.array([s for _, s, _ in shown], np.int64),
            np.array([n for _, _, n in shown], np.int64),
        )


def stand(image: Image, cutout: Cutout, place: Place) -> Stood:
    """Lays a cut-out person into a picture, in place."""
    scale = place.face / FACE_HEIGHT
    picture, alpha = cutout.image, cutout.alpha
    shrunk = 1.0
    while scale * shrunk < 0.6 * shrunk**2:  # warping alone would skip pixels
        shrunk *= 0.5
        size = (max(1, round(cutout.image.shape[1] * shrunk)), max(1, round(cutout.image.shape[0] * shrunk)))
        picture = np.asarray(cv2.resize(cutout.image, size, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = np.asarray(cv2.resize(cutout.alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    x1, y1, x2, y2 = cutout.box
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    turn = math.radians(place.roll)
    linear = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    shift = np.array([place.x, place.y]) - linear @ middle
    # Pixel centres lie at whole numbers for OpenCV, at halves for boxes.
    linear_small = linear / shrunk
    shift_small = shift + linear_small @ (0.5, 0.5) - 0.5
    matrix = np.hstack([linear_small, shift_small[:, None]]).astype(np.float32)
    target = (image.shape[1], image.shape[0])
    # Nobody has legs: the last row of the clothes goes on to the rim of the picture.
    cover = cv2.warpAffine(alpha, matrix, target, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cover[..., None]
    flags = cv2.INTER_CUBIC if scale > 0.9 else cv2.INTER_LINEAR
    warped = cv2.warpAffine(picture, matrix, target, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    image[:] = (image + cover * (warped.astype(np.float32) - image) + 0.5).astype(np.uint8)
    half = np.array([x2 - x1, y2 - y1]) * scale / 2
    centre = np.array([place.x, place.y])
    return Stood(
        np.concatenate([centre - half, centre + half]).astype(np.float32),
        np.asarray(cover[..., 0], np.float32),
    )


def _area(box: NDArray[np.float32]) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))


def walk(
    places: Sequence[Place],
    size: tuple[int, int] = (640, 480),
    seed: int = 0,
    fps: float = 25,
    speed: float = 40,
) -> Iterator[MadeScene]:
    """People who drift slowly to and fro, for ever.

    Args:
        places: Where they start; each goes its own way.
        size: Width and height of the frames.
        seed: Chooses the room and the ways.
        fps: Frames a second.
        speed: Pixels a second of the fastest.

    Yields:
        The frames with their truth.
    """
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0, 2 * math.pi, len(places))
    reaches = rng.uniform(0.5, 1.0, len(places)) * 0.09 * size[0]
    index = 0
    while True:
        t = index / fps
        moved = []
        for place, phase, reach in zip(places, phases, reaches, strict=True):
            angle = speed / max(reaches) * t
            x = place.x + float(reach) * (math.sin(angle + phase) - math.sin(phase))
            y = place.y + 0.02 * size[1] * (math.sin(1.7 * angle + phase) - math.sin(phase))
            moved.append(replace(place, x=x, y=y, roll=place.roll + 1.5 * math.sin(angle)))
        yield scene(moved, size, seed)
        index += 1


def write_clip(path: Path, frames: Iterable[MadeScene], fps: int = 25) -> list[Truth]:
    """Writes frames as a video; the file name's ending says which.

    Args:
        path: `.mp4` (H.264), `.mjpeg` (JPEG after JPEG) or `.y4m` (uncompressed); the latter two are what
            Chromium takes for `--use-file-for-fake-video-capture`.
        frames: All of one, even, size.
        fps: Frames a second (an `.mjpeg` file does not say).

    Returns:
        The truth of each frame.

    Raises:
        ValueError: An ending that is none of these.
    """
    writers = {".mp4": _write_mp4, ".mjpeg": _write_mjpeg, ".y4m": _write_y4m}
    if path.suffix not in writers:
        raise ValueError(f"{path.suffix} is none of {', '.join(writers)}")
    truths: list[Truth] = []

    def images() -> Iterator[Image]:
        for frame in frames:
            truths.append(frame.truth)
            yield frame.image

    writers[path.suffix](path, images(), fps)
    return truths


def _write_mp4(path: Path, images: Iterator[Image], fps: int) -> None:
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = None
        for image in images:
            if stream is None:
                stream = container.add_stream("libx264", rate=Fraction(fps))
                stream.width, stream.height, stream.pix_fmt = image.shape[1], image.shape[0], "yuv420p"
                stream.options = {"crf": "20", "preset": "veryfast"}
                stream.codec_context.thread_count = 1
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        if stream is not None:
            container.mux(stream.encode())


def _write_mjpeg(path: Path, images: Iterator[Image], fps: int) -> None:
    with path.open("wb") as file:
        for image in images:
            file.write(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())


def _write_y4m(path: Path, images: Iterator[Image], fps: int) -> None:
    with path.open("wb") as file:
        for index, image in enumerate(images):
            if index == 0:
                header = f"YUV4MPEG2 W{image.shape[1]} H{image.shape[0]} F{fps}:1 Ip A1:1 C420jpeg\n"
                file.write(header.encode())
            file.write(b"FRAME\n" + cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420).tobytes())
