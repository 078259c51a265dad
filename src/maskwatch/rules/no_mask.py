"""Reports people who have been without a mask for a while."""

from __future__ import annotations

from maskwatch.rules.spell import Patience
from maskwatch.rules.state import StateRule, Wording


class NoMaskRule(StateRule):
    """Reports each person once who has certainly been without a mask for a while: events of kind "no_mask".

    Args:
        after: Seconds without a mask before the event.
        gap: Longest pause in seconds that is forgiven: not seen, not certain, or in another state.
        zone: Name of the zone that is watched; "" for the whole picture.
        again_after: Longest pause in seconds after which the same person is no news.
        remind: Seconds between reminders while it lasts; None for no reminders.
    """

    def __init__(
        self,
        after: float = 3.0,
        gap: float = 1.0,
        *,
        zone: str = "",
        again_after: float = 60.0,
        remind: float | None = None,
    ) -> None:
        super().__init__(
            "no_mask",
            "without_mask",
            Wording("is without a mask", "has been without a mask"),
            Patience(after, gap, again_after, remind),
            zone,
        )
