"""Pages that say nonsense, stop listening or vanish: the server lets them go and serves the others."""

import asyncio
from collections.abc import Coroutine
from itertools import islice
from typing import Any

import pytest

from app.made_sources import HandSource, chosen
from app.page_end import PageEnd
from app.served import jpeg
from benchmarks.robustness.page_messages import Messages
from fakes import BLUE, GREEN, scene
from maskwatch.app.live import camera_route, connection
from maskwatch.app.live.camera_route import camera
from maskwatch.app.live.tickets import Ticket
from maskwatch.app.live.view_route import view
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.pipeline import Session

PICTURE = jpeg(scene({(2, 3): BLUE, (6, 3): GREEN}))


def play(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(conversation)


@pytest.mark.parametrize("endpoint", [camera, view])
class TestHello:
    """Before a page is admitted."""

    def test_a_thousand_brackets_are_nonsense_like_any_other(self, endpoint: Any) -> None:
        async def conversation() -> None:
            async with PageEnd(endpoint) as page:
                await page.accepted()
                page.say("[" * 4000)
                assert await page.closed() == connection.BAD_MESSAGE

        play(conversation())

    def test_a_page_may_vanish_before_it_says_anything(self, endpoint: Any) -> None:
        async def conversation() -> None:
            page = PageEnd(endpoint)
            await page.__aenter__()
            await page.accepted()
            await page.__aexit__()
            assert await page.silent(0.05), "nothing is sent after it"

        play(conversation())

    def test_a_connection_that_was_ended_below_is_no_fault(self, endpoint: Any) -> None:
        async def conversation() -> None:
            async with PageEnd(endpoint) as page:
                await page.accepted()
                page.broken = True
                page.say("nonsense")
                await page.ended()

        play(conversation())


class TestDeafPages:
    """Connections that stay open but take in nothing, as those of a computer that sleeps."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "_SEND_SECONDS", 0.1)

    def test_the_camera_lets_it_go(self, stream_setup: StreamSetup) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera, room=1) as page:
                await page.join(ticket.token)
                page.say(PICTURE)
                page.say(PICTURE)
                await page.ended()
                assert ticket.connections == 0

        play(conversation())

    def test_a_viewer_is_let_go_and_the_source_freed(self, stream_setup: StreamSetup) -> None:
        source = HandSource(scene({(2, 3): BLUE}))
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view, room=1) as page:
                await page.join(ticket.token, source="chosen")
                source.give()
                page.say("shown")  # said at once, but nothing is read
                await page.ended()
                assert ticket.connections == 0

        play(conversation())
        assert source.freed.wait(10)

    def test_one_that_is_turned_away_is_not_waited_for(self, stream_setup: StreamSetup) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera, room=1) as page:
                await page.join(ticket.token)
                page.say(PICTURE)
                page.say("no picture")
                await page.ended()
                assert ticket.connections == 0

        play(conversation())

    def test_other_viewers_of_the_source_are_not_delayed(self, stream_setup: StreamSetup) -> None:
        source = HandSource(scene({(2, 3): BLUE}))
        choice = chosen(source)
        deaf, awake = Ticket(stream_setup, choice), Ticket(stream_setup, choice)

        async def conversation() -> None:
            async with PageEnd(view) as first, PageEnd(view) as second:
                await first.join(deaf.token, source="chosen")
                await second.join(awake.token, source="chosen")
                for number in range(5):  # the first never says that it has shown one
                    source.give()
                    header, _ = await second.picture()
                    assert header["index"] == number
                    second.say("shown")

        play(conversation())


class TestView:
    """What a viewer says."""

    @pytest.mark.parametrize("said", ["show", "", b"shown", '{"type": "shown"}', "shown" * 1000])
    def test_anything_else_ends_it(self, stream_setup: StreamSetup, said: str | bytes) -> None:
        source = HandSource(scene({(2, 3): BLUE}))
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                source.give()
                await page.picture()
                page.say(said)
                assert await page.closed() == connection.BAD_MESSAGE

        play(conversation())

    def test_who_shows_more_than_was_sent_floods(self, stream_setup: StreamSetup) -> None:
        source = HandSource(scene({(2, 3): BLUE}))
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                source.give()
                await page.picture()
                page.say("shown")
                page.say("shown")
                assert await page.closed() == connection.BAD_MESSAGE

        play(conversation())


class TestCamera:
    """What a camera sends."""

    def test_a_fault_of_ours_is_told_logged_once_and_survived(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                with monkeypatch.context() as broken:
                    broken.setattr(Session, "__call__", lambda *_: 1 / 0)
                    for _ in range(2):
                        page.say(PICTURE)
                        answer = await page.heard()
                        assert answer["type"] == "error"
                        assert "fault in maskwatch" in answer["message"]
                        assert "zero" not in answer["message"]
                page.say(PICTURE)
                assert (await page.heard())["type"] == "result"

        play(conversation())
        assert caplog.text.count("ZeroDivisionError") == 1

    def test_rubbish_is_answered_slowly(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited: list[float] = []
        sleep = asyncio.sleep

        async def note(seconds: float) -> None:
            waited.append(seconds)
            await sleep(0)

        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                monkeypatch.setattr(asyncio, "sleep", note)
                page.say(b"rubbish")
                assert (await page.heard())["type"] == "error"
                page.say(PICTURE)
                assert (await page.heard())["type"] == "result"

        play(conversation())
        assert waited == [pytest.approx(camera_route._RUBBISH_SECONDS, abs=5)]


@pytest.mark.parametrize("endpoint", [camera, view])
@pytest.mark.parametrize("admitted", [False, True])
def test_nothing_that_is_said_raises_an_error(
    stream_setup: StreamSetup, endpoint: Any, admitted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_route, "_RUBBISH_SECONDS", 0.0)
    source = HandSource(scene({(2, 3): BLUE}))
    ticket = Ticket(stream_setup, chosen(source))
    messages = iter(Messages(seed=1))

    async def conversation() -> None:
        for _ in range(40):
            async with PageEnd(endpoint) as page:
                if admitted:
                    await page.join(ticket.token, source="chosen")
                for message in islice(messages, 5):
                    page.say(message)
                await asyncio.sleep(0.01)
        async with PageEnd(endpoint) as page:
            await page.join(ticket.token, source="chosen")

    play(conversation())
    assert ticket.connections == 0


def test_a_source_may_change_the_size_of_its_pictures(stream_setup: StreamSetup) -> None:
    source = HandSource(scene({(2, 3): BLUE}))
    ticket = Ticket(stream_setup, chosen(source))

    async def conversation() -> None:
        async with PageEnd(view) as page:
            await page.join(ticket.token, source="chosen")
            for size in ((320, 240), (100, 20), (1, 1), (320, 240)):
                source.image = scene({(2, 3): BLUE})[: size[1], : size[0]]
                source.give()
                header, _ = await page.picture()
                assert (header["width"], header["height"]) == size
                page.say("shown")

    play(conversation())
