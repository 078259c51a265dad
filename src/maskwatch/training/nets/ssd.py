"""The face detector in torch: SSD on a MobileNetV2 trunk, and its loss.

SSD: arXiv 1512.02325. Its light heads are those of SSDLite: arXiv 1801.04381, section 6.2. The top-down path
that joins the levels is that of FPN: arXiv 1612.03144.
"""

from __future__ import annotations

from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from maskwatch.training.nets.anchors import LEVELS, VARIANCES
from maskwatch.training.nets.mobilenet_v2 import MobileNetV2, conv_bn

# Blocks of the trunk whose *expanded* features (six times the channels, before the stride) are the feature
# maps of strides 8 and 16, as in SSDLite.
_BLOCK_STRIDE_8, _BLOCK_STRIDE_16 = 7, 14

_BACKGROUND_LOGIT: Final = -4.0  # start of all logits, see RetinaNet, arXiv 1708.02002, section 4.1
_MAX_LOG_GROWTH: Final = 4.0  # exp(4): no face is 55 times as large as its anchor
_MIN_NEGATIVES: Final = 8  # a picture: batches without a face have no positives to count from


def depthwise_separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Builds a 3x3 depthwise and a 1x1 convolution, each with batch normalisation and ReLU6."""
    return nn.Sequential(conv_bn(inputs, inputs, 3, stride, groups=inputs), conv_bn(inputs, outputs))


class SSD(nn.Module):
    """Detects faces on feature maps of strides 8, 16, 32 and 64.

    Args:
        width: Multiplier of the trunk's channels (alpha in arXiv 1801.04381).
        channels: Channels of the top-down path and the heads.
    """

    def __init__(self, width: float = 0.35, channels: int = 64) -> None:
        super().__init__()
        self.width, self.channels = width, channels
        self.trunk = MobileNetV2(width, head=False)
        blocks = (_BLOCK_STRIDE_8, _BLOCK_STRIDE_16)
        expanded = [cast(nn.Conv2d, self.trunk.expansion(i)[0][0]).out_channels for i in blocks]
        self.laterals = nn.ModuleList(conv_bn(c, channels) for c in [*expanded, self.trunk.outputs])
        self.smooth = nn.ModuleList(depthwise_separable(channels, channels) for _ in expanded)
        self.extra = depthwise_separable(channels, channels, stride=2)
        self.heads = nn.ModuleList(depthwise_separable(channels, channels) for _ in LEVELS)
        self.logits = nn.ModuleList(nn.Conv2d(channels, len(sizes), 1) for _, sizes in LEVELS)
        self.offsets = nn.ModuleList(nn.Conv2d(channels, 4 * len(sizes), 1) for _, sizes in LEVELS)
        for layer in (*self.logits, *self.offsets):
            assert isinstance(layer, nn.Conv2d)
            nn.init.normal_(layer.weight, std=0.01)
            assert layer.bias is not None
            # Nearly all anchors are background, so the network starts with that answer.
            nn.init.constant_(layer.bias, _BACKGROUND_LOGIT if layer in list(self.logits) else 0.0)

    def trunk_features(self, x: Tensor) -> list[Tensor]:
        """Returns the trunk's feature maps at strides 8, 16 and 32 for pictures (n, 3, h, w)."""
        maps = []
        for i, block in enumerate(self.trunk.features):
            if i in (_BLOCK_STRIDE_8, _BLOCK_STRIDE_16):
                expand, rest = self.trunk.expansion(i)
                maps.append(expand(x))
                x = rest(maps[-1])  # these blocks change the stride: no residual to add
            else:
                x = block(x)
        return [*maps, x]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Predicts a logit and offsets for every anchor, in the order of `anchors.grid`.

        Args:
            x: (n, 3, h, w) float, RGB, -1 to 1; h and w are multiples of 32 (stride 64: whole cells only).

        Returns:
            Logits (n, a) and offsets (n, a, 4), see `decode`.
        """
        maps = zip(self.laterals, self.trunk_features(x), strict=True)
        p8, p16, p32 = (lateral(features) for lateral, features in maps)
        p64 = self.extra(p32)
        p16 = self.smooth[1](p16 + F.interpolate(p32, scale_factor=2.0, mode="nearest"))
        p8 = self.smooth[0](p8 + F.interpolate(p16, scale_factor=2.0, mode="nearest"))
        logits, offsets = [], []
        for i, level in enumerate((p8, p16, p32, p64)):
            y = self.heads[i](level)
            logits.append(self.logits[i](y).permute(0, 2, 3, 1).flatten(1))
            offsets.append(self.offsets[i](y).permute(0, 2, 3, 1).reshape(len(y), -1, 4))
        return torch.cat(logits, 1), torch.cat(offsets, 1)


def decode(offsets: Tensor, anchors: Tensor) -> Tensor:
    """Decodes offsets to boxes (SSD, section 2.2).

    Args:
        offsets: (..., 4) of centre x, centre y, log width, log height, scaled by `VARIANCES`.
        anchors: (..., 4) centre x, centre y, width, height in pixels.

    Returns:
        (..., 4) x1, y1, x2, y2 in pixels.
    """
    centre = anchors[..., :2] + offsets[..., :2] * VARIANCES[0] * anchors[..., 2:]
    size = anchors[..., 2:] * torch.exp((offsets[..., 2:] * VARIANCES[1]).clamp(max=_MAX_LOG_GROWTH))
    return torch.cat([centre - size / 2, centre + size / 2], -1)


def distance_iou_loss(boxes: Tensor, targets: Tensor) -> Tensor:
    """Computes 1 - DIoU (arXiv 1911.08287) of boxes (n, 4) with targets (n, 4), one value (n,) each pair."""
    low, high = torch.maximum(boxes[:, :2], targets[:, :2]), torch.minimum(boxes[:, 2:], targets[:, 2:])
    intersection = (high - low).clamp(min=0).prod(1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (targets[:, 2:] - targets[:, :2]).prod(1)
    iou = intersection / (area - intersection).clamp(min=1e-6)
    hull = torch.maximum(boxes[:, 2:], targets[:, 2:]) - torch.minimum(boxes[:, :2], targets[:, :2])
    apart = (boxes[:, :2] + boxes[:, 2:] - targets[:, :2] - targets[:, 2:]) / 2
    return 1 - iou + apart.square().sum(1) / hull.square().sum(1).clamp(min=1e-6)


def multibox_loss(
    logits: Tensor, offsets: Tensor, anchors: Tensor, assigned: Tensor, boxes: Tensor, ratio: float = 3.0
) -> tuple[Tensor, Tensor]:
    """Computes the SSD loss (section 2.2) with hard-negative mining over the whole batch.

    The paper mines within each picture. Over the batch, pictures without a face give negatives as well. Boxes
    are compared by DIoU instead of smooth L1.

    Args:
        logits: (n, a).
        offsets: (n, a, 4).
        anchors: (a, 4): centre x, centre y, width, height in pixels.
        assigned: (n, a) int: 1 positive (face), 0 negative (background), -1 neither.
        boxes: (n, a, 4): the true box of each positive anchor.
        ratio: Hard negatives for each positive.

    Returns:
        Classification and localisation loss, both divided by the number of positives.
    """
    positive = assigned == 1
    count = int(positive.sum())
    target = positive.to(logits.dtype)
    each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    background = each[assigned == 0]
    hard = min(len(background), int(ratio * count) + _MIN_NEGATIVES * len(logits))
    loss = each[positive].sum() + background.topk(hard, sorted=False).values.sum()
    predicted = decode(offsets[positive], anchors.expand(len(logits), -1, -1)[positive])
    return loss / max(count, 1), distance_iou_loss(predicted, boxes[positive]).sum() / max(count, 1)
