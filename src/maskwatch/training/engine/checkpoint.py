"""Checkpoints that a cut, a crash or a full disk cannot spoil, and averaged weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from maskwatch.atomic_file import AtomicFile
from maskwatch.data.picture_files import is_folder
from maskwatch.errors import DataError, SinkError

LAST: Final = "checkpoint.pt"
BEST: Final = "best.pt"
"""In the folder of a run: where it stopped, and the averaged weights that validated best."""


def of_run(path: Path) -> Path:
    """The checkpoint that is meant: a file itself; of a run's folder the best, or else the last.

    Raises:
        DataError: The folder holds none.
    """
    if not is_folder(path):
        return path
    for name in (BEST, LAST):
        if (path / name).is_file():
            return path / name
    raise DataError(f"{path}: holds no {LAST}; give the folder of a training run or a checkpoint")


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes beside the old checkpoint, then takes its place: the last good one is never lost.

    Raises:
        DataError: The disk is full or not writable.
    """
    try:
        with AtomicFile(path) as draft:
            torch.save(content, draft.path)
    except (OSError, RuntimeError, SinkError) as error:  # torch reports a full disk as RuntimeError
        reason = "is the disk full?" if isinstance(error, RuntimeError) else error
        raise DataError(f"{path}: cannot write the checkpoint ({reason}); the last one is kept") from error


def read(path: Path) -> dict[str, Any]:
    """Reads what `save` wrote.

    Raises:
        DataError: The file is absent or no checkpoint.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises nearly anything on a damaged file
        raise DataError(f"{path}: not a readable checkpoint ({error})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: not a checkpoint of maskwatch")
    return content


def blend(paths: Sequence[Path], out: Path, weights: Sequence[float] | None = None) -> Path:
    """Averages the weights of states of one training chain (model soups, arXiv 2203.05482).

    Where one was trained on from the other, the mean often does better than all of them.

    Args:
        paths: Checkpoints of the same network; everything but the weights is taken from the first.
        out: The checkpoint to write.
        weights: How much each state counts; None: all alike.

    Returns:
        `out`.

    Raises:
        DataError: The files are not checkpoints of the same network.
    """
    contents = [read(path) for path in paths]
    first, *others = contents
    counts = weights or [1.0] * len(paths)
    for path, content in zip(paths, contents, strict=True):
        if not isinstance(content.get("average"), dict):
            raise DataError(f"{path}: not a checkpoint of maskwatch")
        if _network(content) != _network(first):
            raise DataError(f"{paths[0]} and {path} are not two states of the same network")
    mean, total = dict(first["average"]), counts[0]
    for count, other in zip(counts[1:], others, strict=True):
        total += count
        for key, value in other["average"].items():
            if value.is_floating_point():
                mean[key] = mean[key].lerp(value, count / total)
    save(out, {key: first[key] for key in ("kind", "recipe", "step") if key in first} | {"average": mean})
    return out


def _network(content: Mapping[str, Any]) -> tuple[Any, dict[str, torch.Size]]:
    return content.get("kind"), {key: value.shape for key, value in content["average"].items()}


class Average:
    """Exponential moving average of a model's weights; evaluated and exported instead of the last ones.

    Args:
        model: Its current state starts the average.
        decay: Share of the old average that each step keeps; less at the beginning.
    """

    def __init__(self, model: nn.Module, decay: float = 0.998) -> None:
        self.decay, self.steps = decay, 0
        self.state = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Takes in the weights after one more step."""
        self.steps += 1
        keep = min(self.decay, (1 + self.steps) / (10 + self.steps))
        values = model.state_dict()
        floats = [key for key, value in values.items() if value.is_floating_point()]
        # One call for all of them: a GPU would wait for hundreds of small ones.
        torch._foreach_lerp_([self.state[key] for key in floats], [values[key] for key in floats], 1 - keep)
        for key in values.keys() - set(floats):
            self.state[key].copy_(values[key])
