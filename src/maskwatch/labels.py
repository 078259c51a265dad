"""The three states of a mask, their names and symbols for people, and why an answer is not certain."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Label = Literal["with_mask", "without_mask", "mask_worn_incorrectly"]
LABELS: Final[tuple[Label, ...]] = ("with_mask", "without_mask", "mask_worn_incorrectly")
"""The three classes, in the order of the columns of `Faces.probabilities`."""

NAMES: Final[Mapping[Label, str]] = MappingProxyType(
    {"with_mask": "Mask", "without_mask": "No mask", "mask_worn_incorrectly": "Worn wrongly"}
)
"""What people read on pictures, pages and in tables."""

SYMBOLS: Final[Mapping[Label, str]] = MappingProxyType(
    {"with_mask": "✓", "without_mask": "\u00d7", "mask_worn_incorrectly": "!"}
)
"""One character for each, so that colour is never the only sign."""

FACE: Final = "Face"
"""The name of a face that nothing has classified."""

Reason = Literal["too_small", "blurred", "dark", "turned_away", "turned_over", "maybe_no_face", "undecided"]
"""Why the classification of a face is not certain."""
