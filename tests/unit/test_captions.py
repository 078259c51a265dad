from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import maskwatch
from maskwatch.annotate import STYLES, annotate
from maskwatch.captions import Rectangle, covers, place
from maskwatch.types import Faces

PICTURE = (200, 200)
SIZE = (40, 20)
BOX = (80, 80, 120, 120)


def test_what_touches_is_not_covered() -> None:
    assert not covers((80, 60, 120, 80), [BOX, (0, 0, 80, 80)])
    assert covers((80, 60, 120, 80), [(0, 0, 9, 9), (119, 79, 130, 90)])


def test_above_is_the_usual_place() -> None:
    assert place(SIZE, BOX, PICTURE) == (80, 60, 120, 80)


def test_below_where_a_face_is_above() -> None:
    assert place(SIZE, BOX, PICTURE, [(80, 30, 120, 78)]) == (80, 120, 120, 140)
    assert place(SIZE, (80, 0, 120, 40), PICTURE) == (80, 40, 120, 60)  # no room above


def test_aside_of_a_neighbour_that_is_half_in_the_way() -> None:
    wide, neighbour = (60, 20), (125, 40, 160, 78)
    assert place(wide, BOX, PICTURE, [neighbour]) == (60, 60, 120, 80)  # ends where the face ends


def test_inside_between_faces_and_captions() -> None:
    others = [(0, 30, 200, 80), (0, 120, 200, 170)]
    assert place((30, 10), BOX, PICTURE, others, [(80, 80, 110, 90)]) == (50, 80, 80, 90)  # beside it
    walls = [*others, (0, 80, 80, 120), (120, 80, 200, 120)]
    assert place((40, 10), BOX, PICTURE, walls) == (80, 80, 120, 90)


@pytest.mark.parametrize(
    "box", [(-9, -9, 20, 20), (180, 180, 220, 220), (0, 0, 200, 200), (50, 195, 60, 200)]
)
def test_always_inside_the_picture(box: tuple[int, int, int, int]) -> None:
    x1, y1, x2, y2 = place(SIZE, box, PICTURE, [(0, 0, 200, 100)])
    assert 0 <= x1 < x2 <= 200
    assert 0 <= y1 < y2 <= 200


def test_a_drawn_caption_covers_no_other_face() -> None:
    boxes = np.array([[100, 100, 180, 180], [100, 10, 180, 96]], np.float32)
    probabilities = np.tile(np.array([0.9, 0.05, 0.05], np.float32), (2, 1))
    image = np.full((300, 300, 3), 127, np.uint8)
    drawn = annotate(image, Faces(boxes, np.array([0.9, 0.8], np.float32), probabilities))
    filled = (drawn == STYLES["with_mask"].colour).all(axis=2)
    for x1, y1, x2, y2 in boxes.astype(int):
        assert filled[y1 + 5 : y2 - 5, x1 + 5 : x2 - 5].mean() < 0.01


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_live_page_follows_the_same_rule(tmp_path: Path) -> None:
    script = Path(maskwatch.__file__).parent / "app" / "live" / "scripts" / "draw.js"
    rng = np.random.default_rng(3)
    cases: list[list[Rectangle]] = []
    for _ in range(60):
        corners = rng.integers(0, 150, (5, 2)) * 2
        sides = rng.integers(5, 40, (5, 2)) * 2
        spans = zip(corners.tolist(), (corners + sides).tolist(), strict=True)
        cases.append([(a[0], a[1], b[0], b[1]) for a, b in spans])
    (tmp_path / "draw.mjs").write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(
        'import { captionPlace } from "./draw.mjs";\n'
        f"const cases = {json.dumps(cases)};\n"
        "const picture = { width: 380, height: 380 };\n"
        "console.log(JSON.stringify(cases.map(([box, ...others]) =>"
        " captionPlace([60, 20], box, picture, others))));\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["node", tmp_path / "run.mjs"], capture_output=True, text=True, check=True, timeout=60
    )
    expected = [list(place((60, 20), box, (380, 380), others)) for box, *others in cases]
    assert json.loads(done.stdout) == expected
