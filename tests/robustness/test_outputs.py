"""Outputs destroy nothing: not the inputs, links, devices, permissions, nor what was there before."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from clips import write_clip
from conftest import Cli, FakeModels, command_environment
from fakes import BLUE, GREEN, scene
from maskwatch.atomic_file import AtomicFile, finish_all, protected, write_text
from maskwatch.errors import SinkError
from maskwatch.image_files import save_image
from maskwatch.results import Result
from maskwatch.sinks.rows import Csv, JsonLines
from maskwatch.types import Faces, Frame

posix = pytest.mark.skipif(os.name == "nt", reason="files of POSIX systems")


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.is_file()]


def result(source: str = "a.jpg") -> Result:
    return Result(Frame(scene({}), 0, 0.0, source), Faces.empty())


class TestPlaces:
    """What may lie where an output goes."""

    @posix
    def test_permissions_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "secret.jsonl"
        path.touch()
        path.chmod(0o600)
        with AtomicFile(path) as draft:
            assert stat.S_IMODE(draft.path.stat().st_mode) == 0o600
            draft.path.write_text("new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() == "new"

    @posix
    def test_the_owner_stays(self, tmp_path: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root may give files away")
        path = tmp_path / "theirs.txt"
        path.touch()
        os.chown(path, 1234, 2345)
        write_text(path, "new")
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)

    @posix
    @pytest.mark.parametrize("exists", [True, False])
    def test_a_link_stays_and_its_target_is_replaced(self, tmp_path: Path, exists: bool) -> None:
        target = tmp_path / "elsewhere" / "target.txt"
        target.parent.mkdir()
        if exists:
            target.write_text("old")
        link = tmp_path / "link.txt"
        link.symlink_to("elsewhere/target.txt")
        write_text(link, "new")
        assert link.is_symlink()
        assert target.read_text() == "new"
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["elsewhere", "link.txt", "target.txt"]

    @posix
    def test_a_link_to_itself_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("a")
        with pytest.raises(SinkError, match="cannot be written"):
            write_text(tmp_path / "a", "")

    @posix
    def test_a_device_stays_a_device(self, tmp_path: Path) -> None:
        device = tmp_path / "null"
        try:
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            device.write_text("")
        except OSError:
            pytest.skip("no device may be made here")
        write_text(device, "text")
        assert stat.S_ISCHR(device.stat().st_mode)

    @posix
    def test_a_disk_is_refused(self, tmp_path: Path) -> None:
        try:
            os.mknod(tmp_path / "disk", stat.S_IFBLK | 0o600, os.makedev(7, 255))
        except OSError:
            pytest.skip("no device may be made here")
        with pytest.raises(SinkError, match="a disk or a socket"):
            write_text(tmp_path / "disk", "text")

    @posix
    def test_a_pipe_is_written_into(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        got: list[str] = []
        reader = threading.Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
        reader.start()
        with JsonLines(pipe) as rows:
            rows.write(result())
        reader.join(30)
        assert json.loads(got[0])["source"] == "a.jpg"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert hidden(tmp_path) == []

    @posix
    def test_a_write_protected_file_is_refused(self, tmp_path: Path) -> None:
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        path = tmp_path / "kept.txt"
        path.write_text("old")
        path.chmod(0o400)
        with pytest.raises(SinkError, match="write-protected"):
            write_text(path, "new")

    def test_a_name_that_is_too_long_is_told_before_the_work(self, tmp_path: Path) -> None:
        with pytest.raises(SinkError, match="cannot be written"):
            AtomicFile(tmp_path / f"{'x' * 300}.jsonl")

    def test_a_long_name_that_is_allowed_works(self, tmp_path: Path) -> None:
        for name in ("ü" * 120 + ".jsonl", "a." + "x" * 250):
            write_text(tmp_path / name, "text")
            assert (tmp_path / name).read_text() == "text"

    @posix
    def test_dev_stdout_is_stdout(self, process: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
        save_image(tmp_path / "a.png", scene({}))
        for name in ("-", "/dev/stdout", "/dev/fd/1"):
            done = process("detect", "a.png", "-o", name, fake_models.options)
            assert (done.returncode, json.loads(done.stdout)["source"]) == (0, "a.png")
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"]

    def test_names_in_no_encoding_are_written(self, tmp_path: Path) -> None:
        odd = b"b\xff.jpg".decode("utf-8", "surrogateescape")
        with Csv(tmp_path / "out.csv") as rows:
            faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32))
            rows.write(Result(Frame(scene({}), 0, 0.0, odd), faces))
        assert "\nb\\udcff.jpg,0," in (tmp_path / "out.csv").read_text(encoding="utf-8")
        write_text(tmp_path / "page.html", odd)
        assert (tmp_path / "page.html").read_text(encoding="utf-8") == "b\\udcff.jpg"


class TestInputs:
    """An output never replaces what a command reads."""

    def test_a_picture_that_comes_later(self, cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
        save_image(tmp_path / "s" / "b.png", scene({(2, 1): BLUE}))
        save_image(tmp_path / "b.png", scene({}))
        before = (tmp_path / "b.png").read_bytes()
        done = cli("detect", "s/b.png", "b.png", "--save", ".", fake_models.options)
        assert done.returncode == 1
        assert "the input itself" in done.stderr
        assert (tmp_path / "b.png").read_bytes() == before
        assert [len(json.loads(line)["faces"]) for line in done.stdout.splitlines()] == [1, 0]

    def test_a_video_that_comes_later(self, cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
        (tmp_path / "s").mkdir()
        for name in ("s/b.mp4", "b.mp4"):
            write_clip(tmp_path / name, [scene({})] * 3)
        before = (tmp_path / "b.mp4").read_bytes()
        done = cli("detect", "s/b.mp4", "b.mp4", "--save", ".", fake_models.options)
        assert done.returncode == 1
        assert (tmp_path / "b.mp4").read_bytes() == before

    def test_models_and_settings(self, cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
        save_image(tmp_path / "a.png", scene({}))
        (tmp_path / "maskwatch.toml").write_text("[detect]\nsize = 320\n")
        for name in ("maskwatch.toml", str(fake_models.detector)):
            before = (tmp_path / name).read_bytes()
            for command in (["detect", "a.png"], ["explain", "a.png"]):
                option = "-o" if command[0] == "detect" else "--out"
                done = cli(*command, option, name, fake_models.options)
                assert done.returncode == 1
                assert len(done.stderr.splitlines()) == 1
            assert (tmp_path / name).read_bytes() == before

    def test_figures_over_labels(self, cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
        save_image(tmp_path / "a.png", scene({(2, 1): BLUE}))
        labels = tmp_path / "labels.json"
        content = {
            "images": [{"id": 0, "file_name": "a.png", "width": 320, "height": 240}],
            "annotations": [{"id": 0, "image_id": 0, "category_id": 1, "bbox": [64, 32, 32, 32]}],
            "categories": [{"id": 1, "name": "with_mask"}],
        }
        labels.write_text(json.dumps(content))
        models = [*fake_models.options]
        for option in ("--json", "--report"):
            done = cli("evaluate", "labels.json", option, "labels.json", models)
            assert done.returncode == 1
            assert "the input itself" in done.stderr
        done = cli("data", "check", "labels.json", "--sheet", "a.png")
        assert done.returncode == 1
        assert "a picture or a model, and no place for a report" in done.stderr
        assert json.loads(labels.read_text()) == content

    def test_two_results_in_one_file(self, cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
        save_image(tmp_path / "data" / "with_mask" / "a.png", scene({(2, 1): BLUE}, 96, 96))
        save_image(tmp_path / "data" / "without_mask" / "b.png", scene({(2, 1): GREEN}, 96, 96))
        options = ["--crops", "data", "--report", "out", "--json", "out", fake_models.options]
        done = cli("evaluate", *options)
        assert done.returncode == 1
        assert "out: named for two results" in done.stderr.splitlines()[-1]
        assert not (tmp_path / "out").exists()
        (tmp_path / "out").write_text("older")
        with protected([fake_models.detector]):  # a command that did not ask before it began
            write_text(tmp_path / "out", "first")
            with pytest.raises(SinkError, match="holds another result of this command"):
                write_text(tmp_path / "out", "second")
        assert (tmp_path / "out").read_text() == "first"

    @posix
    def test_by_another_name(self, tmp_path: Path) -> None:
        picture = tmp_path / "a.jpg"
        picture.write_text("picture")
        (tmp_path / "link.jpg").symlink_to("a.jpg")
        os.link(picture, tmp_path / "hard.jpg")
        with protected([picture, None, "rtsp://camera", "no such file"]):
            for name in ("a.jpg", "link.jpg", "hard.jpg"):
                with pytest.raises(SinkError, match="the input itself"):
                    AtomicFile(tmp_path / name)
        write_text(picture, "fine afterwards")


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class TestFailing:
    """What cannot be written whole is not written at all."""

    @posix
    def test_a_torn_row_never_replaces_the_good_file(self, fake_models: FakeModels, tmp_path: Path) -> None:
        """The limit on the size of files stands for a full disk."""
        for number in range(6):
            save_image(tmp_path / f"{number}.png", scene({(2, 1): BLUE}))
        (tmp_path / "out.jsonl").write_text("good\n")
        code = (
            "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700));"
            "runpy.run_module('maskwatch', run_name='__main__')"
        )
        pictures = [f"{number}.png" for number in range(6)]
        done = subprocess.run(
            [sys.executable, "-c", code, "detect", *pictures, "-o", "out.jsonl", *fake_models.options],
            cwd=tmp_path,
            env=command_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == "maskwatch: out.jsonl: cannot be written (File too large)"
        assert (tmp_path / "out.jsonl").read_text() == "good\n"
        assert hidden(tmp_path) == []

    def test_an_error_that_somebody_catches_is_not_forgotten(self, tmp_path: Path) -> None:
        path = tmp_path / "out.jsonl"
        path.write_text("good")
        rows = JsonLines(path, flush=True)
        usual, rows._stream = rows._stream, Full()
        with pytest.raises(SinkError, match="No space left"):
            rows.write(result())
        rows._stream = usual
        rows.write(result())
        with pytest.raises(SinkError, match="No space left"):
            rows.__exit__(None, None, None)
        assert path.read_text() == "good"
        assert hidden(tmp_path) == []

    def test_a_program_that_ends_at_once_keeps_what_is_whole(self, tmp_path: Path) -> None:
        whole, other = AtomicFile(tmp_path / "whole.jsonl"), AtomicFile(tmp_path / "other.mp4")
        whole.path.write_text("a line\n")
        whole.whole_at_any_time = True
        finish_all()
        assert other.final.exists() is False
        assert [path.name for path in tmp_path.iterdir()] == ["whole.jsonl"]
