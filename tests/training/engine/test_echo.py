"""A batch that is used again looks different, and its targets move with it."""

from __future__ import annotations

import torch

from maskwatch.training.engine.echo import mirrored, relit


def test_relit_pictures_differ_in_light_only_and_stay_pictures() -> None:
    torch.manual_seed(0)
    planes = torch.randint(60, 200, (16, 3, 8, 8), dtype=torch.uint8)
    changed = relit(planes)
    assert changed.dtype == torch.uint8
    assert changed.shape == planes.shape
    for before, after in zip(planes, changed, strict=True):
        brighter = before.flatten().argsort()
        assert (after.flatten()[brighter].diff().int() >= 0).all()  # the order of the pixels stays
    means = (changed.float() - planes.float()).mean((1, 2, 3))
    assert means.std() > 3


def test_mirrored_pictures_keep_their_rows() -> None:
    planes = torch.arange(12, dtype=torch.uint8).reshape(1, 1, 3, 4)
    assert mirrored(planes)[0, 0, 0].tolist() == [3, 2, 1, 0]
