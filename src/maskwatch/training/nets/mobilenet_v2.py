"""MobileNetV2 (Sandler et al., arXiv 1801.04381), with the parameter names of torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BLOCKS: Final = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, repeats and stride of the blocks: table 2 of the paper."""

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
"""Mean of RGB values from 0 to 1 with which torchvision normalises the inputs of its weights."""

IMAGENET_STD: Final = (0.229, 0.224, 0.225)
"""Standard deviation of the same."""


def channels(width: float) -> int:
    """Rounds a channel count to a multiple of 8, but never down by more than a tenth."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * width else rounded + 8


class Conv2d(nn.Conv2d):
    """A convolution without bias that can pad like TensorFlow: at stride 2 only to the right and below.

    ImageNet weights that were trained in TensorFlow expect this. With symmetric padding the picture would
    move by one pixel at every stride.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        kernel: Side of the kernel.
        stride: Step in pixels.
        groups: Groups of channels; as many as `inputs` for a depthwise convolution.
        tf: Pads like TensorFlow; else symmetrically.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int, tf: bool) -> None:
        self.shifted = tf and stride == 2 and kernel == 3
        padding = 0 if self.shifted else kernel // 2
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, c, h, w) to (n, c', h / stride, w / stride); h and w are even."""
        return super().forward(F.pad(x, (0, 1, 0, 1)) if self.shifted else x)


def conv_bn(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, tf: bool = True
) -> nn.Sequential:
    """Builds convolution, batch normalisation and ReLU6; arguments as for `Conv2d`."""
    conv = Conv2d(inputs, outputs, kernel, stride, groups, tf)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Inverted residual block: 1x1 expansion, 3x3 depthwise convolution, 1x1 projection (section 3.3)."""

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
        """Maps (n, c, h, w) to (n, c', h / stride, w / stride)."""
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    """The feature extractor: `features` as torchvision numbers them, without pooling and classifier.

    Args:
        width: Multiplier of all channel counts (alpha in the paper).
        head: Adds the last 1x1 convolution (1280 channels).
        tf: Pads like TensorFlow, see `Conv2d`.

    Attributes:
        outputs: Channels of the result.
    """

    def __init__(self, width: float = 1.0, head: bool = True, tf: bool = True) -> None:
        super().__init__()
        current = channels(32 * width)
        layers: list[nn.Module] = [conv_bn(3, current, 3, 2, tf=tf)]
        for expansion, base, repeats, stride in BLOCKS:
            outputs = channels(base * width)
            for i in range(repeats):
                layers.append(InvertedResidual(current, outputs, stride if i == 0 else 1, expansion, tf))
                current = outputs
        if head:
            last = channels(1280 * max(1.0, width))
            layers.append(conv_bn(current, last, tf=tf))
            current = last
        self.features = nn.Sequential(*layers)
        self.outputs = current

    def forward(self, x: Tensor) -> Tensor:
        """Maps pictures (n, 3, h, w) float, RGB, -1 to 1, to (n, `outputs`, h / 32, w / 32)."""
        y: Tensor = self.features(x)
        return y

    @property
    def first(self) -> nn.Conv2d:
        """The first convolution, whose input is the picture."""
        return cast(nn.Sequential, self.features[0])[0]  # type: ignore[return-value]

    def expansion(self, index: int) -> tuple[nn.Sequential, nn.Sequential]:
        """Splits the inverted residual `features[index]` into its 1x1 expansion and the rest."""
        block = cast(InvertedResidual, self.features[index]).conv
        return cast(nn.Sequential, block[0]), cast(nn.Sequential, block[1:])

    def load_pretrained(self, path: Path) -> None:
        """Loads the `features.*` of a safetensors or torch file and ignores other parameters.

        A torch file is expected to come from torchvision. Its weights are adapted, because torchvision
        normalises pictures in another way.

        Raises:
            ValueError: A parameter is missing in the file or has another shape.
        """
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        own = self.state_dict()
        missing = [k for k in own if k not in state and not k.endswith("num_batches_tracked")]
        if missing:
            raise ValueError(f"{path} holds no MobileNetV2 of this width: {missing[0]} is missing")
        other = next((k for k, v in own.items() if k in state and state[k].shape != v.shape), None)
        if other is not None:
            raise ValueError(f"{path} holds a MobileNetV2 of another width: {other} differs in shape")
        self.load_state_dict({k: state.get(k, v) for k, v in own.items()})
        if path.suffix != ".safetensors":
            self._renormalise()

    @torch.no_grad()
    def _renormalise(self) -> None:
        """Folds torchvision's normalisation into the first layer, whose input is then -1 to 1."""
        block = cast(nn.Sequential, self.features[0])
        norm = cast(nn.BatchNorm2d, block[1])
        mean, deviation = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
        offset = ((0.5 - mean) / deviation)[:, None, None]
        assert norm.running_mean is not None
        norm.running_mean -= (self.first.weight * offset).sum((1, 2, 3))
        self.first.weight *= (0.5 / deviation)[:, None, None]
