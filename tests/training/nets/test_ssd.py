import numpy as np
import pytest
import torch

from maskwatch.training.nets.anchors import VARIANCES, grid
from maskwatch.training.nets.ssd import SSD, decode, distance_iou_loss, multibox_loss


@pytest.mark.parametrize("size", [(64, 64), (128, 320), (192, 96), (160, 352)])
def test_predicts_once_for_every_anchor(size: tuple[int, int]) -> None:
    logits, offsets = SSD(channels=16).eval()(torch.zeros(2, 3, *size))
    anchors = len(grid(*size))
    assert logits.shape == (2, anchors)
    assert offsets.shape == (2, anchors, 4)


def test_starts_by_calling_nearly_everything_background() -> None:
    logits, _ = SSD(channels=16).eval()(torch.rand(1, 3, 128, 128))
    assert logits.sigmoid().max() < 0.1


def test_rows_belong_to_the_place_that_the_grid_says() -> None:
    """A change in one corner of the picture moves the answers of the anchors there, not of those far away."""
    torch.manual_seed(0)
    model = SSD(channels=16).eval().double()  # an untrained network's answers differ by very little
    picture = torch.zeros(1, 3, 640, 640, dtype=torch.float64)
    changed = picture.clone()
    changed[:, :, 560:, 560:] = 1
    moved = (model(picture)[0] - model(changed)[0])[0].abs().detach().numpy()
    anchors = grid(640, 640)
    small = anchors[:, 2] < 30
    assert (
        moved[small & (anchors[:, :2] > 600).all(1)].mean()
        > 3 * moved[small & (anchors[:, :2] < 60).all(1)].mean()
    )


def test_decode_inverts_the_encoding_of_the_paper() -> None:
    anchor = torch.tensor([[50.0, 60.0, 20.0, 40.0]])
    centre, size = torch.tensor([54.0, 52.0]), torch.tensor([30.0, 36.0])
    offset = torch.cat(
        [
            (centre - anchor[0, :2]) / anchor[0, 2:] / VARIANCES[0],
            torch.log(size / anchor[0, 2:]) / VARIANCES[1],
        ]
    )
    assert decode(offset[None], anchor)[0].tolist() == pytest.approx([39, 34, 69, 70], abs=1e-3)


def test_distance_iou_loss_is_nothing_for_a_hit_and_grows_with_distance() -> None:
    target = torch.tensor([[0.0, 0, 10, 10]]).expand(3, 4)
    boxes = torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10], [60, 0, 70, 10]])
    hit, near, far = distance_iou_loss(boxes, target).tolist()
    assert hit == pytest.approx(0, abs=1e-5)
    assert 1 < near < far < 2


def _loss(logits: torch.Tensor, states: np.ndarray, ratio: float = 3.0) -> float:
    anchors = torch.from_numpy(grid(64, 64))
    offsets, boxes = torch.zeros(*logits.shape, 4), decode(torch.zeros(*logits.shape, 4), anchors[None])
    return multibox_loss(logits, offsets, anchors, torch.from_numpy(states), boxes, ratio)[0].item()


def test_only_the_hardest_negatives_count() -> None:
    anchors = len(grid(64, 64))
    states = np.zeros((1, anchors), np.int8)
    states[0, 0] = 1
    logits = torch.full((1, anchors), -20.0)
    logits[0, 0] = 20.0
    assert _loss(logits, states) == pytest.approx(0, abs=1e-4)
    logits[0, 1:12] = 2.0  # 3 x 1 positive + 8 a picture: all eleven are taken
    eleven = _loss(logits, states)
    logits[0, 12:40] = 2.0
    assert _loss(logits, states) == pytest.approx(eleven)
    assert eleven == pytest.approx(11 * np.log1p(np.exp(2)), rel=1e-4)


def test_ignored_anchors_do_not_count() -> None:
    anchors = len(grid(64, 64))
    states = np.zeros((1, anchors), np.int8)
    states[0, 0], states[0, 1:] = 1, -1
    logits = torch.full((1, anchors), 5.0)
    logits[0, 0] = 20.0
    assert _loss(logits, states) == pytest.approx(0, abs=1e-4)


def test_a_batch_without_faces_still_teaches() -> None:
    states = np.zeros((2, len(grid(64, 64))), np.int8)
    assert _loss(torch.full(states.shape, 3.0), states) > 1
