"""Two processes on the CPU (gloo) against one."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.utils.data import TensorDataset

from maskwatch.data.sample import Sample
from maskwatch.errors import ConfigError, DataError
from maskwatch.models.download import locate
from maskwatch.training.classifier import ClassifierRecipe, train_classifier
from maskwatch.training.data.classifier_dataset import FaceRecipe
from maskwatch.training.data.face_examples import face_examples, negative_examples
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import checkpoint, distributed
from maskwatch.training.engine.hardware import Hardware

World = tuple[list[Sample], list[Sample], PictureCache]
RECIPE = ClassifierRecipe(dropout=0.0, steps=4, batch=8, frozen_share=1.0, faces=FaceRecipe(size=32))


def train(world: World, folder: Path, recipe: ClassifierRecipe, processes: int) -> dict[str, torch.Tensor]:
    faces, negatives, pictures = world
    examples = face_examples(faces, {}) + negative_examples(negatives, [], pictures, 0)
    saved = distributed.launch(
        processes,
        train_classifier,
        examples,
        pictures,
        recipe,
        folder,
        locate("mask_mobilenet.onnx"),  # a trunk that has learnt something
        hardware=Hardware("cpu", workers=0),
        held_out=face_examples(faces[:4], {}),
    )
    assert saved == folder / "checkpoint.pt"
    found: dict[str, torch.Tensor] = checkpoint.read(saved)["model"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_make_what_one_makes_of_the_same_batches(world: World, tmp_path: Path) -> None:
    # The trunk is frozen: batch normalisation would see other batches otherwise.
    one, two = (train(world, tmp_path / str(n), RECIPE, n) for n in (1, 2))
    assert all(torch.allclose(one[key].float(), two[key].float(), atol=1e-5) for key in one)
    start = train(world, tmp_path / "start", replace(RECIPE, steps=1), 1)
    assert not torch.allclose(one["dense.weight"], start["dense.weight"], atol=1e-4)
    assert sorted(p.name for p in (tmp_path / "2").iterdir()) == ["best.pt", "checkpoint.pt", "log.csv"]
    logs = [(tmp_path / str(n) / "log.csv").read_text().splitlines() for n in (1, 2)]
    assert [len(log) for log in logs] == [2, 2]  # only one of the two processes wrote


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_error_in_one_process_is_still_one_clear_line(world: World, tmp_path: Path) -> None:
    faces = [e for e in face_examples(world[0], {}) if e.state == 0]
    with pytest.raises(DataError, match="at least two kinds"):
        distributed.launch(
            2, train_classifier, faces, world[2], RECIPE, tmp_path, hardware=Hardware(workers=0)
        )


def test_each_process_takes_its_part_of_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    data = TensorDataset(torch.arange(12))
    shares = []
    for rank in range(2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        monkeypatch.setattr(distributed, "size", lambda: 2)
        share = distributed.BatchShard(data, 4, done=1)
        shares.append([int(share[i][0]) for i in range(len(share))])
    assert shares == [[4, 5, 8, 9], [6, 7, 10, 11]]


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "size", lambda: 3)
    with pytest.raises(ConfigError, match="3 processes cannot share a batch of 4; try --set batch=3"):
        distributed.BatchShard(TensorDataset(torch.arange(12)), 4, done=0)


def test_torchruns_group_is_joined_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.distributed, "init_process_group", lambda **_: seen.append("joined"))
    monkeypatch.setattr(torch.distributed, "destroy_process_group", lambda: seen.append("left"))
    with distributed.process_group():
        assert seen == ["joined"]
    assert seen == ["joined", "left"]
    monkeypatch.setenv("WORLD_SIZE", "1")
    with distributed.process_group():
        pass
    assert len(seen) == 2
