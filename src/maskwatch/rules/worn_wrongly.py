"""Reports people who have worn their mask wrongly for a while."""

from __future__ import annotations

from maskwatch.rules.spell import Patience
from maskwatch.rules.state import StateRule, Wording


class WornWronglyRule(StateRule):
    """Reports each person once whose mask has left nose or mouth uncovered for a while: kind "worn_wrongly".

    Args:
        after: Seconds with the mask worn wrongly before the event.
        gap: Longest pause in seconds that is forgiven: not seen, not certain, or in another state.
        zone: Name of the zone that is watched; "" for the whole picture.
        again_after: Longest pause in seconds after which the same person is no news.
        remind: Seconds between reminders while it lasts; None for no reminders.
    """

    def __init__(
        self,
        after: float = 5.0,
        gap: float = 1.0,
        *,
        zone: str = "",
        again_after: float = 60.0,
        remind: float | None = None,
    ) -> None:
        super().__init__(
            "worn_wrongly",
            "mask_worn_incorrectly",
            Wording("wears the mask wrongly", "has worn the mask wrongly"),
            Patience(after, gap, again_after, remind),
            zone,
        )
