from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.data.sample import Sample
from maskwatch.errors import ConfigError, DataError
from maskwatch.models.download import locate
from maskwatch.training.classifier import ClassifierRecipe, train_classifier
from maskwatch.training.data.classifier_dataset import ClassifierData, FaceExample, FaceRecipe
from maskwatch.training.data.face_examples import background_examples, face_examples, negative_examples
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine.distillation import TeacherClassifier
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.optimisation import normalise
from maskwatch.training.export.onnx_export import export_classifier, read_metadata
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.types import Faces

World = tuple[list[Sample], list[Sample], PictureCache]
RECIPE = ClassifierRecipe(
    width=0.35,
    steps=70,
    batch=16,
    rate=3e-3,
    frozen_share=0.1,
    ema_decay=0.9,
    faces=FaceRecipe(size=64, least=24),
)


def _examples(faces: list[Sample], negatives: list[Sample], pictures: PictureCache) -> list[FaceExample]:
    return [
        *face_examples(faces, {}),
        *background_examples(faces, {}, pictures, 0),
        *negative_examples(negatives, [], pictures, 0),
    ]


def test_examples_come_in_the_shares_of_the_recipe(world: World) -> None:
    shares = {"with_mask": 0.5, "without_mask": 0.25, "none": 0.25}
    data = ClassifierData(_examples(*world), world[2], FaceRecipe(size=32, shares=shares), 400)
    drawn = torch.stack([data[i][1] for i in range(400)])
    assert drawn[:, 0].mean() == pytest.approx(0.75, abs=0.07)  # faces
    assert drawn[:, 1].mean() == pytest.approx(0.5, abs=0.07)  # masks


def test_what_makes_no_sense_is_not_asked(world: World) -> None:
    examples = _examples(*world)
    wrong = [replace(e, state=2) for e in examples if e.state == 0]
    data = ClassifierData([*examples, *wrong], world[2], FaceRecipe(size=32), 60)
    for _, targets, weights in (data[i] for i in range(60)):
        face, mask, *_ = targets.tolist()
        assert weights[0] == 1
        assert (weights[1] > 0) == (face == 1)
        assert (weights[2] > 0) == (mask == 1)


def test_a_question_with_one_answer_is_not_asked(world: World) -> None:
    """Two kinds of faces and nothing else: whether a mask covers, and whether it is a face, is settled."""
    data = ClassifierData(face_examples(world[0], {}), world[2], FaceRecipe(size=32), 20)
    assert data.constant_outputs == {0: True, 2: True, 3: False}
    assert data.kind_counts.keys() == {"with_mask", "without_mask"}
    assert all(data[i][2].tolist() == [0, 1, 0, 0] for i in range(20))


def test_an_unknown_kind_in_the_shares_is_refused(world: World) -> None:
    with pytest.raises(ConfigError, match="no kind 'masked'"):
        ClassifierData(face_examples(world[0], {}), world[2], FaceRecipe(shares={"masked": 1.0}), 20)


def test_learns_to_tell_bars_from_none_and_discs_from_nothing(world: World, tmp_path: Path) -> None:
    faces, negatives, pictures = world
    saved = train_classifier(
        _examples(faces[:18], negatives[:18], pictures),
        pictures,
        RECIPE,
        tmp_path,
        hardware=Hardware(workers=0),
    )
    words = read_metadata("classifier", None)
    words["thresholds"]["face"] = 0.0
    assert export_classifier(saved, tmp_path / "made.onnx", words) < 1e-3
    classifier = MobileNet(tmp_path / "made.onnx")
    right = wanted = 0
    for sample in faces[18:]:
        found = classifier.classify(pictures[sample.path][0], Faces(sample.boxes, sample.ignore.astype("f4")))
        assert found.probabilities is not None
        right += int((found.probabilities.argmax(1) == sample.states).sum())
        wanted += len(sample.states)
    assert right >= 0.85 * wanted


def test_goes_on_bit_for_bit_where_it_was_cut(world: World, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=6, batch=4, frozen_share=0.34)
    examples = _examples(*world)
    train_classifier(examples, world[2], recipe, tmp_path / "whole", hardware=Hardware(workers=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maskwatch.training.engine.loop.SAVE_EVERY", 3)
        patch.setattr("maskwatch.training.engine.loop.nn.utils.clip_grad_norm_", _after(4))
        with pytest.raises(KeyboardInterrupt):
            train_classifier(examples, world[2], recipe, tmp_path / "cut", hardware=Hardware(workers=0))
    train_classifier(examples, world[2], recipe, tmp_path / "cut", resume=True, hardware=Hardware(workers=0))
    first, second = (torch.load(tmp_path / name / "checkpoint.pt")["average"] for name in ("whole", "cut"))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_classifier_is_distilled_and_a_run_goes_on_with_the_same_one_only(
    world: World, tmp_path: Path
) -> None:
    """What it learns is nearer to the teacher's answers than what labels alone teach it."""
    examples, teacher = _examples(*world), locate("mask_mobilenet.onnx")
    tiny = replace(RECIPE, steps=12, batch=8, ema_decay=0.0, distillation=1.0, smoothing=0.0)
    data = ClassifierData(examples, world[2], tiny.faces, 16)
    planes = torch.stack([data[i][0] for i in range(16)])
    theirs = TeacherClassifier(teacher, tiny.faces.margin)(planes)[:, 0]
    apart = []
    for chosen in (None, teacher):
        folder = tmp_path / str(chosen is None)
        saved = train_classifier(
            examples, world[2], tiny, folder, teacher=chosen, hardware=Hardware(workers=0)
        )
        model = MaskNet(tiny.width)
        model.load_state_dict(torch.load(saved)["model"])
        model.eval()
        apart.append((model(normalise(planes))[:, 0].sigmoid() - theirs).abs().mean().item())
    assert apart[1] < apart[0]
    with pytest.raises(DataError, match="with another teacher"):
        train_classifier(examples, world[2], tiny, folder, resume=True)
    with pytest.raises(DataError, match="set copies=0"):
        train_classifier(examples, world[2], replace(tiny, copies=2), folder, teacher=teacher)


def test_one_kind_of_face_alone_is_refused(world: World, tmp_path: Path) -> None:
    examples = [e for e in face_examples(world[0], {}) if e.state == 0]
    with pytest.raises(DataError, match="at least two kinds"):
        train_classifier(examples, world[2], RECIPE, tmp_path)


def _after(calls: int) -> object:
    """Stands in for a step of the training; after some calls the user presses Ctrl-C."""
    left, original = calls, torch.nn.utils.clip_grad_norm_

    def step(*args: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return original(*args)

    return step
