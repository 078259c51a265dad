"""One at a time in a folder, and nobody waits for the dead."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conftest import command_environment
from maskwatch.errors import SinkError
from maskwatch.folder_lock import locked

HOLDER = (
    "import sys, time; from pathlib import Path; from maskwatch.folder_lock import locked\n"
    "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
)


def test_another_process_has_to_wait_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], env=command_environment(), stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(SinkError, match="another program is writing there"), locked(folder, 0.1):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with locked(folder, 10):
        pass
    assert list(folder.iterdir()) == [] or sys.platform == "win32"


def test_threads_wait_for_each_other_even_when_the_folder_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    inside = most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with locked(folder):
                inside += 1
                most = max(most, inside)
                inside -= 1
                if sys.platform != "win32":
                    folder.rmdir()  # with the folder the lock ends

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_place_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot be written"), locked(tmp_path / "file" / "store"):
        pass
