"""The classic transfer learning: a frozen trunk, its features computed once, dense layers on top."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch

from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.data.sample import Sample
from maskwatch.models.download import locate
from maskwatch.training.classifier import ClassifierRecipe, _Head, train_classifier
from maskwatch.training.data.face_examples import face_examples
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.cached_features import CachedFeatures
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.export.onnx_export import export_classifier, read_metadata
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.recipes.load import load_recipe
from maskwatch.types import Faces

World = tuple[list[Sample], list[Sample], PictureCache]
CLASSIC = load_recipe("classifier", "classic", ["steps=150", "batch=16", "copies=6", "faces.size=64"])
RECIPE = cast(ClassifierRecipe, CLASSIC.stages[0].settings)
SHIPPED = locate("mask_mobilenet.onnx")


def test_all_features_come_once_in_every_round_in_another_order() -> None:
    rows = torch.arange(5.0)[:, None]
    data = CachedFeatures(rows, rows, rows, rows, length=12, seed=0)
    drawn = [int(data[i][0]) for i in range(12)]
    assert sorted(drawn[:5]) == sorted(drawn[5:10]) == [0, 1, 2, 3, 4]
    assert drawn[:5] != drawn[5:10]
    assert [int(data[i][0]) for i in range(12)] == drawn


@pytest.mark.slow
def test_two_classes_make_a_usable_model_from_the_shipped_trunk(world: World, tmp_path: Path) -> None:
    faces, _, pictures = world
    saved = train_classifier(
        face_examples(faces[:18], {}),
        pictures,
        RECIPE,
        tmp_path,
        SHIPPED,
        hardware=Hardware(workers=0),
        held_out=[],
    )
    words = read_metadata("classifier", None)
    words["thresholds"]["undecided"] = 0.0
    assert export_classifier(saved, tmp_path / "made.onnx", words) < 1e-3
    classifier = MobileNet(tmp_path / "made.onnx")
    right = wanted = 0
    for sample in faces[18:]:
        found = classifier.classify(pictures[sample.path][0], Faces(sample.boxes, sample.ignore.astype("f4")))
        assert found.probabilities is not None
        assert len(found) == len(sample.boxes)  # that these are faces is not in doubt
        assert (found.probabilities[:, 2] < 0.001).all()  # nobody wears it wrongly
        right += int((found.probabilities.argmax(1) == sample.states).sum())
        wanted += len(sample.states)
    assert right >= 0.85 * wanted


def test_the_trunk_stays_and_a_resume_goes_on_bit_for_bit(world: World, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=6, batch=4, copies=1, width=0.35)
    examples = face_examples(world[0], {})
    train_classifier(examples, world[2], recipe, tmp_path / "whole", hardware=Hardware(workers=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maskwatch.training.engine.loop.SAVE_EVERY", 3)
        patch.setattr("maskwatch.training.classifier._Head.plan", _until(4))
        with pytest.raises(KeyboardInterrupt):
            train_classifier(examples, world[2], recipe, tmp_path / "cut", hardware=Hardware(workers=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "maskwatch.training.engine.cached_features._compute", None
        )  # the features are not computed again
        train_classifier(
            examples, world[2], recipe, tmp_path / "cut", resume=True, hardware=Hardware(workers=0)
        )
    first, second = (checkpoint.read(tmp_path / name / "checkpoint.pt") for name in ("whole", "cut"))
    assert all(torch.equal(first["average"][key], second["average"][key]) for key in first["average"])
    torch.manual_seed(recipe.seed)
    fresh = MaskNet(0.35, recipe.dropout, recipe.hidden).state_dict()
    moved = {key for key in fresh if not torch.equal(fresh[key], first["model"][key])}
    assert moved == {"hidden.weight", "hidden.bias", "dense.weight", "dense.bias"}


def _until(steps: int) -> object:
    whole = _Head.plan

    def plan(self: _Head, step: int) -> tuple[int, float]:
        if step == steps:
            raise KeyboardInterrupt
        return whole(self, step)

    return plan
