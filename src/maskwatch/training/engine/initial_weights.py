"""The weights that a training starts from: the shipped models, ImageNet's, a file's, or random ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from torch import Tensor

from maskwatch.errors import DataError, ModelError
from maskwatch.models.download import choose_file
from maskwatch.models.runtime import kind_of_file, open_session
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.onnx_weights import load_exported
from maskwatch.training.engine.optimisation import normalise
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD
from maskwatch.types import ModelKind

IMAGENET: Final = "mobilenet_v2-7ebf99e0.pth"

STARTS: Final[dict[ModelKind, dict[str, str | None]]] = {
    "detector": {"shipped": "face_ssd.onnx", "imagenet": IMAGENET, "none": None},
    "classifier": {
        "shipped": "mask_mobilenet.onnx",
        "fast": "mask_mobilenet_fast.onnx",
        "imagenet": IMAGENET,
        "none": None,
    },
}
"""Starts that have a short name; None is random weights."""

_FOLLOWED: Final[dict[ModelKind, tuple[tuple[str, ...], ...]]] = {
    "detector": (("width",), ("channels",)),
    "classifier": (("width",), ("faces", "size"), ("faces", "margin")),
}
"""Settings that a start from an exported file decides, unless the recipe does."""


def find_start(kind: ModelKind, name: str) -> Path | None:
    """Returns the file to start from, None for random weights; ImageNet's weights are fetched where missing.

    Args:
        kind: What is to be trained.
        name: One of `STARTS` or a file.

    Raises:
        ConfigError: No such file.
        ModelError: ImageNet's weights cannot be had.
    """
    return choose_file(name, STARTS[kind], "--start")


def settings_of(kind: ModelKind, start: Path | None) -> dict[str, Any]:
    """Returns the settings that an exported file decides: its width, the size of its crops.

    Raises:
        DataError: The file is not readable, or another kind of model.
    """
    if start is None or start.suffix != ".onnx":
        return {}
    try:
        if (own_kind := kind_of_file(start)) != kind:
            raise DataError(f"{start}: holds a {own_kind}, not a {kind}; choose another --start")
        recipe = open_session(start, kind).metadata["recipe"]
        settings: dict[str, Any] = {}
        for *tables, key in _FOLLOWED[kind]:
            source, target = recipe, settings
            for table in tables:
                source, target = source[table], target.setdefault(table, {})
            target[key] = source[key]
    except ModelError as error:
        raise DataError(f"--start: {error}") from error
    except (KeyError, TypeError) as error:
        raise DataError(f"{start}: its recipe makes no sense ({error!r}); choose another --start") from error
    return settings


def load_start(
    model: SSD | MaskNet, path: Path, examples: Iterable[Tensor], trunk_only: bool = False
) -> None:
    """Starts from a trunk (safetensors or torchvision's), a whole checkpoint or an exported model.

    Args:
        model: To be filled.
        path: The file.
        examples: Batches of pictures (n, 3, h, w) uint8 that an exported model is shown; see `load_exported`.
        trunk_only: Leave the rest of the model as it is.

    Raises:
        DataError: The file does not fit the model.
    """
    if path.suffix == ".onnx":
        load_exported(model, path, (normalise(batch) for batch in examples), trunk_only)
        return
    try:
        weights = None if path.suffix == ".safetensors" else checkpoint.read(path).get("average")
        if weights is None:
            model.trunk.load_pretrained(path)
            return
        if trunk_only:
            rest = {k: v for k, v in model.state_dict().items() if not k.startswith("trunk.")}
            weights = {k: v for k, v in weights.items() if k.startswith("trunk.")} | rest
        model.load_state_dict(weights)
    except (ValueError, RuntimeError) as error:
        raise DataError(
            f"{path}: does not fit a {type(model).__name__} of width {model.width:g}; set the recipe's width"
            f" to the file's or choose another --start ({str(error).strip().splitlines()[0][:160]})"
        ) from error
    except (OSError, KeyError, SafetensorError) as error:
        raise DataError(f"{path}: not a readable file of weights ({error})") from error
