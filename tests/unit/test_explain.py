from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.errors import ModelError
from maskwatch.explain import Explanation, explain, heat_lines, heat_picture, summary
from maskwatch.types import Faces, Image

BOX = np.array([100.3, 60.6, 160.3, 140.6], np.float32)
WIDTH, HEIGHT = 60, 80


class OneSpot:
    """Says "mask" as far as one spot of the box is white; elsewhere it sees nothing.

    Args:
        spot: x1, y1, x2, y2 in parts of the box.
        drops: Whether a face whose spot is dark is dropped, as what is no face.
    """

    def __init__(self, spot: tuple[float, float, float, float], drops: bool = False) -> None:
        self.spot = spot
        self.drops = drops
        self.calls: list[int] = []

    def classify(self, image: Image, faces: Faces) -> Faces:
        self.calls.append(len(faces))
        x1, y1, x2, y2 = self.spot
        light = []
        for left, top, right, bottom in faces.boxes.tolist():
            columns = slice(round(left + x1 * (right - left)), round(left + x2 * (right - left)))
            rows = slice(round(top + y1 * (bottom - top)), round(top + y2 * (bottom - top)))
            light.append(float(image[rows, columns].mean()) / 255)
        masked = np.array(light, np.float32)
        found = faces.with_(
            probabilities=np.stack([masked, 1 - masked, np.zeros_like(masked)], axis=1),
            reasons=np.full(len(faces), None, np.object_),
        )
        return found[masked > 0.9] if self.drops else found


def white(width: int = 300, height: int = 240) -> Image:
    return np.full((height, width, 3), 255, np.uint8)


def centre(found: Explanation) -> NDArray[np.float64]:
    """The middle of the heat in parts of the face's box."""
    rows, columns = np.nonzero(found.strong)
    x1, y1, x2, y2 = found.box
    return np.array([(columns.mean() + 0.5 - x1) / (x2 - x1), (rows.mean() + 0.5 - y1) / (y2 - y1)])


