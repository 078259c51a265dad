"""What is given back when a visitor has left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from maskwatch.app.files import visitor_session
from maskwatch.app.files.visitor_session import end_session, use_loop


class FakeServer:
    """Stands for Streamlit's runtime."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.state = {"picture": b"large"}
        self.closed: list[str] = []
        self.swept = 0
        self.threads: set[str] = set()
        self.media_file_mgr = SimpleNamespace(remove_orphaned_files=self._sweep)
        visit = SimpleNamespace(session=SimpleNamespace(session_state=self.state))
        self._session_mgr = SimpleNamespace(get_session_info=lambda _: visit)

    def _sweep(self) -> None:
        self.swept += 1

    def is_active_session(self, session: str) -> bool:
        return session in self.active

    def close_session(self, session: str) -> None:
        self.threads.add(threading.current_thread().name)
        self.closed.append(session)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    fake = FakeServer()
    stand_in: Any = SimpleNamespace(exists=lambda: True, get_instance=lambda: fake)
    monkeypatch.setattr(visitor_session, "runtime", stand_in)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="event loop")
    thread.start()
    use_loop(loop)
    yield fake
    use_loop(None)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_who_left_leaves_nothing(server: FakeServer) -> None:
    end_session("gone")
    assert server.closed == ["gone"]
    assert server.threads == {"event loop"}
    assert server.state == {}
    assert server.swept == 1


def test_who_is_back_keeps_everything(server: FakeServer) -> None:
    server.active.add("back")
    end_session("back")
    assert server.closed == []
    assert server.state


def test_those_who_left_are_ended_after_a_while_and_collected_once(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = threading.Semaphore(0)
    monkeypatch.setattr(visitor_session, "_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(visitor_session, "_TIDY_SECONDS", 0.2)
    monkeypatch.setattr(visitor_session, "_collect", collected.release)
    server.active.add("back")
    for session in ("one", "back", "two"):
        visitor_session._end_later(session)
    assert collected.acquire(timeout=20)
    assert server.closed == ["one", "two"]
    assert not collected.acquire(timeout=0.3)


def test_without_a_server_nothing_happens(server: FakeServer) -> None:
    use_loop(None)
    end_session("gone")
    end_session("")
    assert server.closed == []
