"""One bad file, a signal or a frozen stream costs no result that was there before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from conftest import Cli, FakeModels, command_environment
from fakes import BLUE, scene
from maskwatch.image_files import save_image
from robustness.plugins import ODD_WIDTH

HERE = Path(__file__).parent
PLUGINS = os.pathsep.join([command_environment()["PYTHONPATH"], str(HERE)])
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


def detector(name: str) -> list[str]:
    return ["--detector", f"plugins:{name}", "--classifier", "none"]


def odd(path: Path) -> None:
    save_image(path, np.zeros((40, ODD_WIDTH, 3), np.uint8))


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.is_file()]


class TestOneFile:
    """A file that fails fails for itself."""

    def test_a_bug_that_one_picture_brings_out(self, process: Cli, tmp_path: Path) -> None:
        save_image(tmp_path / "a.png", scene({}))
        odd(tmp_path / "b.png")
        save_image(tmp_path / "c.png", scene({}))
        home = str(tmp_path / "home")
        arguments = ["detect", "a.png", "b.png", "c.png", "-o", "out.jsonl", *detector("Broken")]
        done = process(*arguments, PYTHONPATH=PLUGINS, HOME=home, XDG_STATE_HOME=f"{home}/state")
        assert done.returncode == 1
        lines = (tmp_path / "out.jsonl").read_text().splitlines()
        assert [json.loads(line)["source"] for line in lines] == ["a.png", "c.png"]
        assert "Traceback" not in done.stderr
        *_, failed, reason = done.stderr.splitlines()
        assert failed == "1 failed:"
        assert "b.png: an error that maskwatch did not foresee (ZeroDivisionError: a bug); see " in reason
        log = Path(reason.partition("; see ")[2])
        assert "Traceback" in log.read_text()
        assert home in str(log) or sys.platform != "linux"

    def test_debugging_shows_the_traceback(self, process: Cli, tmp_path: Path) -> None:
        odd(tmp_path / "b.png")
        done = process("detect", "b.png", *detector("Broken"), PYTHONPATH=PLUGINS, MASKWATCH_DEBUG="1")
        assert done.returncode == 1
        assert "ZeroDivisionError" in done.stderr
        assert "Traceback" in done.stderr

    @posix
    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    @pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
    def test_names_in_no_encoding(
        self, process: Cli, fake_models: FakeModels, tmp_path: Path, form: str, locale: str
    ) -> None:
        save_image(tmp_path / "a.png", scene({(2, 1): BLUE}))
        os.link(tmp_path / "a.png", os.fsencode(tmp_path) + b"/b\xff.png")
        arguments = ["detect", ".", "--format", form, fake_models.options]
        for more in ([], ["-o", "out", "--save", "out-dir"]):
            done = process(*arguments, *more, LC_ALL=locale, PYTHONUTF8="0")
            assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
            text = (tmp_path / "out").read_bytes().decode() if more else done.stdout
            assert len(text.splitlines()) == 2 + (form == "csv")
        assert len(list((tmp_path / "out-dir").iterdir())) == 2


@posix
class TestSignals:
    """Ctrl-C and its like."""

    def start(self, tmp_path: Path, name: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "maskwatch", "detect", *arguments, *detector(name)]
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            env=command_environment(PYTHONPATH=PLUGINS),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for_rows(self, folder: Path, number: int) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if any(path.read_text().count("\n") >= number for path in hidden(folder)):
                return
            time.sleep(0.05)
        raise AssertionError("no rows were written")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    @pytest.mark.parametrize("form", ["jsonl", "csv"])
    def test_what_is_done_is_kept(self, tmp_path: Path, number: signal.Signals, form: str) -> None:
        for index in range(200):
            save_image(tmp_path / f"{index}.png", scene({}, 96, 64))
        out = f"out.{form}"
        with self.start(tmp_path, "Slow", ".", "-o", out, "-f", form, "--save", "marked") as process:
            self.wait_for_rows(tmp_path, 1 if form == "csv" else 3)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        assert process.returncode == 128 + number
        assert "Traceback" not in err
        assert "interrupted; the results so far are kept" in err
        lines = (tmp_path / out).read_text().splitlines()
        assert 1 <= len(lines) < 200
        if form == "jsonl":
            assert [json.loads(line)["source"] for line in lines] == [f"./{i}.png" for i in range(len(lines))]
        assert hidden(tmp_path) == []

    @pytest.mark.parametrize("signals", [1, 2])
    def test_code_that_hangs_is_left(self, tmp_path: Path, signals: int) -> None:
        for index in range(3):
            save_image(tmp_path / f"{index}.png", scene({}))
        odd(tmp_path / "3.png")
        with self.start(tmp_path, "Frozen", ".", "-o", "out.jsonl") as process:
            self.wait_for_rows(tmp_path, 3)
            time.sleep(0.3)  # until it hangs
            for _ in range(signals):
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
            try:
                process.communicate(timeout=30)  # it would hang for an hour
            finally:
                process.kill()
        assert process.returncode == 128 + signal.SIGINT
        assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
        assert hidden(tmp_path) == []