@pytest.mark.parametrize(
    ("spot", "part"),
    [
        ((0.4, 0.66, 0.6, 0.76), "mouth"),
        ((0.4, 0.25, 0.6, 0.35), "eyes"),
        ((0.1, 0.45, 0.3, 0.55), "nose"),
        ((0.4, 0.88, 0.6, 0.98), "chin"),
        ((0.4, 0.05, 0.6, 0.15), "forehead"),
        ((1.12, 0.45, 1.24, 0.55), "the background beside the face"),
    ],
)
def test_the_heat_is_where_the_classifier_looks(spot: tuple[float, float, float, float], part: str) -> None:
    found = explain(white(), BOX, OneSpot(spot))
    middle = [(spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2]
    np.testing.assert_allclose(centre(found), middle, atol=0.07)
    assert part in found.parts
    assert part in found.sentence
    assert (found.label, found.probability) == ("with_mask", 1.0)
    assert found.fall == pytest.approx(0.5, abs=0.01), "grey where white was"
    assert found.heat.shape == found.view.shape[:2]
    assert found.patch == 0.25, "a small one is enough"
    assert not found.lost


def test_what_is_no_face_any_more_has_lost_its_answer() -> None:
    found = explain(white(), BOX, OneSpot((0.4, 0.66, 0.6, 0.76), drops=True))
    assert found.fall == pytest.approx(1.0)
    assert found.lost
    assert "no longer takes this for a face" in found.sentence
    np.testing.assert_allclose(centre(found), [0.5, 0.71], atol=0.07)


def test_a_sure_answer_is_tried_with_larger_patches() -> None:
    class TwoSpots(OneSpot):
        """Needs only one of two spots that a small patch cannot cover together."""

        def classify(self, image: Image, faces: Faces) -> Faces:
            first, second = (
                OneSpot(spot).classify(image, faces)
                for spot in ((0.4, 0.4, 0.6, 0.45), (0.4, 0.65, 0.6, 0.7))
            )
            assert first.probabilities is not None
            assert second.probabilities is not None
            masked = np.maximum(first.probabilities[:, 0], second.probabilities[:, 0])
            return faces.with_(
                probabilities=np.stack([masked, 1 - masked, 0 * masked], axis=1), reasons=first.reasons
            )

    found = explain(white(), BOX, TwoSpots((0, 0, 1, 1)))
    assert found.patch == 0.4
    assert found.fall == pytest.approx(0.5, abs=0.01)


def test_nothing_is_made_up_where_nothing_matters() -> None:
    class Stubborn(OneSpot):
        def classify(self, image: Image, faces: Faces) -> Faces:
            return faces.with_(
                probabilities=np.tile(np.array([0.01, 0.97, 0.02], np.float32), (len(faces), 1))
            )

    found = explain(white(), BOX, Stubborn((0, 0, 1, 1)))
    assert found.parts == ()
    assert not found.strong.any()
    assert "no single place" in found.sentence
    assert summary(found)["strong"] is None
    assert heat_picture(found, "Face 1", "a.onnx").ndim == 3


def test_many_places_go_in_few_calls() -> None:
    classifier = OneSpot((0.4, 0.66, 0.6, 0.76))
    seen: list[int] = []

    def watch(batches: range) -> range:
        seen.extend(batches)
        return batches

    found = explain(white(), BOX, classifier, watch)  # type: ignore[arg-type]
    assert sum(classifier.calls) == found.patches + 1
    assert len(classifier.calls) == len(seen) + 1
    assert max(classifier.calls) <= 32


@pytest.mark.parametrize("scale", [0.1, 1.0, 6.0])
@pytest.mark.parametrize("corner", [(-20.0, -30.0), (100.0, 60.0)])
def test_small_large_and_cut_faces(scale: float, corner: tuple[float, float]) -> None:
    x, y = corner[0] * scale, corner[1] * scale
    box = np.array([x, y, x + WIDTH * scale, y + HEIGHT * scale], np.float32)
    found = explain(white(round(300 * scale), round(240 * scale)), box, OneSpot((0.4, 0.6, 0.6, 0.8)))
    assert found.heat.shape == found.view.shape[:2]
    assert max(found.view.shape) <= 2 * 192 + 1
    assert found.box[2] - found.box[0] == pytest.approx(min(WIDTH * scale, 0.75 * 192), rel=0.02)
    assert found.fall > 0.2


def test_the_view_holds_the_very_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (240, 300, 3), np.uint8)
    found = explain(image, BOX, OneSpot((0, 0, 1, 1)))
    left, top = (BOX[:2] - found.box[:2]).round().astype(int)
    side = found.view.shape[0]
    assert side == 2 * HEIGHT
    np.testing.assert_array_equal(found.view, image[top : top + side, left : left + side])


def test_summary_is_plain() -> None:
    told = summary(explain(white(), BOX, OneSpot((0.4, 0.66, 0.6, 0.76))))
    assert told["label"] == "with_mask"
    x1, y1, x2, y2 = told["strong"]
    assert x1 < 0.5 < x2
    assert y1 < 0.71 < y2
    assert told["text"].startswith("The answer rests on the region around")


def test_what_cannot_be_explained_is_told_in_one_line() -> None:
    with pytest.raises(ModelError, match="not take this place for a face"):
        explain(0 * white(), BOX, OneSpot((0, 0, 1, 1), drops=True))

    class Silent(OneSpot):
        def classify(self, image: Image, faces: Faces) -> Faces:
            return faces

    with pytest.raises(ModelError, match="no probabilities"):
        explain(white(), BOX, Silent((0, 0, 1, 1)))


def test_the_legend_tells_the_mean_of_the_colours_and_the_single_patch_of_the_sentence() -> None:
    found = explain(white(), BOX, OneSpot((0.4, 0.66, 0.6, 0.76)))
    *_, last = heat_lines(found, "Face 1", "a.onnx")
    mean, single = (float(number) for number in re.findall(r"([\d.]+) points", last))
    assert mean == pytest.approx(100 * float(found.heat.max()), abs=0.5)
    assert single == pytest.approx(100 * found.fall, abs=0.5)
    assert mean < single
    assert heat_lines(found, "Face 1", "a.onnx")[1] == found.sentence
