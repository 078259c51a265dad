import numpy as np
import pytest
import torch
from torch import Tensor

from maskwatch.data.sample import Sample
from maskwatch.training.data.face_examples import face_examples
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine.validation import HeldOutFaces, HeldOutPictures
from maskwatch.training.nets.anchors import VARIANCES, grid

World = tuple[list[Sample], list[Sample], PictureCache]


def test_every_state_counts_alike(world: World) -> None:
    examples = face_examples(world[0], {})
    masked = next(e for e in examples if e.state == 0)
    bare = next(e for e in examples if e.state == 1)
    held = HeldOutFaces([masked] * 9 + [bare], world[2], 32, 1.4)
    always_masked = torch.tensor([[9.0, 9.0, 9.0]])
    assert held.balanced_accuracy(lambda planes: always_masked.expand(len(planes), -1)) == 0.5


def test_faces_are_cut_as_in_use_and_shown_in_red_green_blue(world: World) -> None:
    examples = face_examples(world[0], {})
    planes = next(HeldOutFaces(examples, world[2], 32, 1.0).batches())
    assert planes.shape == (min(32, len(examples)), 3, 32, 32)
    brow = planes[:, :, 10, 16].float().mean(0)  # the discs are (170, 200, 235) in blue, green, red
    assert brow[0] > brow[1] > brow[2]


def test_nothing_held_gives_no_figure(world: World) -> None:
    assert HeldOutFaces([], world[2], 32, 1.4).balanced_accuracy(lambda planes: planes) is None
    answer = torch.zeros(1, 0), torch.zeros(1, 0, 4)
    assert HeldOutPictures([], world[2], 128).average_precision(lambda picture: answer) is None


@pytest.mark.parametrize(("shift", "figure"), [(0.0, 1.0), (40.0, 0.0)])
def test_a_detector_that_knows_the_truth_is_right(shift: float, figure: float, world: World) -> None:
    size, samples = 192, world[0][:6]
    anchors = grid(size, size)
    turn = iter(samples)

    def answer(picture: Tensor) -> tuple[Tensor, Tensor]:
        assert picture.shape == (1, 3, size, size)
        scale = size / 160  # the pictures are 160 by 128
        logits = np.full(len(anchors), -9, np.float32)
        offsets = np.zeros((len(anchors), 4), np.float32)
        for box in next(turn).boxes * scale + shift:
            centre, side = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
            row = np.abs(anchors - [*centre, *side]).sum(1).argmin()
            logits[row] = 3
            offsets[row, :2] = (centre - anchors[row, :2]) / anchors[row, 2:] / VARIANCES[0]
            offsets[row, 2:] = np.log(side / anchors[row, 2:]) / VARIANCES[1]
        return torch.from_numpy(logits)[None], torch.from_numpy(offsets)[None]

    held = HeldOutPictures(samples, world[2], size)
    assert held.average_precision(answer) == pytest.approx(figure)
