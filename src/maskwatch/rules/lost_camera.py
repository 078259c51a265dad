"""Reports that no picture comes any more, and that it is back."""

from __future__ import annotations

from maskwatch.people.person import People
from maskwatch.rules.wording import lasted
from maskwatch.types import Event


class LostCameraRule:
    """Reports once that no frame has come for a while, and once that they come again.

    The events are of kind "camera_lost" and "camera_back".

    Args:
        after: Seconds without a frame before the event.
    """

    def __init__(self, after: float = 10.0) -> None:
        self.after = after
        self._silent: float | None = None  # seconds, at the last call; None unless the loss was told

    def update(self, people: People, t: float) -> list[Event]:
        """See `maskwatch.rules.base.Rule.update`."""
        if self._silent is None:
            return []
        time, self._silent = self._time(self._silent), None
        return [Event("camera_back", t, f"The camera is back, after {time} without a picture")]

    def silence(self, seconds: float, t: float) -> list[Event]:
        """See `maskwatch.rules.base.SilenceRule.silence`."""
        if seconds < self.after:
            return []
        told, self._silent = self._silent is not None, seconds
        if told:
            return []
        message = f"The camera is lost: no picture for {self._time(seconds)}"
        return [Event("camera_lost", t, message, since=t - seconds)]

    def _time(self, seconds: float) -> str:
        return lasted(seconds, self.after) or "a moment"
