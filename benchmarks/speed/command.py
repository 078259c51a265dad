"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.speed import plan, plots, report
from benchmarks.speed.environment import find_models, set_up
from benchmarks.speed.machine import commit, describe
from benchmarks.speed.meter import Meter
from benchmarks.speed.process import ROOT
from maskwatch.atomic_file import AtomicFile

_RESULTS: Final = "speed"


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark and prints its tables."""
    options = _parser().parse_args(arguments)
    if options.setup:
        set_up(options.build)
        return
    if not options.smoke and not (options.data / "scenes" / "val.json").is_file():
        sys.exit(
            f"{options.data}: no labelled pictures there (scenes/val.json); say where they are with --data,"
            " or take --smoke, which needs none"
        )
    if options.single_shot is not None and not options.single_shot.is_file():
        sys.exit(f"{options.single_shot}: no such file; --single-shot takes an ONNX file")
    began = time.perf_counter()
    measured = _measure(options)
    text = report.report(measured)
    print(f"\n{text}\n{time.perf_counter() - began:.0f} s")
    if options.out is not None:
        _write(options.out, measured, text)


def _measure(options: argparse.Namespace) -> Mapping[str, Mapping[str, Any]]:
    """Measures the parts that are asked for; returns these and the ones that were measured before."""
    folder = options.build / ("smoke" if options.smoke else "parts")
    if options.report:
        return {name: part for name, part in _kept(folder).items() if name in report.PARTS}
    wanted = options.only or [name for name in report.PARTS if name in plan.PARTS]
    known = {} if options.smoke else _kept(folder)
    todo = [name for name in wanted if not (options.resume and _is_of_now(known.get(name, {})))]
    if todo:
        models = find_models(options.build, options.weights, download=not options.smoke)
        meter = (
            Meter(1, 0, 0.0) if options.smoke else Meter(options.rounds, options.repeats, options.patience)
        )
        make = plan.smoke if options.smoke else plan.full
        made = make(options.data, options.build, models, options.single_shot, meter, _say)
        for name in todo:
            machine = describe()
            part = plan.PARTS[name](made)
            known[name] = {**part, "machine": machine, "remarks": list(models.remarks)}
            with AtomicFile(folder / f"{name}.json") as draft:
                draft.path.write_text(json.dumps(known[name]), encoding="utf-8")
    return {name: known[name] for name in report.PARTS if name in known}


def _kept(folder: Path) -> dict[str, Any]:
    """Returns what was measured before, by part; also what others put there, such as page.json."""
    files = {name: folder / f"{name}.json" for name in report.PARTS}
    return {name: json.loads(file.read_text("utf-8")) for name, file in files.items() if file.is_file()}


def _is_of_now(part: Mapping[str, Any]) -> bool:
    """Returns whether a part was measured on this code, and the code is committed."""
    measured = part.get("machine", {}).get("commit", "")
    return bool(measured) and measured == commit() and not measured.endswith("+")


def _write(folder: Path, measured: Mapping[str, Any], text: str) -> None:
    files = {".json": json.dumps(measured, indent=1) + "\n", ".md": text}
    if (plot := plots.plots(measured)) is not None:
        files[".svg"] = plot
    for ending, content in files.items():
        with AtomicFile(folder / f"{_RESULTS}{ending}") as draft:
            draft.path.write_text(content, encoding="utf-8", newline="\n")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="Measures speed.")
    shared = Path(os.environ.get("MASKWATCH_SHARED", ROOT.parent / "shared"))
    add: Callable[..., Any] = parser.add_argument
    add("--only", nargs="+", choices=tuple(plan.PARTS), help="only these parts; the others stay as they are")
    add("--resume", action="store_true", help="leave out parts that were measured on this very commit")
    add("--rounds", type=int, default=3, help="how often everything is measured, in turn")
    add("--repeats", type=int, default=2, help="how often what was disturbed is measured again")
    add("--patience", type=float, default=5.0, help="seconds to wait for quiet before each measurement")
    add("--single-shot", type=Path, help="ONNX file of a network such as AIZOO's, to be measured, too")
    add("--report", action="store_true", help="measure nothing: only write anew what was measured before")
    add("--smoke", action="store_true", help="seconds: made people, nothing but maskwatch and decoders")
    add("--setup", action="store_true", help="install Keras in an environment of its own, and end")
    add("--out", type=Path, help="folder for JSON, tables and plots")
    add("--data", type=Path, default=shared / "data", help="folder of the pictures")
    add("--weights", type=Path, default=shared / "weights" / "others", help="folder of the others' models")
    add("--build", type=Path, default=ROOT / "build" / "speed", help="folder for what is kept between runs")
    return parser
