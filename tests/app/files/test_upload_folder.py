"""Folders of uploads and who may remove them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import command_environment
from maskwatch.app.files import upload_folder as module
from maskwatch.app.files.upload_folder import UploadFolder, remove_abandoned


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "_current", None)


def left_by_another_process(tmp_path: Path) -> Path:
    """Makes a folder as a process that was killed leaves it."""
    script = (
        "from maskwatch.app.files.upload_folder import upload_folder; import os, signal\n"
        "folder = upload_folder(); (folder / 'upload.mp4').write_bytes(b'x'); print(folder, flush=True)\n"
        "os._exit(1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=command_environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(done.stdout.strip())


def test_folders_of_dead_processes_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead = left_by_another_process(tmp_path)
    living = UploadFolder()
    assert (dead / "upload.mp4").is_file()
    assert remove_abandoned() == 1
    assert not dead.exists()
    assert living.path.is_dir()
    living.remove()
    assert not living.path.exists()


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    for name in ("maskwatch-notes-1", "maskwatch-12-x", "maskwatch-page"):  # no lock in them
        (tmp_path / name).mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (tmp_path / "maskwatch-1-link").symlink_to(elsewhere)
    assert remove_abandoned() == 0
    assert (elsewhere / "lock").is_file()
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
def test_only_the_user_may_read_it() -> None:
    folder = UploadFolder()
    assert folder.path.stat().st_mode & 0o077 == 0
    folder.remove()
