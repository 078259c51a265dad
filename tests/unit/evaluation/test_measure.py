from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maskwatch.data.sample import UNKNOWN, PortraitSample, make_sample, negative
from maskwatch.evaluation.figures import plain
from maskwatch.evaluation.label_figures import main_face
from maskwatch.evaluation.match_table import PicturePrediction, PortraitPrediction
from maskwatch.evaluation.measure import compute_figures
from maskwatch.proportion import Proportion
from maskwatch.types import Faces

SURE = {0: (0.9, 0.06, 0.04), 1: (0.06, 0.9, 0.04), 2: (0.04, 0.06, 0.9)}
DOUBT = {0: (0.5, 0.3, 0.2), 1: (0.3, 0.5, 0.2), 2: (0.3, 0.2, 0.5)}

Found = tuple[tuple[float, float, float, float], float, int]
"""Box, score and the state that it is said to have; 3 and more are doubtful answers of state - 3."""


def square(column: int, height: float = 40, top: float = 0) -> tuple[float, float, float, float]:
    """Boxes in different columns do not touch."""
    return 100.0 * column, top, 100.0 * column + height, top + height


def faces(*rows: Found) -> Faces:
    boxes = np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4)
    said = [SURE[state] if state < 3 else DOUBT[state - 3] for _, _, state in rows]
    reasons = np.array([None if state < 3 else "undecided" for _, _, state in rows], np.object_)
    return Faces(
        boxes,
        np.array([score for _, score, _ in rows], np.float32),
        np.array(said, np.float32).reshape(-1, 3),
        reasons,
    )


def prediction(
    true: list[tuple[tuple[float, float, float, float], int]],
    usual: list[Found],
    more: list[Found] | None = None,
    source: str = "street",
) -> PicturePrediction:
    sample = make_sample(Path("a.jpg"), [(box, state, False) for box, state in true], source)
    return PicturePrediction(sample, faces(*usual), faces(*usual, *(more or [])), 1000, 1000, 0.02)


def test_finding_faces() -> None:
    pictures = [
        prediction(
            [(square(0, 12), UNKNOWN), (square(1, 20), 0), (square(2, 40), 1), (square(3, 80), 2)],
            [(square(1, 20), 0.8, 0), (square(3, 80), 0.9, 2), (square(5), 0.7, 0)],
            [(square(2, 40), 0.3, 1)],
        ),
        prediction([(square(0, 30), 0)], [(square(0, 30), 0.6, 0)]),
    ]
    found = compute_figures(pictures, rounds=20).detection
    assert list(found) == ["street"]
    street = found["street"]
    assert (street.pictures, street.faces) == (2, 5)
    assert street.recall == Proportion(3, 5)
    assert street.recall_from_24 == Proportion(2, 3)
    assert street.recall_by_height == {
        "<16": Proportion(0, 1),
        "16-32": Proportion(2, 2),
        "32-64": Proportion(0, 1),
        ">=64": Proportion(1, 1),
    }
    assert street.recall_by_state == {
        "with_mask": Proportion(2, 2),
        "without_mask": Proportion(0, 1),
        "mask_worn_incorrectly": Proportion(1, 1),
        "face": Proportion(0, 1),
    }
    assert street.precision == Proportion(3, 4)
    assert street.false_per_picture == 0.5
    # By score: right, right, false, right (0.6), right (0.3): precision 1, 1, 2/3, 3/4, 4/5 of 5 faces.
    assert street.average_precision == pytest.approx((1 + 1 + 0.8 + 0.8) / 5)
    assert street.average_precision_by_height == {
        "<16": 0.0,
        "16-32": 1.0,
        "32-64": pytest.approx(0.5),  # the false face of 40 pixels comes first
        ">=64": 1.0,
    }
    assert street.interval is not None
    assert street.interval[0] <= 0.72 <= street.interval[1]


