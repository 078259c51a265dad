"""Uses each batch of examples for several steps: where examples are dear and steps are cheap, as on a GPU.

Data echoing: arXiv 1907.05550. The second time a batch is mirrored, and each time the light differs.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

_GAIN: Final = 0.12
_SHIFT: Final = 12.0
"""Standard deviations of the changes of contrast (its logarithm) and of brightness (0 to 255)."""


def mirrored(planes: Tensor) -> Tensor:
    """Mirrors pictures (n, 3, h, w)."""
    return planes.flip(3)


def relit(planes: Tensor) -> Tensor:
    """Changes contrast and brightness of each picture (n, 3, h, w), uint8."""
    shape = (len(planes), 1, 1, 1)
    gain = torch.exp(_GAIN * torch.randn(shape, device=planes.device))
    shift = _SHIFT * torch.randn(shape, device=planes.device)
    changed = (planes.float() - 128) * gain + 128 + shift
    return changed.round_().clamp_(0, 255).to(torch.uint8)
