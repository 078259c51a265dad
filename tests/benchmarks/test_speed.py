"""The benchmark of speed: it runs as a whole, counts what it says it counts, and reports it all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.speed import plots, quiet, report
from benchmarks.speed.camera import Camera
from benchmarks.speed.competitors.frame_loop import FACE, Boxes, FrameLoop, Image
from benchmarks.speed.competitors.mask_classifier import onnx_classifier
from benchmarks.speed.competitors.single_shot import SingleShot, anchors
from benchmarks.speed.made_people import made_clips
from benchmarks.speed.meter import Meter, Row
from benchmarks.speed.mobilenet_file import write_mobilenet
from benchmarks.speed.process import ROOT, environment
from benchmarks.speed.quiet import Moment, others
from benchmarks.speed.stages import OVERHEAD, STAGES, Clock, parts
from benchmarks.speed.summary import named, ratio, spread
from benchmarks.speed.targets import TARGETS
from benchmarks.speed.worker import Enough, Results
from maskwatch.latest import Latest
from maskwatch.sources.opening import open_source

PART_HEADINGS = {"files": "Files", "live": "Live", "start": "Starting", "stills": "Pictures"}


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a quick look at everything wrote."""
    folder = tmp_path_factory.mktemp("speed")
    command = [sys.executable, "-m", "benchmarks.speed", "--smoke", "--out", str(folder / "out")]
    # No folder of pictures or models: this has to work anywhere.
    command += ["--build", str(folder), "--data", str(folder / "none"), "--weights", str(folder / "none")]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment() | {"MASKWATCH_CACHE": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute, but many processes where others work, too
def test_a_quick_look_measures_every_part(smoke: Path) -> None:
    measured = json.loads((smoke / "speed.json").read_text(encoding="utf-8"))
    assert list(measured) == list(PART_HEADINGS)
    for name, part in measured.items():
        assert part["rows"], name
        assert part["failed"] == {}
        assert part["machine"]["processors"] >= 1
    for row in measured["files"]["rows"]:
        assert min(row["fps"], row["cpu_a_minute"], row["peak_mb"]) > 0
    for row in measured["live"]["rows"]:
        assert 0 < row["p50"] <= row["p95"] <= row["p99"]
        assert 0 <= row["dropped"] < 1
    assert all(row["seconds"] > 0 for row in measured["start"]["rows"])
    assert all(row["per_second"] > 0 for row in measured["stills"]["rows"])
    assert {row["cameras"] for row in measured["live"]["rows"]} == {1, 2}


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute, but many processes where others work, too
def test_a_quick_look_knows_where_the_time_goes(smoke: Path) -> None:
    stages = json.loads((smoke / "speed.json").read_text(encoding="utf-8"))["files"]["stages"]
    assert len(stages) >= 4
    for row in stages:
        assert set(row["ms"]) == set(STAGES)
        assert all(ms > 0 for ms in row["ms"].values())
        assert row["looks"] > 0


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute, but many processes where others work, too
def test_a_quick_look_is_reported_with_all_sections(smoke: Path) -> None:
    text = (smoke / "speed.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["Targets", *PART_HEADINGS.values()]
    assert all(target.what in text for target in TARGETS)
    assert "several times as fast" in text  # no Keras: it says so
    assert (smoke / "speed.svg").read_text(encoding="utf-8").startswith("<svg")


def test_without_pictures_it_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.speed", "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "--smoke" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def loop(found: int, given: list[int], **options: bool) -> FrameLoop:
    """A loop whose detector finds so many faces; `given` gets the number of faces of each call."""

    def detect(image: Image) -> Boxes:
        return np.array([[10, 10, 60, 80]] * found, np.float32).reshape(-1, 4)

    def predict(faces: np.ndarray[Any, Any]) -> None:
        assert faces.shape[1:] == (FACE, FACE, 3)
        assert -1 <= faces.min() <= faces.max() <= 1
        given.append(len(faces))

    return FrameLoop(detect, predict, {}, **options)


@pytest.mark.parametrize(
    ("found", "only_found", "dealt"), [(1, False, 3), (1, True, 1), (5, False, 5), (0, True, 0)]
)
def test_missed_faces_are_handed_to_the_loop(
    tmp_path: Path, found: int, only_found: bool, dealt: int
) -> None:
    clip = made_clips(tmp_path)[1]
    given: list[int] = []
    competitor = loop(found, given, only_found=only_found)
    given.clear()  # calls before the clip
    results = Results(4, 60)
    with pytest.raises(Enough):
        competitor.run({"do": "file", "path": str(clip.path), "truth": str(clip.truth)}, results)
    assert results.faces == [dealt] * 4
    assert results.found == [min(found, dealt)] * 4
    assert given == ([dealt] * 4 if dealt else [])  # one call a frame, none without faces


def test_crowds_stay_in_the_picture(tmp_path: Path) -> None:
    for clip in made_clips(tmp_path):
        assert clip.truth is not None
        truth = json.loads(clip.truth.read_text(encoding="utf-8"))
        assert len(truth) == clip.frames
        assert {len(boxes) for boxes in truth} == {clip.people}
        moved = np.abs(np.array(truth[len(truth) // 2]) - np.array(truth[0])).max(axis=1)
        assert (moved > 2).all()
        # Forwards and backwards: the frame before the end is like the one after the beginning.
        assert truth[-1] == truth[1]


def test_a_camera_knows_when_it_sent_what(tmp_path: Path) -> None:
    clip = made_clips(tmp_path)[0]
    seen = []
    with Camera(clip.path, 60) as camera, Latest(open_source(camera.address)) as frames:
        for frame in frames:
            seen.append((frame.index, time.monotonic()))
            if len(seen) == 20:
                break
    sent = camera.sent[-1]  # the first connection only asks what the address gives
    assert len(camera.sent) == 2
    assert np.allclose(np.diff(sent).mean(), 1 / 60, rtol=0.5)
    assert all(t > sent[index] for index, t in seen)
    delays = [t - sent[index] for index, t in seen]
    assert delays[-1] < delays[0]  # what waited while the stream was opened is caught up with


def test_the_network_that_stands_in_for_keras(tmp_path: Path) -> None:
    write_mobilenet(tmp_path / "net.onnx")
    predict, libraries = onnx_classifier(str(tmp_path / "net.onnx"))
    outputs: Any = predict(np.zeros((3, FACE, FACE, 3), np.float32))
    (answer,) = outputs
    assert answer.shape == (3, 2)
    assert np.allclose(answer.sum(axis=1), 1)
    assert "onnxruntime" in libraries
    weights = onnx.load(tmp_path / "net.onnx").graph.initializer
    # 2.22 M of the trunk, whose normalisation is folded in, 0.16 M of the head (arXiv 1801.04381, table 4).
    assert sum(int(np.prod(w.dims)) for w in weights) == pytest.approx(2.37e6, rel=0.02)


def test_a_single_shot_network_is_read(tmp_path: Path) -> None:
    number = len(anchors(260))
    assert number == 5972  # as published
    offsets = np.zeros((1, number, 4), np.float32)
    scores = np.zeros((1, number, 2), np.float32)
    scores[0, 5930:5932, 0] = 0.9, 0.8  # two anchors of one cell, of nearly one size
    scores[0, 100, 1] = 0.7
    path = tmp_path / "net.onnx"
    graph = helper.make_graph(
        [helper.make_node("Identity", ["o"], ["loc"]), helper.make_node("Identity", ["s"], ["cls"])],
        "net",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 260, 260])],
        [
            helper.make_tensor_value_info("loc", TensorProto.FLOAT, offsets.shape),
            helper.make_tensor_value_info("cls", TensorProto.FLOAT, scores.shape),
        ],
        [numpy_helper.from_array(offsets, "o"), numpy_helper.from_array(scores, "s")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    results = Results(2, 60)
    with pytest.raises(Enough):
        SingleShot(str(path)).run({"do": "file", "path": str(made_clips(tmp_path)[0].path)}, results)
    assert results.faces == [2, 2]


def test_others_are_told_from_what_is_measured() -> None:
    before, after = Moment(10.0, 100.0, 5.0, 1.0), Moment(20.0, 112.0, 6.0, 2.0)
    processors = 10.0 * (os.cpu_count() or 1)
    assert others(before, after, 8.0) == pytest.approx((12 - 8 - 1 + 1) / processors)
    assert others(before, after, 50.0) == 0
    assert others(None, after, 8.0) is None


def test_what_is_disturbed_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = iter([0.5, 0.2, 0.01, 0.3, 0.2, 0.4])
    monkeypatch.setattr(quiet, "others", lambda *_: next(shares))
    tries = iter(range(9))
    meter = Meter(rounds=1, repeats=2, patience=0)

    def measure() -> tuple[Row, float]:
        return {"try": next(tries)}, 0.0

    assert meter.take(measure) == {"try": 2, "others": 0.01, "quiet": True}
    assert meter.take(measure) == {"try": 4, "others": 0.2, "quiet": False}


def test_figures_are_of_the_quiet_rounds() -> None:
    rows = [{"fps": v, "quiet": q, "round": i} for i, (v, q) in enumerate([(9, False), (4, True), (6, True)])]
    of_quiet = spread(rows, named("fps"))
    assert of_quiet is not None
    assert of_quiet.text(1) == "5.0 [4.0 .. 6.0]"
    disturbed = spread(rows[:1], named("fps"))
    assert disturbed is not None
    assert disturbed.text(1) == "9.0 *"
    assert spread([], named("fps")) is None


def test_ratios_are_taken_round_by_round() -> None:
    ours = [{"fps": 20.0, "round": 0}, {"fps": 60.0, "round": 1}, {"fps": 99.0, "round": 2}]
    slow = [{"fps": 2.0, "round": 0}, {"fps": 3.0, "round": 1}]
    times = ratio(ours, slow, named("fps"))
    assert times is not None
    assert (times.median, times.low, times.high) == (15.0, 10.0, 20.0)
    fastest = ratio(ours[:1], [*slow, {"fps": 40.0, "round": 0}], named("fps"))
    assert fastest is not None
    assert fastest.median == 0.5


def test_parts_of_a_frame_are_counted_once() -> None:
    def work(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    clock = Clock()
    with clock.running("decode"):
        work(0.01)
    with clock.running("search rest"):
        work(0.02)
        with clock.running(clock.place.replace("rest", "network")):
            work(0.06)
    shares = parts(0.2, clock)
    assert list(shares) == list(STAGES)
    assert sum(shares.values()) == pytest.approx(0.2)
    assert shares["search network"] > 2 * shares["search rest"] > 0
    assert shares["rest"] <= 0.2 - 0.09
    assert shares["decode"] >= 0.01
    assert {"decode", "search network", "looks network"} == set(STAGES) - set(OVERHEAD)


def measured_page() -> Mapping[str, Any]:
    return {"rows": [{"who": "1280 x 720", "p50": 71.0, "p95": 90.0, "round": i} for i in range(3)]}


@pytest.mark.parametrize(("p50", "met"), [(71.0, "yes"), (85.0, "no")])
def test_measurements_in_a_browser_get_their_section(p50: float, met: str) -> None:
    page = {"page": {"rows": [row | {"p50": p50} for row in measured_page()["rows"]]}}
    text = report.report(page)
    assert "## From page to page" in text
    line = next(line for line in text.splitlines() if line.startswith("| page to page"))
    assert line.split("|")[-2].strip() == met
    assert "## Live" not in text
    assert plots.plots(page) is None


def test_a_job_ends_after_frames_or_seconds() -> None:
    few = Results(2, 60)
    few.add(0, 1)
    with pytest.raises(Enough):
        few.add(1, 1)
    late = Results(9, 0.0)
    with pytest.raises(Enough):
        late.add(0, 3, 1)
    assert (late.faces, late.found, late.numbers) == ([3], [1], [0])
