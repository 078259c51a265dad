from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from maskwatch.data.sample import Sample
from maskwatch.data.sample import negative as without_faces
from maskwatch.detectors.ssd import SSD as Shipped
from maskwatch.errors import DataError
from maskwatch.geometry import iou
from maskwatch.models.download import locate
from maskwatch.training.data.detector_dataset import CropRecipe, DetectorData, _paint_masks, _paintable
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.detector import DetectorRecipe, train_detector
from maskwatch.training.engine.distillation import TeacherDetector
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.optimisation import normalise
from maskwatch.training.export.onnx_export import export_detector
from maskwatch.training.export.parity import MAX_ROUNDING
from maskwatch.training.nets.ssd import SSD

World = tuple[list[Sample], list[Sample], PictureCache]
RECIPE = DetectorRecipe(
    width=0.35,
    channels=16,
    steps=80,
    batch=8,
    rate=5e-3,
    frozen_blocks=0,
    ema_decay=0.9,
    crops=CropRecipe(size=96, faces=(20, 50), mosaic=0.0),
)
METADATA = {
    "name": "made",
    "licence": "none",
    "training_data": "made",
    "threshold": 0.5,
    "nms_iou": 0.4,
    "sizes": {"fast": 160},
    "default_size": "fast",
}


def test_examples_show_the_faces_where_their_boxes_are(world: World) -> None:
    faces, negatives, pictures = world
    data = DetectorData(faces, negatives, pictures, CropRecipe(size=128, faces=(16, 60)), 60, 1)
    shown = 0
    for picture, states, boxes, negative in (data[i] for i in range(60)):
        assert picture.shape == (3, 128, 128)
        assert picture.dtype == torch.uint8
        if negative >= 0:
            assert not (states == 1).any()
            continue
        grey = picture.float().mean(0)
        for x1, y1, x2, y2 in torch.unique(boxes[states == 1], dim=0).tolist():
            inner = grey[
                int(0.75 * y1 + 0.25 * y2) : int((y1 + y2) / 2),
                int(0.6 * x1 + 0.4 * x2) : int(0.4 * x1 + 0.6 * x2),
            ]
            shown += int(inner.numel() > 0 and inner.mean() > grey.median() + 15)
    assert shown > 60  # strong changes of light hide a few of them


def test_the_same_number_gives_the_same_example(world: World) -> None:
    data = [DetectorData(*world, CropRecipe(size=128), 9, seed) for seed in (5, 5, 6)]
    assert torch.equal(data[0][3][0], data[1][3][0])
    assert not torch.equal(data[0][3][0], data[2][3][0])


def test_hard_faces_are_drawn_around_more_often(world: World) -> None:
    faces, negatives, pictures = world
    first = next(s for s in faces if len(s.boxes) > 1)
    hard = {first.path: np.arange(len(first.boxes)) == 0}
    data = DetectorData(faces, negatives, pictures, CropRecipe(hard_faces=1e6), 9, hard=hard)
    rng = np.random.default_rng(0)
    assert {data._draw_sample(rng).path for _ in range(20)} == {first.path}
    assert data._face_weights(first).tolist() == [1e6] + [1.0] * (len(first.boxes) - 1)
    usual = DetectorData(faces, negatives, pictures, CropRecipe(), 9, hard=hard)
    assert len({usual._draw_sample(rng).path for _ in range(20)}) > 5


def test_mosaics_hold_pictures_without_faces_as_often_as_asked(world: World) -> None:
    faces, negatives, pictures = world
    for share, least, most in ((0.0, 1, 9), (1.0, 0, 0)):
        recipe = CropRecipe(size=128, faces=(20, 40), mosaic=1.0, negative_tiles=share)
        data = DetectorData(faces, negatives, pictures, recipe, 9, 1, negative_share=0.0)
        counts = [len(torch.unique(data[i][2][data[i][1] == 1], dim=0)) for i in range(9)]
        assert least <= max(counts) <= most


