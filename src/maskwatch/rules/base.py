"""The protocol that every rule follows."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from maskwatch.people.person import People
from maskwatch.types import Event


class Rule(Protocol):
    """Watches one stream and keeps what it needs to remember between frames."""

    def update(self, people: People, t: float) -> list[Event]:
        """Takes everybody who is in view in the frame at `t` seconds; returns the events that this causes."""
        ...


@runtime_checkable
class SilenceRule(Rule, Protocol):
    """A rule that also wants to know when no frame comes."""

    def silence(self, seconds: float, t: float) -> list[Event]:
        """Takes for how long there has been no frame, at `t` seconds; returns the events that this causes."""
        ...
