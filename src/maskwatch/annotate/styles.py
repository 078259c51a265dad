"""How each state looks. Colour is never the only sign: each has its own text, symbol and line.

The colours are those of Okabe and Ito, which people with any kind of colour blindness can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maskwatch.labels import FACE, NAMES, SYMBOLS, Label


@dataclass(frozen=True, slots=True)
class Style:
    """How a state is drawn.

    Attributes:
        text: The name of the state for people.
        colour: Blue, green, red, each 0 to 255.
        symbol: One character.
        weight: Thickness of the line, as a multiple of the usual one.
        dashed: Whether the line is dashed.
    """

    text: str
    colour: tuple[int, int, int]
    symbol: str
    weight: float = 1.0
    dashed: bool = False

    @property
    def css(self) -> str:
        """The colour in CSS: #rrggbb."""
        blue, green, red = self.colour
        return f"#{red:02x}{green:02x}{blue:02x}"


STYLES: Final[dict[Label, Style]] = {
    "with_mask": Style(NAMES["with_mask"], (115, 158, 0), SYMBOLS["with_mask"]),
    "without_mask": Style(NAMES["without_mask"], (0, 94, 213), SYMBOLS["without_mask"], weight=2.0),
    "mask_worn_incorrectly": Style(
        NAMES["mask_worn_incorrectly"], (66, 228, 240), SYMBOLS["mask_worn_incorrectly"], weight=1.5
    ),
}
UNCERTAIN: Final = Style("Unsure", (200, 200, 200), "?", dashed=True)
UNCLASSIFIED: Final = Style(FACE, (233, 180, 86), "")
