"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

from benchmarks.people.environment import python_of, set_up, trackeval_scores
from benchmarks.people.matching import Boxes
from benchmarks.people.metrics import Tally
from benchmarks.people.report import table
from benchmarks.people.runs import CHOOSE, MASKWATCH, QUICK, REPORT, WHOLE_FRAMES, Arrival, Job, run_all
from benchmarks.people.scenes import SIZES

ROOT: Final = Path(__file__).parents[2]

_ORDER: Final = (MASKWATCH, WHOLE_FRAMES, "ByteTrack", "ByteTrack, 2 s", "SORT", "SORT, 2 s", "no tracking")


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark and prints its tables."""
    options = _parser().parse_args(arguments)
    if options.setup:
        set_up(options.build)
        return
    data = options.data
    if not (data / "scenes" / "val.json").is_file():
        sys.exit(f"{data}: no labelled pictures there (scenes/val.json); say where they are with --data")
    seeds = options.seeds or {"choose": CHOOSE, "report": REPORT}[options.scenes]
    if options.quick:
        seeds = [seed for seed in seeds if seed % 100 in QUICK]
    arrivals = tuple(Arrival(fps, lost) for fps in options.fps for lost in options.lost)
    size = SIZES[1] if options.small else SIZES[0]
    jobs = [
        Job(data, options.build, seed, size, arrivals, others=not options.only_maskwatch) for seed in seeds
    ]
    began = time.perf_counter()
    rows = _figures(jobs, options)
    print(table({f"{who}, {arrival}": figures for (who, arrival), figures in rows.items()}))
    print(f"\n{len(jobs)} scenes, {time.perf_counter() - began:.0f} s")
    if not python_of(options.build).is_file() and not options.only_maskwatch:
        print("no HOTA and MOTA, no SORT and ByteTrack: run once with --setup (needs a package index)")


def _figures(jobs: list[Job], options: argparse.Namespace) -> dict[tuple[str, Arrival], dict[str, float]]:
    """Runs the scenes and returns the figures of everybody who followed."""
    tallies: dict[tuple[str, Arrival], Tally] = defaultdict(Tally)
    boxes: dict[str, list[Boxes]] = {}
    for outcomes in run_all(jobs, options.processes):
        for outcome in outcomes:
            tallies[outcome.who, outcome.arrival] += outcome.tally
            boxes[f"{outcome.who}, {outcome.arrival}|{outcome.scene}"] = outcome.boxes
            if options.each:
                name = f"{outcome.scene}, {outcome.who}, {outcome.arrival}"
                print(table({name: outcome.tally.figures()}).splitlines()[-1], flush=True)
    scores = {} if options.only_maskwatch else trackeval_scores(options.build, boxes)
    order = sorted(tallies, key=lambda key: (-key[1].fps, key[1].dropped, _ORDER.index(key[0])))
    return {
        (who, arrival): tallies[who, arrival].figures() | scores.get(f"{who}, {arrival}", {})
        for who, arrival in order
    }


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
    parser.add_argument("--only-maskwatch", action="store_true", help="leave the others out")
    parser.add_argument("--setup", action="store_true", help="install SORT, ByteTrack and TrackEval, and end")
    parser.add_argument("--each", action="store_true", help="a line for each scene, too")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    return parser
