"""Injected faults, a short form of the benchmark: kills, full disks, lost cameras, jumping clocks."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.robustness.faults import bombs, clocks, endings, kills, long_runs, streams, two_writers
from benchmarks.robustness.faults.cameras import rtsp_missing
from benchmarks.robustness.faults.leftovers import read_left
from benchmarks.robustness.faults.outcome import Outcome, environment
from benchmarks.robustness.faults.unplugged import unplug

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX systems")
linux = pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="what a process holds, as Linux says it"
)


def check(outcome: Outcome) -> None:
    assert outcome.held, outcome.record()


@posix
@pytest.mark.parametrize("kind", ["rows", "csv", "video", "whole", "collection"])
def test_what_was_complete_stays_when_the_program_is_killed(kind: str) -> None:
    check(kills.kill_writers(kind, 2, seed=1))


@posix
@pytest.mark.parametrize(
    ("kind", "limit"), [("rows", 20_000), ("csv", 20_000), ("video", 600_000), ("whole", 60_000)]
)
def test_what_was_complete_stays_when_the_disk_is_full(kind: str, limit: int, tmp_path: Path) -> None:
    """The limit on the size of files stands for a full disk."""
    path = tmp_path / ("out.mp4" if kind == "video" else "out")
    code = (
        f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "runpy.run_module('benchmarks.robustness.faults.writer', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, kind, str(path)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "SinkError" in done.stderr.splitlines()[-1]
    told = done.stdout.split()
    left = read_left(kind, path, told)
    assert left.readable
    if kind != "whole":
        assert len(told) > 30
        assert left.missing <= (110 if kind == "video" else 0)
    # Of a file that is replaced as a whole, no half is left.
    assert [one.name for one in tmp_path.iterdir()] == ([path.name] if kind != "whole" else [])


@posix
@pytest.mark.slow
@pytest.mark.parametrize("frozen", [False, True])
def test_signals_end_watching_with_files_that_can_be_read(frozen: bool) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        figures = endings.end_watching(number, 1, frozen).figures
        assert figures["unreadable"] == 0
        assert figures["exit_codes"] == ([128 + number] if frozen else [0])
        assert figures["rows"] > 0 < figures["frames"]


@linux
@pytest.mark.slow
def test_an_http_camera_may_do_what_it_likes() -> None:
    for outcome in streams.http_faults(1):
        check(outcome)


@linux
@pytest.mark.slow
def test_a_real_rtsp_camera_may_do_what_it_likes() -> None:
    if (missing := rtsp_missing()) is not None:
        pytest.skip(missing)
    for outcome in streams.rtsp_faults(1):
        check(outcome)


def test_a_camera_is_unplugged() -> None:
    check(unplug(1))


@posix
def test_several_programs_write_into_one_folder() -> None:
    check(two_writers.one_collection(3, 6))
    check(two_writers.one_store(2))
    check(two_writers.one_output(2, 5))


@posix
def test_bombs_are_refused_before_they_are_decoded() -> None:
    for outcome in (*bombs.picture_bombs(), *bombs.video_bombs()):
        assert outcome.held or outcome.figures["cpu_s"] >= 5, outcome.record()  # times are for the benchmark


def test_clocks_may_jump() -> None:
    for outcome in clocks.all_clocks():
        check(outcome)


@linux
@pytest.mark.slow
def test_hours_of_video_take_no_memory() -> None:
    check(long_runs.long_file(0.5, 1.0))
