from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from answering import Answering
from conftest import FakeModels
from fakes import BLUE, CLASSIFIER, COLOURS, GREEN, RED, box, scene, write_classifier
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.classifiers.score_fusion import logit
from maskwatch.errors import ModelError
from maskwatch.models.runtime import Model, open_session
from maskwatch.types import LABELS, Faces, ModelKind

STILL = {"detector": 1.0, "face": 0.5, "bias": 0.0, "threshold": 0.5}


def faces(*cells: tuple[int, int], score: float = 1.0) -> Faces:
    boxes = np.array([box(*cell) for cell in cells], np.float32).reshape(-1, 4)
    return Faces(boxes, np.full(len(cells), score, np.float32))


class Fed:
    """A model that keeps what it is fed."""

    def __init__(self, run: Callable[[np.ndarray], list[np.ndarray]], fed: list[np.ndarray]) -> None:
        self._run, self._fed = run, fed

    def run(self, crops: np.ndarray) -> list[np.ndarray]:
        self._fed.append(crops)
        return self._run(crops)


@pytest.fixture
def classifier(fake_models: FakeModels) -> MobileNet:
    return MobileNet(fake_models.classifier)


def test_tells_the_states_apart(classifier: MobileNet) -> None:
    image = scene({(2, 1): BLUE, (4, 1): GREEN, (6, 1): RED})
    found = classifier.classify(image, faces((4, 1), (6, 1), (2, 1)))
    assert found.labels == ["without_mask", "mask_worn_incorrectly", "with_mask"]
    assert found.certain.all()
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)


def test_many_faces_in_several_chunks(classifier: MobileNet) -> None:
    cells = [(c, r) for r in range(2) for c in range(10)]
    truth = [LABELS[number % 3] for number in range(20)]
    image = scene({cell: COLOURS[label] for cell, label in zip(cells, truth, strict=True)})
    assert classifier.classify(image, faces(*cells)).labels == truth


def test_no_faces(classifier: MobileNet) -> None:
    found = classifier.classify(scene({}), Faces.empty())
    assert len(found) == 0
    assert found.probabilities is not None
    assert found.probabilities.shape == (0, 3)
    assert found.reasons is not None


def test_what_is_no_face_is_dropped_and_order_kept(classifier: MobileNet) -> None:
    image = scene({(1, 1): RED, (5, 5): BLUE})
    found = classifier.classify(image, faces((1, 1), (3, 3), (5, 5)))
    assert found.labels == ["mask_worn_incorrectly", "with_mask"]
    assert found.boxes.tolist() == [box(1, 1), box(5, 5)]


def test_assesses_every_box_even_what_is_no_face(classifier: MobileNet) -> None:
    cells = [(c, 1) for c in range(10)]
    probabilities, face, *_ = classifier.predict(scene({(3, 1): GREEN}), faces(*cells).boxes)
    assert probabilities.shape == (10, 3)
    assert probabilities[3].argmax() == LABELS.index("without_mask")
    assert np.flatnonzero(face > 0.5).tolist() == [3]
    probabilities, face, *_ = classifier.predict(scene({}), Faces.empty().boxes)
    assert (probabilities.shape, face.shape) == ((0, 3), (0,))


def test_second_look_is_mirrored_and_wider(fake_models: FakeModels) -> None:
    """The fake goes by the mean colour: a wider view of a square on grey is paler."""
    image = scene({(4, 3): BLUE})
    boxes = np.array([box(4, 3)], np.float32)
    once, twice = (MobileNet(fake_models.classifier, still=b) for b in (False, True))
    fed: list[np.ndarray] = []
    twice.model = Fed(twice.model.run, fed)  # type: ignore[assignment]
    image[:, : int(boxes[0, 0]) + 16] = 127  # the left half goes grey
    first, second = once.predict(image, boxes), twice.predict(image, boxes)
    assert len(fed) == 2
    assert fed[0][0, 16, 28].tolist() == list(BLUE)
    assert fed[0][0, 16, 4].tolist() == [127] * 3
    assert fed[1][0, 16, 4].tolist() == list(BLUE)
    assert fed[1][0, 16, 0].tolist() != list(BLUE)  # beyond the square
    assert 0 < second[1][0] < first[1][0]
    np.testing.assert_allclose(second[0].sum(axis=1), 1, atol=1e-5)


