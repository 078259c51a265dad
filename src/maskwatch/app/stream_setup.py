"""The models, zones and alert rules for one stream."""

from __future__ import annotations

from dataclasses import dataclass

from maskwatch.factory import new_session
from maskwatch.pipeline import Engine, Session
from maskwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """Models, zones and rules. Two setups are equal if they share the engine object and have equal settings.

    Attributes:
        engine: Shared by all visitors with the same settings.
        settings: Of them the zones, the rules and how people are followed are used.
    """

    engine: Engine
    settings: Settings

    def session(self) -> Session:
        """Returns a new session for one stream."""
        return new_session(self.engine, self.settings)