def test_a_found_face_belongs_to_the_height_of_the_true_one() -> None:
    # True 30 pixels, found 33: a find of 16 to 32, and none of 32 to 64.
    picture = prediction(
        [(square(0, 30), 0), (square(1, 40), 0)], [(square(0, 33), 0.9, 0), (square(1, 40), 0.8, 0)]
    )
    street = compute_figures([picture], rounds=0).detection["street"]
    assert street.average_precision_by_height["16-32"] == 1.0
    assert street.average_precision_by_height["32-64"] == 1.0


def test_the_curve_reaches_the_faces_below_the_usual_threshold() -> None:
    picture = prediction([(square(0), 0), (square(1), 0)], [(square(0), 0.9, 0)], [(square(1), 0.1, 0)])
    curve = compute_figures([picture], rounds=0).detection["street"].curve
    assert curve[0] == pytest.approx((0.9, 1.0, 0.5))
    assert curve[-1] == pytest.approx((0.1, 1.0, 1.0))


def test_looser_boxes_are_found_at_a_smaller_overlap() -> None:
    half = (0.0, 0.0, 100.0, 45.0)
    pictures = [prediction([((0, 0, 100, 100), 0), (square(3), 0)], [(half, 0.9, 0), (square(3), 0.9, 0)])]
    street = compute_figures(pictures, rounds=0).detection["street"]
    assert (street.recall, street.recall_40) == (Proportion(1, 2), Proportion(2, 2))


def test_a_partly_labelled_source_has_recall_only_and_stays_out_of_all() -> None:
    street = prediction([(square(0), 0)], [(square(0), 0.9, 0), (square(4), 0.9, 0)])
    web = prediction([(square(0), 1)], [(square(4), 0.9, 0)], source="web")
    figures = compute_figures([street, web], partly_labelled=["web"], rounds=0)
    assert list(figures.detection) == ["all", "street", "web"]
    assert figures.detection["all"].recall == Proportion(1, 1)
    assert figures.detection["all"].precision == Proportion(1, 2)
    assert figures.detection["web"].recall == Proportion(0, 1)
    assert figures.detection["web"].precision is None
    assert figures.detection["web"].average_precision is None
    assert figures.detection["web"].curve == []
    assert "web" not in figures.classes
    # Labels need no complete boxes: here "all" is all.
    assert figures.labels["all"].found_and_right == {
        "with_mask": Proportion(1, 1),
        "without_mask": Proportion(0, 1),
    }


def test_labels() -> None:
    true = [0, 0, 1, 1, 2, 2]
    said = [0, 2, 1, 0 + 3, 2, 0]
    picture = prediction(
        [(square(c, 20 if c == 0 else 40), state) for c, state in enumerate([*true, 2])],
        [(square(c, 20 if c == 0 else 40), 0.9, state) for c, state in enumerate(said)],
    )
    labels = compute_figures([picture], rounds=0).labels
    assert list(labels) == ["all", "all >=32 px"]
    whole = labels["all"]
    assert whole.right == Proportion(3, 6)
    assert labels["all >=32 px"].right == Proportion(2, 5)
    assert whole.confusion == [[1, 0, 1], [1, 1, 0], [1, 0, 1]]
    # A masked face said to wear it wrongly does wear a mask; of the unmasked one is said to be masked.
    assert whole.masked_or_not == Proportion(3, 4)
    assert whole.wrongly_worn_precision == Proportion(1, 2)
    assert whole.wrongly_worn_recall == Proportion(1, 2)
    assert whole.found_and_right == {
        "with_mask": Proportion(1, 2),
        "without_mask": Proportion(1, 2),
        "mask_worn_incorrectly": Proportion(1, 3),  # one was not found
    }
    assert whole.found_and_right_mean == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)
    assert whole.certain == Proportion(5, 6)
    assert whole.certain_right == Proportion(3, 5)
    assert whole.uncertain_right == Proportion(0, 1)
    assert whole.reasons == {"undecided": 1}
    assert whole.right_by_height["16-32"] == Proportion(1, 1)
    assert whole.calibration is not None
    # Five answers of 0.9 of which 3 are right, one of 0.5 that is wrong.
    assert whole.calibration.error == pytest.approx((5 * (0.9 - 0.6) + 0.5) / 6)


