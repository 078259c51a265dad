"""Marked videos: what a recording of a live source has to stand."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from fakes import scene
from maskwatch.annotate import STYLES
from maskwatch.atomic_file import finish_all
from maskwatch.people.zones import Zone
from maskwatch.results import Result
from maskwatch.sinks.video import VideoSink
from maskwatch.types import Faces, Frame, Image
from people import people, person


def result(t: float) -> Result:
    everybody = people(person(1, "without_mask", box=(40.0, 60.0, 140.0, 180.0)))
    return Result(Frame(scene({}), t=t), Faces.empty(), people=everybody)


def decoded(path: Path) -> list[tuple[float, Image]]:
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [(f.time or 0.0, np.asarray(f.to_ndarray(format="bgr24"), np.uint8)) for f in frames]


def test_a_recording_begins_with_its_first_frame_and_keeps_uneven_times(tmp_path: Path) -> None:
    times = [12.5, 12.6, 13.4, 13.41, 20.0]
    with VideoSink(tmp_path / "a.mp4", recording=True) as video:
        for t in times:
            video.write(result(t))
    assert [t for t, _ in decoded(tmp_path / "a.mp4")] == pytest.approx([t - 12.5 for t in times], abs=1e-4)


def test_other_videos_keep_their_times(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "a.mp4") as video:
        for t in (0.5, 0.6):
            video.write(result(t))
    assert decoded(tmp_path / "a.mp4")[0][0] == pytest.approx(0.5, abs=1e-4)


def test_people_and_zones_are_drawn(tmp_path: Path) -> None:
    zone = Zone("Door", "zone", ((0.6, 0.2), (0.9, 0.2), (0.9, 0.9), (0.6, 0.9)))
    with VideoSink(tmp_path / "a.mp4", zones=[zone]) as video:
        video.write(result(0.0))
    ((_, image),) = decoded(tmp_path / "a.mp4")
    left = image[90:170, 38:43].astype(int)
    assert (np.abs(left - STYLES["without_mask"].colour).sum(axis=2).min(axis=1) < 90).all()
    assert (image[100:200, 188:196].max(axis=2) < 60).any(axis=1).all(), "the rim of the zone's edge"


def test_what_is_recorded_is_kept_when_the_program_has_to_end_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    video = VideoSink(path, recording=True)
    for number in range(40):
        video.write(result(number / 10))
    assert not path.exists(), "nothing of it could be played yet"
    for number in range(40, 130):
        video.write(result(number / 10))
    assert len(decoded(path)) >= 40, "as it stands, for a program that is killed"
    finish_all()
    assert len(decoded(path)) >= 40
    finished = tmp_path / "b.mp4"
    other = VideoSink(finished)
    other.write(result(0.0))
    finish_all()
    assert list(tmp_path.iterdir()) == [path], "a file that needs its end is deleted"


def test_a_recording_without_a_frame_leaves_nothing(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "a.mp4", recording=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_kept_whatever_ends_it_and_other_videos_are_not(tmp_path: Path) -> None:
    for recording in (True, False):
        path = tmp_path / f"{recording}.mp4"
        video = VideoSink(path, recording=recording)
        for number in range(5):
            video.write(result(number / 10))
        video.__exit__(RuntimeError, RuntimeError(), None)
    assert len(decoded(tmp_path / "True.mp4")) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["True.mp4"]
