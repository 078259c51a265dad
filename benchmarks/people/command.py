"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

from benchmarks.people import cost, report
from benchmarks.people.clip_runs import ClipOutcome, counted_people, false_people, run_clip
from benchmarks.people.clips import empty_clips, real_clips
from benchmarks.people.environment import python_of, set_up, trackeval_scores
from benchmarks.people.metrics import PersonTally, Tally, person_figures
from benchmarks.people.report import Column, table
from benchmarks.people.runs import (
    CHOOSE,
    OURS,
    QUICK,
    REPORT,
    Arrival,
    Job,
    Outcome,
    run_all,
)
from benchmarks.people.scenes import SIZES
from maskwatch.atomic_file import AtomicFile

ROOT: Final = Path(__file__).parents[2]

FULL: Final = (
    *(Arrival(fps) for fps in (30, 15, 10, 5)),
    *(Arrival(fps, lost) for fps in (30, 15) for lost in (0.3, 0.6)),
)
"""How frames arrive in the figures that are reported."""

_ORDER: Final = (*(*OURS, "ByteTrack", "ByteTrack, 2 s", "SORT", "SORT, 2 s", "no tracking"),)
_GROUPED: Final = (*OURS, "ByteTrack, 2 s", "no tracking")
"""Whose figures are told by group."""

_HEIGHTS: Final = (16, 32, 48, 80, 200)
"""Ends of the groups of heights of faces, pixels."""

Figures = dict[tuple[str, Arrival], dict[str, float]]


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark and prints its tables."""
    options = _parser().parse_args(arguments)
    if options.setup:
        set_up(options.build)
        return
    if not (options.data / "scenes" / "val.json").is_file():
        sys.exit(
            f"{options.data}: no labelled pictures there (scenes/val.json); say where they are with --data"
        )
    began = time.perf_counter()
    out = _Out()
    if options.cost:
        _report_cost(options, out)
    elif options.clips:
        _report_clips(options, out)
    else:
        _report_scenes(options, out)
        if options.out is not None:
            _report_clips(options, out)
    print(f"\n{time.perf_counter() - began:.0f} s")
    if not python_of(options.build).is_file() and not options.cost:
        print("no HOTA and MOTA, no SORT and ByteTrack: run once with --setup (needs a package index)")
    if options.out is not None:
        out.write(options.out, "cost" if options.cost else "clips" if options.clips else "people")


class _Out:
    """What was printed and measured, to be written to files."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self.figures: dict[str, Any] = {}
        self.plot: str | None = None

    def table(
        self, key: str, title: str, rows: Mapping[str, Mapping[str, float]], columns: Sequence[Column]
    ) -> None:
        """Prints a table and keeps it."""
        text = f"### {title}\n\n{table(rows, columns)}\n"
        print(f"\n{text}", end="", flush=True)
        self._text.append(text)
        self.figures[key] = {name: {**self.figures.get(key, {}).get(name, {}), **rows[name]} for name in rows}

    def line(self, text: str) -> None:
        """Prints a line and keeps it."""
        print(f"\n{text}")
        self._text.append(f"{text}\n")

    def write(self, folder: Path, name: str) -> None:
        """Writes JSON, Markdown and, if there is one, the plot."""
        clean = json.loads(json.dumps(self.figures), parse_constant=_constant)
        files = {".json": json.dumps(clean, indent=1) + "\n", ".md": "\n".join(self._text)}
        if self.plot is not None:
            files[".svg"] = self.plot
        for ending, text in files.items():
            with AtomicFile(folder / f"{name}{ending}") as draft:
                draft.path.write_text(text, encoding="utf-8", newline="\n")


def _constant(name: str) -> str | None:
    """Returns what JSON can hold: "never" for infinity, null for what is unknown."""
    return "never" if name.endswith("Infinity") else None


def _report_scenes(options: argparse.Namespace, out: _Out) -> None:
    """Runs the made scenes."""
    seeds = options.seeds or {"choose": CHOOSE, "report": REPORT}[options.scenes]
    if options.quick:
        seeds = [seed for seed in seeds if seed % 100 in QUICK]
    arrivals = tuple(Arrival(fps, lost) for fps in options.fps or () for lost in options.lost) or FULL
    others = not options.only_maskwatch
    job = Job(options.data, options.build, 0, SIZES[1] if options.small else SIZES[0], arrivals, others)
    outcomes = _run_scenes([replace(job, seed=seed) for seed in seeds], options)
    figures = _figures(outcomes, options)
    rows = {f"{who}, {arrival}": row for (who, arrival), row in figures.items()}
    people = max((int(row["people"]) for row in rows.values()), default=0)
    out.line(f"{len(seeds)} scenes ({options.scenes}), {people} people, {job.size[0]} x {job.size[1]}")
    out.table("scenes", "Who is where, and how many", rows, report.TRACKING)
    out.table("scenes", "What is told of them", rows, report.STATES)
    _report_groups(outcomes, Arrival(15) if Arrival(15) in arrivals else arrivals[0], out)
    if len({arrival.fps for arrival in arrivals}) > 1:
        out.plot = report.plot(figures)


def _run_scenes(jobs: Sequence[Job], options: argparse.Namespace) -> list[Outcome]:
    """Runs the scenes; with --each, prints a line for each outcome."""
    found: list[Outcome] = []
    for outcomes in run_all(jobs, options.processes):
        found += outcomes
        for outcome in outcomes if options.each else ():
            name = f"{outcome.scene}, {outcome.who}, {outcome.arrival}"
            columns = (*report.TRACKING, *report.STATES)
            print(table({name: outcome.tally.figures()}, columns).splitlines()[-1], flush=True)
    return found


