"""Who becomes a person in a crowded room, and when: `python -m benchmarks.people.far`.

Four labelled pictures stand side by side in one frame of 1280 x 720, which sways a little, under noise and
JPEG. So most faces are small. Compared are a single frame as it was told before people were followed, and
people with and without the fine search, in every frame and around known people, with lower and higher
thresholds.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.people.negatives import held_out
from maskwatch import load
from maskwatch.data.formats.coco import read_coco
from maskwatch.geometry import iou
from maskwatch.people.follower import Following
from maskwatch.pipeline import Engine, Session
from maskwatch.sources.images import read_image
from maskwatch.types import Frame, Image, SearchMode

WIDTH, HEIGHT = 1280, 720
SECONDS: Final = (0.5, 1.0, 2.0)
"""After which it is asked who has been found."""

SIDES: Final = ((8, 16), (16, 32), (32, 64), (64, 1000))
"""Sizes of faces, shorter side in pixels of the frame."""

_FPS: Final = 15
_FOUND: Final = 0.4  # IoU: boxes are drawn in different styles
_GREY: Final = 110
_NOISE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Four pictures in one frame.

    Attributes:
        image: (720, 1280, 3) uint8, BGR.
        boxes: (n, 4) float32: labelled faces, x1, y1, x2, y2 in pixels of it.
    """

    image: Image
    boxes: NDArray[np.float32]

    def frames(self, seed: int) -> Iterator[tuple[Frame, NDArray[np.float32]]]:
        """Yields the frames, and where the faces are in each."""
        rng = np.random.default_rng(seed)
        for index in range(round(max(SECONDS) * _FPS) + 1):
            t = index / _FPS
            dx, dy = 6 * np.sin(2 * t), 4 * np.cos(1.7 * t)
            moved = cv2.warpAffine(
                self.image,
                np.array([[1, 0, dx], [0, 1, dy]], np.float32),
                (WIDTH, HEIGHT),
                borderMode=cv2.BORDER_REPLICATE,
            )
            noisy = np.clip(moved + rng.normal(0, _NOISE, moved.shape), 0, 255).astype(np.uint8)
            jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
            seen = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
            yield Frame(seen, index, t, "mosaic"), self.boxes + np.array([dx, dy, dx, dy], np.float32)


