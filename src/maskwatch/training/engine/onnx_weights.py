"""From an exported ONNX file back to a model that can be trained further.

An export folds each batch normalisation into the convolution before it. To train on, the two are taken apart
again: the normalisation gets the statistics of real examples, and scale and shift such that the model answers
exactly as the file does.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from maskwatch.errors import DataError
from maskwatch.models.half_precision import restore
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD

_PREFIX = "model."
_LEAST_VARIANCE = 1e-6


def load_exported(
    model: SSD | MaskNet, file: Path, examples: Iterable[Tensor], trunk_only: bool = False
) -> None:
    """Fills a model with the weights of a file that `maskwatch export` wrote.

    Args:
        model: Of the file's width and, for a detector, channels.
        file: The ONNX file.
        examples: Some batches (n, 3, h, w) as the model takes them, for the statistics.
        trunk_only: Leave the rest of the model as it is.

    Raises:
        DataError: The file does not hold this model.
    """
    try:
        proto = onnx.load(str(file))
        restore(proto)
    except Exception as error:  # protobuf raises what it likes on a damaged file
        raise DataError(f"{file}: not a readable ONNX file ({error})") from error
    values = {
        entry.name.removeprefix(_PREFIX): torch.from_numpy(np.array(numpy_helper.to_array(entry)))
        for entry in proto.graph.initializer
    }
    pairs = _normalised(model)
    if trunk_only:
        pairs = {name: norm for name, norm in pairs.items() if name.startswith("trunk.")}
    with torch.no_grad():
        for name, layer in model.named_modules():
            if not isinstance(layer, nn.Conv2d | nn.Linear):
                continue
            if trunk_only and not name.startswith("trunk."):
                continue
            try:
                weight = values[f"{name}.weight"]
                if layer is model.trunk.first:  # the export moved colour order and scale into it
                    weight = weight.flip(1) * 127.5
                # A classifier of fewer outputs fills the first rows of the dense layer.
                layer.weight[: len(weight)].copy_(weight)
                if name in pairs:
                    pairs[name].reset_parameters()
                    pairs[name].bias.copy_(values[f"{name}.weight_bias"])
                    pairs[name].running_var.fill_(1 - pairs[name].eps)  # type: ignore[union-attr]
                else:
                    assert layer.bias is not None
                    layer.bias[: len(weight)].copy_(values[f"{name}.bias"])
            except (KeyError, RuntimeError) as error:
                raise DataError(
                    f"{file}: does not hold this model ({name}: {error}); is the recipe's width the file's?"
                ) from None
    _restore_statistics(model, pairs, examples)


def _normalised(model: nn.Module) -> dict[str, nn.BatchNorm2d]:
    """Names of convolutions -> the batch normalisation that follows each."""
    pairs: dict[str, nn.BatchNorm2d] = {}
    last = ""
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            last = name
        elif isinstance(layer, nn.BatchNorm2d):
            pairs[last] = layer
    return pairs


@torch.no_grad()
def _restore_statistics(
    model: nn.Module, pairs: dict[str, nn.BatchNorm2d], examples: Iterable[Tensor]
) -> None:
    sums: dict[str, tuple[Tensor, Tensor, int]] = {}

    def note(name: str) -> object:
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            x = inputs[0].double()
            total, squares, count = sums.get(name, (0.0, 0.0, 0))
            values = x.shape[0] * x.shape[2] * x.shape[3]
            sums[name] = (total + x.sum((0, 2, 3)), squares + x.square().sum((0, 2, 3)), count + values)

        return hook

    hooks = [norm.register_forward_pre_hook(note(name)) for name, norm in pairs.items()]  # type: ignore[arg-type]
    model.eval()
    for batch in examples:
        model(batch)
    for hook in hooks:
        hook.remove()
    convolutions = dict(model.named_modules())
    for name, norm in pairs.items():
        total, squares, count = sums[name]
        mean = total / count
        variance = (squares / count - mean.square()).clamp(min=_LEAST_VARIANCE)
        layer = convolutions[name]
        assert isinstance(layer, nn.Conv2d)
        # Filters of usual length: the optimiser's steps are as large whatever the size of the weights.
        length = layer.weight.flatten(1).norm(dim=1).double().clamp(min=1e-4)
        scale = 1 / length
        layer.weight.mul_(scale.float()[:, None, None, None])
        norm.weight.copy_((variance + norm.eps * scale.square().reciprocal()).sqrt())
        norm.bias.add_(mean.float())
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean * scale)
        norm.running_var.copy_(variance * scale.square())
