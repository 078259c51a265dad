"""What goes on and what begins anew when the settings of a running stream change."""

from __future__ import annotations

from fakes import GREEN, scene
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.people.zones import Zone
from maskwatch.pipeline import Session
from maskwatch.settings import Alerts, Settings
from maskwatch.types import Event, Frame


def events(session: Session, start: float, frames: int = 40) -> list[Event]:
    image = scene({(2, 1): GREEN})
    return [
        event for i in range(frames) for event in session(Frame(image, i, start + i / 10, "camera")).events
    ]


def test_who_was_told_of_is_not_told_of_again(stream_setup: StreamSetup) -> None:
    before = StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=1.0)))
    session = before.session()
    assert len(events(session, 0)) == 1
    after = StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=1.5, worn_wrongly=True)))
    assert after.session_after(before, session) is session
    assert events(session, 4) == []
    assert session.history.record()["minutes"]


def test_a_time_that_was_not_reached_yet_is_the_new_one(stream_setup: StreamSetup) -> None:
    before = StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=60)))
    session = before.session()
    assert events(session, 0) == []
    StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=2))).session_after(before, session)
    assert [event.track_id for event in events(session, 4)] == [1]


def test_other_zones_begin_anew(stream_setup: StreamSetup) -> None:
    before = StreamSetup(stream_setup.engine, Settings())
    session = before.session()
    zone = Zone("door", "zone", ((0, 0), (1, 0), (1, 1)))
    assert (
        StreamSetup(stream_setup.engine, Settings(zones=(zone,))).session_after(before, session)
        is not session
    )
