"""Where faces are going: a Kalman filter for many boxes at once, with motion in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Motion:
    """How faces move, and how well they are found. Lengths are in sizes: square roots of a face's area.

    Speeds and errors are standard deviations. The values were chosen on simulated scenes; see
    docs/experiments.md.

    Attributes:
        newcomer: Speed of a face that was found once, sizes per second; a walker makes 5 to 10.
        drift: Speed that somebody who stands may take up, sizes per second. Who walks may in addition change
            by all of the speed: stop, or turn back.
        growth: Rate at which the logarithm of width and height changes, per second.
        memory: Seconds after which 37 % of a velocity are left.
        memory_growth: The same of a growth.
        place: Error of a found box's centre, sizes.
        shape: Error of the logarithm of its width and height.
        pixels: Error that does not depend on the size, pixels.
    """

    newcomer: float = 5.0
    drift: float = 1.5
    growth: float = 0.25
    memory: float = 1.0
    memory_growth: float = 0.25
    place: float = 0.08
    shape: float = 0.12
    pixels: float = 0.5


USUAL: Final = Motion()

_FREEDOM: Final = 4
"""Degrees of freedom of `BoxFilter.surprise`: the fewer, the less a box far away surprises."""


class BoxFilter:
    """Kalman filter with the centre, width and height of each box, and the velocity of each.

    A velocity is an Ornstein-Uhlenbeck process: it is steady over a short time and forgotten over a long one
    (Singer, "Estimating optimal tracking filter performance for manned maneuvering targets", 1970, in its
    form for velocities). So nothing depends on the rate of the frames, a prediction does not run away, and
    the usual speed says how far somebody may have gone. Width and height are followed by their logarithms:
    they stay positive, and noise is a share of them. As the noise of the coordinates is independent, each
    is a filter of position and velocity of its own, and all filters are computed at once.

    Args:
        motion: How faces move.
    """

    def __init__(self, motion: Motion = USUAL) -> None:
        self._motion = motion
        # (5, n, 4): place; velocity; variances of the place, of place and velocity together, of the velocity.
        # Columns: x and y of the centre in pixels, logarithms of width and height.
        self._state = np.zeros((5, 0, 4))

    def __len__(self) -> int:
        return self._state.shape[1]

    @property
    def boxes(self) -> NDArray[np.float32]:
        """(n, 4) float32: where the boxes are, x1, y1, x2, y2 in pixels."""
        return _boxes(self._state[0])

    def boxes_after(self, seconds: float) -> NDArray[np.float32]:
        """Returns where the boxes (n, 4) will be after so many seconds, at least 0; moves none of them."""
        memory = self._memories
        return _boxes(self._state[0] + memory * (1 - np.exp(-seconds / memory)) * self._state[1])

    @property
    def velocities(self) -> NDArray[np.float64]:
        """(n, 2): of the centres, pixels per second."""
        return self._state[1, :, :2].copy()

    def add(self, boxes: NDArray[np.floating]) -> None:
        """Begins to follow boxes (m, 4), with unknown velocity; they become the last rows."""
        place = _coordinates(boxes)
        unknown = np.zeros_like(place)
        spread = self._spread(place, self._motion.newcomer)
        new = np.stack([place, unknown, self._noise(place), unknown, spread])
        self._state = np.concatenate([self._state, new], axis=1)

    def keep(self, rows: Rows) -> None:
        """Forgets all boxes but some: a mask (n,), or row numbers."""
        self._state = self._state[:, rows]

    def rescale(self, x: float, y: float) -> None:
        """Multiplies pixels to the right by `x`, pixels down by `y`: the picture has another size."""
        pixels = np.array([x, y])
        self._state[:2, :, :2] *= pixels
        self._state[2:, :, :2] *= pixels**2
        self._state[0, :, 2:] += np.log(pixels)

    def predict(self, seconds: float) -> None:
        """Moves all boxes on.

        Args:
            seconds: Time since the last call, at least 0.
        """
        place, velocity, pp, pv, vv = self._state
        memory = self._memories
        past = seconds / memory
        kept = np.exp(-past)
        reach = memory * (1 - kept)  # a velocity v moves the place by v * reach
        spread = self._spread(place, self._motion.drift)
        spread[:, :2] += (velocity[:, :2] ** 2).sum(axis=1, keepdims=True)
        wander = memory**2 * np.maximum(2 * past - 3 + 4 * kept - kept**2, 0)
        self._state = np.stack(
            [
                place + reach * velocity,
                kept * velocity,
                pp + 2 * reach * pv + reach**2 * vv + wander * spread,
                kept * (pv + reach * vv) + memory * (1 - kept) ** 2 * spread,
                kept**2 * vv + (1 - kept**2) * spread,
            ]
        )

    def update(self, rows: Rows, boxes: NDArray[np.floating]) -> None:
        """Corrects some boxes by what was found.

        Args:
            rows: (m,) row numbers, each at most once.
            boxes: (m, 4): as found.
        """
        found = _coordinates(boxes)
        place, velocity, pp, pv, vv = self._state[:, rows]
        total = pp + self._noise(found)
        error = found - place
        left = 1 - pp / total
        self._state[:, rows] = np.stack(
            [
                place + pp / total * error,
                velocity + pv / total * error,
                left * pp,
                left * pv,
                vv - pv**2 / total,
            ]
        )

    def surprise(self, boxes: NDArray[np.floating]) -> NDArray[np.float64]:
        """Computes how unlikely it is that the face of a row is found as a given box.

        The density is that of Student's distribution rather than the normal one, because now and then a
        detector places a box badly, and a face moves as usual faces do not.

        Args:
            boxes: (m, 4): as found.

        Returns:
            (n, m): negative logarithm of the density, lengths in sizes. Beside the distance in standard
            deviations it counts how uncertain the prediction is, so that somebody long unseen does not take
            the box of somebody whose place is known.
        """
        found = _coordinates(boxes)
        place, _, pp, _, _ = self._state
        total = pp[:, None, :] + self._noise(found)[None, :, :]
        squares = ((found[None, :, :] - place[:, None, :]) ** 2 / total).sum(axis=2)
        sizes = place[:, 2:].sum(axis=1, keepdims=True)  # twice the logarithm: once for x, once for y
        tails = (_FREEDOM + 4) / 2 * np.log1p(squares / _FREEDOM)
        return np.asarray(tails + np.log(total).sum(axis=2) / 2 - sizes)

    @property
    def _memories(self) -> NDArray[np.float64]:
        motion = self._motion
        return np.array([motion.memory, motion.memory, motion.memory_growth, motion.memory_growth])

    def _spread(self, place: NDArray[np.float64], speed: float) -> NDArray[np.float64]:
        """Returns the variance (n, 4) that velocities have, at a speed in sizes per second."""
        result = np.full_like(place, self._motion.growth**2)
        result[:, :2] = speed**2 * _areas(place)
        return result

    def _noise(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the variance of found coordinates (n, 4)."""
        area = _areas(place)
        pixels = self._motion.pixels**2
        result = np.empty_like(place)
        result[:, :2] = self._motion.place**2 * area + pixels
        result[:, 2:] = self._motion.shape**2 + pixels / area
        return result


def _coordinates(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Turns boxes (n, 4) into centre x, centre y, log width, log height; sides of at least a pixel."""
    boxes = np.asarray(boxes, np.float64)
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1)
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, np.log(sides)], axis=1)


def _boxes(place: NDArray[np.float64]) -> NDArray[np.float32]:
    """Turns coordinates (n, 4) back into boxes x1, y1, x2, y2."""
    half = np.exp(place[:, 2:]) / 2
    return np.concatenate([place[:, :2] - half, place[:, :2] + half], axis=1).astype(np.float32)


def _areas(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the areas (n, 1), square pixels, of coordinates (n, 4)."""
    return np.asarray(np.exp(place[:, 2:].sum(axis=1, keepdims=True)))
