"""The mask classifier: MobileNetV2 with four sigmoid outputs, and how they become three states."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskwatch.training.nets.mobilenet_v2 import MobileNetV2

OUTPUTS: Final = ("face", "mask", "covered", "turned")
"""Is this a face; is a mask on it; does the mask cover nose and mouth; is the face turned far to the side."""

SETTLED: Final = 9.0
"""Logit of an answer that is always the same: 0.9999."""


class MaskNet(nn.Module):
    """Pooling, dropout and one or two dense layers on a MobileNetV2 trunk.

    Args:
        width: Multiplier of the trunk's channels.
        dropout: Share of the features before the last layer that are dropped while training.
        hidden: Units of a dense layer (ReLU) before the last; 0 does without.
    """

    def __init__(self, width: float = 1.0, dropout: float = 0.2, hidden: int = 0) -> None:
        super().__init__()
        self.width = width
        self.trunk = MobileNetV2(width)
        self.hidden = nn.Linear(self.trunk.outputs, hidden) if hidden else None
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(hidden or self.trunk.outputs, len(OUTPUTS))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, s, s) float, RGB, -1 to 1 -> logits (n, 4), columns as in `OUTPUTS`."""
        return self.head(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """(n, 3, s, s) float, RGB, -1 to 1 -> the trunk's pooled features (n, `trunk.outputs`)."""
        y: Tensor = self.trunk(x).mean((2, 3))
        return y

    def head(self, features: Tensor) -> Tensor:
        """Pooled features (n, `trunk.outputs`) -> logits (n, 4)."""
        if self.hidden is not None:
            features = self.hidden(features).relu()
        y: Tensor = self.dense(self.dropout(features))
        return y

    @torch.no_grad()
    def settle(self, answers: dict[int, bool]) -> None:
        """Answers questions for good, by column of `OUTPUTS`: those to which the data knows one answer."""
        for column, answer in answers.items():
            self.dense.weight[column] = 0.0
            self.dense.bias[column] = SETTLED if answer else -SETTLED


def states(logits: Tensor) -> Tensor:
    """Logits (n, 4) of face, mask, covered and turned -> probabilities (n, 3) of the three states."""
    mask, covered = logits[:, 1].sigmoid(), logits[:, 2].sigmoid()
    return torch.stack([mask * covered, 1 - mask, mask * (1 - covered)], 1)


def binary_loss(
    logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float = 0.02, total: Tensor | None = None
) -> Tensor:
    """Weighted binary cross-entropy.

    Args:
        logits: (n, 4).
        targets: (n, 4), 0 or 1.
        weights: (n, 4); 0 where a question makes no sense, as "covered" without a mask.
        smoothing: How far targets are moved from 0 and 1: some labels are wrong.
        total: What to divide by instead of the sum of the weights.
    """
    soft = targets * (1 - 2 * smoothing) + smoothing
    each = F.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    return (each * weights).sum() / (weights.sum() if total is None else total).clamp(min=1)
