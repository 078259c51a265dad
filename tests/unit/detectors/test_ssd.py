import json
import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from conftest import FakeModels
from fakes import BLUE, DETECTOR, GREEN, RED, box, scene, write_detector
from maskwatch.detectors.ssd import SSD
from maskwatch.errors import ConfigError, ModelError


def test_finds_each_face_where_it_is(fake_models: FakeModels) -> None:
    found = SSD(fake_models.detector, 320).detect(scene({(2, 1): BLUE, (7, 4): RED}))
    assert sorted(found.boxes.tolist()) == [box(2, 1), box(7, 4)]
    assert (found.scores > 0.99).all()


def test_boxes_come_back_in_the_pictures_own_pixels(fake_models: FakeModels) -> None:
    large = scene({(2, 1): GREEN}).repeat(4, axis=0).repeat(4, axis=1)
    found = SSD(fake_models.detector, 320).detect(large)
    assert found.boxes.tolist() == [[4 * value for value in box(2, 1)]]


def test_boxes_end_at_the_picture(fake_models: FakeModels) -> None:
    image = scene({(9, 6): BLUE}, 310, 215)
    assert SSD(fake_models.detector, 320).detect(image).boxes.tolist() == [[288, 192, 310, 215]]


def test_finds_nothing_in_grey_and_in_the_padding(fake_models: FakeModels) -> None:
    assert len(SSD(fake_models.detector, 320).detect(scene({}, 100, 37))) == 0


def test_never_enlarges_unless_told(fake_models: FakeModels) -> None:
    small = scene({(1, 1): BLUE}, 96, 96)[::2, ::2]  # the face is 16 pixels wide
    assert len(SSD(fake_models.detector, 640).detect(small)) == 1  # a quarter of its cell: weak
    enlarged = SSD(fake_models.detector, 96, enlarge=2.0).detect(np.ascontiguousarray(small))
    assert enlarged.boxes.tolist() == [[16, 16, 32, 32]]
    assert enlarged.scores[0] > 0.99


def test_threshold(fake_models: FakeModels) -> None:
    pale = scene({(2, 1): BLUE, (5, 2): (165, 105, 105)})  # a saturation of 120 is 2 over the least
    weak = 1 / (1 + math.exp(-2))
    both = SSD(fake_models.detector, 320).detect(pale)
    assert both.scores.tolist() == pytest.approx([1.0, weak], abs=1e-4)  # best first
    assert len(SSD(fake_models.detector, 320, weak - 0.001).detect(pale)) == 2
    assert len(SSD(fake_models.detector, 320, weak + 0.001).detect(pale)) == 1
    assert len(SSD(fake_models.detector, 320, 1.0).detect(pale)) == 0
    assert len(SSD(fake_models.detector, 320, 0.0).detect(pale)) == 10 * 8


def test_several_sizes_are_merged(fake_models: FakeModels) -> None:
    image = scene({(2, 1): BLUE}, 640, 480)
    image[256:384, 256:384] = RED  # 128 pixels: one cell of the small search, sixteen of the large one
    fine = SSD(fake_models.detector, 640).detect(image)
    coarse = SSD(fake_models.detector, 160).detect(image)
    merged = SSD(fake_models.detector, (640, 160)).detect(image)
    assert (len(fine), len(coarse), len(merged)) == (17, 1, 18)
    assert coarse.boxes.tolist() == [[256, 256, 384, 384]]
    assert [256, 256, 384, 384] in merged.boxes.tolist()
    assert (np.diff(merged.scores) <= 0).all()


def test_sizes_that_come_to_the_same_are_searched_once(fake_models: FakeModels) -> None:
    detector = SSD(fake_models.detector, (1280, 416), enlarge=2.0)
    assert detector._targets(1280, 720) == [(1252, 704), (416, 234)]
    assert detector._targets(200, 100) == [(400, 200)]
    assert detector._targets(5000, 100) == [(1280, 26), (416, 8)]


