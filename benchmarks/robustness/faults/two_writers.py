"""Several programs that write into one folder: nothing that one of them has written is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.robustness.faults.leftovers import read_left
from benchmarks.robustness.faults.outcome import Outcome, environment, start
from fakes import write_detector


def one_collection(programs: int = 3, pictures: int = 30) -> Outcome:
    """Lets programs add corrected pictures to one collection."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "corrections")
        writers = [
            start(
                *("benchmarks.robustness.faults.writer", "collection", path, str(number), str(pictures)),
                cwd=Path(folder),
                stdout=subprocess.PIPE,
            )
            for number in range(1, programs + 1)
        ]
        told = [name for writer in writers for name in writer.communicate(timeout=600)[0].decode().split()]
        failed = sum(writer.returncode != 0 for writer in writers)
        left = read_left("collection", path, told)
    held = left.readable and not left.missing and not failed and len(told) == programs * pictures
    figures = {"written": len(told), "missing": left.missing, "failed_programs": failed}
    lost = f"{left.missing} pictures" if left.missing else "nothing"
    return Outcome(
        "several programs with one collection", len(told), f"{programs} programs", lost, held, figures
    )


def one_store(programs: int = 3) -> Outcome:
    """Lets programs add models of the same name, and of others, to one store, and put them to use."""
    code = (
        "import sys; from pathlib import Path; from maskwatch.models import store\n"
        "from maskwatch.errors import ModelError\n"
        "own, kind = f'own{sys.argv[2]}', 'detector' if int(sys.argv[2]) % 2 else 'classifier'\n"
        "store.add_file(Path(sys.argv[1]), own, kind); store.choose(kind, own); print(own)\n"
        "try: store.add_file(Path(sys.argv[1]), 'same', 'detector'); print('same')\n"
        "except ModelError: pass\n"
    )
    with TemporaryDirectory() as folder:
        file = write_detector(Path(folder, "model.onnx"))
        own = {**environment(), "MASKWATCH_MODELS": str(Path(folder, "store"))}
        started = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(file), str(number)], env=own, stdout=subprocess.PIPE
            )
            for number in range(programs)
        ]
        told = [line for one in started for line in one.communicate(timeout=600)[0].decode().split()]
        failed = sum(one.returncode != 0 for one in started)
        there = {path.stem for path in Path(folder, "store").glob("*.json")} - {"use"}
        use = json.loads(Path(folder, "store", "use.json").read_text(encoding="utf-8"))
    expected = {*(f"own{number}" for number in range(programs)), "same"}
    held = there == expected and told.count("same") == 1 and not failed and len(use) == min(2, programs)
    figures = {"written": len(told), "missing": len(expected - there), "failed_programs": failed}
    lost = "nothing" if held else f"{len(expected - there)} models"
    return Outcome(
        "several programs with one store of models", programs, f"{programs} programs", lost, held, figures
    )


def one_output(programs: int = 3, pieces: int = 20) -> Outcome:
    """Lets programs replace one file, again and again: it is whole at any time, whoever was last."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "out")
        writers = [
            start(
                *("benchmarks.robustness.faults.writer", "whole", path, str(number), str(pieces)),
                cwd=Path(folder),
                stdout=subprocess.DEVNULL,
            )
            for number in range(programs)
        ]
        looks = torn = 0
        while any(writer.poll() is None for writer in writers):
            if path.exists():
                looks += 1
                torn += not read_left("whole", path, []).readable
        failed = sum(writer.wait() != 0 for writer in writers)
        strays = len(list(Path(folder).glob(".*")))
    held = not torn and not failed and not strays
    figures = {"looks": looks, "torn": torn, "failed_programs": failed, "drafts_left": strays}
    lost = "nothing" if held else f"{torn} of {looks} looks saw a torn file"
    name = "several programs that write one file"
    return Outcome(name, programs * pieces, f"{programs} programs, read all the time", lost, held, figures)