def test_what_is_hardly_a_face_gets_no_second_look(fake_models: FakeModels) -> None:
    classifier = MobileNet(fake_models.classifier, still=True)
    fed: list[np.ndarray] = []
    classifier.model = Fed(classifier.model.run, fed)  # type: ignore[assignment]
    image = scene({(2, 1): BLUE, (6, 4): RED})
    probabilities, face, *_ = classifier.predict(image, faces((4, 1), (2, 1), (8, 1), (6, 4)).boxes)
    assert [len(crops) for crops in fed] == [4, 2]
    assert (face > 0.5).tolist() == [False, True, False, True]
    assert probabilities[[1, 3]].argmax(axis=1).tolist() == [0, 2]
    classifier.predict(scene({}), faces((4, 1)).boxes)
    assert len(fed) == 3


def test_scores_are_combined_as_the_file_says(tmp_path: Path) -> None:
    image = scene({(1, 1): (190, 100, 100)})  # a range of 90 is 1.5 over the pale: face .82
    found = faces((1, 1), score=0.5)
    joined = MobileNet(write_classifier(tmp_path / "a.onnx"))
    plain = MobileNet(write_classifier(tmp_path / "b.onnx", score={"combine": "none"}))
    silent = MobileNet(write_classifier(tmp_path / "c.onnx", score=None))
    both = 1 / (1 + np.exp(-0.25 * 1.5))  # the detector's logit is 0
    assert joined.classify(image, found).scores[0] == pytest.approx(both, abs=1e-3)
    assert joined.score_fusion is not None
    for other in (plain, silent):
        assert other.classify(image, found).scores.tolist() == [0.5]
        assert other.score_fusion is None


