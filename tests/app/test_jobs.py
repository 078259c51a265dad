"""Pictures and videos that visitors bring."""

import csv
import io
import json
import tempfile
import threading
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.served import from_jpeg, jpeg
from clips import write_clip
from fakes import BLUE, GREEN, RED, box, scene
from maskwatch.app.files import workspace as workspace_module
from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.files.workspace import Workspace
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.counting import Counts
from maskwatch.errors import SourceError
from maskwatch.pipeline import Engine
from maskwatch.types import Faces, Image

THREE = scene({(1, 1): BLUE, (4, 2): GREEN, (8, 5): RED})


def finished(job: VideoJob) -> VideoJob:
    job.wait(60)
    assert not job.is_busy
    return job


class Slow:
    """Lets the video go on only when it is told to."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def detect(self, image: Image) -> Faces:
        self.reached.set()
        assert self.go_on.wait(20)
        return Faces.empty()


class TestPictureJob:
    """Still pictures."""

    def test_it_tells_and_shows_what_is_in_the_picture(self, stream_setup: StreamSetup) -> None:
        job = PictureJob.of("three.png", cv2.imencode(".png", THREE)[1].tobytes(), stream_setup.engine, 100)
        assert job.counts == Counts(masked=1, unmasked=1, wrong=1)
        (line,) = job.jsonl.splitlines()
        record = json.loads(line)
        assert record["source"] == "three.png"
        assert {tuple(face["box"]) for face in record["faces"]} == {
            tuple(box(1, 1)),
            tuple(box(4, 2)),
            tuple(box(8, 5)),
        }
        rows = list(csv.DictReader(io.StringIO(job.csv)))
        assert [row["label"] for row in rows] == [face["label"] for face in job.records]
        assert from_jpeg(job.preview).shape == THREE.shape
        assert (from_jpeg(job.preview) != THREE).any()

    @pytest.mark.parametrize(("name", "suffix"), [("a.png", ".png"), ("a.PNG", ".png"), ("a.webp", ".jpg")])
    def test_a_png_stays_one(self, stream_setup: StreamSetup, name: str, suffix: str) -> None:
        job = PictureJob.of(name, cv2.imencode(".png", THREE)[1].tobytes(), stream_setup.engine, 100)
        assert job.suffix == suffix
        assert job.annotated.startswith(b"\x89PNG") == (suffix == ".png")

    def test_a_large_picture_is_shown_small_and_kept_large(self, stream_setup: StreamSetup) -> None:
        job = PictureJob.of("a.jpg", jpeg(np.full((1200, 3200, 3), 127, np.uint8)), stream_setup.engine, 100)
        assert from_jpeg(job.preview).shape == (600, 1600, 3)
        assert from_jpeg(job.annotated).shape == (1200, 3200, 3)

    @pytest.mark.parametrize(
        ("data", "megapixels", "message"),
        [
            (b"", 1, "empty"),
            (b"hello", 1, "not a picture"),
            (jpeg(THREE)[:900], 1, "damaged"),
            (jpeg(THREE), 0.01, "pixels"),
        ],
    )
    def test_a_bad_file_gives_one_line_with_its_name(
        self, stream_setup: StreamSetup, data: bytes, megapixels: float, message: str
    ) -> None:
        with pytest.raises(SourceError, match=message) as caught:
            PictureJob.of("holiday.jpg", data, stream_setup.engine, megapixels)
        assert str(caught.value).startswith("holiday.jpg: ")
        assert "\n" not in str(caught.value)


class TestVideoJob:
    """Videos."""

    def test_every_frame_is_looked_at_and_written(self, stream_setup: StreamSetup, tmp_path: Path) -> None:
        path = write_clip(tmp_path / "in.mp4", [THREE] * 20, fps=5)
        job = finished(VideoJob("party.mp4", path, stream_setup))
        assert (job.state, job.error) == ("done", "")
        assert job.done == job.total == 20
        lines = [json.loads(line) for line in job.jsonl.read_text().splitlines()]
        assert [line["index"] for line in lines if "type" not in line] == list(range(20))
        assert {line["source"] for line in lines} == {"party.mp4"}
        assert len(list(csv.DictReader(io.StringIO(job.csv.read_text())))) == 60
        with av.open(str(job.annotated)) as video:
            assert video.streams.video[0].codec_context.name == "h264"
            frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
        assert len(frames) == 20
        assert np.abs(frames[5].astype(int) - THREE).max() > 100  # the marks

    def test_people_are_followed_and_summed_up(self, stream_setup: StreamSetup, tmp_path: Path) -> None:
        frames = [scene({(1, 1): BLUE, (8, 5): GREEN if n < 20 else BLUE}) for n in range(40)]
        job = finished(VideoJob("party.mp4", write_clip(tmp_path / "in.mp4", frames, fps=5), stream_setup))
        assert job.people.length == pytest.approx(7.8)
        assert job.people.counts == job.counts.so_far == Counts(masked=2)
        calm, bare = job.people.persons
        assert [span.state for span in calm.spans] == ["with_mask"]
        assert [span.state for span in bare.spans] == ["without_mask", "with_mask"]
        assert bare.spans[1].start == pytest.approx(4.0, abs=1.0)
        (event,) = job.people.events
        assert (event.kind, event.track_id) == ("no_mask", bare.track_id)
        told = [json.loads(line) for line in job.jsonl.read_text().splitlines() if '"type"' in line]
        assert [(line["type"], line["t"]) for line in told] == [("event", event.t), ("summary", 7.8)]
        assert told[1]["people"]["total"] == 2
        rows = list(csv.DictReader(io.StringIO(job.people_csv.read_text())))
        assert [row["track_id"] for row in rows] == [str(one.track_id) for one in job.people.persons]
        assert float(rows[1]["seconds_without_mask"]) == pytest.approx(bare.spans[0].seconds, abs=1e-3)

    def test_cancelling_ends_it_and_leaves_nothing_half_done(
        self, stream_setup: StreamSetup, tmp_path: Path
    ) -> None:
        slow = Slow()
        path = write_clip(tmp_path / "in.mp4", [THREE] * 30, fps=5)
        job = VideoJob("in.mp4", path, StreamSetup(Engine(slow), stream_setup.settings))
        assert slow.reached.wait(20)
        assert job.state == "running"
        job.cancel()
        slow.go_on.set()
        assert finished(job).state == "cancelled"
        assert job.done < 30
        assert list(tmp_path.iterdir()) == [path]

    def test_videos_wait_for_each_other_and_may_be_cancelled_while_waiting(
        self, stream_setup: StreamSetup, tmp_path: Path
    ) -> None:
        slow = Slow()
        first_path = write_clip(tmp_path / "a.mp4", [THREE] * 3, fps=5)
        second_path = write_clip(tmp_path / "b.mp4", [THREE] * 3, fps=5)
        first = VideoJob("a.mp4", first_path, StreamSetup(Engine(slow), stream_setup.settings))
        assert slow.reached.wait(20)
        second = VideoJob("b.mp4", second_path, stream_setup)
        third = VideoJob("b.mp4", second_path, stream_setup)
        time.sleep(0.3)
        assert (second.state, third.state) == ("waiting", "waiting")
        third.cancel()
        assert finished(third).state == "cancelled"
        slow.go_on.set()
        assert finished(first).state == "done"
        assert finished(second).state == "done"

    def test_time_left_is_told_once_it_can_be(self, stream_setup: StreamSetup, tmp_path: Path) -> None:
        slow = Slow()
        job = VideoJob(
            "a.mp4",
            write_clip(tmp_path / "a.mp4", [THREE] * 3, fps=5),
            StreamSetup(Engine(slow), stream_setup.settings),
        )
        assert slow.reached.wait(20)
        assert job.seconds_left is None
        job.done, job.total = 1, 3
        assert job.seconds_left is not None
        assert job.seconds_left > 0
        slow.go_on.set()
        finished(job)
        assert job.seconds_left is None

    @pytest.mark.parametrize("data", [b"", b"hello", bytes(5000)])
    def test_a_bad_file_gives_one_line_with_its_own_name(
        self, stream_setup: StreamSetup, tmp_path: Path, data: bytes
    ) -> None:
        path = tmp_path / "d41d8cd9.mp4"
        path.write_bytes(data)
        job = finished(VideoJob("holiday.mp4", path, stream_setup))
        assert job.state == "failed"
        assert job.error.startswith("holiday.mp4: ")
        assert str(tmp_path) not in job.error
        assert list(tmp_path.iterdir()) == [path]

    def test_a_fault_of_ours_is_told_without_its_details(
        self, stream_setup: StreamSetup, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken:
            def detect(self, image: Image) -> Faces:
                raise ZeroDivisionError("secret")

        path = write_clip(tmp_path / "a.mp4", [THREE], fps=5)
        job = finished(VideoJob("a.mp4", path, StreamSetup(Engine(Broken()), stream_setup.settings)))
        assert job.state == "failed"
        assert "secret" not in job.error
        assert "ZeroDivisionError" in caplog.text

    def test_it_can_be_run_again_with_other_settings(self, stream_setup: StreamSetup, tmp_path: Path) -> None:
        job = finished(VideoJob("a.mp4", write_clip(tmp_path / "a.mp4", [THREE] * 3, fps=5), stream_setup))
        blind = StreamSetup(Engine(stream_setup.engine.detector, None, threshold=2.0), stream_setup.settings)
        assert job.people.persons
        assert finished(job.rerun(blind)).people.persons == ()


class TestWorkspace:
    """Where a visitor's files are."""

    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def test_its_folder_is_private_and_its_names_are_ours(self) -> None:
        workspace = Workspace()
        path = workspace.store(io.BytesIO(b"data"), ".mp4")
        assert path.read_bytes() == b"data"
        assert path.parent == workspace.folder
        assert path.suffix == ".mp4"
        assert workspace.folder.stat().st_mode & 0o077 == 0
        workspace.close()

    def test_closing_ends_jobs_and_deletes_everything(
        self, stream_setup: StreamSetup, tmp_path: Path
    ) -> None:
        slow, workspace = Slow(), Workspace()
        clip = write_clip(tmp_path / "in.mp4", [THREE] * 30, fps=5)
        with clip.open("rb") as file:
            path = workspace.store(file, ".mp4")
        job = workspace.jobs["a"] = VideoJob("in.mp4", path, StreamSetup(Engine(slow), stream_setup.settings))
        assert slow.reached.wait(20)
        slow.go_on.set()
        workspace.close()
        assert not job.is_busy
        assert not workspace.folder.exists()
        workspace.close()  # twice does no harm

    def test_dropping_a_video_deletes_its_files_only(self, stream_setup: StreamSetup, tmp_path: Path) -> None:
        workspace = Workspace()
        clip = write_clip(tmp_path / "in.mp4", [THREE] * 3, fps=5)
        for key in ("a", "b"):
            with clip.open("rb") as file:
                workspace.jobs[key] = VideoJob("in.mp4", workspace.store(file, ".mp4"), stream_setup)
        for job in list(workspace.jobs.values()):
            assert isinstance(job, VideoJob)
            finished(job)
        assert len(list(workspace.folder.iterdir())) == 10
        workspace.remove("a")
        assert len(list(workspace.folder.iterdir())) == 5
        assert list(workspace.jobs) == ["b"]
        workspace.close()

    def test_a_visitor_who_left_is_waited_for_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workspace_module, "_GRACE_SECONDS", 0.2)
        back, gone = Workspace(), Workspace()
        back.close_later()
        gone.close_later()
        back.cancel_close()
        end = time.monotonic() + 10
        while gone.folder.exists():
            assert time.monotonic() < end, "the files stayed"
            time.sleep(0.02)
        assert back.folder.exists()
        back.close()

    def test_the_end_of_the_server_deletes_everything(self) -> None:
        open_ones = [Workspace(), Workspace()]
        assert all(one.folder.is_dir() for one in open_ones)
        workspace_module.close_all()
        assert not any(one.folder.exists() for one in open_ones)