def test_three_classes() -> None:
    picture = prediction(
        [(square(0), 0), (square(1), 1), (square(2), 2), (square(3), UNKNOWN)],
        [
            (square(0), 0.9, 0),
            (square(1), 0.8, 0),  # a false masked face, and a missed unmasked one
            (square(2), 0.7, 2),
            (square(3), 0.9, 2),  # of unknown state: counts neither way
        ],
        [(square(1), 0.1, 1)],
    )
    classes = compute_figures([picture], rounds=10).classes["street"]
    assert classes.average_precision == {
        "with_mask": 1.0,
        "without_mask": 1.0,  # the weak second answer at the same place is still the best for its class
        "mask_worn_incorrectly": 1.0,
    }
    assert classes.mean == 1.0


def test_three_classes_are_ranked_by_the_joint_score() -> None:
    # The wrong answer has the higher face score and the lower probability.
    picture = prediction(
        [(square(0), 0), (square(1), 1), (square(2), 2)],
        [(square(0), 0.7, 0), (square(1), 0.9, 0 + 3), (square(2), 0.9, 2), (square(1), 0.2, 1)],
    )
    classes = compute_figures([picture], rounds=0).classes["street"]
    assert classes.average_precision["with_mask"] == 1.0
    assert classes.mean == 1.0
    assert classes.mean_by_answer == pytest.approx((0.5 + 1 + 1) / 3)


def test_a_face_is_a_candidate_for_every_state() -> None:
    picture = prediction(
        [(square(0), 0), (square(1), 1), (square(2), 2)],
        [(square(0), 0.9, 0), (square(1), 0.9, 1), (square(2), 0.9, 0 + 3)],  # the last is said to be masked
    )
    classes = compute_figures([picture], rounds=0).classes["street"]
    assert classes.average_precision["mask_worn_incorrectly"] == 1.0  # the best of those that may be it
    assert classes.mean_by_answer == pytest.approx((1 + 1 + 0) / 3)


def test_no_mean_without_every_class() -> None:
    classes = compute_figures([prediction([(square(0), 0)], [(square(0), 0.9, 0)])], rounds=0).classes[
        "street"
    ]
    assert classes.average_precision == {
        "with_mask": 1.0,
        "without_mask": None,
        "mask_worn_incorrectly": None,
    }
    assert classes.mean is None


def test_pictures_without_a_face() -> None:
    scores = np.linspace(0.9, 0.1, 9)  # 9 of 50 pictures have a candidate, 2 of them a reported face
    negatives = []
    for number in range(50):
        more = faces((square(0), float(scores[number]), 0)) if number < 9 else Faces.empty()
        negatives.append(
            PicturePrediction(negative(Path("n.jpg")), more if number < 2 else more[:0], more, 1000, 1000)
        )
    street = prediction(
        [(square(c), 0) for c in range(4)],
        [(square(0), 0.95, 0), (square(1), 0.85, 0)],
        [(square(2), 0.45, 0), (square(3), 0.05, 0)],
    )
    figures = compute_figures([street], negatives, rounds=0)
    found = figures.negatives
    assert found is not None
    assert (found.pictures, found.false_faces, found.false_per_100) == (50, 2, 4.0)
    assert found.pictures_with == Proportion(2, 50)
    points = {p.false_per_100: p for p in found.points}
    # None, 1 and 5 false faces of 50 pictures: thresholds just above 0.9, 0.8 and 0.4.
    assert points[1.0].threshold == pytest.approx(0.9, abs=1e-6)
    assert points[1.0].recall == {"street": Proportion(1, 4)}
    assert points[2.0].recall == {"street": Proportion(2, 4)}
    assert points[10.0].recall == {"street": Proportion(3, 4)}
    assert points[20.0].recall == {"street": Proportion(4, 4)}