def test_pictures_without_faces_are_shown_as_near_as_asked(world: World) -> None:
    faces, _, pictures = world
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None], (200, 200, 3))
    there = without_faces(Path("ramp.png"))
    views = []
    for nearest in (0.8, 4.0):
        data = DetectorData(faces, [there], pictures, CropRecipe(negative_zoom=nearest), 9)
        data.pictures = cast(PictureCache, {there.path: (ramp, 1.0)})
        crops = [data._crop(there, 96, np.random.default_rng(i))[0] for i in range(40)]
        views.append(min(np.ptp(crop[48, :, 0].astype(int)) for crop in crops))
    assert views[0] > 150  # the whole picture, nearly
    assert 30 < views[1] < 80


def test_masks_are_painted_on_large_faces_whose_landmarks_are_known() -> None:
    image = np.full((128, 256, 3), 150, np.uint8)
    boxes = np.array([[20, 20, 100, 116], [150, 20, 230, 116], [4, 4, 16, 18]], np.float32)
    # Right eye, left eye, nose, corners of the mouth, as shares of a box.
    spots = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.36, 0.75], [0.64, 0.75]], np.float32)
    points = boxes[:, None, :2] + spots * (boxes[:, None, 2:] - boxes[:, None, :2])
    points[1] = np.nan
    paintable = _paintable(image, points, boxes)
    assert paintable.tolist() == [True, False, False]  # unknown where its nose is; too small
    painted = 0
    for seed in range(8):
        changed = (_paint_masks(image, points[paintable], np.random.default_rng(seed)) != image).any(2)
        painted += bool(changed[60:116, 20:100].mean() > 0.1)
        assert not changed[:, 150:].any()
        assert not changed[:19, :17].any()
    assert 3 <= painted <= 8


@pytest.mark.parametrize(
    ("known", "masks", "painted"), [(True, 0.0, True), (False, 0.0, False), (True, 1.0, False)]
)
def test_things_are_painted_before_faces_whose_landmarks_are_known(
    known: bool, masks: float, painted: bool
) -> None:
    plain = np.full((200, 200, 3), 120, np.uint8)
    box = np.array([[60, 60, 130, 150]], np.float32)
    there = Sample(Path("a.png"), box, np.zeros(1, int), np.zeros(1, bool))
    spots = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.36, 0.75], [0.64, 0.75]], np.float32)
    points = box[:, None, :2] + spots * (box[:, None, 2:] - box[:, None, :2])
    landmarks = {there.path: points if known else np.full_like(points, np.nan)}

    def crop(occluders: float, seed: int) -> np.ndarray:
        recipe = CropRecipe(faces=(70, 71), occluders=occluders, painted=masks)
        data = DetectorData(
            [there], [], cast(PictureCache, {there.path: (plain, 1.0)}), recipe, 1, landmarks=landmarks
        )
        return data._crop(there, 200, np.random.default_rng(seed))[0]

    changed = [(crop(1.0, seed) != crop(0.0, seed)).any() for seed in range(6)]
    assert all(changed) if painted else not any(changed)


@pytest.mark.parametrize(("side", "painted"), [(50, True), (16, False)])
def test_caps_are_painted_on_faces_that_are_large_enough(side: int, painted: bool) -> None:
    plain = np.full((200, 200, 3), 120, np.uint8)
    box = np.array([[80, 80, 80 + side, 80 + side]], np.float32)
    there = Sample(Path("a.png"), box, np.zeros(1, int), np.zeros(1, bool))

    def crop(capped: float, seed: int) -> np.ndarray:
        recipe = CropRecipe(faces=(side, side + 1), caps=capped)
        data = DetectorData([there], [], cast(PictureCache, {there.path: (plain, 1.0)}), recipe, 1)
        return data._crop(there, 200, np.random.default_rng(seed))[0]

    for seed in range(6):
        assert (crop(1.0, seed) != crop(0.0, seed)).any() == painted


