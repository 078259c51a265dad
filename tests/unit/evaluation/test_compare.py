from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.errors import ConfigError
from maskwatch.evaluation.compare import PairedOutcomes, compare, to_plain
from maskwatch.evaluation.evaluation_set import EvaluationSet, Selection, select
from maskwatch.evaluation.inference import EvaluatedEngine
from maskwatch.pipeline import Engine
from maskwatch.proportion import Proportion
from maskwatch.reports.comparison_page import comparison_page
from maskwatch.reports.comparison_text import side_by_side, text_lines
from maskwatch.types import Faces, Image

CELLS = [(column, row) for column in range(0, 10, 2) for row in range(0, 7, 2)]


class Careless:
    """Finds what another finds, but for the left half of the picture, and one face too many."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def detect(self, image: Image) -> Faces:
        faces = self.engine.detect(image)
        kept = faces[faces.boxes[:, 0] >= image.shape[1] / 2]
        boxes = np.concatenate([kept.boxes, np.array([[1, 1, 9, 9]], np.float32)])
        return Faces(boxes, np.append(kept.scores, np.float32(0.7)))


@pytest.fixture
def evaluation_set(tmp_path: Path) -> EvaluationSet:
    pictures = [[Square(cell, 0, 0) for cell in CELLS] for _ in range(3)] + [[Square((8, 0), 1, 1)]]
    street = write_coco(tmp_path / "street", pictures)
    portraits = write_crops(tmp_path / "people", [(0, 0), (1, 1)])
    negatives = write_negatives(tmp_path / "none", [False] * 8)
    return select(Selection([street], [negatives], [portraits]))


@pytest.fixture
def careless(engine: EvaluatedEngine) -> EvaluatedEngine:
    made = (
        Engine(Careless(Engine(e.detector)), e.classifier)
        for e in (engine.at_operating_point, engine.at_low_threshold)
    )
    return EvaluatedEngine("careless", *made)


def test_a_worse_engine_is_seen_to_be_worse(
    engine: EvaluatedEngine, careless: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    done = compare(careless, engine, evaluation_set)
    by_name = {pair.name: pair for pair in done.paired}
    found = by_name["faces found"]
    assert (found.first, found.second) == (Proportion(25, 61), Proportion(61, 61))
    assert (found.only_first, found.only_second) == (0, 36)
    assert found.p == pytest.approx(2 / 2**36)
    assert by_name["faces found and labelled right"].only_second == 36
    assert by_name["labels of faces that both found"].p == 1
    assert by_name["pictures without a face left alone"] == PairedOutcomes(
        "pictures without a face left alone", Proportion(8, 8), Proportion(8, 8), 0, 0, 1.0
    )
    assert done.precision_difference is not None
    assert done.precision_interval is not None
    assert 0 < done.precision_interval[0] <= done.precision_difference <= done.precision_interval[1]
    assert [(Path(c.picture).name, c.first, c.second) for c in done.better] == [
        # Twelve missed and an invented one in each of the street; one missed for each person.
        *((f"{number}.png", 13, 0) for number in range(3)),
        *((f"{number}.png", 1, 0) for number in range(2)),
    ]
    assert done.worse == []
    text = "\n".join(text_lines(done))
    assert "faces found                         A 41.0 %  B 100.0 %  only A 0, only B 36: B is better" in text
    assert "B is better)" in text
    assert "pictures with fewer mistakes in B: 5, more: 0" in text
    assert json.loads(json.dumps(to_plain(done), allow_nan=False))["paired"][0]["only_second"] == 36


def test_turned_around_it_is_the_other_that_is_better(
    engine: EvaluatedEngine, careless: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    done = compare(engine, careless, evaluation_set)
    assert done.precision_difference is not None
    assert done.precision_difference < 0
    assert len(done.worse) == 5
    assert "A is better" in "\n".join(text_lines(done))


def test_an_engine_does_not_differ_from_itself(
    engine: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    done = compare(engine, engine, evaluation_set)
    assert all(pair.p == 1 and pair.only_first == pair.only_second == 0 for pair in done.paired)
    assert done.precision_difference == 0
    assert done.better == done.worse == []
    assert all("better" not in line or "fewer" in line for line in text_lines(done))


def test_like_with_like(engine: EvaluatedEngine, evaluation_set: EvaluationSet) -> None:
    detector_only = EvaluatedEngine(
        "detector only", Engine(engine.at_operating_point.detector), Engine(engine.at_low_threshold.detector)
    )
    with pytest.raises(ConfigError, match="compare like with like"):
        compare(engine, detector_only, evaluation_set)
    done = compare(detector_only, detector_only, evaluation_set)
    assert [pair.name for pair in done.paired] == ["faces found", "pictures without a face left alone"]


def test_the_page_shows_people_only_when_told(
    engine: EvaluatedEngine, careless: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    plain = comparison_page(compare(careless, engine, evaluation_set))
    assert "Pictures on which B is better: 5" in plain
    assert "B is better (p = 2.9e-11)" in plain
    assert "faces found" in plain
    assert "<img" not in plain
    done = compare(careless, engine, evaluation_set, keep_mistakes=True)
    assert done.only_first_mistakes is not None
    # 36 squares and 2 persons that A does not find, and its own inventions: 3 in the street.
    assert Counter(m.kind for m in done.only_first_mistakes) == {"missed_face": 38, "false_face": 3}
    assert done.only_second_mistakes == []
    shown = comparison_page(done)
    assert "Only A gets wrong: 41" in shown
    assert shown.count("<img") == 41
    content = json.loads(json.dumps(to_plain(done), allow_nan=False))
    assert (len(content["mended"]), content["broken"]) == (41, [])


def test_figures_stand_side_by_side(
    engine: EvaluatedEngine, careless: EvaluatedEngine, evaluation_set: EvaluationSet
) -> None:
    rows = {name: (a, b) for name, a, b in side_by_side(compare(careless, engine, evaluation_set))}
    assert rows["faces found"] == ("41.0 %", "100.0 %")
    assert rows["pictures of one person right"] == ("0.0 %", "100.0 %")
    assert "time a picture" in rows
