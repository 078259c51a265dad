"""What the WebSockets answer, and to whom."""

import asyncio
import threading
from collections.abc import Coroutine
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.made_sources import HandSource, chosen
from app.page_end import PageEnd
from app.served import from_jpeg, jpeg
from fakes import BLUE, CELL, GREEN, RED, box, scene
from maskwatch.app.live import camera_route, connection, view_route
from maskwatch.app.live.camera_route import MAX_BYTES, MAX_MEGAPIXELS, camera
from maskwatch.app.live.tickets import MAX_CONNECTIONS, Ticket
from maskwatch.app.live.view_route import view
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.people.zones import Zone
from maskwatch.pipeline import Engine
from maskwatch.sources.images import decode_image
from maskwatch.types import Image

UNMASKED = scene({(2, 3): BLUE, (6, 3): GREEN})
DOOR = Zone("Door", "zone", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))


def play(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(conversation)


@pytest.mark.parametrize("endpoint", [camera, view])
class TestAdmission:
    """Who may talk at all."""

    def test_a_foreign_page_is_turned_away_before_it_is_heard(self, endpoint: Any) -> None:
        async def conversation() -> None:
            async with PageEnd(endpoint, origin="http://evil.example") as page:
                assert await page.closed() == connection.FOREIGN_ORIGIN

        play(conversation())

    @pytest.mark.parametrize("hello", [{"token": "guess"}, {"token": None}, {"token": ["x"]}, {}])
    def test_without_a_token_nothing_is_to_be_had(self, endpoint: Any, hello: dict[str, Any]) -> None:
        async def conversation() -> None:
            async with PageEnd(endpoint) as page:
                await page.accepted()
                page.say(hello)
                assert await page.closed() == connection.UNKNOWN_TOKEN

        play(conversation())

    @pytest.mark.parametrize("hello", ["no JSON", "[1]", b"\xff\xd8", '{"token": "' + "x" * 5000 + '"}'])
    def test_nonsense_ends_the_conversation(self, endpoint: Any, hello: str | bytes) -> None:
        async def conversation() -> None:
            async with PageEnd(endpoint) as page:
                await page.accepted()
                page.say(hello)
                assert await page.closed() == connection.BAD_MESSAGE

        play(conversation())

    def test_who_says_nothing_is_not_waited_for(self, endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "_HELLO_SECONDS", 0.05)

        async def conversation() -> None:
            async with PageEnd(endpoint) as page:
                await page.accepted()
                assert await page.closed() == connection.UNKNOWN_TOKEN

        play(conversation())


def test_one_page_opens_only_so_many_connections(stream_setup: StreamSetup) -> None:
    ticket = Ticket(stream_setup)

    async def conversation() -> None:
        pages = [PageEnd(camera) for _ in range(MAX_CONNECTIONS)]
        for page in pages:
            await page.__aenter__()
            await page.join(ticket.token)
        async with PageEnd(camera) as one_more:
            await one_more.accepted()
            one_more.say({"token": ticket.token})
            assert await one_more.closed() == connection.TOO_MANY_CONNECTIONS
        for page in pages:
            await page.__aexit__()
        async with PageEnd(camera) as page:  # those that left make room
            await page.join(ticket.token)

    play(conversation())
    assert ticket.connections == 0


class TestCamera:
    """The browser's camera."""

    def test_each_picture_is_answered_with_its_faces(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket = Ticket(stream_setup)
        now = count(step=0.1)
        monkeypatch.setattr(camera_route, "time", SimpleNamespace(monotonic=lambda: next(now)))

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                for _ in range(8):  # until everybody's state is known
                    page.say(jpeg(scene({(1, 1): BLUE, (4, 2): GREEN, (8, 5): RED})))
                    answer = await page.heard()
                assert answer["type"] == "result"
                assert (answer["width"], answer["height"]) == (320, 240)
                assert answer["counts"] == {"masked": 1, "unmasked": 1, "wrong": 1, "uncertain": 0}
                found = {face["label"]: face["box"] for face in answer["faces"]}
                assert found["with_mask"] == pytest.approx(box(1, 1), abs=1)
                assert found["without_mask"] == pytest.approx(box(4, 2), abs=1)
                assert found["mask_worn_incorrectly"] == pytest.approx(box(8, 5), abs=1)
                page.say(jpeg(scene({})))
                assert (await page.heard())["faces"] == []

        play(conversation())

    def test_slow_pictures_of_one_page_do_not_stop_another(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow_jpeg, quick_jpeg = jpeg(scene({(1, 1): BLUE})), jpeg(UNMASKED)
        go_on = threading.Event()
        at_work: list[bytes] = []

        def slow_decode(data: bytes, name: str, limit: float) -> Image:
            if data == slow_jpeg:
                at_work.append(data)
                assert go_on.wait(20)
            return decode_image(data, name, limit)

        monkeypatch.setattr(camera_route, "decode_image", slow_decode)
        monkeypatch.setattr(camera_route, "_SLOW_SECONDS", 100.0)
        slow, quick = Ticket(stream_setup), Ticket(stream_setup)

        async def conversation() -> None:
            pages = [PageEnd(camera) for _ in range(MAX_CONNECTIONS)]
            for page in pages:
                await page.__aenter__()
                await page.join(slow.token)
                page.say(slow_jpeg)
            async with PageEnd(camera) as other:
                await other.join(quick.token)
                for _ in range(3):
                    other.say(quick_jpeg)
                    assert len((await other.heard())["faces"]) == 2
            assert len(at_work) == 1, "the connections of a page take turns"
            go_on.set()
            for page in pages:
                assert len((await page.heard())["faces"]) == 1
                await page.__aexit__()

        try:
            play(conversation())
        finally:
            go_on.set()

    def test_who_sends_slow_pictures_waits(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited: list[float] = []
        sleep = asyncio.sleep

        async def note(seconds: float) -> None:
            waited.append(seconds)
            await sleep(0)

        monkeypatch.setattr(asyncio, "sleep", note)
        ticket = Ticket(stream_setup)

        async def conversation(pictures: int) -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                for _ in range(pictures):
                    page.say(jpeg(UNMASKED))
                    await page.heard()

        monkeypatch.setattr(camera_route, "_SLOW_SECONDS", 100.0)
        play(conversation(1))
        assert waited == []
        monkeypatch.setattr(camera_route, "_SLOW_SECONDS", 0.0)
        play(conversation(2))
        assert len(waited) == 2
        assert all(seconds > 0 for seconds in waited)

    def test_the_next_picture_is_read_only_when_the_last_is_answered(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        running, most = 0, 0
        detect = stream_setup.engine.detector.detect

        def watched(image: Image) -> Any:
            nonlocal running, most
            running += 1
            most = max(most, running)
            found = detect(image)
            running -= 1
            return found

        monkeypatch.setattr(stream_setup.engine.detector, "detect", watched)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                for column in range(5):
                    page.say(jpeg(scene({(column, 1): BLUE})))
                for column in range(5):  # answers come in the order of the pictures
                    (face,) = (await page.heard())["faces"]
                    assert face["box"] == pytest.approx(box(column, 1), abs=1)

        ticket = Ticket(stream_setup)
        play(conversation())
        assert most == 1

    def test_an_unmasked_face_gives_one_alert(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 50.0
        monkeypatch.setattr(camera_route, "time", SimpleNamespace(monotonic=lambda: now))
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            nonlocal now
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                kinds = []
                for _ in range(12):
                    page.say(jpeg(UNMASKED))
                    kinds.append([event["kind"] for event in (await page.heard())["events"]])
                    now += 0.5
                assert kinds == [[]] * 4 + [["no_mask"]] + [[]] * 7

        play(conversation())

    def test_settings_are_heeded_at_the_next_picture(self, stream_setup: StreamSetup) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                page.say(jpeg(UNMASKED))
                assert len((await page.heard())["faces"]) == 2
                ticket.setup = StreamSetup(
                    Engine(stream_setup.engine.detector, None, threshold=2.0), stream_setup.settings
                )
                page.say(jpeg(UNMASKED))
                assert (await page.heard())["faces"] == []

        play(conversation())

    def test_other_alerts_leave_people_and_counts_as_they_are(self, stream_setup: StreamSetup) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)

                async def until_people(number: int) -> dict[str, Any]:
                    for _ in range(200):
                        page.say(jpeg(UNMASKED))
                        answer = await page.heard()
                        if len(answer["people"]) == number:
                            return answer
                    pytest.fail("nobody was followed")

                await until_people(2)
                alerts = stream_setup.settings.alerts.model_copy(update={"after": 0.0})
                settings = stream_setup.settings.model_copy(update={"alerts": alerts})
                ticket.setup = StreamSetup(stream_setup.engine, settings)
                page.say(jpeg(UNMASKED))
                answer = await page.heard()
                assert [person["track_id"] for person in answer["people"]] == [1, 2], "followed on"
                ticket.setup = StreamSetup(
                    stream_setup.engine, settings.model_copy(update={"zones": (DOOR,)})
                )
                page.say(jpeg(UNMASKED))
                assert (await page.heard())["people"] == [], "other zones begin anew"

        play(conversation())

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "no JPEG"),
            (b"hello", "no JPEG"),
            (b"\x89PNG\r\n\x1a\n" + bytes(50), "no JPEG"),
            (jpeg(UNMASKED)[:700], "damaged"),
            (jpeg(UNMASKED)[:3], "not a picture"),
            (jpeg(np.zeros((2001, 2000, 3), np.uint8)), "2000 x 2001 pixels"),
        ],
    )
    def test_a_bad_picture_is_told_and_the_next_one_is_taken(
        self, stream_setup: StreamSetup, data: bytes, message: str
    ) -> None:
        assert MAX_MEGAPIXELS == 4.0
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                page.say(data)
                answer = await page.heard()
                assert answer["type"] == "error"
                assert message in answer["message"]
                page.say(jpeg(UNMASKED))
                assert (await page.heard())["type"] == "result"

        play(conversation())

    @pytest.mark.parametrize(
        ("data", "code"),
        [(b"\xff\xd8\xff" + bytes(MAX_BYTES), connection.TOO_BIG), ("text", connection.BAD_MESSAGE)],
    )
    def test_what_no_page_would_send_ends_it(
        self, stream_setup: StreamSetup, data: str | bytes, code: int
    ) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                page.say(data)
                assert await page.closed() == code

        play(conversation())

    def test_a_silent_page_is_let_go(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_route, "_IDLE_SECONDS", 0.05)
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                assert await page.closed() == connection.BAD_MESSAGE

        play(conversation())

    def test_a_camera_that_gives_nothing_is_told_to_the_rules(
        self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(camera_route, "_PAUSE_SECONDS", 0.02)
        alerts = stream_setup.settings.alerts.model_copy(update={"lost_after": 0.1})
        settings = stream_setup.settings.model_copy(update={"alerts": alerts})
        ticket = Ticket(StreamSetup(stream_setup.engine, settings))

        async def conversation() -> None:
            async with PageEnd(camera) as page:
                await page.join(ticket.token)
                page.say(jpeg(UNMASKED))
                assert (await page.heard())["type"] == "result"
                message = await page.heard()
                assert message["type"] == "events"
                assert [event["kind"] for event in message["events"]] == ["camera_lost"]
                assert await page.silent(), "once"

        play(conversation())


class TestView:
    """Sources on the server."""

    def test_no_picture_comes_before_the_last_was_shown(self, stream_setup: StreamSetup) -> None:
        source = HandSource(UNMASKED)
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                source.give()
                header, picture = await page.picture()
                assert len(header["faces"]) == 2
                assert from_jpeg(picture).shape == UNMASKED.shape
                assert header["latency_ms"] >= 0
                for _ in range(5):
                    source.give()
                    await asyncio.sleep(0.05)
                assert await page.silent()
                page.say("shown")
                await page.picture()  # the newest, not the four before it
                page.say("shown")
                assert await page.silent()

        play(conversation())
        assert source.freed.wait(10), "nobody watches, but the source was not freed"

    def test_an_alert_reaches_a_page_that_shows_few_pictures(self, stream_setup: StreamSetup) -> None:
        source = HandSource(UNMASKED)
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                kinds = []
                source.give()
                header, _ = await page.picture()
                for _ in range(8):
                    source.give(0.5)
                    await asyncio.sleep(0.05)
                for _ in range(2):
                    page.say("shown")
                    source.give()
                    header, _ = await page.picture()
                    kinds += [event["kind"] for event in header["events"]]
                assert kinds == ["no_mask"]

        play(conversation())

    def test_changed_settings_are_heeded(self, stream_setup: StreamSetup) -> None:
        source = HandSource(UNMASKED)
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                source.give()
                assert len((await page.picture())[0]["faces"]) == 2
                ticket.setup = StreamSetup(
                    Engine(stream_setup.engine.detector, None, threshold=2.0), stream_setup.settings
                )
                page.say("shown")
                for _ in range(40):
                    source.give()
                    header, _ = await page.picture()
                    page.say("shown")
                    if not header["faces"]:
                        return
                pytest.fail("the old settings stayed")

        play(conversation())

    def test_the_end_of_the_source_is_told(self, stream_setup: StreamSetup) -> None:
        source = HandSource(UNMASKED)
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                source.fail("camera 7 was unplugged")
                assert await page.heard() == {"type": "end", "message": "camera 7 was unplugged"}

        play(conversation())

    def test_a_quiet_source_is_told(self, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(view_route, "_QUIET_SECONDS", 0.05)
        source = HandSource(UNMASKED)
        ticket = Ticket(stream_setup, chosen(source))

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="chosen")
                answer = await page.heard()
                assert answer["type"] == "status"
                assert "hand" in answer["message"]
                assert answer["seconds"] is None, "no picture has come yet"
                source.give()
                await page.picture()
                page.say("shown")
                assert (await page.heard())["seconds"] >= 0.05

        play(conversation())

    def test_only_what_the_page_chose_is_shown(self, stream_setup: StreamSetup) -> None:
        ticket = Ticket(stream_setup)  # chose nothing

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="/etc/passwd")
                assert await page.closed() == connection.BAD_MESSAGE

        play(conversation())

    def test_the_demo_is_there_for_everybody(self, stream_setup: StreamSetup) -> None:
        ticket = Ticket(stream_setup)

        async def conversation() -> None:
            async with PageEnd(view) as page:
                await page.join(ticket.token, source="demo")
                header, picture = await page.picture()
                assert from_jpeg(picture).shape[:2] == (header["height"], header["width"])
                assert header["width"] > CELL

        play(conversation())
