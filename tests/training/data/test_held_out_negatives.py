"""Pictures without a face that a model has learnt from are no part of its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelled import write_crops, write_negatives
from maskwatch.evaluation.evaluation_set import Selection, select
from maskwatch.training.data.training_set import TrainingSources, read_training_set

HELD_OUT = {*range(8), *range(20, 28)}
"""Of the pictures 0.png to 29.png: see `maskwatch.data.negatives.is_held_out`."""


@pytest.fixture
def negatives(tmp_path: Path) -> Path:
    return write_negatives(tmp_path / "none", [False] * 30)


def test_training_learns_from_the_others(tmp_path: Path, negatives: Path) -> None:
    data = write_crops(tmp_path / "data", [(0, 0), (1, 1)])
    sources = TrainingSources([data], [negatives], cache=tmp_path / "cache")
    training_set = read_training_set(sources, 0.1, 0, lambda text: None)
    assert {int(sample.path.stem) for sample in training_set.negatives} == set(range(30)) - HELD_OUT
    assert not any(path.parent == negatives for path in training_set.held_out.paths)


def test_figures_are_measured_on_the_held_out_ones(negatives: Path) -> None:
    measured = select(Selection(negatives=[negatives], held_out_only=True))
    assert {int(sample.path.stem) for sample in measured.negatives} == HELD_OUT
    assert len(select(Selection(negatives=[negatives])).negatives) == 30
