from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from fakes import scene
from maskwatch.errors import ConfigError, ModelError, SourceError
from maskwatch.evaluation.benchmark import FRAME, WARM_UP, Runner, frame_of, machine, prepare, time_models
from maskwatch.image_files import save_image
from maskwatch.models.download import sha256
from maskwatch.types import Faces, Image


class Loafer:
    """A detector of somebody else."""

    def __init__(self, size: int = 0, threshold: float = 0.5) -> None:
        self.size = size

    def detect(self, image: Image) -> Faces:
        return Faces.empty()


def test_each_runs_once_a_round_in_turn() -> None:
    order: list[str] = []
    runners = [
        Runner(name, "classifier" if name == "c" else "detector", lambda name=name: order.append(name), None)  # type: ignore[misc]
        for name in "abc"
    ]
    timings = time_models(runners, range(WARM_UP + 3))
    assert order == list("abc") * (WARM_UP + 3)
    assert [timing.name for timing in timings] == list("abc")
    assert timings[0].ratio == timings[2].ratio == 1.0  # each kind has a first of its own
    assert all(0 <= timing.best <= timing.median for timing in timings)
    assert timings[1].ratio == pytest.approx(timings[1].median / timings[0].median)


def test_any_model_by_any_name(fake_models: FakeModels) -> None:
    detector, classifier = fake_models.detector, fake_models.classifier
    frame = frame_of(None)
    kinds = {
        f"{detector}@320": ("detector", detector),
        f"ssd-fast={detector}": ("detector", detector),
        str(classifier): ("classifier", classifier),
        f"{__name__}:Loafer@99": ("detector", None),
    }
    runners = [prepare(spec, frame, 3) for spec in kinds]
    assert {runner.name: (runner.kind, runner.file) for runner in runners} == kinds
    classified = runners[2].run()
    assert isinstance(classified, Faces)
    assert len(classified) <= 3
    timings = time_models(runners, range(WARM_UP + 1))
    assert timings[0].file == {"path": str(detector), "sha256": sha256(detector)}
    assert timings[3].file is None


def test_sizes_of_no_sense(fake_models: FakeModels) -> None:
    with pytest.raises(ConfigError, match="only a detector takes a size"):
        prepare(f"{fake_models.classifier}@320", frame_of(None))
    with pytest.raises(ConfigError, match="from 64 to 8192"):
        prepare(f"{fake_models.detector}@5", frame_of(None))
    with pytest.raises(ModelError, match="unknown model 'sdd': did you mean ssd"):
        prepare("sdd@320", frame_of(None))


def test_frames(tmp_path: Path) -> None:
    made = frame_of(None)
    assert (made.shape[1], made.shape[0]) == FRAME
    np.testing.assert_array_equal(made, frame_of(None))
    save_image(tmp_path / "a.png", scene({}))
    assert frame_of(tmp_path / "a.png").shape == made.shape
    with pytest.raises(SourceError):
        frame_of(tmp_path / "nowhere.png")


def test_what_it_ran_on() -> None:
    assert {"processor", "python", "onnxruntime", "numpy"} <= set(machine())