def portrait(state: int, *found: Found, source: str = "crops") -> PortraitPrediction:
    return PortraitPrediction(PortraitSample(Path("c.jpg"), state, source), faces(*found))


def test_pictures_of_one_person() -> None:
    figures = compute_figures(
        [],
        portraits=[
            portrait(0, (square(0, 90), 0.6, 0), (square(2, 20), 0.9, 1)),  # the larger face speaks
            portrait(0, (square(0), 0.9, 2)),
            portrait(1, (square(0), 0.9, 1 + 3)),
            portrait(1),
        ],
    ).crops
    assert list(figures) == ["crops"]
    portraits = figures["crops"]
    assert portraits.right == Proportion(2, 4)
    assert portraits.masked_or_not == Proportion(3, 4)
    assert portraits.found == Proportion(3, 4)
    assert portraits.right_by_state == {"with_mask": Proportion(1, 2), "without_mask": Proportion(1, 2)}
    assert portraits.confusion == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert portraits.certain == Proportion(2, 3)
    assert portraits.certain_right == Proportion(1, 2)


def test_without_a_classifier_only_finding_is_measured() -> None:
    plain = Faces(np.array([square(0)], np.float32), np.array([0.9], np.float32))
    sample = make_sample(Path("a.jpg"), [(square(0), 0, False)], "street")
    figures = compute_figures(
        [PicturePrediction(sample, plain, plain, 999, 999)],
        portraits=[PortraitPrediction(PortraitSample(Path("c"), 0), plain)],
    )
    assert figures.detection["street"].recall == Proportion(1, 1)
    assert figures.labels == {}
    assert figures.classes == {}
    assert figures.crops[""].found == Proportion(1, 1)
    assert figures.crops[""].right.value is None


def test_nothing_found_at_all() -> None:
    figures = compute_figures(
        [prediction([(square(0), 0)], [])], [PicturePrediction(negative(Path("n")), faces(), faces(), 9, 9)]
    )
    assert figures.detection["street"].average_precision == 0
    assert figures.labels["all"].right.value is None
    assert figures.labels["all"].found_and_right["with_mask"] == Proportion(0, 1)
    assert figures.negatives is not None
    assert figures.negatives.false_faces == 0


def test_the_main_face_is_the_largest() -> None:
    assert main_face(faces((square(0, 20), 0.9, 0), (square(1, 30), 0.5, 0))) == 1
    assert main_face(Faces.empty()) == -1


def test_a_state_whose_boxes_lie_outside_their_pictures_has_no_figure() -> None:
    rows = [(square(0), 0), (square(1), 1), ((5000.0, 5000.0, 5040.0, 5040.0), 2)]
    figures = compute_figures([prediction(rows, [(square(0), 0.9, 0)])])
    (classes,) = figures.classes.values()
    assert classes.average_precision["mask_worn_incorrectly"] is None
    assert classes.mean is None
    assert classes.mean_by_answer is None
    json.dumps(plain(figures), allow_nan=False)


def test_figures_that_are_not_finite_are_none() -> None:
    assert plain([float("nan"), float("inf"), 0.123456789]) == [None, None, 0.12346]


@pytest.mark.parametrize(
    ("height", "name"),
    [
        (15.75, "<16"),
        (16, "16-32"),
        (31.75, "16-32"),
        (32, "32-64"),
        (63.75, "32-64"),
        (64, ">=64"),
        (900, ">=64"),
    ],
)
def test_a_face_height_exactly_at_a_border_is_in_the_class_above(height: float, name: str) -> None:
    box = (0.0, 0.0, 50.0, height)
    report = compute_figures([prediction([(box, 0)], [(box, 0.9, 0)])], rounds=0)
    street = report.detection["street"]
    classes = ("<16", "16-32", "32-64", ">=64")
    assert street.recall_by_height == {c: Proportion(int(c == name), int(c == name)) for c in classes}
    assert street.average_precision_by_height == {c: 1.0 if c == name else None for c in classes}
