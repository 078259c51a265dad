"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.people.metrics import Tally
from benchmarks.people.report import table
from benchmarks.people.runs import CHOOSE, QUICK, REPORT, Arrival, Job, run_all
from benchmarks.people.scenes import SIZES

ROOT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark and prints its tables."""
    options = _parser().parse_args(arguments)
    data = options.data
    if not (data / "scenes" / "val.json").is_file():
        sys.exit(f"{data}: no labelled pictures there (scenes/val.json); say where they are with --data")
    seeds = options.seeds or {"choose": CHOOSE, "report": REPORT}[options.scenes]
    if options.quick:
        seeds = [seed for seed in seeds if seed % 100 in QUICK]
    arrivals = tuple(Arrival(fps, lost) for fps in options.fps for lost in options.lost)
    size = SIZES[1] if options.small else SIZES[0]
    jobs = [
        Job(data, options.build, seed, size, arrivals, alone=not options.only_maskwatch) for seed in seeds
    ]
    began = time.perf_counter()
    tallies: dict[tuple[str, Arrival], Tally] = defaultdict(Tally)
    for job, outcome in run_all(jobs, options.processes):
        for (who, arrival), tally in outcome.items():
            tallies[who, arrival] += tally
            if options.each:
                print(table({f"seed {job.seed}, {who}, {arrival}": tally.figures()}).splitlines()[-1])
    rows = {
        f"{who}, {arrival}": tally.figures() for (who, arrival), tally in sorted(tallies.items(), key=str)
    }
    print(table(rows))
    people = max((int(f["people"]) for f in rows.values()), default=0)
    print(f"\n{len(jobs)} scenes, {people} people, {time.perf_counter() - began:.0f} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people", description=__doc__)
    shared = Path(os.environ.get("MASKWATCH_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the pictures")
    parser.add_argument(
        "--build", type=Path, default=ROOT / "build" / "people", help="folder for what is kept"
    )
    parser.add_argument("--scenes", choices=("choose", "report"), default="report")
    parser.add_argument("--seeds", type=int, nargs="+", help="only these scenes")
    parser.add_argument("--fps", type=int, nargs="+", default=[15], choices=(30, 15, 10, 5))
    parser.add_argument("--lost", type=float, nargs="+", default=[0.0], help="shares of the frames, 0 to 1")
    parser.add_argument("--small", action="store_true", help="640x360 instead of 1280x720")
    parser.add_argument("--quick", action="store_true", help="six scenes of at most eight people")
    parser.add_argument("--only-maskwatch", action="store_true", help="leave out no tracking")
    parser.add_argument("--each", action="store_true", help="a line for each scene, too")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    return parser
