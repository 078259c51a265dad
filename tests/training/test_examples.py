"""From the training set to examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelled import Square, write_coco, write_negatives
from maskwatch.data.dataset import read_dataset
from maskwatch.data.negatives import read_negatives
from maskwatch.training import examples
from maskwatch.training.data.classifier_targets import NOT_A_FACE, WITH_MASK
from maskwatch.training.data.picture_cache import cache
from maskwatch.training.data.training_set import LabelledPictures, TrainingSet
from maskwatch.types import Faces, Image

LIVE, STILL = [3.0, 3.0, 40.0, 40.0], [50.0, 50.0, 80.0, 90.0]


class Sees:
    """A detector that sees one face, with a low score."""

    def __init__(self, box: list[float]) -> None:
        self.box = box

    def detect(self, image: Image) -> Faces:
        return Faces(np.array([self.box], np.float32), np.array([0.2], np.float32))


@pytest.mark.parametrize("detected_boxes", [True, False])
def test_what_fools_a_detector_is_no_face(
    detected_boxes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "live_detector", lambda: Sees(LIVE))
    monkeypatch.setattr(examples, "still_detector", lambda: Sees(STILL))
    train = read_dataset(write_coco(tmp_path / "street", [[Square((4, 4), 0, 0)]])).samples
    negatives = read_negatives(write_negatives(tmp_path / "none", [True]))
    pictures, _ = cache([sample.path for sample in [*train, *negatives]], tmp_path / "cache")
    nobody = LabelledPictures([], [])
    training_set = TrainingSet(
        LabelledPictures(list(train), []), nobody, list(negatives), [], [], pictures, {}, []
    )
    made = examples.classifier_examples(training_set, (), 0, detected_boxes, lambda line: None).examples

    def count(path: Path, box: list[float], state: int) -> int:
        return sum(e.path == path and e.box.tolist() == box and e.state == state for e in made)

    copies = 3 if detected_boxes else 0
    assert count(negatives[0].path, LIVE, NOT_A_FACE) == copies
    assert count(negatives[0].path, STILL, NOT_A_FACE) == copies
    # Scenes are searched as in live video only.
    assert count(train[0].path, LIVE, NOT_A_FACE) == copies
    assert count(train[0].path, STILL, NOT_A_FACE) == 0
    assert [e.state for e in made if e.state != NOT_A_FACE] == [WITH_MASK]
