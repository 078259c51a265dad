"""`maskwatch watch` as users run it."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from clips import write_clip
from conftest import Cli, FakeModels, command_environment
from fakes import BLUE, GREEN, RED, scene
from maskwatch.image_files import save_image
from servers import CameraServer, camera


def records(out: str, kind: str | None = None) -> list[dict[str, Any]]:
    """The records of one type; frames have none."""
    found = [json.loads(line) for line in out.splitlines()]
    return [record for record in found if record.get("type") == kind]


@pytest.fixture
def server() -> Iterator[CameraServer]:
    with camera(scene({(2, 1): BLUE})) as running:
        yield running


def test_file_frame_by_frame(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): BLUE})] * 10)
    done = cli("watch", "clip.mp4", fake_models.options)
    assert done.returncode == 0
    assert [record["index"] for record in records(done.stdout)] == list(range(10))
    assert "10 frames in" in done.stderr
    assert "0 dropped; 1 person: 1 masked, 0 unmasked" in done.stderr
    assert "100 % wear it right (21 to 100 %); 0 alerts" in done.stderr


def test_stops_after_the_given_time(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({})] * 10)
    done = cli("watch", "clip.mp4", "--seconds", "0.45", fake_models.options)
    assert len(records(done.stdout)) == 5


def test_alert_once(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN})] * 60)
    done = cli("watch", "clip.mp4", fake_models.options)
    assert done.stderr.count("ALERT at 3.0 s: Person 1 has been without a mask for 3 seconds") == 1
    assert "1 alert" in done.stderr.splitlines()[-1]


def test_text_tells_changes(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({})] * 5 + [scene({(2, 1): BLUE})] * 15)
    done = cli("watch", "clip.mp4", "--format", "text", fake_models.options)
    nobody, *_, somebody = done.stdout.splitlines()
    assert "0.0 s  0 people" in nobody
    assert "1 person: 1 masked" in somebody
    assert len(done.stdout.splitlines()) <= 3, "one may be undecided in between"


def test_pictures_are_not_followed(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_image(tmp_path / "pictures" / f"{name}.png", scene({(2, 1): BLUE, (5, 2): GREEN}))
    done = cli("watch", "pictures", fake_models.options)
    assert all("people" not in record for record in records(done.stdout))
    assert "most at once 2 faces: 1 masked, 1 unmasked" in done.stderr
    (summary,) = records(done.stdout, "summary")
    assert (summary["people"], summary["history"]) == (None, None)
    refused = cli("watch", "pictures", "--save", "a.mp4", fake_models.options)
    assert (refused.returncode, "`maskwatch detect --save`" in refused.stderr) == (1, True)


def test_live_stream_hides_its_password(cli: Cli, fake_models: FakeModels, server: CameraServer) -> None:
    url = server.url("/live?key=geheim", "admin:geheim@")
    done = cli("watch", url, "--seconds", "1", fake_models.options)
    assert done.returncode == 0
    frames = records(done.stdout)
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
    assert re.search(r"^\d+ frames? in", err, re.MULTILINE)
    assert records(out, "summary")
    assert "Traceback" not in err
    assert "Aborted" not in err


def on_terminal(*arguments: str | Path, folder: Path) -> tuple[int, str]:
    """Runs a command on a terminal of its own; returns its exit status and all that it has shown."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "maskwatch", *arguments]
    environment = command_environment(TERM="xterm-256color", COLUMNS="100", LINES="30")
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=slave, stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:
        pass  # Linux tells the end of a terminal by an error
    os.close(master)
    return process.wait(60), shown.decode()


def test_on_a_terminal_people_are_a_table(fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN, (7, 4): BLUE})] * 45)
    status, shown = on_terminal("watch", "clip.mp4", *fake_models.options, folder=tmp_path)
    assert status == 0
    last = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown[shown.rindex("clip.mp4") :])
    assert re.search(r"#1 +\S (Mask|No mask) +\d+ %", last)
    assert "✓ Mask" in last
    assert "#2" in last
    assert "So far  2 people: 1 masked, 1 unmasked" in last
    assert shown.count("ALERT at") == 1
    assert shown.rindex("ALERT at") < shown.rindex("clip.mp4"), "told above the table"
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is back"


