"""The models, zones and alert rules for one stream."""

from __future__ import annotations

from dataclasses import dataclass

from maskwatch.factory import new_session, rules
from maskwatch.pipeline import Engine, Session
from maskwatch.rules.state import StateRule
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

    def session_after(self, before: StreamSetup, session: Session) -> Session:
        """Returns the session to go on with when this setup replaces another.

        Where only the alerts differ, the people are followed on and the counts stay, and who was told of is
        not told of again.

        Args:
            before: The setup so far.
            session: Its session, which may be changed and returned.
        """
        alerts, zones = self.settings.alerts, self.settings.zones
        if (
            self.engine is not before.engine
            or before.settings.model_copy(update={"alerts": alerts}) != self.settings
        ):
            return self.session()
        former = session.rules
        session.rules = tuple(rules(alerts, zones))
        for rule in session.rules:
            for old in former:
                if isinstance(rule, StateRule) and isinstance(old, StateRule) and rule.replaces(old):
                    rule.go_on_from(old)
        return session