def mosaic(pictures: Sequence[tuple[Image, NDArray[np.float32]]]) -> Mosaic:
    """Puts up to four pictures with their boxes (n, 4) into one frame; none is enlarged."""
    canvas = np.full((HEIGHT, WIDTH, 3), _GREY, np.uint8)
    found = []
    for number, (image, boxes) in enumerate(pictures):
        height, width = image.shape[:2]
        scale = min(WIDTH / 2 / width, HEIGHT / 2 / height, 1.0)
        size = (max(1, int(width * scale)), max(1, int(height * scale)))
        x, y = number % 2 * WIDTH // 2, number // 2 * HEIGHT // 2
        canvas[y : y + size[1], x : x + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        found.append(boxes * scale + np.array([x, y, x, y], np.float32))
    return Mosaic(canvas, np.concatenate(found).astype(np.float32).reshape(-1, 4))


def labelled(data: Path, number: int) -> list[Mosaic]:
    """Returns mosaics of validation pictures."""
    samples = read_coco(data / "scenes" / "val.json", data / "scenes" / "images")
    order = np.random.default_rng(5).permutation(len(samples))[: 4 * number]
    pictures = [(read_image(samples[i].path), samples[i].boxes[~samples[i].ignore]) for i in order]
    return [mosaic(pictures[start : start + 4]) for start in range(0, len(pictures), 4)]


def empty(data: Path, number: int) -> list[Mosaic]:
    """Returns mosaics of pictures without people."""
    nobody = np.zeros((0, 4), np.float32)
    pictures = [(read_image(path), nobody) for path in list(held_out(data, "choose"))[: 4 * number]]
    return [mosaic(pictures[start : start + 4]) for start in range(0, len(pictures), 4)]


@dataclass(slots=True)
class Tally:
    """When each labelled face was found, and who was shown where nobody is."""

    sides: list[float]
    after: list[float]
    false: int = 0
    certain: int = 0

    def line(self, name: str) -> str:
        """Returns a row of the table."""
        sides, after = np.array(self.sides), np.array(self.after)
        shares = [f"{np.mean(after <= limit):.3f}" for limit in SECONDS]
        by_side = [f"{np.mean(after[(sides >= a) & (sides < b)] <= SECONDS[-1]):.3f}" for a, b in SIDES]
        return f"| {name} | {' | '.join([*shares, *by_side])} | {self.false} ({self.certain}) |"


def follow(
    mosaics: Sequence[Mosaic],
    nobody: Sequence[Mosaic],
    engine: Engine,
    fine: bool,
    slow: float,
    search: SearchMode = "every-frame",
) -> Tally:
    """Follows the people of all mosaics."""
    following = Following(slow=slow)
    tally = Tally([], [])
    for number, one in enumerate(mosaics):
        session = Session(engine, following=following, fine=fine, search=search)
        after = np.full(len(one.boxes), np.inf)
        for frame, boxes in one.frames(number):
            people = session(frame).people
            if people is not None and len(people) and len(boxes):
                shown = np.array([person.box for person in people], np.float32)
                found = iou(boxes, shown).max(axis=1) >= _FOUND
                after[found] = np.minimum(after[found], frame.t)
        tally.after += after.tolist()
        tally.sides += (one.boxes[:, 2:] - one.boxes[:, :2]).min(axis=1).tolist()
    for number, one in enumerate(nobody):
        session = Session(engine, following=following, fine=fine, search=search)
        false: dict[int, bool] = {}
        for frame, _ in one.frames(number):
            for person in session(frame).people or ():
                false[person.track_id] = false.get(person.track_id, False) or person.certain
        tally.false += len(false)
        tally.certain += sum(false.values())
    return tally


def single(mosaics: Sequence[Mosaic], nobody: Sequence[Mosaic], engine: Engine) -> Tally:
    """Looks at one frame of each mosaic."""
    tally = Tally([], [])
    for number, one in enumerate(mosaics):
        frame, boxes = next(one.frames(number))
        faces = engine.detect(frame.image)
        found = iou(boxes, faces.boxes).max(axis=1, initial=0) >= _FOUND
        tally.after += np.where(found, 0, np.inf).tolist()
        tally.sides += (boxes[:, 2:] - boxes[:, :2]).min(axis=1).tolist()
    for number, one in enumerate(nobody):
        faces = engine.detect(next(one.frames(number))[0].image)
        tally.false += len(faces)
        tally.certain += int(faces.certain.sum())
    return tally


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people.far", description=__doc__)
    shared = Path(os.environ.get("MASKWATCH_SHARED", Path(__file__).parents[3] / "shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the pictures")
    parser.add_argument("--mosaics", type=int, default=24, help="of four pictures each")
    options = parser.parse_args()
    mosaics, nobody = labelled(options.data, options.mosaics), empty(options.data, options.mosaics)
    engine = load(live=True, threads=2)
    print(f"{len(mosaics)} mosaics with {sum(len(m.boxes) for m in mosaics)} faces, {len(nobody)} without\n")
    columns = [*(f"after {s:g} s" for s in SECONDS), *(f"{a} to {b} px" for a, b in SIDES), "false (certain)"]
    print(f"| | {' | '.join(columns)} |\n|---|{'--:|' * len(columns)}", flush=True)
    print(single(mosaics, nobody, engine).line("a single frame"), flush=True)
    rows: tuple[tuple[str, float, bool, SearchMode], ...] = (
        ("people, whole frames", 0.65, False, "every-frame"),
        ("**people, fine search**", 0.65, True, "every-frame"),
        ("the same, no lower threshold for many looks", 1.0, True, "every-frame"),
        ("the same, a still lower one", 0.45, True, "every-frame"),
        ("people, tracked search", 0.65, True, "tracked"),
    )
    for name, slow, fine, search in rows:
        print(follow(mosaics, nobody, engine, fine, slow, search).line(name), flush=True)


if __name__ == "__main__":
    main()