def test_learns_to_find_discs_and_the_export_finds_them_too(world: World, tmp_path: Path) -> None:
    faces, negatives, pictures = world
    saved = train_detector(
        faces[:18], negatives[:18], pictures, RECIPE, tmp_path, hardware=Hardware(workers=0)
    )
    assert export_detector(saved, tmp_path / "made.onnx", METADATA) < MAX_ROUNDING
    detector = Shipped(tmp_path / "made.onnx")
    found, wanted, false = 0, 0, 0
    for sample in faces[18:]:
        boxes = detector.detect(pictures[sample.path][0]).boxes
        overlap = iou(sample.boxes, boxes)
        found += int((overlap.max(1, initial=0) > 0.5).sum())
        wanted += len(sample.boxes)
        false += int((overlap.max(0, initial=0) < 0.3).sum())
    assert found >= 0.8 * wanted
    assert false + sum(len(detector.detect(pictures[n.path][0])) for n in negatives[18:]) <= 2


def test_goes_on_where_it_was_cut(world: World, tmp_path: Path) -> None:
    """Bit for bit, where the order of the examples does not hang on hard negatives."""
    faces, _, pictures = world
    whole = replace(RECIPE, steps=6, batch=2, crops=CropRecipe(size=64, faces=(16, 60)))
    train_detector(faces, [], pictures, whole, tmp_path / "whole", hardware=Hardware(workers=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maskwatch.training.engine.loop.SAVE_EVERY", 3)
        _cut(
            lambda: train_detector(
                faces, [], pictures, whole, tmp_path / "cut", hardware=Hardware(workers=0)
            ),
            after=4,
        )
    train_detector(faces, [], pictures, whole, tmp_path / "cut", resume=True)
    first, second = (torch.load(tmp_path / name / "checkpoint.pt")["average"] for name in ("whole", "cut"))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_resume_with_another_recipe_is_refused(world: World, tmp_path: Path) -> None:
    faces, _, pictures = world
    tiny = replace(RECIPE, steps=1, batch=2, crops=CropRecipe(size=64))
    train_detector(faces, [], pictures, tiny, tmp_path, hardware=Hardware(workers=0))
    with pytest.raises(DataError, match="made by another recipe"):
        train_detector(faces, [], pictures, replace(tiny, rate=1.0), tmp_path, resume=True)


def test_a_detector_is_distilled_and_a_run_goes_on_with_the_same_one_only(
    world: World, tmp_path: Path
) -> None:
    faces, _, pictures = world
    teacher = locate("face_ssd.onnx")
    tiny = replace(RECIPE, steps=4, batch=2, ema_decay=0.0, distillation=1e4, crops=CropRecipe(size=64))
    data = DetectorData(faces, [], pictures, tiny.crops, 8, 0, 0.0)
    planes = torch.stack([data[i][0] for i in range(8)])
    apart = []
    for chosen in (None, teacher):
        folder = tmp_path / str(chosen is None)
        saved = train_detector(
            faces, [], pictures, tiny, folder, teacher=chosen, hardware=Hardware(workers=0)
        )
        model = SSD(tiny.width, tiny.channels)
        model.load_state_dict(torch.load(saved)["average"])
        apart.append((model(normalise(planes))[0] - TeacherDetector(teacher)(planes)[0]).abs().mean().item())
    assert apart[1] < apart[0]
    with pytest.raises(DataError, match="with another teacher"):
        train_detector(faces, [], pictures, tiny, folder, resume=True)


def test_nothing_to_learn_is_refused(world: World, tmp_path: Path) -> None:
    empty = replace(
        world[0][0], boxes=np.zeros((0, 4), np.float32), states=np.zeros(0, int), ignore=np.zeros(0, bool)
    )
    with pytest.raises(DataError, match="no picture has a face"):
        train_detector([empty], [], world[2], RECIPE, tmp_path)


class _Cut(Exception):
    pass


def _cut(train: object, after: int) -> None:
    """Runs a training and cuts it after some optimiser steps, as a power failure would."""
    steps = 0
    original = torch.optim.AdamW.step

    def step(self: torch.optim.AdamW, *args: object) -> object:
        nonlocal steps
        steps += 1
        if steps > after:
            raise _Cut
        return original(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", step)
        with pytest.raises(_Cut):
            train()  # type: ignore[operator]
