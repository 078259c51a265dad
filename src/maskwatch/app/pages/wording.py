"""Results as words, for tables and captions."""

from __future__ import annotations

import re
from typing import Final

from maskwatch.annotate import STYLES, UNCERTAIN, Style
from maskwatch.counting import Counts

TILES: Final[tuple[tuple[str, str, Style], ...]] = (
    ("masked", "Masked", STYLES["with_mask"]),
    ("unmasked", "No mask", STYLES["without_mask"]),
    ("wrong", "Worn wrongly", STYLES["mask_worn_incorrectly"]),
    ("uncertain", "Unsure", UNCERTAIN),
)
"""The four counts: field of `Counts`, text, and style."""


def state_in_words(state: str) -> str:
    """Returns a class with its symbol, for example "✓ Mask"; other values mean that it cannot be told."""
    style = next((style for label, style in STYLES.items() if label == state), None)
    return f"{UNCERTAIN.symbol} Cannot be told" if style is None else f"{style.symbol} {style.text}"


def counts_in_words(counts: Counts) -> str:
    """Returns the counts above zero with their symbols, for example "✓ 2 masked, ! 1 worn wrongly"."""
    parts = [
        f"{style.symbol} {getattr(counts, key)} {words.lower()}"
        for key, words, style in TILES
        if getattr(counts, key)
    ]
    return ", ".join(parts) or "No faces found"


def duration(seconds: float) -> str:
    """Returns a time in words, for example "1:05 min" or "8 s"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d} h" if hours else f"{minutes}:{left:02d} min"


def exact_duration(seconds: float) -> str:
    """Returns a time in words with tenths of a second below a minute, for example "1:05 min" or "0.5 s"."""
    return f"{seconds:.1f} s" if seconds < 59.95 else duration(seconds)


def clock(seconds: float) -> str:
    """Returns a point in time as players show it, for example "0:05", "12:40" or "1:02:03"."""
    minutes, left = divmod(max(0, int(seconds)), 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours}:{rest:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def percent(share: float | None) -> str:
    """Returns a share from 0 to 1 in per cent, for example "67 %"; a dash where there is none."""
    return "\N{EN DASH}" if share is None else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def escape_markdown(text: str) -> str:
    """Returns text that Markdown shows unchanged; file names and addresses may contain any characters.

    Backslashes do not stop everything: addresses become links, ":smile:" a picture and "--" a dash after
    Markdown was read. Words with such parts become inline code, in which nothing is replaced.
    """
    return "".join(
        _as_code(part) if _REPLACED.search(part) else _with_backslashes(part)
        for part in re.split(r"(\s+)", text)
    )


_REPLACED: Final = re.compile(r"https?://|www\.|\w@\w|:[\w/+-]+:|--|->|<-|<=|>=|~=", re.IGNORECASE)


def _as_code(word: str) -> str:
    bare = word.rstrip(".,;:!?)")
    ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", bare)), default=0))
    space = " " if "`" in bare else ""
    return f"{ticks}{space}{bare}{space}{ticks}{_with_backslashes(word[len(bare) :])}"


def _with_backslashes(text: str) -> str:
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~:$" else letter for letter in text)
