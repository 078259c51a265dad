import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.made_sources import HandSource, chosen
from app.served import from_jpeg
from fakes import BLUE, CELL, GREEN, scene
from maskwatch.app.live import channels as channels_module
from maskwatch.app.live.channels import Channel, Channels
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.people.person import People
from maskwatch.pipeline import Engine, Session
from maskwatch.settings import Alerts, Settings
from maskwatch.types import Event, Image

SETTLED = 8  # frames, a tenth of a second apart, after which everybody's state is known


@pytest.fixture
def masked_and_not() -> Image:
    return scene({(2, 3): BLUE, (6, 3): GREEN})


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"in vain waited for {what}"
        time.sleep(0.005)


def give(source: HandSource, channel: Channel, frames: int, seconds: float = 0.1) -> None:
    """Frames one by one, each seen before the next comes."""
    for _ in range(frames):
        seen = 0 if channel.picture is None else channel.picture.number
        source.give(seconds)
        until(lambda seen=seen: channel.picture and channel.picture.number > seen, "the next picture")  # type: ignore[misc]


def test_a_picture_tells_its_people_and_stays_clean(stream_setup: StreamSetup, masked_and_not: Image) -> None:
    source, channels = HandSource(masked_and_not), Channels()
    channel = channels.join(chosen(source), stream_setup)
    give(source, channel, SETTLED)
    picture = channel.picture
    assert picture is not None
    assert picture.header["counts"] == {"masked": 1, "unmasked": 1, "wrong": 0, "uncertain": 0}
    assert {face["label"] for face in picture.header["faces"]} == {"with_mask", "without_mask"}
    shown = from_jpeg(picture.jpeg)
    assert shown.shape == masked_and_not.shape
    assert np.abs(shown.astype(int) - masked_and_not).mean() < 4, "the page draws, not the server"
    assert [person["track_id"] for person in picture.header["people"]] == [1, 2]
    assert picture.header["index"] == SETTLED - 1
    channels.leave(channel)


def test_everybody_shares_one_reading_until_the_last_leaves(
    stream_setup: StreamSetup, masked_and_not: Image
) -> None:
    source, channels = HandSource(masked_and_not), Channels()
    choice = chosen(source)
    first, second = channels.join(choice, stream_setup), channels.join(choice, stream_setup)
    assert first is second
    give(source, first, 2)
    assert source.opened == 1
    channels.leave(first)
    give(source, second, 1)
    assert not source.freed.is_set()
    channels.leave(second)
    assert source.freed.wait(10), "the camera was not freed"


def test_a_camera_that_was_left_can_be_watched_again(
    stream_setup: StreamSetup, masked_and_not: Image
) -> None:
    source, channels = HandSource(masked_and_not), Channels()
    choice = chosen(source)
    for round_ in (1, 2, 3):
        channel = channels.join(choice, stream_setup)
        give(source, channel, 1)
        assert source.opened == round_
        channels.leave(channel)


def test_a_file_is_looked_at_once_for_each_setting(stream_setup: StreamSetup, masked_and_not: Image) -> None:
    choice = chosen(HandSource(masked_and_not), is_file=True)
    channels = Channels()
    stricter = StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=1.0)))
    first, same, other = (
        channels.join(choice, one) for one in (stream_setup, replace(stream_setup), stricter)
    )
    assert first is same
    assert other is not first
    for channel in (first, same, other):
        channels.leave(channel)


def test_a_camera_gets_the_settings_that_were_chosen_last(
    stream_setup: StreamSetup, masked_and_not: Image
) -> None:
    source, channels = HandSource(masked_and_not), Channels()
    choice = chosen(source)
    channel = channels.join(choice, stream_setup)
    give(source, channel, 1)
    blind = StreamSetup(Engine(stream_setup.engine.detector, None, threshold=2.0), stream_setup.settings)
    assert channels.join(choice, blind) is channel
    give(source, channel, 1)
    assert channel.picture is not None
    assert channel.picture.header["faces"] == []
    channels.leave(channel)
    channels.leave(channel)


