from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from fakes import write_detector
from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.data.dataset import read_dataset
from maskwatch.data.negatives import read_negatives
from maskwatch.evaluation.inference import (
    EvaluatedEngine,
    TopDetections,
    load_evaluated_engine,
    parse_models,
    predict,
)
from maskwatch.factory import load
from maskwatch.sources.images import read_image
from maskwatch.types import Faces, Image


def test_what_is_found_is_what_users_get(
    engine: EvaluatedEngine, fake_models: FakeModels, tmp_path: Path
) -> None:
    squares = [Square((1, 1), 0, 0), Square((4, 2), 2, 2, dull=True), Square((6, 5), 1, None)]
    path = write_coco(tmp_path, [squares])
    (found,) = predict([engine], read_dataset(path).samples)
    (prediction,) = found.pictures
    users = load(str(fake_models.detector), str(fake_models.classifier), 320)
    expected = users.detect(read_image(tmp_path / "0.png"))
    np.testing.assert_array_equal(prediction.faces.boxes, expected.boxes)
    np.testing.assert_array_equal(prediction.faces.scores, expected.scores)
    assert prediction.faces.labels == ["with_mask", "without_mask", "mask_worn_incorrectly"]
    assert (prediction.width, prediction.height) == (320, 240)
    assert prediction.seconds > 0


def test_candidates_go_below_the_threshold_and_hold_the_usual_finds(
    engine: EvaluatedEngine, tmp_path: Path
) -> None:
    # So dull that the detector is below its threshold of 0.5: the sum of differences is 96.
    squares = [Square((1, 1), 0, 0)]
    path = write_coco(tmp_path, [squares])
    image = read_image(tmp_path / "0.png")
    image[160:192, 160:192] = (151, 103, 103)
    from maskwatch.image_files import save_image

    save_image(tmp_path / "0.png", image)
    (found,) = predict([engine], read_dataset(path).samples)
    (prediction,) = found.pictures
    assert len(prediction.faces) == 1
    assert prediction.candidates.boxes.tolist() == [[32, 32, 64, 64], [160, 160, 192, 192]]
    assert prediction.candidates.scores[0] == prediction.faces.scores[0]
    assert prediction.candidates.scores[1] < 0.5


def test_all_kinds_of_pictures_and_the_broken_ones(engine: EvaluatedEngine, tmp_path: Path) -> None:
    samples = read_dataset(write_coco(tmp_path / "street", [[Square((1, 1), 0, 0)], []])).samples
    (tmp_path / "street" / "1.png").write_bytes(b"")
    portraits = read_dataset(write_crops(tmp_path / "crops", [(0, 0), (1, None)])).portraits
    negatives = read_negatives(write_negatives(tmp_path / "none", [True, False]))
    (found,) = predict([engine], samples, negatives, portraits)
    assert [item.sample.path.name for item in found.pictures] == ["0.png"]
    assert [len(item.faces) for item in found.negatives] == [1, 0]
    assert [len(item.faces) for item in found.portraits] == [1, 0]
    assert len(found.problems) == 1
    assert "1.png: the file is empty" in found.problems[0]


def test_several_engines_see_the_same_pictures(engine: EvaluatedEngine, tmp_path: Path) -> None:
    class Blind:
        def detect(self, image: Image) -> Faces:
            return Faces.empty()

    blind = EvaluatedEngine("blind", *(type(engine.at_operating_point)(Blind()) for _ in range(2)))
    samples = read_dataset(write_coco(tmp_path, [[Square((1, 1), 0, 0)]] * 3)).samples
    seeing, not_seeing = predict([engine, blind], samples)
    assert [len(item.faces) for item in seeing.pictures] == [1, 1, 1]
    assert [len(item.faces) for item in not_seeing.pictures] == [0, 0, 0]


def test_best_keeps_the_best() -> None:
    class Many:
        def detect(self, image: Image) -> Faces:
            return Faces(np.zeros((9, 4), np.float32), np.linspace(1, 0.2, 9, dtype=np.float32))

    found = TopDetections(Many(), 3).detect(np.zeros((9, 9, 3), np.uint8))
    assert found.scores.tolist() == pytest.approx([1.0, 0.9, 0.8])


def test_likely_ones_are_kept_beyond_the_count_and_up_to_the_most() -> None:
    class Many:
        def detect(self, image: Image) -> Faces:
            return Faces(np.zeros((9, 4), np.float32), np.linspace(1, 0.2, 9, dtype=np.float32))

    image = np.zeros((9, 9, 3), np.uint8)
    for likely, most, kept in ((0.55, 9, 5), (0.55, 4, 4), (0.95, 9, 3), (0.55, 2, 3)):
        assert len(TopDetections(Many(), 3, likely, most).detect(image)) == kept


def test_few_places_of_a_picture_are_classified_for_the_curves(fake_models: FakeModels) -> None:
    made = load_evaluated_engine(str(fake_models.detector), str(fake_models.classifier), 320)
    top = made.at_low_threshold.detector
    assert isinstance(top, TopDetections)
    assert (top.count, top.most) == (100, 200)
    assert made.at_low_threshold.turn_check is None


def test_the_name_leaves_folders_out(fake_models: FakeModels) -> None:
    made = load_evaluated_engine(f"ssd={fake_models.detector}", "none", 320)
    assert made.name == "ssd=detector.onnx + none"
    assert made.at_operating_point.classifier is None


def test_one_word_for_two_models(fake_models: FakeModels, tmp_path: Path) -> None:
    assert parse_models("yunet", "ssd", "mobilenet") == ("yunet", "mobilenet")
    assert parse_models("mobilenet", "yunet", "none") == ("yunet", "mobilenet")
    assert parse_models("yunet+none", "ssd", "mobilenet") == ("yunet", "none")
    file = str(fake_models.classifier)
    assert parse_models(file, "ssd", "mobilenet") == ("ssd", file)
    assert parse_models(f"mobilenet={file}", "ssd", "x") == ("ssd", f"mobilenet={file}")
    detector = str(write_detector(tmp_path / "mine.onnx"))
    assert parse_models(detector, "ssd", "mobilenet") == (detector, "mobilenet")
