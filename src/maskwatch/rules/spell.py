"""When something that lasts, with gaps, is news: after a while, once, and again as a reminder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long it takes until something is told, and told again. All times are in seconds.

    Attributes:
        after: How long it must have lasted before it is told.
        gap: Longest pause that is forgiven: after a longer one it begins anew.
        again_after: Longest pause after which it is still the same and no news.
        remind: Time between reminders while it lasts; None for no reminders.
    """

    after: float = 0.0
    gap: float = 0.0
    again_after: float = 60.0
    remind: float | None = None


def interrupted(last: float, before: float, t: float, limit: float) -> bool:
    """Says whether something that holds at `t` did not hold for longer than `limit` before.

    A pause shows only in a frame: between two frames in a row it is taken to last, however slow they come.

    Args:
        last: Seconds at which it last held.
        before: Seconds of the frame before this one.
        t: Seconds of this frame.
        limit: Longest pause in seconds that is none.
    """
    return last < before and t - last > limit


@dataclass(slots=True)
class Spell:
    """Something that lasts.

    Attributes:
        start: Seconds at which it began.
        last: Seconds of the newest frame in which it held.
        told: Seconds at which it was last told; None while it was not.
        reminders: Number of reminders so far.
    """

    start: float
    last: float
    told: float | None = None
    reminders: int = 0

    def goes_on(self, t: float, before: float, since: float, patience: Patience) -> int | None:
        """Takes that it holds at `t`.

        Args:
            t: Seconds of this frame.
            before: Seconds of the frame before this one.
            since: Seconds from which it counts if it begins anew.
            patience: How long it takes until it is told.

        Returns:
            0 if it is to be told now for the first time, 1, 2 ... for a reminder, None if nothing is.
        """
        if interrupted(self.last, before, t, patience.gap):
            self.start = since
            if interrupted(self.last, before, t, patience.again_after):
                self.told, self.reminders = None, 0
        self.last = t
        if t - self.start < patience.after:
            return None
        if self.told is not None:
            if patience.remind is None or t - self.told < patience.remind:
                return None
            self.reminders += 1
        self.told = t
        return self.reminders
