"""MobileNetV2 (Sandler et al., arXiv 1801.04381), with the parameter names of torchvision's."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Expansion, channels, repeats, stride: table 2 of the paper.
BLOCKS: Final = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION: Final = (0.229, 0.224, 0.225)
"""RGB, of pictures from 0 to 1: how torchvision normalises what its weights are shown."""


def channels(width: float) -> int:
    """Rounds a channel count to a multiple of 8, never down by more than a tenth."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * width else rounded + 8


class Conv2d(nn.Conv2d):
    """A convolution that can pad as TensorFlow does: at stride 2 only to the right and below.

    The ImageNet weights that were trained in TensorFlow expect it; with symmetric padding the
    picture moves by one pixel at every stride.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int, tf: bool) -> None:
        self.shifted = tf and stride == 2 and kernel == 3
        padding = 0 if self.shifted else kernel // 2
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c', h / stride, w / stride), h and w even."""
        return super().forward(F.pad(x, (0, 1, 0, 1)) if self.shifted else x)


def conv_bn(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, tf: bool = True
) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU6."""
    conv = Conv2d(inputs, outputs, kernel, stride, groups, tf)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Expand, convolve each channel by itself, project; section 3.3 of the paper."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, tf: bool) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [conv_bn(inputs, hidden, tf=tf)]
        layers += [
            conv_bn(hidden, hidden, 3, stride, groups=hidden, tf=tf),
            Conv2d(hidden, outputs, 1, 1, 1, tf),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c', h / stride, w / stride)."""
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """The trunk: `features` as torchvision numbers them, without pooling and classifier.

    Args:
        width: Multiplier of all channel counts (the paper's alpha).
        head: Whether the last 1x1 convolution (1280 channels) belongs to it.
        tf: Pads as TensorFlow does, see `Conv2d`.
    """

    def __init__(self, width: float = 1.0, head: bool = True, tf: bool = True) -> None:
        super().__init__()
        here = channels(32 * width)
        layers: list[nn.Module] = [conv_bn(3, here, 3, 2, tf=tf)]
        for expansion, base, repeats, stride in BLOCKS:
            outputs = channels(base * width)
            for i in range(repeats):
                layers.append(InvertedResidual(here, outputs, stride if i == 0 else 1, expansion, tf))
                here = outputs
        if head:
            last = channels(1280 * max(1.0, width))
            layers.append(conv_bn(here, last, tf=tf))
            here = last
        self.features = nn.Sequential(*layers)
        self.outputs = here

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) float, RGB, -1 to 1 -> (n, `outputs`, h / 32, w / 32)."""
        y: Tensor = self.features(x)
        return y

    @property
    def first(self) -> nn.Conv2d:
        """The convolution that sees the picture."""
        return cast(nn.Sequential, self.features[0])[0]  # type: ignore[return-value]

    def expansion(self, index: int) -> tuple[nn.Sequential, nn.Sequential]:
        """An inverted residual in two parts: its 1x1 expansion, and the rest."""
        block = cast(InvertedResidual, self.features[index]).conv
        return cast(nn.Sequential, block[0]), cast(nn.Sequential, block[1:])

    def load_pretrained(self, path: Path) -> None:
        """Loads the `features.*` of a safetensors or torch file; others (a classifier) are passed over.

        A torch file is taken for torchvision's, whose pictures are normalised in another way.

        Raises:
            ValueError: The file lacks a parameter, or one has another shape.
        """
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        mine = self.state_dict()
        missing = [k for k in mine if k not in state and not k.endswith("num_batches_tracked")]
        if missing:
            raise ValueError(f"{path} holds no MobileNetV2 of this width: {missing[0]} is missing")
        other = next((k for k, v in mine.items() if k in state and state[k].shape != v.shape), None)
        if other is not None:
            raise ValueError(f"{path} holds a MobileNetV2 of another width: {other} differs in shape")
        self.load_state_dict({k: state.get(k, v) for k, v in mine.items()})
        if path.suffix != ".safetensors":
            self._renormalise()

    @torch.no_grad()
    def _renormalise(self) -> None:
        """Moves torchvision's normalisation into the first layer, which then takes -1 to 1."""
        block = cast(nn.Sequential, self.features[0])
        norm = cast(nn.BatchNorm2d, block[1])
        mean, deviation = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_DEVIATION)
        offset = ((0.5 - mean) / deviation)[:, None, None]
        assert norm.running_mean is not None
        norm.running_mean -= (self.first.weight * offset).sum((1, 2, 3))
        self.first.weight *= (0.5 / deviation)[:, None, None]
