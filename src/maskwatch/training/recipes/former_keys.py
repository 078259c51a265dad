"""Names that settings had before: old recipe files, checkpoints and runs keep loading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FORMER_KEYS: Final[dict[tuple[str, ...], dict[str, str]]] = {
    (): {
        "average": "ema_decay",
        "frozen": "frozen_share",
        "hard_ratio": "hard_negative_ratio",
        "imitation": "distillation",
        "incomplete": "partly_labelled",
    },
    ("faces",): {
        "capped": "caps",
        "donated": "real_fabric",
        "found": "detected_boxes",
        "spoilt": "degraded",
        "things": "occluders",
        "ways": "wearing_styles",
    },
    ("crops",): {
        "bare_tiles": "negative_tiles",
        "capped": "caps",
        "hard": "hard_faces",
        "nearest": "negative_zoom",
        "spoilt": "degraded",
    },
}
"""Table -> former key -> key of today."""


def with_current_keys(settings: Mapping[str, Any], table: tuple[str, ...] = ()) -> dict[str, Any]:
    """Renames former keys.

    Args:
        settings: A flat recipe or one of its tables.
        table: Names of the tables that lead to it.

    Returns:
        The same values; where a key stands there under both names, the name of today wins.
    """
    known = FORMER_KEYS.get(table, {})
    current: dict[str, Any] = {}
    for key, value in sorted(settings.items(), key=lambda item: item[0] not in known):
        inside = (*table, key)
        current[known.get(key, key)] = (
            with_current_keys(value, inside)
            if inside in FORMER_KEYS and isinstance(value, Mapping)
            else value
        )
    return current
