"""`maskwatch watch` as users run it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clips import write_clip
from conftest import Cli, FakeModels, command_environment
from fakes import BLUE, GREEN, scene
from servers import CameraServer, camera


@pytest.fixture
def server() -> Iterator[CameraServer]:
    with camera(scene({(2, 1): BLUE})) as running:
        yield running


def test_file_frame_by_frame(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(number, 1): BLUE}) for number in range(10)])
    done = cli("watch", "clip.mp4", fake_models.options)
    assert done.returncode == 0
    assert [json.loads(line)["index"] for line in done.stdout.splitlines()] == list(range(10))
    assert "10 frames in" in done.stderr
    assert "0 dropped; most at once 1 face: 1 masked" in done.stderr


def test_stops_after_the_given_time(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({})] * 10)
    done = cli("watch", "clip.mp4", "--seconds", "0.45", fake_models.options)
    assert len(done.stdout.splitlines()) == 5


def test_alert_once(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN})] * 60)
    done = cli("watch", "clip.mp4", fake_models.options)
    assert done.stderr.count("ALERT at 3.0 s: Person 1 has been without a mask for 3 seconds") == 1
    assert "1 alert" in done.stderr.splitlines()[-1]


def test_text_tells_changes(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({})] * 5 + [scene({(2, 1): BLUE})] * 5)
    done = cli("watch", "clip.mp4", "--format", "text", fake_models.options)
    nobody, somebody = done.stdout.splitlines()
    assert "0.0 s  0 faces" in nobody
    assert "0.5 s  1 face: 1 masked" in somebody


def test_live_stream_hides_its_password(cli: Cli, fake_models: FakeModels, server: CameraServer) -> None:
    url = server.url("/live?key=geheim", "admin:geheim@")
    done = cli("watch", url, "--seconds", "1", fake_models.options)
    assert done.returncode == 0
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    assert frames
    assert all(len(frame["faces"]) == 1 for frame in frames)
    assert {frame["source"] for frame in frames} == {f"http://127.0.0.1:{server.server_port}/live"}
    assert "geheim" not in done.stderr + done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_with_totals(
    fake_models: FakeModels, server: CameraServer, tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "maskwatch", "watch", server.url("/live"), *fake_models.options]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=command_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["index"] >= 0  # a slow machine drops the first ones
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert all(json.loads(line) for line in out.splitlines())
    assert "frames in" in err
    assert "Traceback" not in err
    assert "Aborted" not in err


def test_on_a_terminal_one_line_is_rewritten(fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): BLUE})] * 3)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "maskwatch", "watch", "clip.mp4", *fake_models.options]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=command_environment(), stdout=slave, stderr=subprocess.DEVNULL
    )
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:
        pass  # Linux tells the end of a terminal by an error
    os.close(master)
    assert process.wait(60) == 0
    assert shown.count(b"1 face: 1 masked") == 3
    assert shown.count(b"\n") == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("97", "no camera 97"),
        ("nowhere.mp4", "nowhere.mp4: no such file"),
        ("rtsp://user:geheim@127.0.0.1:1/cam", "rtsp://127.0.0.1:1/cam: nobody answers there"),
        ("http://user:geheim@127.0.0.1:1/cam", "http://127.0.0.1:1/cam: nobody answers there"),
        ("ftq://user:geheim@host", "ftq://host: unknown kind of address"),
    ],
)
def test_sources_that_are_not_there(cli: Cli, fake_models: FakeModels, source: str, message: str) -> None:
    done = cli("watch", source, fake_models.options)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert message in line
    assert "geheim" not in line


def test_events_are_records_in_the_same_stream(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN})] * 40)
    done = cli("watch", "clip.mp4", "--format", "jsonl", fake_models.options)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    (number,) = (number for number, record in enumerate(records) if record.get("type") == "event")
    assert records[number] == {
        "type": "event",
        "source": "clip.mp4",
        "t": 3.0,
        "kind": "no_mask",
        "message": "Person 1 has been without a mask for 3 seconds",
    }
    assert records[number - 1]["t"] == 3.0  # right after its frame
    assert len(records) == 41
    assert all("type" not in record for record in records if "faces" in record)


def test_events_of_a_csv_have_a_file_of_their_own(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN})] * 40)
    done = cli("watch", "clip.mp4", "-o", "out.csv", fake_models.options)
    assert (done.returncode, done.stdout) == (0, "")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 41
    header, event = (tmp_path / "out.events.csv").read_text().splitlines()
    assert header == "source,t,kind,message"
    assert event == "clip.mp4,3.0,no_mask,Person 1 has been without a mask for 3 seconds"
    alone = cli("watch", "clip.mp4", "--format", "csv", fake_models.options)
    assert "no_mask" not in alone.stdout
    assert "ALERT at 3.0 s" in alone.stderr


def test_what_was_watched_is_kept_when_the_user_ends_it(
    fake_models: FakeModels, server: CameraServer, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "maskwatch", "watch", server.url("/live"), "-o", "out.jsonl"]
    with subprocess.Popen(
        [*command, *fake_models.options], cwd=tmp_path, env=command_environment(), stderr=subprocess.PIPE
    ) as process:
        for _ in range(600):
            if any(path.read_text() for path in tmp_path.glob(".out*")):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert all(json.loads(line)["faces"] for line in (tmp_path / "out.jsonl").read_text().splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_output_never_replaces_the_video(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    before = write_clip(tmp_path / "clip.mp4", [scene({})] * 3).read_bytes()
    done = cli("watch", "clip.mp4", "-o", "clip.mp4", fake_models.options)
    assert done.returncode == 1
    assert "the input itself" in done.stderr
    assert (tmp_path / "clip.mp4").read_bytes() == before
    assert "for the terminal" in cli("watch", "clip.mp4", "-f", "text", "-o", "a", fake_models.options).stderr
