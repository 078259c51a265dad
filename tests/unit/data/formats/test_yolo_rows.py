from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from maskwatch.data.formats.yolo_rows import RowKind, describe_forms, row_forms, to_box

_POINTS = ((-0.2, -0.15), (0.2, -0.15), (0.0, 0.05), (-0.15, 0.25), (0.15, 0.25))


def face(random: np.random.Generator) -> tuple[float, float, float, float]:
    """A box in a picture: centre, width, height."""
    width = float(np.exp(random.uniform(np.log(0.01), np.log(0.6))))
    height = min(width * random.uniform(1, 1.5), 0.9)
    return random.uniform(width / 2, 1 - width / 2), random.uniform(height / 2, 1 - height / 2), width, height


def landmarks(
    random: np.random.Generator, visible: bool = False, missing: float | None = None
) -> list[float]:
    x, y, w, h = face(random)
    row = [x, y, w, h]
    for dx, dy in _POINTS:
        point = [x + w * (dx + random.normal(0, 0.03)), y + h * (dy + random.normal(0, 0.03))]
        row += ([missing, missing] if missing is not None else point) + ([2.0] if visible else [])
    return row


def polygon(random: np.random.Generator, corners: int) -> list[float]:
    x, y, w, h = face(random)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + random.uniform(0, 6)
    return [v for a in angles for v in (x + w / 2 * np.cos(a), y + h / 2 * np.sin(a))]


def rotated(random: np.random.Generator) -> list[float]:
    x, y, w, h = face(random)
    c, s = np.cos(angle := random.uniform(-0.5, 0.5)), np.sin(angle)
    return [
        v
        for dx, dy in ((-w, -h), (w, -h), (w, h), (-w, h))
        for v in (x + (dx * c - dy * s) / 2, y + (dx * s + dy * c) / 2)
    ]


SETS: dict[str, tuple[Callable[[np.random.Generator], list[float]], RowKind]] = {
    "yolov5-face": (landmarks, "key points"),
    "without landmarks": (lambda r: landmarks(r, missing=-1.0), "key points"),
    "pose": (lambda r: landmarks(r, visible=True), "key points"),
    "with a confidence": (lambda r: [*landmarks(r), 0.9], "key points"),
    "rotated boxes": (rotated, "corners"),
    "outlines of 7 corners": (lambda r: polygon(r, 7), "corners"),
    "outlines of 40 corners": (lambda r: polygon(r, 40), "corners"),
    "outlines with a confidence": (lambda r: [*polygon(r, 9), 0.5], "scored corners"),
}


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_recognised_by_all_its_rows(name: str) -> None:
    make, kind = SETS[name]
    random = np.random.default_rng(0)
    rows = [make(random) for _ in range(60)]
    forms = row_forms(rows)
    assert forms.kinds[len(rows[0])] == kind
    assert not forms.problems


def test_rows_of_several_lengths_are_polygons() -> None:
    random = np.random.default_rng(0)
    forms = row_forms([polygon(random, n) for n in (3, 4, 5, 7, 9) for _ in range(3)])
    assert {forms.kinds[2 * n] for n in (3, 4, 5, 7, 9)} == {"corners"}
    assert not forms.problems


def test_what_stays_uncertain_is_told() -> None:
    # One polygon of seven corners that would do as a large box with points in it.
    row = [0.5, 0.45, 0.55, 0.48, 0.56, 0.52, 0.53, 0.56, 0.48, 0.56, 0.45, 0.52, 0.46, 0.47]
    (problem,) = row_forms([row]).problems
    assert problem.startswith("1 rows of 14 numbers after the class may be boxes with key points or polygons")
    assert "kpt_shape" in problem
    assert not row_forms([row], (5, 2)).problems
    assert row_forms([row], (5, 2)).kinds[14] == "key points"


def test_key_points_by_the_data_sets_own_word() -> None:
    forms = row_forms([[0.5, 0.5, 0.2, 0.4, 0.1, 0.1, 2]], (1, 3))
    assert to_box([0.5, 0.5, 0.2, 0.4, 0.1, 0.1, 2], forms) == pytest.approx((0.4, 0.3, 0.6, 0.7))
    with pytest.raises(ValueError, match="6 numbers after the class"):
        to_box([0.1] * 6, forms)


def test_boxes() -> None:
    forms = row_forms([rotated(np.random.default_rng(0))] * 5)
    assert to_box([0.5, 0.5, 0.2, 0.4], forms) == pytest.approx((0.4, 0.3, 0.6, 0.7))
    assert to_box([0.5, 0.5, 0.2, 0.4, 0.9], forms) == pytest.approx((0.4, 0.3, 0.6, 0.7))
    assert to_box([0.3, 0.2, 0.5, 0.3, 0.4, 0.6, 0.2, 0.5], forms) == pytest.approx((0.2, 0.2, 0.5, 0.6))
    with pytest.raises(ValueError, match="no confidence from 0 to 1"):
        to_box([0.5, 0.5, 0.2, 0.4, 3], forms)


def test_unusual_rows_are_described() -> None:
    assert describe_forms({"box": 4}) == []
    (line,) = describe_forms({"box": 4, "key points": 3})
    assert line == "3 label files hold boxes with key points: the key points are not used"