def test_sizes_by_name(fake_models: FakeModels) -> None:
    assert SSD(fake_models.detector, "fast").sizes == (320,)
    assert SSD(fake_models.detector).sizes == (640,)
    with pytest.raises(ConfigError, match="fast, accurate"):
        SSD(fake_models.detector, "huge")
    with pytest.raises(ConfigError, match="at least 64"):
        SSD(fake_models.detector, 10)


def test_result_does_not_depend_on_what_came_before(fake_models: FakeModels) -> None:
    detector = SSD(fake_models.detector, 320)
    detector.detect(scene({(c, r): RED for c in range(10) for r in range(7)}))
    assert len(detector.detect(scene({}, 200, 150))) == 0  # same padded size: nothing may be left over


def test_threads_do_not_disturb_each_other(fake_models: FakeModels) -> None:
    detector = SSD(fake_models.detector, 320)
    wrong: list[int] = []

    def work(number: int) -> None:
        cell = (number, number % 7)
        for _ in range(30):
            if detector.detect(scene({cell: BLUE})).boxes.tolist() != [box(*cell)]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_decodes_as_the_paper_says(tmp_path: Path) -> None:
    """Two levels with two anchors: every row against the formula, written out cell by cell."""
    levels: list[dict[str, Any]] = [
        {"stride": 32, "anchors": [[20, 30], [40, 50]]},
        {"stride": 64, "anchors": [[90, 100], [120, 110]]},
    ]
    width, height = 192, 128
    wanted: list[list[float]] = []
    rng = np.random.default_rng(1)
    rows = 2 * (6 * 4 + 3 * 2)
    offsets = rng.normal(0, 1, (rows, 4)).astype(np.float32)
    scores = rng.uniform(0.2, 0.9, rows)
    for level in levels:
        stride = level["stride"]
        for row in range(height // stride):
            for column in range(width // stride):
                for aw, ah in level["anchors"]:
                    dx, dy, dw, dh = offsets[len(wanted)]
                    cx = (column + 0.5) * stride + dx * 0.1 * aw
                    cy = (row + 0.5) * stride + dy * 0.1 * ah
                    w, h = aw * math.exp(dw * 0.2), ah * math.exp(dh * 0.2)
                    wanted.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    logits = np.log(scores / (1 - scores)).astype(np.float32)
    path = constant_detector(tmp_path / "d.onnx", logits, offsets, levels=levels, nms_iou=1.0)
    found = SSD(path, 192, 0.1).detect(np.zeros((height, width, 3), np.uint8))
    order = np.argsort(-scores)
    clipped = np.clip(np.array(wanted)[order], 0, [width, height, width, height])
    np.testing.assert_allclose(found.boxes, clipped, atol=1e-3)
    np.testing.assert_allclose(found.scores, scores[order], atol=1e-6)


def test_suppressed_boxes_vote_if_the_file_asks_for_it(tmp_path: Path) -> None:
    """Two anchors of 32 pixels in neighbouring cells, moved to overlap by two thirds."""
    logits = np.full(8, -9, np.float32)
    logits[:2] = [2.0, 0.0]
    offsets = np.zeros((8, 4), np.float32)
    offsets[1, 0] = -24 / 3.2  # 24 of the 32 pixels back to the first
    path = constant_detector(tmp_path / "d.onnx", logits, offsets)
    image = np.zeros((64, 128, 3), np.uint8)
    assert SSD(path, 128).detect(image).boxes.tolist() == [box(0, 0)]
    path = constant_detector(tmp_path / "v.onnx", logits, offsets, vote_iou=0.55)
    found = SSD(path, 128).detect(image)
    first, second = 1 / (1 + math.exp(-2)), 0.5
    moved = 8 * second / (first + second)
    np.testing.assert_allclose(found.boxes, [[moved, 0, 32 + moved, 32]], atol=1e-4)
    assert found.scores.tolist() == pytest.approx([first])


def test_boxes_that_votes_move_onto_one_another_are_one_face(tmp_path: Path) -> None:
    """Two faces' worth of anchors, between which a third one has a vote in both."""
    logits = np.full(8, -9, np.float32)
    logits[:3] = [2.0, 1.0, 1.9]
    offsets = np.zeros((8, 4), np.float32)
    offsets[1, 0] = -24 / 3.2  # 8 pixels to the right of the first
    offsets[2, 0] = -49 / 3.2  # 15 pixels
    image = np.zeros((64, 128, 3), np.uint8)
    apart = constant_detector(tmp_path / "d.onnx", logits, offsets)
    assert len(SSD(apart, 128).detect(image)) == 2
    voted = constant_detector(tmp_path / "v.onnx", logits, offsets, vote_iou=0.3)
    assert SSD(voted, 128).detect(image).scores.tolist() == pytest.approx([1 / (1 + math.exp(-2))])


def test_parts_of_a_face_that_another_size_shows_whole_are_no_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, part = [10, 10, 110, 110], [20, 20, 70, 70]
    path = constant_detector(
        tmp_path / "v.onnx", np.zeros(8, np.float32), np.zeros((8, 4), np.float32), vote_iou=0.6
    )
    boxes = {"large": [part], "small": [whole], "both": [whole, part]}
    scores = {"large": [0.8], "small": [0.9], "both": [0.9, 0.8]}

    def detect(sizes: list[int], seen: list[str]) -> list[list[float]]:
        detector, left = SSD(path, sizes, 0.3), iter(seen)

        def search(*_: object) -> tuple[np.ndarray, np.ndarray]:
            which = next(left)
            return np.array(boxes[which], np.float32), np.array(scores[which], np.float32)

        monkeypatch.setattr(detector, "_search", search)
        found: list[list[float]] = detector.detect(np.zeros((128, 128, 3), np.uint8)).boxes.tolist()
        return found

    assert detect([128, 64], ["large", "small"]) == [whole]
    assert detect([128], ["both"]) == [whole, part]  # one size: nothing was too large elsewhere


def test_wild_offsets_stay_finite(tmp_path: Path) -> None:
    offsets = np.full((8, 4), 1e30, np.float32)
    path = constant_detector(tmp_path / "d.onnx", np.full(8, 9, np.float32), offsets)
    assert len(SSD(path, 128).detect(np.zeros((64, 128, 3), np.uint8))) == 0


def test_metadata_that_does_not_fit_the_graph(tmp_path: Path) -> None:
    path = write_detector(tmp_path / "d.onnx", levels=[{"stride": 16, "anchors": [[16, 16]]}])
    with pytest.raises(ModelError, match="gives 80 candidates where its metadata promises 320"):
        SSD(path, 320).detect(scene({(1, 1): BLUE}))


def test_metadata_of_no_sense(tmp_path: Path) -> None:
    path = write_detector(tmp_path / "d.onnx", levels=[{"anchors": 5}])
    with pytest.raises(ModelError, match="makes no sense"):
        SSD(path)


def constant_detector(path: Path, logits: np.ndarray, offsets: np.ndarray, **changes: object) -> Path:
    """A detector that answers the same whatever it is shown."""
    graph = helper.make_graph(
        [
            helper.make_node("Identity", ["given_logits"], ["logits"]),
            helper.make_node("Identity", ["given_offsets"], ["offsets"]),
        ],
        "constant",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, "height", "width", 3])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [len(logits)]),
            helper.make_tensor_value_info("offsets", TensorProto.FLOAT, [len(logits), 4]),
        ],
        [numpy_helper.from_array(logits, "given_logits"), numpy_helper.from_array(offsets, "given_offsets")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"maskwatch": json.dumps({**DETECTOR, **changes})})
    onnx.save(model, str(path))
    return path
