"""The models and alert rules for one stream."""

from __future__ import annotations

from dataclasses import dataclass

from maskwatch.factory import rules
from maskwatch.pipeline import Engine, Session
from maskwatch.settings import Alerts


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """Models and alert rules. Two setups are equal if they share the engine object and have equal rules.

    Attributes:
        engine: Shared by all visitors with the same settings.
        alerts: Settings of the alert rules.
    """

    engine: Engine
    alerts: Alerts

    def session(self) -> Session:
        """Returns a new session for one stream."""
        return Session(self.engine, rules(self.alerts))
