from __future__ import annotations

from pathlib import Path

import pytest

from maskwatch.errors import DataError
from maskwatch.sources.images import read_image
from maskwatch.training.engine.curves import draw_curves, read_log, write_events

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
    draw_curves(curves, log.parent / "curves.png")
    two = read_image(log.parent / "curves.png")
    assert two.std() > 5
    del curves["val"]
    draw_curves(curves, log.parent / "curves.png")
    assert read_image(log.parent / "curves.png").shape[0] < two.shape[0]  # a panel less


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
