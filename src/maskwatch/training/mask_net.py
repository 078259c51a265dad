"""The mask classifier: MobileNetV2 with four sigmoid outputs, and how they become three states."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskwatch.training.mobilenet import MobileNetV2

OUTPUTS: Final = ("face", "mask", "covered", "turned")
"""Is this a face; is a mask on it; does the mask cover nose and mouth; is the face turned far to the side."""


class MaskNet(nn.Module):
    """Pooling, dropout and one dense layer on a MobileNetV2 trunk.

    Args:
        width: Multiplier of the trunk's channels.
        dropout: Share of pooled features dropped while training.
    """

    def __init__(self, width: float = 1.0, dropout: float = 0.2) -> None:
        super().__init__()
        self.width = width
        self.trunk = MobileNetV2(width)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(self.trunk.outputs, len(OUTPUTS))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, s, s) float, RGB, -1 to 1 -> logits (n, 4), columns as in `OUTPUTS`."""
        y: Tensor = self.dense(self.dropout(self.trunk(x).mean((2, 3))))
        return y


def states(logits: Tensor) -> Tensor:
    """Logits (n, 4) of face, mask, covered and turned -> probabilities (n, 3) of the three states."""
    mask, covered = logits[:, 1].sigmoid(), logits[:, 2].sigmoid()
    return torch.stack([mask * covered, 1 - mask, mask * (1 - covered)], 1)


def binary_loss(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float = 0.02) -> Tensor:
    """Weighted binary cross-entropy.

    Args:
        logits: (n, 4).
        targets: (n, 4), 0 or 1.
        weights: (n, 4); 0 where a question makes no sense, as "covered" without a mask.
        smoothing: How far targets are moved from 0 and 1: some labels are wrong.
    """
    soft = targets * (1 - 2 * smoothing) + smoothing
    each = F.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    return (each * weights).sum() / weights.sum().clamp(min=1)