def _figures(outcomes: Sequence[Outcome], options: argparse.Namespace) -> Figures:
    """Returns the figures of everybody who followed, over all scenes."""
    tallies: dict[tuple[str, Arrival], Tally] = defaultdict(Tally)
    for outcome in outcomes:
        tallies[outcome.who, outcome.arrival] += outcome.tally
    boxes = {f"{o.who}, {o.arrival}|{o.scene}": o.boxes for o in outcomes}
    scores = {} if options.only_maskwatch else trackeval_scores(options.build, boxes)
    order = sorted(tallies, key=lambda key: (-key[1].fps, key[1].dropped, _ORDER.index(key[0])))
    return {
        (who, arrival): tallies[who, arrival].figures() | scores.get(f"{who}, {arrival}", {})
        for who, arrival in order
    }


def _report_groups(outcomes: Sequence[Outcome], arrival: Arrival, out: _Out) -> None:
    """Tells figures by the number of people in a scene, and by the size of their faces."""
    by_people: dict[str, Tally] = defaultdict(Tally)
    by_size: dict[str, list[PersonTally]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda o: (o.people, _ORDER.index(o.who))):
        if outcome.arrival == arrival and outcome.who in _GROUPED:
            crowd = "1 to 8" if outcome.people <= 8 else str(outcome.people)
            by_people[f"{crowd} people, {outcome.who}"] += outcome.tally
    for low, high in pairwise(_HEIGHTS):
        for outcome in sorted(outcomes, key=lambda o: _ORDER.index(o.who)):
            if outcome.arrival == arrival and outcome.who in _GROUPED:
                by_size[f"{low} to {high} pixels, {outcome.who}"] += [
                    person for person in outcome.tally.persons if low <= person.height < high
                ]
    rows = {name: tally.figures() for name, tally in by_people.items()}
    columns = [column for column in report.TRACKING if column[1] not in ("hota", "mota")]
    out.table("by_people", f"By people in the scene, {arrival}", rows, columns)
    out.table("by_people", f"What is told of them, {arrival}", rows, report.STATES)
    sizes = {name: person_figures(persons) for name, persons in by_size.items()}
    columns = [c for c in (*report.STATES, *report.TRACKING) if c[1] in person_figures(())]
    out.table("by_size", f"By height of the face, {arrival}", sizes, [("people", "people", "0"), *columns])


def _report_clips(options: argparse.Namespace, out: _Out) -> None:
    """Runs the clips without people, and the real ones."""
    outcomes: list[ClipOutcome] = []
    for clip in chain(real_clips(options.data), empty_clips(options.data, options.scenes)):
        outcomes += run_clip(clip, options.build)
        if options.each:
            print(clip.name, {o.who: o.counted for o in outcomes if o.clip == clip.name}, flush=True)
    out.table("empty", "Clips without people", _ordered(false_people(outcomes)), report.CLIPS)
    counted = _ordered(counted_people(outcomes))
    columns = [(name, name, "0") for name in next(iter(counted.values()))]
    out.table("real", "Different people counted in real clips", counted, columns)


def _ordered(rows: Mapping[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return dict(sorted(rows.items(), key=lambda row: _ORDER.index(row[0]) if row[0] in _ORDER else 99))


def _report_cost(options: argparse.Namespace, out: _Out) -> None:
    """Measures what following costs."""
    out.line(cost.caution())
    rows = cost.cost(options.data, options.build, options.rounds)
    out.table("cost", "Milliseconds a frame, 1280 x 720, by people in view", rows, report.COST)
    delay = cost.live_delay(options.data, options.build, options.rounds)
    out.figures["live"] = delay
    out.line(
        f"Live at 30 frames a second, 5 people: capture to result {delay['p50']:.0f} ms,"
        f" 95 % within {delay['p95']:.0f} ms, {delay['dropped']:.1%} of the frames dropped"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people", description="Measures following.")
    shared = Path(os.environ.get("MASKWATCH_SHARED", ROOT.parent / "shared"))
    build = ROOT / "build" / "people"
    add = parser.add_argument
    add("--scenes", choices=("choose", "report"), default="report", help="choose: to tune settings on")
    add("--seeds", type=int, nargs="+", help="only these scenes")
    add("--fps", type=int, nargs="+", choices=(30, 15, 10, 5), help="frames a second; else all, and losses")
    add("--lost", type=float, nargs="+", default=[0.0], help="shares of the frames, 0 to 1; with --fps")
    add("--small", action="store_true", help="640x360 instead of 1280x720")
    add("--quick", action="store_true", help="few scenes, of at most eight people")
    add("--only-maskwatch", action="store_true", help="leave the others out")
    add("--each", action="store_true", help="a line for each scene or clip, too")
    add("--clips", action="store_true", help="clips instead of made scenes")
    add("--cost", action="store_true", help="milliseconds instead of scenes")
    add("--rounds", type=int, default=5, help="of --cost")
    add("--setup", action="store_true", help="install SORT, ByteTrack and TrackEval, and end")
    add("--out", type=Path, help="folder for JSON, tables and the plot; then clips are run, too")
    add("--data", type=Path, default=shared / "data", help="folder of the pictures")
    add("--build", type=Path, default=build, help="folder for what is kept between two runs")
    add("--processes", type=int, default=min(2, os.cpu_count() or 1))
    return parser
