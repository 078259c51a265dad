"""The benchmark of robustness: what it samples, sums up and reports."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.robustness import report, soak
from benchmarks.robustness.samples import growth, plot, save_samples, table
from benchmarks.robustness.usage import children_of, sample, usage_of

linux = pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="what a process holds, as Linux says it"
)


@linux
def test_what_a_process_holds() -> None:
    before = usage_of(os.getpid())
    with open(os.devnull), open(os.devnull):
        held = usage_of(os.getpid())
    assert before is not None
    assert held is not None
    assert held.handles == before.handles + 2
    assert held.rss_mb > 10
    assert usage_of(2**22 + 1) is None


@linux
def test_children_count_with_their_parent() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in children_of(os.getpid())
        alone, own = sample(child.pid, "child", 0.0, None), sample(os.getpid(), "both", 12.34, 5.678)
    finally:
        child.kill()
        child.communicate()
    assert alone is not None
    assert own is not None
    assert own["rss_mb"] > alone["rss_mb"]
    assert (own["t"], own["latency_ms"], own["name"]) == (12.3, 5.7, "both")
    assert sample(child.pid, "child", 0.0, None) is None


def rising(name: str, step: float) -> list[dict[str, object]]:
    return [
        {
            "t": 10.0 * i,
            "rss_mb": 100 + step * i,
            "threads": 4,
            "handles": 9,
            "latency_ms": None,
            "name": name,
        }
        for i in range(101)
    ]


def test_what_grows_is_seen_and_what_does_not_is_flat(tmp_path: Path) -> None:
    samples = [*rising("leaks", 1.0), *rising("flat", 0.0)]
    leaks, flat = growth(samples)
    assert leaks["rss_mb"] == {"early": 129.5, "late": 190.5, "most": 200.0}
    assert flat["rss_mb"] == {"early": 100, "late": 100, "most": 100}
    assert "latency_ms" not in flat
    assert "129.5 → 190.5 (most 200)" in table(samples)
    save_samples(tmp_path / "soak.json", samples)
    drawing = (tmp_path / "soak.svg").read_text(encoding="utf-8")
    assert drawing == plot(samples)
    assert drawing.count("<polyline") == 3 * 2
    with pytest.raises(ValueError, match="no sample"):
        plot([])


def test_the_place_of_the_face_tells_the_time() -> None:
    for late in (0.0, 0.08, 1.5):
        now = time.monotonic()
        assert soak.lateness(soak.place_at(now - late), now) == pytest.approx(1000 * late, abs=1)
    assert soak.lateness(5.0, time.monotonic()) is None


def test_the_report_tells_what_did_not_hold() -> None:
    fault = {"fault": "a | b", "injected": 3, "load": "one", "lost": "all", "held": False, "slowest_s": 9}
    kind = {
        "kind": "pictures",
        "inputs": 5,
        "read": 3,
        "refused": 1,
        "crash": 1,
        "slowest_cpu_s": 0.1,
        "peak_mb": 9,
    }
    content = {
        "machine": report.machine(),
        "faults": {"group": [fault]},
        "fuzz": {"pictures": {**kind, "warm": {}, "end": {}}},
    }
    page = report.page(content)
    assert "5 inputs; 1 of them crashed" in page
    assert "| a \\| b | 3 | one | **no** | all | slowest s 9 |" in page
    assert "DID NOT HOLD" in report.fault_line(fault)