def test_an_alert_comes_once_and_reaches_viewers_that_skip_frames(
    stream_setup: StreamSetup, masked_and_not: Image
) -> None:
    source, channels = HandSource(masked_and_not), Channels()
    channel = channels.join(chosen(source), stream_setup)
    give(source, channel, 8, seconds=0.5)  # the alert comes after two seconds
    events, told = channel.news_since(0)
    assert [event.kind for event in events] == ["no_mask"]
    assert channel.news_since(told) == ([], 1)
    channels.leave(channel)


def test_the_end_of_a_source_is_told(stream_setup: StreamSetup, masked_and_not: Image) -> None:
    source, channels = HandSource(masked_and_not), Channels()
    channel = channels.join(chosen(source), stream_setup)
    calls: list[bool] = []
    channel.add_listener(lambda: calls.append(True))
    source.fail("camera 7 was unplugged")
    until(lambda: channel.ended, "the end")
    assert channel.ended == "camera 7 was unplugged"
    assert calls
    channels.leave(channel)


def test_a_fault_of_ours_is_told_without_its_details(
    stream_setup: StreamSetup, masked_and_not: Image, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def detect(self, image: Image) -> None:
            raise ZeroDivisionError("secret")

    source, channels = HandSource(masked_and_not), Channels()
    channel = channels.join(chosen(source), StreamSetup(Engine(Broken()), stream_setup.settings))  # type: ignore[arg-type]
    source.give()
    until(lambda: channel.ended, "the end")
    assert "fault in maskwatch" in str(channel.ended)
    assert "secret" not in str(channel.ended)
    assert "ZeroDivisionError" in caplog.text
    channels.leave(channel)


def test_large_pictures_are_reduced_and_their_boxes_are_not(
    stream_setup: StreamSetup,
) -> None:
    image = np.full((CELL * 60, CELL * 80, 3), 127, np.uint8)
    image[CELL * 20 : CELL * 28, CELL * 40 : CELL * 48] = GREEN  # one cell at the size of the fake model
    source, channels = HandSource(image), Channels()
    channel = channels.join(chosen(source), stream_setup)
    give(source, channel, SETTLED)
    assert channel.picture is not None
    assert channel.picture.header["width"] == CELL * 80
    shown = from_jpeg(channel.picture.jpeg)
    assert shown.shape[1] == 1280
    assert (picture_box := channel.picture.header["people"][0]["box"])[2] > 1280 * 40 / 80
    assert picture_box[0] == pytest.approx(CELL * 40, abs=CELL)
    channels.leave(channel)


def test_a_silence_is_told_to_the_rules_and_their_events_to_the_viewers(
    masked_and_not: Image, stream_setup: StreamSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost:
        def update(self, people: People, t: float) -> list[Event]:
            return []

        def silence(self, seconds: float, t: float) -> list[Event]:
            return [Event("camera_lost", t, f"no picture for {seconds:.2f} s")]

    monkeypatch.setattr(channels_module, "_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(StreamSetup, "session", lambda setup: Session(setup.engine, [Lost()]))
    source, channels = HandSource(masked_and_not), Channels()
    channel = channels.join(chosen(source), stream_setup)
    give(source, channel, 1, seconds=5)
    until(lambda: channel.told, "the event")
    event = channel.news_since(0)[0][-1]
    assert event.kind == "camera_lost"
    assert event.t >= 5.05, "the stream's own time goes on"
    channels.leave(channel)


@pytest.mark.parametrize("is_file", [False, True])
def test_other_settings_open_no_source_anew(
    stream_setup: StreamSetup, masked_and_not: Image, is_file: bool
) -> None:
    channels = Channels()
    stricter = StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=1.0)))
    choice = chosen(HandSource(masked_and_not), is_file=is_file)
    channel = channels.join(choice, stream_setup)
    assert channels.change(channel, stricter)
    assert channel.setup == stricter
    assert channels.join(choice, stricter) is channel
    channels.leave(channel)
    channels.leave(channel)


def test_a_file_that_others_watch_keeps_its_settings(
    stream_setup: StreamSetup, masked_and_not: Image
) -> None:
    channels = Channels()
    stricter = StreamSetup(stream_setup.engine, Settings(alerts=Alerts(after=1.0)))
    choice = chosen(HandSource(masked_and_not), is_file=True)
    channel = channels.join(choice, stream_setup)
    channels.join(choice, stream_setup)
    assert not channels.change(channel, stricter)
    assert channel.setup == stream_setup
    channels.leave(channel)
    channels.leave(channel)
