"""What every classifier promises, kept by each of them."""

from __future__ import annotations

import os
from typing import get_args

import cv2
import numpy as np
import pytest
from skimage import data

from conftest import FakeModels
from fakes import BLUE, GREEN, RED, scene
from maskwatch.classifiers.base import Classifier, ClassifierBackend
from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.factory import load, model_info
from maskwatch.models.download import sha256
from maskwatch.types import Faces, Image, Reason

# docs/guides/own-back-end.md: a class of somebody's own, as module:Class.
OURS = ["fake", "mobilenet", "mobilenet-fast"]
BACK_ENDS = [*OURS, *os.environ.get("OWN_CLASSIFIER", "").split()]
REASONS = {None, *get_args(Reason)}


@pytest.fixture
def classifier(request: pytest.FixtureRequest, fake_models: FakeModels) -> Classifier:
    name = str(fake_models.classifier) if request.param == "fake" else request.param
    judge = load(str(fake_models.detector), name).classifier
    assert judge is not None
    return judge


@pytest.fixture
def image() -> Image:
    portrait = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    return np.asarray(
        np.hstack([portrait, scene({(1, 1): BLUE, (3, 1): GREEN, (5, 1): RED}, 320, 512)]), np.uint8
    )


@pytest.fixture
def faces() -> Faces:
    rows = [(178, 70, 272, 192), *((512 + 32 * c, 32, 544 + 32 * c, 64) for c in (1, 3, 5))]
    boxes = np.array([*rows, (-40, -40, 40, 40), (800, 500, 900, 600), (10, 10, 11, 11)], np.float32)
    return Faces(boxes, np.linspace(0.9, 0.3, len(boxes)).astype(np.float32))


@pytest.mark.parametrize("classifier", BACK_ENDS, indirect=True)
def test_fills_what_it_has_to(classifier: Classifier, image: Image, faces: Faces) -> None:
    found = classifier.classify(image, faces)
    assert 0 < len(found) <= len(faces)
    assert found.probabilities is not None
    assert found.probabilities.shape == (len(found), 3)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-3)
    assert (found.probabilities >= 0).all()
    assert found.reasons is not None
    assert set(found.reasons) <= REASONS
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    # Those that stay keep their order.
    places = [faces.boxes.tolist().index(box) for box in found.boxes.tolist()]
    assert places == sorted(places)


@pytest.mark.parametrize("classifier", BACK_ENDS, indirect=True)
def test_each_face_on_its_own(classifier: Classifier, image: Image, faces: Faces) -> None:
    together = classifier.classify(image, faces)
    alone = [classifier.classify(image, faces[i : i + 1]) for i in range(len(faces))]
    assert sum(len(one) for one in alone) == len(together)
    for one, probabilities in zip((one for one in alone if len(one)), together.probabilities, strict=True):  # type: ignore[arg-type]
        np.testing.assert_allclose(one.probabilities[0], probabilities, atol=1e-4)  # type: ignore[index]


@pytest.mark.parametrize("classifier", BACK_ENDS, indirect=True)
def test_no_faces(classifier: Classifier, image: Image) -> None:
    found = classifier.classify(image, Faces.empty())
    assert len(found) == 0
    assert found.probabilities is not None
    assert found.reasons is not None


@pytest.mark.parametrize("classifier", BACK_ENDS, indirect=True)
def test_input_is_left_alone(classifier: Classifier, image: Image, faces: Faces) -> None:
    before = image.copy(), faces.boxes.copy(), faces.scores.copy()
    classifier.classify(image, faces)
    for now, then in zip((image, faces.boxes, faces.scores), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("classifier", OURS, indirect=True)  # of others, info is not asked
def test_says_which_model_it_runs_and_what_it_does_to_scores(
    classifier: Classifier, image: Image, faces: Faces
) -> None:
    assert isinstance(classifier, ClassifierBackend)
    info = classifier.info
    assert model_info(classifier, "classifier") is info
    assert (info.kind, info.back_end, info.threshold) == ("classifier", type(classifier).__name__, None)
    assert isinstance(info.name, str)
    assert info.name
    assert len(info.files) == 1
    assert info.sha256 == sha256(info.files[0])
    if (card := info.files[0].with_name(f"{info.files[0].stem}.CARD.md")).is_file():
        assert f"`{info.sha256}`" in card.read_text(encoding="utf-8")
    assert info.metadata is not None
    assert info.metadata["name"] == info.name
    fusion = classifier.score_fusion
    assert fusion is None or isinstance(fusion, ScoreFusion)
    # Without fusion the scores stay.
    found = classifier.classify(image, faces)
    places = [faces.boxes.tolist().index(box) for box in found.boxes.tolist()]
    assert np.array_equal(found.scores, faces.scores[places]) == (fusion is None)