def test_a_terminal_shows_people_beside_an_output_file(fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(7, 4): BLUE})] * 10)
    _, shown = on_terminal("watch", "clip.mp4", "-o", "out.jsonl", *fake_models.options, folder=tmp_path)
    assert "✓ Mask" in shown
    assert len(records((tmp_path / "out.jsonl").read_text())) == 10


def test_a_dumb_terminal_gets_lines(fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(7, 4): BLUE})] * 10)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "maskwatch", "watch", "clip.mp4", *fake_models.options]
    with subprocess.Popen(
        command, cwd=tmp_path, env=command_environment(TERM="dumb"), stdout=slave, stderr=subprocess.DEVNULL
    ) as process:
        os.close(slave)
        assert process.wait(60) == 0
    shown = os.read(master, 4096)
    os.close(master)
    assert b"1 person: 1 masked" in shown
    assert b"\x1b" not in shown


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
    all_records = [json.loads(line) for line in done.stdout.splitlines()]
    (number,) = (number for number, record in enumerate(all_records) if record.get("type") == "event")
    event = all_records[number]
    assert (event["source"], event["kind"], event["track_id"]) == ("clip.mp4", "no_mask", 1)
    assert (event["state"], event["zone"], event["reminder"]) == ("without_mask", "", 0)
    assert event["votes"]["without_mask"] > event["votes"]["with_mask"] == 0
    assert event["since"] + 3 == pytest.approx(event["t"], abs=0.11)
    assert all_records[number - 1]["t"] == event["t"], "right after its frame"
    assert len(records(done.stdout)) == 40


def test_the_last_record_sums_up(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN, (7, 4): BLUE})] * 40)
    done = cli("watch", "clip.mp4", fake_models.options)
    *_, last = (json.loads(line) for line in done.stdout.splitlines())
    assert (last["type"], last["source"], last["frames"], last["dropped"]) == ("summary", "clip.mp4", 40, 0)
    assert (last["t"], last["events"]) == (3.9, 1)
    assert {key: last["people"][key] for key in ("total", "masked", "unmasked")} == {
        "total": 2,
        "masked": 1,
        "unmasked": 1,
    }
    assert last["people"]["share"]["value"] == 0.5
    assert sum(last["history"]["minutes"][0]["came"].values()) == 2


def test_events_of_a_csv_have_a_file_of_their_own(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN})] * 40)
    done = cli("watch", "clip.mp4", "-o", "out.csv", fake_models.options)
    assert (done.returncode, done.stdout) == (0, "")
    faces = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert len(faces) == 40
    assert (faces[-1]["track_id"], faces[-1]["person_state"]) == ("1", "without_mask")
    (event,) = csv.DictReader((tmp_path / "out.events.csv").read_text().splitlines())
    assert (event["source"], event["kind"], event["track_id"]) == ("clip.mp4", "no_mask", "1")
    alone = cli("watch", "clip.mp4", "--format", "csv", fake_models.options)
    assert "no_mask" not in alone.stdout
    assert "ALERT at" in alone.stderr


def test_rules_are_set_by_options(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): GREEN, (7, 4): RED})] * 40)
    (tmp_path / "maskwatch.toml").write_text("[alerts]\nmost_people = 1\n")

    def kinds(*rules: str) -> list[str]:
        options = [part for rule in rules for part in ("--alert", rule)]
        return sorted(
            event["kind"]
            for event in records(cli("watch", "clip.mp4", options, fake_models.options).stdout, "event")
        )

    assert kinds() == ["crowded", "no_mask"]
    assert kinds("no-mask=30", "crowded=2") == []
    assert kinds("worn-wrongly=1", "no-mask=off", "crowded=off") == ["worn_wrongly"]


