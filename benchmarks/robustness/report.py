"""The report: what was tried, what held, and what was lost, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

_KNOWN: Final = ("fault", "injected", "load", "lost", "held")


def machine() -> dict[str, Any]:
    """Returns on what, and under which load, the figures were taken."""
    names = ("av", "onnxruntime", "opencv-python-headless", "pillow", "numpy")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[1], 1),
        "versions": {name: version(name) for name in names},
    }


def fuzz_line(record: Mapping[str, Any]) -> str:
    """Returns a line about the inputs of a kind."""
    return " ".join(f"{part:>12}" if i else f"{part:<20}" for i, part in enumerate(_fuzz_cells(record)))


def fault_line(record: Mapping[str, Any]) -> str:
    """Returns a line about a fault."""
    held = "held" if record["held"] else "DID NOT HOLD"
    return (
        f"{held}: {record['fault']} ({record['injected']} times); lost: {record['lost']}; {_figures(record)}"
    )


def page(content: Mapping[str, Any]) -> str:
    """Returns the whole report."""
    told = content["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    out = [
        "# What was tried to knock it over",
        "",
        "Written by `python -m benchmarks.robustness`; the [README](../README.md) says how it is measured.",
        f"{told['system']}, {told['cores']} cores, Python {told['python']}; {versions}. Others used the"
        f" machine at the same time (load {told['load']:g} at the end), so seconds are upper bounds.",
    ]
    if fuzz := content.get("fuzz"):
        records = list(fuzz.values())
        faults = sum(one.get("fault", 0) + one.get("crash", 0) + one.get("hang", 0) for one in records)
        out += [
            *("", "## Mutated inputs", ""),
            f"{sum(one['inputs'] for one in records):,} inputs; {faults} of them crashed a process, hung for"
            + " more than 5 s, or raised anything but an error of the project's own.",
            "",
            *_table(_FUZZ, [_fuzz_cells(one) for one in records]),
        ]
    if faults := content.get("faults"):
        out += ["", "## Injected faults", ""]
        rows = [_fault_cells(one) for group in faults.values() for one in group]
        out += _table(("fault", "times", "load", "held", "lost", "figures"), rows)
    for name, rows in content.get("soak", {}).items():
        out += ["", f"## Soak: {name}", ""]
        out += ["Medians of the first and last quarter once warm, and the most ever seen."]
        out += ["", *_table(("process", "minutes", *_SOAK.values()), [_soak_cells(row) for row in rows])]
        out += ["", "![Memory, threads, open files and latency over time](soak.svg)"]
    return "\n".join(out) + "\n"


_FUZZ: Final = (
    *("kind", "inputs", "read", "refused", "faults", "crashes", "hangs", "slowest, s of a core"),
    *("peak MB", "MB warm → end", "threads", "files"),
)
_SOAK: Final = {"rss_mb": "MB", "threads": "threads", "handles": "files", "latency_ms": "latency, ms"}


def _fuzz_cells(record: Mapping[str, Any]) -> list[Any]:
    warm, end = record["warm"], record["end"]
    return [
        *(record["kind"], record["inputs"], record.get("read", 0), record.get("refused", 0)),
        *(record.get("fault", 0), record.get("crash", 0), record.get("hang", 0), record["slowest_cpu_s"]),
        *(record["peak_mb"], *(_change(warm, end, key) for key in ("rss_mb", "threads", "handles"))),
    ]


def _change(warm: Mapping[str, float], end: Mapping[str, float], key: str) -> str:
    return f"{warm[key]:.0f} → {end[key]:.0f}" if warm and end else "-"


def _soak_cells(row: Mapping[str, Any]) -> list[Any]:
    cells = [row["name"], row["minutes"]]
    for key in _SOAK:
        kept = row.get(key)
        cells.append("-" if kept is None else f"{kept['early']:g} → {kept['late']:g} (most {kept['most']:g})")
    return cells


def _fault_cells(record: Mapping[str, Any]) -> list[Any]:
    held = "yes" if record["held"] else "**no**"
    return [record["fault"], record["injected"], record["load"], held, record["lost"], _figures(record)]


def _figures(record: Mapping[str, Any]) -> str:
    return "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in record.items() if key not in _KNOWN)


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return [
        f"| {' | '.join(header)} |",
        f"|{' --- |' * len(header)}",
        *(f"| {' | '.join(row)} |" for row in cells),
    ]
