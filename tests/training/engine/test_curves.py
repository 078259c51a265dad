from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from maskwatch.errors import DataError
from maskwatch.training.engine.curves import Curves, draw_curves, read_log, write_events

SVG = "{http://www.w3.org/2000/svg}"
LOG = "step,loss,boxes,val,pictures_per_second\n50,1.5,0.5,,80.0\n100,1.0,0.25,0.75,82.5\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG)
    return tmp_path / "log.csv"


def test_a_log_is_read_and_drawn(log: Path) -> None:
    curves = read_log(log)
    assert curves == {
        "loss": [(50, 1.5), (100, 1.0)],
        "boxes": [(50, 0.5), (100, 0.25)],
        "val": [(100, 0.75)],
        "pictures_per_second": [(50, 80.0), (100, 82.5)],
    }
    two = drawn(curves, log.parent / "curves.svg")
    assert [len(str(line.get("points")).split()) for line in two.iter(f"{SVG}polyline")] == [2, 2, 1]
    assert {"loss", "boxes", "validation", "step"} <= {text.text for text in two.iter(f"{SVG}text")}
    del curves["val"]
    one = drawn(curves, log.parent / "curves.svg")
    assert int(str(one.get("height"))) < int(str(two.get("height")))  # a panel less


def drawn(curves: Curves, path: Path) -> ElementTree.Element:
    draw_curves(curves, path)
    return ElementTree.fromstring(path.read_text())


def test_a_loss_that_is_no_number_is_not_drawn(tmp_path: Path) -> None:
    one = drawn({"loss": [(1, float("nan")), (2, 3.0), (3, float("inf"))]}, tmp_path / "curves.svg")
    (line,) = one.iter(f"{SVG}polyline")
    assert len(str(line.get("points")).split()) == 1


def test_tensorboard_reads_the_events_once(log: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = log.parent / "tensorboard"
    for _ in range(2):  # a resumed run writes them again
        write_events(read_log(log), folder)
    events = EventAccumulator(str(folder))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(50, 1.5), (100, 1.0)]
    assert [e.step for e in events.Scalars("val")] == [100]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("50,1.5,80.0\n", "has no line of names"),
        ("step,loss\n50,much\n", "a line that is none of a log"),
        ("step,loss\n50\n", "a line that is none of a log"),
        ("", "not a readable log"),
    ],
)
def test_what_is_no_log_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_log(tmp_path / "log.csv")