def test_zones_are_counted_and_drawn(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): BLUE, (7, 4): BLUE})] * 10)
    (tmp_path / "zones.toml").write_text(
        '[[zones]]\nname = "Door"\npoints = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]\n'
    )
    done = cli("watch", "clip.mp4", "--zones", "zones.toml", "--save", "marked.mp4", fake_models.options)
    assert "Door: 1 person: 1 masked" in done.stderr
    assert records(done.stdout, "summary")[0]["zones"]["Door"]["total"] == 1
    with av.open(str(tmp_path / "marked.mp4")) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) == 10
    edge = frames[-1][120:230, 156:164]
    assert (edge.max(axis=2) < 60).any(axis=1).all(), "the right side of the zone has a dark rim"
    unknown = cli("watch", "clip.mp4", "--zones", "none.toml", fake_models.options)
    assert (unknown.returncode, "none.toml: no such zones file" in unknown.stderr) == (1, True)
    same = cli("watch", "clip.mp4", "--zones", "zones.toml", "-o", "zones.toml", fake_models.options)
    assert (same.returncode, "the input itself" in same.stderr) == (1, True)


def test_a_live_stream_is_recorded(
    fake_models: FakeModels, server: CameraServer, cli: Cli, tmp_path: Path
) -> None:
    done = cli("watch", server.url("/live"), "-s", "1", "--save", "marked.mp4", fake_models.options)
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "marked.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert len(times) == len(records(done.stdout))
    assert times[0] == 0
    assert "ends in .mp4" in cli("watch", "0", "--save", "marked.avi").stderr
    assert "names of their own" in cli("watch", "0", "--save", "a.mp4", "-o", "./a.mp4").stderr


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
    assert records((tmp_path / "out.jsonl").read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_output_never_replaces_the_video(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    before = write_clip(tmp_path / "clip.mp4", [scene({})] * 3).read_bytes()
    done = cli("watch", "clip.mp4", "-o", "clip.mp4", fake_models.options)
    assert done.returncode == 1
    assert "the input itself" in done.stderr
    assert (tmp_path / "clip.mp4").read_bytes() == before
    assert "for the terminal" in cli("watch", "clip.mp4", "-f", "text", "-o", "a", fake_models.options).stderr


@pytest.mark.parametrize("command", ["watch", "detect"])
def test_people_have_a_file_of_their_own(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, command: str
) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): BLUE, (6, 1): GREEN})] * 20)
    done = cli(command, "clip.mp4", "--people", "people.csv", fake_models.options)
    assert done.returncode == 0
    with (tmp_path / "people.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["track_id"], row["state"]) for row in rows] == [("1", "with_mask"), ("2", "without_mask")]


@pytest.mark.parametrize("command", ["watch", "detect"])
def test_two_outputs_are_never_one_file(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, command: str
) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({})])
    done = cli(command, "clip.mp4", "-o", "all.csv", "--people", "./all.csv", fake_models.options)
    assert done.returncode != 0
    assert "all.csv: two outputs cannot be one file; give them names of their own" in done.stderr
    assert not (tmp_path / "all.csv").exists()


def test_detect_counts_by_zone(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): BLUE, (6, 1): GREEN})] * 20)
    zones = '[[zones]]\nname = "left"\npoints = [[0, 0], [0.4, 0], [0.4, 1], [0, 1]]\n'
    (tmp_path / "zones.toml").write_text(zones)
    done = cli("detect", "clip.mp4", "--zones", "zones.toml", fake_models.options)
    [summary] = records(done.stdout, "summary")
    assert summary["zones"]["left"]["total"] == 1


def test_an_unknown_search_is_refused_with_what_is_known(cli: Cli, tmp_path: Path) -> None:
    done = cli("watch", str(write_clip(tmp_path / "a.mp4", [scene({})] * 3)), "--search", "thorough")
    assert done.returncode == 1
    assert "detect.search" in done.stderr
    assert "'tracked' or 'every-frame'" in done.stderr
