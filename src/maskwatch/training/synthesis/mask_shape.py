"""The shape of a mask on a head: a sheet in three dimensions, projected into the picture by five landmarks.

Head coordinates are in units of the distance between the eyes: x to the right of the picture, y down, z away
from the camera. The origin is between the eyes. The numbers are rounded averages of adults.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

MaskPosition = Literal["correct", "nose_out", "chin"]
"""Where a mask is: over nose and mouth, below the nose, or below the mouth."""

Cut = Literal["flat", "fitted", "cup", "scarf"]
"""The cut of a mask: a pleated rectangle, sewn to the face, a respirator that stands off, a wrapped cloth."""

FloatArray = NDArray[np.floating[Any]]

LANDMARKS: Final = np.array(
    [[-0.5, 0, 0], [0.5, 0, 0], [0, 0.64, -0.52], [-0.4, 1.1, -0.1], [0.4, 1.1, -0.1]], np.float32
)
"""Right eye, left eye, tip of the nose, right and left corner of the mouth; "right" is the person's right."""

EAR_TOP: Final = (1.12, 0.22, 1.25)
EAR_LOBE: Final = (1.08, 0.78, 1.25)

# Control points of half a sheet: rows from the upper to the lower edge, columns from the middle to the side.
_HALF_SHEETS: Final[dict[tuple[MaskPosition, Cut], list[list[tuple[float, float, float]]]]] = {
    ("correct", "flat"): [
        [(0, 0.24, -0.34), (0.27, 0.38, -0.08), (0.60, 0.47, 0.10), (0.93, 0.60, 0.55)],
        [(0, 0.66, -0.66), (0.35, 0.70, -0.42), (0.70, 0.76, 0.00), (0.97, 0.80, 0.53)],
        [(0, 1.16, -0.66), (0.38, 1.17, -0.44), (0.72, 1.14, 0.00), (0.96, 1.10, 0.53)],
        [(0, 1.86, -0.16), (0.36, 1.80, -0.12), (0.68, 1.60, 0.14), (0.89, 1.34, 0.55)],
    ],
    ("correct", "fitted"): [
        [(0, 0.22, -0.34), (0.24, 0.38, -0.08), (0.60, 0.52, 0.10), (0.98, 0.66, 0.66)],
        [(0, 0.68, -0.64), (0.33, 0.72, -0.36), (0.68, 0.78, 0.06), (0.99, 0.84, 0.62)],
        [(0, 1.18, -0.56), (0.36, 1.17, -0.36), (0.70, 1.13, 0.06), (0.97, 1.02, 0.62)],
        [(0, 1.92, -0.06), (0.34, 1.80, -0.06), (0.66, 1.52, 0.20), (0.94, 1.18, 0.66)],
    ],
    ("correct", "cup"): [
        [(0, 0.20, -0.34), (0.24, 0.34, -0.10), (0.56, 0.56, 0.10), (0.86, 0.80, 0.40)],
        [(0, 0.72, -0.94), (0.36, 0.74, -0.62), (0.70, 0.82, -0.06), (0.90, 0.90, 0.38)],
        [(0, 1.22, -0.88), (0.37, 1.20, -0.60), (0.70, 1.14, -0.06), (0.89, 1.08, 0.38)],
        [(0, 1.88, -0.20), (0.32, 1.76, -0.12), (0.62, 1.48, 0.12), (0.83, 1.18, 0.42)],
    ],
    ("correct", "scarf"): [
        [(0, 0.36, -0.44), (0.30, 0.44, -0.16), (0.68, 0.50, 0.10), (1.16, 0.50, 1.00)],
        [(0, 0.84, -0.64), (0.36, 0.86, -0.42), (0.76, 0.90, 0.04), (1.16, 0.94, 0.96)],
        [(0, 1.40, -0.54), (0.38, 1.42, -0.36), (0.76, 1.42, 0.06), (1.10, 1.44, 0.96)],
        [(0, 2.36, -0.26), (0.36, 2.34, -0.20), (0.72, 2.22, 0.16), (1.12, 2.06, 0.96)],
    ],
    ("nose_out", "flat"): [
        [(0, 0.87, -0.42), (0.33, 0.87, -0.28), (0.66, 0.82, 0.05), (0.93, 0.76, 0.55)],
        [(0, 1.14, -0.56), (0.36, 1.14, -0.38), (0.70, 1.06, 0.02), (0.95, 0.96, 0.54)],
        [(0, 1.50, -0.50), (0.37, 1.47, -0.34), (0.71, 1.36, 0.06), (0.94, 1.18, 0.54)],
        [(0, 1.98, -0.10), (0.36, 1.92, -0.08), (0.68, 1.70, 0.16), (0.88, 1.40, 0.56)],
    ],
    ("nose_out", "scarf"): [
        [(0, 0.88, -0.46), (0.33, 0.88, -0.30), (0.70, 0.84, 0.06), (1.10, 0.76, 0.80)],
        [(0, 1.24, -0.54), (0.37, 1.24, -0.38), (0.76, 1.20, 0.04), (1.10, 1.12, 0.76)],
        [(0, 1.68, -0.46), (0.38, 1.68, -0.30), (0.75, 1.64, 0.08), (1.06, 1.52, 0.76)],
        [(0, 2.36, -0.22), (0.36, 2.32, -0.16), (0.70, 2.18, 0.18), (0.98, 1.94, 0.76)],
    ],
    ("chin", "flat"): [
        [(0, 1.46, -0.30), (0.34, 1.42, -0.20), (0.66, 1.26, 0.12), (0.90, 1.00, 0.60)],
        [(0, 1.66, -0.36), (0.36, 1.60, -0.24), (0.70, 1.40, 0.08), (0.93, 1.11, 0.60)],
        [(0, 1.86, -0.26), (0.36, 1.79, -0.16), (0.69, 1.56, 0.12), (0.92, 1.22, 0.62)],
        [(0, 2.04, -0.02), (0.34, 1.96, 0.02), (0.65, 1.72, 0.24), (0.87, 1.32, 0.66)],
    ],
    ("chin", "scarf"): [
        [(0, 1.48, -0.34), (0.34, 1.44, -0.22), (0.70, 1.30, 0.14), (1.06, 1.06, 0.80)],
        [(0, 1.76, -0.40), (0.38, 1.73, -0.26), (0.76, 1.60, 0.10), (1.08, 1.36, 0.76)],
        [(0, 2.12, -0.36), (0.38, 2.08, -0.22), (0.76, 1.96, 0.12), (1.05, 1.72, 0.76)],
        [(0, 2.52, -0.22), (0.36, 2.48, -0.14), (0.70, 2.34, 0.18), (0.98, 2.10, 0.76)],
    ],
}