def test_scores_of_stills_may_be_combined_in_another_way(tmp_path: Path) -> None:
    ways = {
        "still": {"detector": 1.0, "face": 0.0, "bias": 2.0, "threshold": 0.4},
        "live": {"detector": 1.0, "face": 0.0, "bias": -2.0, "threshold": 0.3},
    }
    path = write_classifier(tmp_path / "a.onnx", score={"combine": "logistic", **ways})
    image = scene({(1, 1): BLUE})
    for still, total in ((True, 2.0), (False, -2.0)):
        classifier = MobileNet(path, still=still)
        scores = classifier.classify(image, faces((1, 1), score=0.5)).scores
        assert scores[0] == pytest.approx(1 / (1 + np.exp(-total)))
        assert classifier.score_fusion is not None
        assert classifier.score_fusion.threshold == (0.4 if still else 0.3)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({}, None),
        ({"too_small": 33}, "too_small"),
        ({"dark": 40}, "dark"),  # blue has a luminance of 29
        ({"blurred": 0.001}, "blurred"),  # one colour has no detail
        ({"undecided": 1.0}, "undecided"),
        ({"undecided": 1.0, "causes": {"blurred": 0.001}}, "blurred"),
        ({"causes": {"blurred": 0.001}}, None),  # a cause of doubt is none where there is no doubt
        ({"undecided": 1.0, "blurred": 0.001}, "blurred"),
        ({"undecided": {"with_mask": 1.0}}, "undecided"),
        ({"undecided": {"without_mask": 1.0}}, None),
        ({"undecided": 1.0, "blurred": 0.001, "dark": 40}, "dark"),
        ({"undecided": 1.0, "blurred": 0.001, "dark": 40, "too_small": 33}, "too_small"),
    ],
)
def test_first_reason_that_applies(tmp_path: Path, limits: dict[str, object], reason: str | None) -> None:
    path = write_classifier(tmp_path / "c.onnx", thresholds={**CLASSIFIER["thresholds"], **limits})
    found = MobileNet(path).classify(scene({(1, 1): (250, 3, 3)}), faces((1, 1)))
    assert found.reasons is not None
    assert found.reasons.tolist() == [reason]
    assert found.certain.tolist() == [reason is None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["a", "b", "c"]}, "tells .* apart"),
        ({"size": "big"}, "makes no sense"),
        ({"thresholds": 5}, "makes no sense"),
        ({"score": {"combine": "magic"}}, "magic.*upgrade"),
        ({"score": {"combine": "logistic", "detector": 1}}, "makes no sense"),
        ({"score": {"combine": "logistic", "still": STILL}}, "makes no sense .*no weights for live video"),
    ],
)
def test_metadata_of_no_use(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        MobileNet(write_classifier(tmp_path / "c.onnx", **changes))


def test_one_that_is_turned_aside_is_named_as_such(tmp_path: Path) -> None:
    """The network's third output, where it has one: the less, the more it faces the camera."""
    thresholds = {"undecided": 0.9, "causes": {"turned_away": 0.5}}
    classifier = MobileNet(write_classifier(tmp_path / "c.onnx", thresholds=thresholds))
    undecided = np.array([[0.5, 0.3, 0.2]] * 3, np.float32)
    outputs = [undecided, np.ones(3, np.float32), np.array([0.8, 0.5, 0.3], np.float32)]
    classifier.model = replace(classifier.model, network=Answering(lambda pictures: outputs))
    found = classifier.classify(scene({}), faces((1, 1), (3, 3), (5, 5)))
    assert found.reasons is not None
    assert found.reasons.tolist() == ["turned_away", "undecided", "undecided"]


def test_a_file_without_a_limit_drops_nothing(tmp_path: Path) -> None:
    classifier = MobileNet(write_classifier(tmp_path / "c.onnx", thresholds={}, score=None))
    assert len(classifier.classify(scene({}), faces((1, 1), (3, 3)))) == 2


def test_the_shorter_side_tells_whether_a_face_is_too_small(tmp_path: Path) -> None:
    classifier = MobileNet(write_classifier(tmp_path / "c.onnx", thresholds={"too_small": 20}))
    boxes = np.array([[0, 0, 20, 40], [0, 0, 40, 19], [0, 0, 19, 40], [5, 5, 25, 25]], np.float32)
    found = classifier.classify(scene({(0, 0): BLUE}), Faces(boxes, np.ones(4, np.float32)))
    assert found.reasons is not None
    assert found.reasons.tolist() == [None, "too_small", "too_small", None]


@pytest.mark.parametrize(("options", "threads"), [((), 1), ((3,), 3)])
def test_threads_are_handed_on(
    fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch, options: tuple[int, ...], threads: int
) -> None:
    asked: list[object] = []

    def spy(path: Path, kind: ModelKind, threads: int = 99, provider: str = "none") -> Model:
        asked.append((kind, threads, provider))
        return open_session(path, kind, threads, provider)

    monkeypatch.setattr("maskwatch.classifiers.mobilenet.open_session", spy)
    MobileNet(fake_models.classifier, *options)
    assert asked == [("classifier", threads, "cpu")]


def test_a_low_face_score_makes_no_certain_answer(classifier: MobileNet, tmp_path: Path) -> None:
    image = scene({(2, 1): BLUE})
    for score, certain in ((0.9, True), (0.02, False)):
        found = classifier.classify(image, faces((2, 1), score=score))
        assert found.reasons is not None
        assert (found.scores[0] >= 0.75) == certain
        assert found.reasons.tolist() == [None if certain else "maybe_no_face"]
    # Without fusion the score is the detector's, whose scale nobody knows.
    bare = MobileNet(write_classifier(tmp_path / "bare.onnx", score=None))
    assert bare.classify(image, faces((2, 1), score=0.3)).certain.tolist() == [True]


def test_an_upright_face_is_one_that_is_not_turned_away(classifier: MobileNet) -> None:
    face, turned = np.array([0.9, 0.9], np.float32), np.array([0.1, 0.8], np.float32)
    classifier.model = Fed(lambda crops: [np.zeros((2, 3), np.float32), face, turned], [])  # type: ignore[assignment]
    found = classifier.upright_log_odds(scene({(2, 1): BLUE}), faces((2, 1), (2, 1)).boxes, (0,))
    np.testing.assert_allclose(found, [logit(face) - logit(turned)], rtol=1e-5)


def test_turned_crops_are_classified_turned(classifier: MobileNet) -> None:
    seen: list[np.ndarray] = []
    classifier.model = Fed(classifier.model.run, seen)  # type: ignore[assignment]
    image = scene({(c, 1): BLUE for c in range(10)})
    image[40:50] = 0
    boxes = faces(*((c, 1) for c in range(10))).boxes
    found = classifier.upright_log_odds(image, boxes, (0, 2, 1))
    assert found.shape == (3, 10)
    assert [len(crops) for crops in seen] == [8, 8, 8, 2, 2, 2]
    np.testing.assert_array_equal(seen[1], seen[0][:, ::-1, ::-1])
    # A network without the output "turned" tells how much it looks like a face.
    np.testing.assert_allclose(found[0], logit(classifier.predict(image, boxes).face), atol=1e-5)
    np.testing.assert_array_equal(seen[2], np.rot90(seen[0], axes=(1, 2)))
    assert classifier.upright_log_odds(image, boxes[:0], (0, 2)).shape == (2, 0)
