"""How a stream is looked at: what the settings of a page come down to."""

from __future__ import annotations

from dataclasses import dataclass

from maskwatch.factory import rules
from maskwatch.pipeline import Engine, Session
from maskwatch.settings import Alerts


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """Models and rules. Two are equal when they use the very same engine and the same rules.

    Attributes:
        engine: Shared by everybody who chose the same models.
        alerts: When there is an alert.
    """

    engine: Engine
    alerts: Alerts

    def session(self) -> Session:
        """A fresh session for one stream."""
        return Session(self.engine, rules(self.alerts))
