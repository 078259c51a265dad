"""Our average precision against the reference implementation."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskwatch.data.sample import make_sample
from maskwatch.evaluation.match_table import PicturePrediction, concatenate, tabulate
from maskwatch.evaluation.measure import compute_figures
from maskwatch.evaluation.metrics import precision_recall
from maskwatch.types import Faces


def crowd(seed: int) -> list[PicturePrediction]:
    """Forty crowded pictures with shifted, missed, doubled, invented and ignored faces."""
    draw = np.random.default_rng(seed)
    pictures = []
    for _ in range(40):
        n = int(draw.integers(0, 30))
        corner, size = draw.uniform(0, 400, (n, 2)), draw.uniform(8, 80, (n, 1))
        true = np.concatenate([corner, corner + size * [1, 1.2]], axis=1).astype(np.float32)
        ignored = draw.random(n) < 0.15
        chosen = draw.integers(0, n, int(n * 1.4)) if n else np.zeros(0, int)
        shifted = true[chosen] + draw.normal(0, 0.13, (len(chosen), 4)) * size[chosen]
        strays = draw.uniform(0, 400, (int(draw.integers(0, 8)), 2))
        found = np.concatenate([shifted, np.concatenate([strays, strays + 30], axis=1)]).astype(np.float32)
        found = found[(found[:, 2:] > found[:, :2] + 1).all(axis=1)]
        scores = draw.random(len(found)).astype(np.float32)
        rows = [(tuple(map(float, box)), 0, bool(flag)) for box, flag in zip(true, ignored, strict=True)]
        faces = Faces(found, scores)
        pictures.append(PicturePrediction(make_sample(Path("a.jpg"), rows), faces, faces, 1000, 1000))  # type: ignore[arg-type]
    return pictures


def reference(pictures: list[PicturePrediction], iou: float) -> NDArray[np.float64]:
    """COCO's precision at 101 recalls; ignored boxes are crowds."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, 1):
        images.append({"id": number})
        for box, ignored in zip(picture.sample.boxes.tolist(), picture.sample.ignore.tolist(), strict=True):
            bbox = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "bbox": bbox,
                    "area": bbox[2] * bbox[3],
                    "iscrowd": int(ignored),
                }
            )
        for box, score in zip(picture.faces.boxes.tolist(), picture.faces.scores.tolist(), strict=True):
            bbox = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            results.append({"image_id": number, "category_id": 1, "bbox": bbox, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": 1, "name": "face"}],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.params.iouThrs = np.array([iou])
        evaluation.params.maxDets = [1000]
        evaluation.evaluate()
        evaluation.accumulate()
    precision: NDArray[np.float64] = evaluation.eval["precision"][0, :, 0, 0, 0]
    return precision


@pytest.mark.parametrize("iou", [0.5, 0.4])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_curve_is_that_of_pycocotools(seed: int, iou: float) -> None:
    pictures = crowd(seed)
    table = concatenate([tabulate(picture, picture.faces, iou) for picture in pictures])
    curve = precision_recall(table.detection_score, table.detection_outcome, len(table.truth_score))
    monotone = np.append(np.maximum.accumulate(curve.precision[::-1])[::-1], 0)
    ours = monotone[np.searchsorted(curve.recall, np.linspace(0, 1, 101))]
    theirs = reference(pictures, iou)
    assert 0.3 < theirs.mean() < 0.9  # a test of everything and nothing would be none
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_all_points_differ_little_from_101() -> None:
    pictures = crowd(2)
    whole = compute_figures(pictures, rounds=0).detection[""]
    assert whole.average_precision == pytest.approx(reference(pictures, 0.5).mean(), abs=0.01)
    assert whole.average_precision_40 == pytest.approx(reference(pictures, 0.4).mean(), abs=0.01)