ROWS: Final = 9
COLUMNS: Final = 17


@dataclass(frozen=True, slots=True)
class Sheet:
    """A mask as a grid of points in the picture.

    Attributes:
        points: (ROWS, COLUMNS, 2) float32: the grid in pixels.
        normals: (ROWS, COLUMNS, 3) float32: unit normals; those with z below 0 face the camera.
        straps: Lines in pixels, each (k, 2) float32, from the mask to where they disappear.
    """

    points: FloatArray
    normals: FloatArray
    straps: tuple[FloatArray, ...]


def face_size(landmarks: FloatArray) -> float:
    """Estimates the distance between the eyes in pixels as if the face looked at the camera."""
    eyes = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    down = float(np.linalg.norm(landmarks[:2].mean(0) - landmarks[3:].mean(0)))
    return max(eyes, down / 1.1)


def head_pose(landmarks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fits an affine camera to five landmarks by least squares.

    Args:
        landmarks: (5, 2) float32 pixels in the order of `LANDMARKS`.

    Returns:
        (3, 3) float32 matrix from head coordinates to pixels (its last row gives the depth) and the (3,)
        origin.
    """
    design = np.hstack([LANDMARKS, np.ones((5, 1), np.float32)])
    solution = np.linalg.lstsq(design, landmarks.astype(np.float32), rcond=None)[0]
    axes, origin = solution[:3].T, solution[3]
    scale = max(float(np.linalg.norm(axes[:, 0])), float(np.linalg.norm(axes[:, 1])), 1e-6)
    # The depth axis depends on the nose only: a badly placed nose must not distort the head.
    depth = float(np.linalg.norm(axes[:, 2]))
    axes[:, 2] *= min(1.0, 0.95 * scale / max(depth, 1e-6))
    matrix = np.vstack([axes, np.cross(axes[0], axes[1])[None] / scale])
    return matrix.astype(np.float32), np.append(origin, 0).astype(np.float32)


def place_sheet(
    landmarks: FloatArray, position: MaskPosition, cut: Cut, straps: str, rng: np.random.Generator
) -> Sheet:
    """Places a mask on a head, a little differently each time.

    Args:
        landmarks: (5, 2) float32 pixels in the order of `LANDMARKS`.
        position: Where the mask is on the face.
        cut: Its cut.
        straps: "ears" (loops), "head" (two bands around the head) or "none".
        rng: Draws the small differences.

    Returns:
        The mask in the picture.
    """
    matrix, origin = head_pose(landmarks)
    control = _control_points(position, cut, rng)
    grid = np.einsum("ri,ijk,cj->rck", _spline(4, ROWS), control, _spline(7, COLUMNS))
    camera = grid @ matrix.T + origin
    across, down = np.gradient(camera, axis=1), np.gradient(camera, axis=0)
    normals = np.cross(down, across)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True) + 1e-6
    lines = [
        (line @ matrix.T + origin)[:, :2].astype(np.float32)
        for line in _strap_lines(grid, straps, rng)
        if _visible(line, matrix)
    ]
    return Sheet(camera[..., :2].astype(np.float32), normals.astype(np.float32), tuple(lines))


def _control_points(position: MaskPosition, cut: Cut, rng: np.random.Generator) -> NDArray[np.float64]:
    """Returns control points (4, 7, 3) of a sheet in head coordinates, with random differences."""
    half = np.array(_HALF_SHEETS.get((position, cut)) or _HALF_SHEETS[position, "flat"], np.float64)
    mirrored = half[:, :0:-1] * (-1, 1, 1)
    control = np.concatenate([mirrored, half], axis=1)
    if cut == "cup" and position != "correct":
        control[1:3, 1:6, 2] -= 0.18
    # Upper and lower edge move independently; the limits keep the mask in its position.
    top, bottom = {
        "correct": (rng.uniform(-0.08, 0.10), rng.uniform(-0.10, 0.10)),
        "nose_out": (rng.uniform(-0.14, 0.08), rng.uniform(-0.20, 0.12)),
        "chin": (rng.uniform(-0.04, 0.22), rng.uniform(0.0, 0.25)),
    }[position]
    share = np.linspace(0, 1, 4)[:, None]
    control[..., 1] += (1 - share) * top + share * bottom
    control[..., 0] *= rng.uniform(0.94, 1.06)
    control[1:3, :, 2] += rng.normal(0, 0.04)
    control[..., 1] += rng.normal(0, 0.02, 7).cumsum() * 0.6 * (position != "correct")
    control += rng.normal(0, 0.012, control.shape)
    tilt = rng.normal(0, 0.025 if position == "correct" else 0.035)
    control[..., 1] += tilt * control[..., 0]
    return control


def _strap_lines(
    grid: NDArray[np.float64], straps: str, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Returns four lines (8, 3) from the corners of the sheet to the ears, or around the head."""
    if straps == "none":
        return []
    t = np.linspace(0, 1, 8)[:, None]
    lines = []
    for column, side in ((0, -1), (-1, 1)):
        for row, ear in ((0, EAR_TOP), (-1, EAR_LOBE)):
            start = grid[row, column]
            end = np.array(ear) * (side, 1, 1)
            if straps == "head":
                end += (0.06 * side, -0.35 if row == 0 else 0.5, 0.5)
            sag = rng.uniform(-0.03, 0.08) * np.sin(np.pi * t) * (0, 1, 0)
            lines.append(start * (1 - t) + end * t + sag)
    return lines


def _visible(line: NDArray[np.float64], matrix: FloatArray) -> bool:
    """Returns whether a strap leads away from the middle of the face; else the cheek hides it."""
    run = matrix[:2] @ (line[-1] - line[0]).astype(np.float32)
    outward = matrix[:2, 0] * np.sign(line[0, 0])
    return float(run @ outward) > 0.02 * float(outward @ outward)


@cache
def _spline(count: int, samples: int) -> NDArray[np.float64]:
    """Returns a (samples, count) matrix that evaluates the natural cubic spline through even knots."""
    second = np.zeros((count, count))
    system = np.eye(count)
    for i in range(1, count - 1):
        system[i, i - 1 : i + 2] = 1, 4, 1
        second[i, i - 1 : i + 2] = 6, -12, 6
    curvature = np.linalg.solve(system, second)
    position = np.linspace(0, count - 1, samples)
    left = np.minimum(position.astype(int), count - 2)
    b = (position - left)[:, None]
    a = 1 - b
    eye = np.eye(count)
    result = a * eye[left] + b * eye[left + 1]
    result += ((a**3 - a) * curvature[left] + (b**3 - b) * curvature[left + 1]) / 6
    return np.asarray(result)
