"""What happens while a source is watched: pauses, lost cameras, limits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import scene
from maskwatch.cli.watching import watch_source
from maskwatch.errors import SourceError
from maskwatch.pipeline import Engine, Session
from maskwatch.rules import LostCameraRule
from maskwatch.sinks.base import Sink
from maskwatch.sinks.rows import Csv, EventsCsv, JsonLines
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Faces, Frame, Image


class NoFaces:
    """A detector that finds nothing."""

    def detect(self, image: Image) -> Faces:
        return Faces.empty()


class HaltingCamera:
    """A live source that gives a frame, falls silent, and then gives another one or fails."""

    name = "camera 0"
    live = True

    def __init__(self, silence: float, fails: bool = False) -> None:
        self._silence = silence
        self._fails = fails
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        yield Frame(scene({}), 0, 0.5, self.name)
        self._closed.wait(self._silence)
        if self._fails:
            raise SourceError("camera 0 gives no pictures any more")
        yield Frame(scene({}), 1, 0.5 + self._silence, self.name)

    def close(self) -> None:
        self._closed.set()


class Pauses:
    """A display that only remembers the pauses."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def write(self, result: object) -> None:
        """Nothing."""

    def pause(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def __enter__(self) -> Pauses:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing."""


def session() -> Session:
    return Session(Engine(NoFaces(), live=True), [LostCameraRule(after=0.6)])


def test_a_lost_camera_is_told_without_a_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sinks: list[Sink] = [
        JsonLines(tmp_path / "a.jsonl", events=True),
        Csv(tmp_path / "a.csv"),
        EventsCsv(tmp_path / "e.csv"),
    ]
    summary, display = StreamSummary("camera 0"), Pauses()
    watch_source(HaltingCamera(1.8), session(), sinks, summary, display)
    records = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    kinds = [record.get("kind") or record.get("type", "frame") for record in records]
    assert kinds == ["frame", "camera_lost", "frame", "camera_back", "summary"]
    lost = records[1]
    assert lost["source"] == "camera 0"
    assert lost["t"] > 0.5 + 0.6, "on the stream's clock"
    assert summary.events == 2
    assert display.seconds == sorted(display.seconds)
    assert len((tmp_path / "e.csv").read_text().splitlines()) == 3
    err = capsys.readouterr().err
    assert err.count("ALERT at") == 2
    assert "The camera is lost" in err


def test_what_was_seen_of_a_camera_that_fails_is_kept(tmp_path: Path) -> None:
    summary = StreamSummary("camera 0")
    with pytest.raises(SourceError, match="gives no pictures any more"):
        watch_source(
            HaltingCamera(0.1, fails=True),
            session(),
            [JsonLines(tmp_path / "a.jsonl", events=True)],
            summary,
        )
    frame, last = (json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines())
    assert (frame["index"], last["type"], last["frames"]) == (0, "summary", 1)


def test_the_time_limit_holds_without_frames() -> None:
    summary = StreamSummary("camera 0")
    watch_source(HaltingCamera(60), session(), [], summary, seconds=1.0)
    assert summary.frames == 1
