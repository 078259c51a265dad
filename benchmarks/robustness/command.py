"""The command line: fuzz, faults, soak, and the report of what they found."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.robustness import report, samples
from benchmarks.robustness.faults.all_faults import GROUPS
from benchmarks.robustness.fuzzing.kinds import KINDS
from benchmarks.robustness.fuzzing.runs import run_kind
from benchmarks.robustness.soak import soak
from maskwatch.atomic_file import write_text
from maskwatch.folder_lock import locked

ROOT: Final = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> None:
    """Runs what is asked for; the exit status is 1 where something did not hold."""
    options = _parser().parse_args(arguments)
    held = {"fuzz": _fuzz, "faults": _faults, "soak": _soak}[options.command](options)
    if not held:
        sys.exit("not all of it held; see above")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=ROOT / "build" / "robustness", help="where inputs are kept"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of robustness.json and robustness.md, brought up to date"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fuzz = commands.add_parser("fuzz", help="reads mutated inputs of all kinds, in processes of their own")
    fuzz.add_argument("kinds", nargs="*", help=f"of {', '.join(KINDS)}; none: all")
    fuzz.add_argument("--count", type=int, default=20_000, help="inputs in all")
    fuzz.add_argument("--seed", type=int, default=0, help="other seeds make other inputs")
    faults = commands.add_parser(
        "faults", help="injects faults: kills, full disks, lost cameras, jumping clocks"
    )
    faults.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; none: all")
    long = commands.add_parser("soak", help="watches two cameras and samples memory, threads, files, latency")
    long.add_argument("--minutes", type=float, default=60.0)
    return parser


def _fuzz(options: argparse.Namespace) -> bool:
    kinds = [KINDS[name] for name in (options.kinds or KINDS)]
    shares = sum(kind.share for kind in kinds)
    records: list[dict[str, Any]] = []
    for kind in kinds:
        began = time.monotonic()
        count = -int(-options.count * kind.share // shares)  # rounded up: no fewer than asked for in all
        record = run_kind(kind.name, count, options.build, options.seed).record()
        records.append({**record, "seed": options.seed, "minutes": round((time.monotonic() - began) / 60, 1)})
        print(report.fuzz_line(records[-1]), flush=True)
        for fault in record["faults"]:
            kept = options.build / "kept" / fault["input"]
            print(f"  {fault['times']} x {fault['error']} {fault['at']}; the first: {kept}")
        _save(options, "fuzz", kind.name, records[-1])
    return not any(record["faults"] for record in records)


def _faults(options: argparse.Namespace) -> bool:
    held = True
    for name in options.groups or GROUPS:
        outcomes = []
        for outcome in GROUPS[name]():
            outcomes.append(outcome.record())
            held = held and outcome.held
            print(report.fault_line(outcomes[-1]), flush=True)
        _save(options, "faults", name, outcomes)
    return held


def _soak(options: argparse.Namespace) -> bool:
    place = options.out or options.build
    taken: list[dict[str, Any]] = []
    for taken in soak(options.minutes):
        samples.save_samples(place / "soak.json", taken)
    print(samples.table(taken))
    _save(options, "soak", "command line", samples.growth(taken))
    return True


def _save(options: argparse.Namespace, part: str, name: str, record: object) -> None:
    """Brings a part of the report up to date."""
    if options.out is None:
        return
    with locked(options.out):  # parts may run at the same time
        file = options.out / "robustness.json"
        content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        content["machine"] = report.machine()
        content.setdefault(part, {})[name] = record
        write_text(file, json.dumps(content, indent=1) + "\n")
        write_text(options.out / "robustness.md", report.page(content))
