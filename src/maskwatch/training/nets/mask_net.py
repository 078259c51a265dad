"""The mask classifier: MobileNetV2 with four sigmoid outputs, the three states made of them, and its loss."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskwatch.training.nets.mobilenet_v2 import MobileNetV2

OUTPUTS: Final = ("face", "mask", "covered", "turned")
"""Is this a face; is a mask on it; does the mask cover nose and mouth; is the face turned far to the side."""

CONSTANT_LOGIT: Final = 9.0
"""Logit of an output that always gives the same answer: probability 0.9999."""


class MaskNet(nn.Module):
    """A MobileNetV2 trunk with global average pooling, dropout and one or two dense layers.

    Args:
        width: Multiplier of the trunk's channels (alpha in arXiv 1801.04381).
        dropout: Share of the features before the last layer that training drops.
        hidden: Units of a dense layer with ReLU before the last layer; 0 leaves it out.
    """

    def __init__(self, width: float = 1.0, dropout: float = 0.2, hidden: int = 0) -> None:
        super().__init__()
        self.width = width
        self.trunk = MobileNetV2(width)
        self.hidden = nn.Linear(self.trunk.outputs, hidden) if hidden else None
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(hidden or self.trunk.outputs, len(OUTPUTS))

    def forward(self, x: Tensor) -> Tensor:
        """Maps pictures (n, 3, s, s) float, RGB, -1 to 1, to logits (n, 4), columns as in `OUTPUTS`."""
        return self.head(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """Maps pictures (n, 3, s, s) float, RGB, -1 to 1, to pooled features (n, `trunk.outputs`)."""
        y: Tensor = self.trunk(x).mean((2, 3))
        return y

    def head(self, features: Tensor) -> Tensor:
        """Maps pooled features (n, `trunk.outputs`) to logits (n, 4)."""
        if self.hidden is not None:
            features = self.hidden(features).relu()
        y: Tensor = self.dense(self.dropout(features))
        return y

    @torch.no_grad()
    def fix_outputs(self, answers: dict[int, bool]) -> None:
        """Makes outputs constant that the training data cannot teach.

        Args:
            answers: Column of `OUTPUTS` -> the only answer that occurs in the training data.
        """
        for column, answer in answers.items():
            self.dense.weight[column] = 0.0
            self.dense.bias[column] = CONSTANT_LOGIT if answer else -CONSTANT_LOGIT


def state_probabilities(logits: Tensor) -> Tensor:
    """Computes the probabilities (n, 3) of the three states, columns as in `LABELS`, from logits (n, 4)."""
    mask, covered = logits[:, 1].sigmoid(), logits[:, 2].sigmoid()
    return torch.stack([mask * covered, 1 - mask, mask * (1 - covered)], 1)


def binary_loss(
    logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float = 0.02, total: Tensor | None = None
) -> Tensor:
    """Computes weighted binary cross-entropy with label smoothing.

    Args:
        logits: (n, 4), columns as in `OUTPUTS`.
        targets: (n, 4), 0 to 1.
        weights: (n, 4); 0 where an output has no meaning, for example "covered" without a mask.
        smoothing: Distance of the targets from 0 and 1, because some labels are wrong.
        total: Divisor; None takes the sum of the weights.

    Returns:
        The loss, a scalar.
    """
    soft = targets * (1 - 2 * smoothing) + smoothing
    each = F.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    return (each * weights).sum() / (weights.sum() if total is None else total).clamp(min=1)
