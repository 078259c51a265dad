"""Takes the place of ONNX Runtime: a network that answers as a test wants it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Outputs = Sequence[NDArray[np.float32]]


class Answering:
    """A network for `maskwatch.models.runtime.Model.network`.

    Args:
        answer: Takes the pictures (n, h, w, 3) uint8 and gives the outputs in their order.

    Attributes:
        shown: The pictures of every run.
    """

    def __init__(self, answer: Callable[[NDArray[np.uint8]], Outputs]) -> None:
        self.entries: Mapping[str, str] = {}
        self.inputs: dict[str, str] = {}
        self.outputs: set[str] = set()
        self.shown: list[NDArray[np.uint8]] = []
        self._answer = answer

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """See `maskwatch.models.runtime.Network.run`."""
        (pictures,) = feed.values()
        self.shown.append(pictures.copy())
        return list(self._answer(pictures))
