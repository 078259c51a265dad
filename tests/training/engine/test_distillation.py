import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import skimage.data
import torch

from maskwatch.errors import DataError
from maskwatch.models.download import locate, sha256
from maskwatch.models.runtime import open_session
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.distillation import (
    TEACHERS,
    TeacherClassifier,
    TeacherDetector,
    distillation_loss,
    soft_targets,
)
from maskwatch.training.engine.optimisation import normalise
from maskwatch.training.nets.anchors import grid
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD

ANCHORS = torch.from_numpy(grid(64, 64))


def answers(logit: float) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.full((2, len(ANCHORS)), logit), torch.zeros(2, len(ANCHORS), 4)


def test_the_teacher_answers_as_its_file_does() -> None:
    file = locate("face_ssd.onnx")
    planes = torch.randint(0, 256, (2, 3, 64, 128), dtype=torch.uint8)
    teacher = TeacherDetector(file)
    logits, offsets = teacher(planes)
    for i in range(2):
        pixels = np.ascontiguousarray(planes[i].numpy()[::-1].transpose(1, 2, 0))
        alone = open_session(file, "detector").run(pixels[None])
        np.testing.assert_array_equal(logits[i].numpy(), alone[0])
        np.testing.assert_array_equal(offsets[i].numpy(), alone[1])
    assert teacher.sha256 == sha256(file)


def test_only_a_detector_with_the_same_anchors_can_be_a_teacher(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--teacher: .*a classifier, where a detector is needed"):
        TeacherDetector(locate("mask_mobilenet.onnx"))
    with pytest.raises(DataError, match=r"--teacher: .*nosuch\.onnx: no such model file"):
        TeacherDetector(tmp_path / "nosuch.onnx")
    proto = onnx.load(str(locate("face_ssd.onnx")))
    words = json.loads(proto.metadata_props[0].value)
    words["variances"] = [0.3, 0.3]
    proto.metadata_props[0].value = json.dumps(words)
    onnx.save(proto, str(tmp_path / "other.onnx"))
    with pytest.raises(DataError, match=r"--teacher: .*other\.onnx: other variances than"):
        TeacherDetector(tmp_path / "other.onnx")


def test_the_shipped_ones_can_be_teachers() -> None:
    TeacherDetector(locate(TEACHERS["detector"]["shipped"]))
    TeacherClassifier(locate(TEACHERS["classifier"]["shipped"]), margin=1.4)


def test_a_teacher_classifier_answers_for_the_same_crops() -> None:
    """Face, mask, covered and turned, as `MobileNet` makes three states of them."""
    file = locate("mask_mobilenet.onnx")
    portrait = np.asarray(skimage.data.astronaut())[40:240, 125:325]
    small = cv2.resize(portrait, (112, 112), interpolation=cv2.INTER_AREA)
    crops = np.stack([small, small[::-1]])
    teacher = TeacherClassifier(file, margin=1.4)
    answers = teacher(torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2))))
    assert answers.shape == (2, 4)
    states, face, turned = open_session(file, "classifier").run(np.ascontiguousarray(crops[..., ::-1]))
    np.testing.assert_array_equal(answers[:, [0, 3]], np.stack([face, turned], 1))
    np.testing.assert_allclose(answers[:, 1] * answers[:, 2], states[:, 0], atol=1e-5)
    np.testing.assert_allclose(1 - answers[:, 1], states[:, 1], atol=1e-5)
    # Crops of another size are scaled.
    large = teacher(torch.from_numpy(np.ascontiguousarray(portrait.transpose(2, 0, 1)[None])))
    assert large[0, 0] > 0.9  # a face
    assert large[0, 1] < 0.1  # without a mask


def test_a_classifier_that_looks_at_other_crops_is_refused() -> None:
    with pytest.raises(DataError, match=r"crops of 1\.4 times the face, the recipe's are of 1\.2"):
        TeacherClassifier(locate("mask_mobilenet.onnx"), margin=1.2)
    with pytest.raises(DataError, match="--teacher: "):
        TeacherClassifier(locate("face_ssd.onnx"), margin=1.4)


def test_a_checkpoint_is_a_teacher_as_well(tmp_path: Path) -> None:
    """The stages of a recipe learn from one another without an export."""
    planes = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    detector, classifier = SSD(0.35, 16).eval(), MaskNet(0.35).eval()
    recipe = {"width": 0.35, "channels": 16}
    content = {"kind": "detector", "recipe": recipe, "average": detector.state_dict()}
    checkpoint.save(tmp_path / "detector.pt", content)
    recipe = {"width": 0.35, "dropout": 0.2, "faces": {"size": 64, "margin": 1.4}}  # type: ignore[dict-item]
    content = {"kind": "classifier", "recipe": recipe, "average": classifier.state_dict()}
    checkpoint.save(tmp_path / "classifier.pt", content)
    with torch.no_grad():
        logits, offsets = detector(normalise(planes))
        probabilities = classifier(normalise(planes)).sigmoid()
    teacher = TeacherDetector(tmp_path / "detector.pt")
    torch.testing.assert_close(teacher(planes), (logits, offsets))
    assert teacher.sha256 == sha256(tmp_path / "detector.pt")
    torch.testing.assert_close(TeacherClassifier(tmp_path / "classifier.pt", 1.4)(planes), probabilities)
    with pytest.raises(DataError, match=r"crops of 1\.4 times the face"):
        TeacherClassifier(tmp_path / "classifier.pt", 1.2)
    with pytest.raises(DataError, match=r"--teacher: .*detector\.pt: not a checkpoint of a classifier"):
        TeacherClassifier(tmp_path / "detector.pt", 1.4)
    with pytest.raises(DataError, match=r"--teacher: .*classifier\.pt: not a checkpoint of a detector"):
        TeacherDetector(tmp_path / "classifier.pt")


def test_labels_and_answers_are_mixed() -> None:
    targets = torch.tensor([[1.0, 0.0, 1.0]])
    theirs = torch.tensor([[0.5, 0.5, torch.nan]])
    assert soft_targets(targets, theirs, 0.6).tolist()[0] == pytest.approx([0.7, 0.3, 1.0])
    assert soft_targets(targets, theirs, 0.0).equal(targets)


def test_two_that_agree_have_nothing_to_learn() -> None:
    for logit in (-6.0, 0.3, 4.0):
        classes, boxes = distillation_loss(*answers(logit), ANCHORS, answers(logit))
        assert classes == 0
        assert boxes == pytest.approx(0, abs=1e-6)


def test_scores_move_towards_the_teachers() -> None:
    theirs = answers(-5.0)
    theirs[0][0, 3] = 2.0
    logits, offsets = answers(-5.0)
    logits[0, 3], logits[1, 7] = -1.0, 3.0
    logits.requires_grad_()
    distillation_loss(logits, offsets, ANCHORS, theirs)[0].backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad[0, 3] < 0 < logits.grad[1, 7]
    assert logits.grad.count_nonzero() == 2  # where both agree nothing moves


def test_boxes_are_learnt_only_where_the_teacher_sees_a_face() -> None:
    theirs = answers(-5.0)
    theirs[0][0, 3] = 2.0
    theirs[1][0, 3] = torch.tensor([3.0, 0, 0, 0])
    offsets = torch.zeros(2, len(ANCHORS), 4, requires_grad=True)
    distillation_loss(theirs[0], offsets, ANCHORS, theirs)[1].backward()  # type: ignore[no-untyped-call]
    assert offsets.grad is not None
    assert offsets.grad[0, 3, 0] < 0
    assert offsets.grad.abs().sum((2,)).count_nonzero() == 1
