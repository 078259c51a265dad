"""How maskwatch can be set: a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to run maskwatch.

    Attributes:
        settings: Section -> key -> value, as in a settings file; the rest are the defaults.
        everywhere: Whether it runs all clips; else only the made ones of 720p.
    """

    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    everywhere: bool = False


STANDARD: Final = "maskwatch"
"""As users have it who set nothing."""

FAST: Final = "maskwatch, fast models"

TRACKED: Final = "maskwatch, tracked search"

MODES: Final[Mapping[str, Mode]] = {
    STANDARD: Mode(everywhere=True),
    TRACKED: Mode({"detect": {"search": "tracked"}}),
    FAST: Mode({"detect": {"detector": "ssd-fast"}, "classify": {"classifier": "mobilenet-fast"}}),
}
"""Name for tables -> settings."""
