"""Several processes that train one model: each takes its share of every batch.

Gradients are averaged here instead of by torch's DistributedDataParallel: it registers the parameters that
are trainable when it is made, and does not average those of a block that is thawed later. `accelerate` (1.15;
11 MB with huggingface_hub and psutil, which it needs) was tried in its place and wraps the same class: in two
processes the gradients of a layer that was thawed after `prepare` differed. Averaging by its `reduce` instead
would save no more than the ten lines of `average`: launching, clear errors and shares of a batch that a
resumed run can skip into would stay our own.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, distributed, multiprocessing
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException, start_processes
from torch.utils.data import Dataset

from maskwatch.errors import ConfigError, DataError, MaskwatchError

Result = TypeVar("Result")

_PATIENCE: Final = timedelta(hours=12)
"""How long a process waits for the others: the first one may have thousands of pictures to decode."""


def rank() -> int:
    """Number of this process; the first, 0, is the one that writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def local_rank() -> int:
    """Number of this process on its machine."""
    return int(os.environ.get("LOCAL_RANK", 0)) if distributed.is_initialized() else 0


def size() -> int:
    """Number of processes."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def by_first(say: Callable[[str], None]) -> Callable[[str], None]:
    """Lets only process 0 speak."""
    return say if rank() == 0 else _silent


def _silent(text: str) -> None:
    pass


@contextmanager
def process_group() -> Iterator[None]:
    """Joins the processes that torchrun started; does nothing where it did not."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or distributed.is_initialized():
        yield
        return
    distributed.init_process_group(timeout=_PATIENCE)
    _own_gpu()
    try:
        yield
    finally:
        distributed.destroy_process_group()


@contextmanager
def first_goes_first() -> Iterator[None]:
    """Lets process 0 do something alone, then all others: they find what it left in files."""
    if size() > 1 and rank() > 0:
        distributed.barrier()
    yield
    if size() > 1 and rank() == 0:
        distributed.barrier()


def launch(processes: int, function: Callable[..., Path], *args: Any, **kwargs: Any) -> Path:
    """Calls a function in several processes of this machine at once; what it takes must be picklable.

    With one process, or within a group, it is simply called.

    Returns:
        What process 0 returned.

    Raises:
        MaskwatchError: One of the processes ended with one.
    """
    if processes < 2 or size() > 1:
        return function(*args, **kwargs)
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        try:
            start_processes(  # type: ignore[no-untyped-call]
                _one, (processes, meeting, answers, function, args, kwargs), processes, start_method="spawn"
            )
        except ProcessRaisedException:
            if not answers.empty() and isinstance(error := answers.get(), MaskwatchError):
                raise error from None
            raise
        except ProcessExitedException as error:
            raise DataError(
                f"a training process ended without a word ({error}); if memory ran out, a smaller --set batch"
                " helps"
            ) from error
    answer = answers.get()
    assert isinstance(answer, Path)
    return answer


def _own_gpu() -> None:
    """What the processes tell each other goes over the GPU that torch calls current."""
    if count := torch.cuda.device_count():
        torch.cuda.set_device(local_rank() % count)


def _one(
    number: int,
    processes: int,
    meeting: str,
    answers: Any,
    function: Callable[..., Path],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    os.environ["LOCAL_RANK"] = str(number)
    distributed.init_process_group(init_method=meeting, rank=number, world_size=processes, timeout=_PATIENCE)
    try:
        answer = function(*args, **kwargs)
        if number == 0:
            answers.put(answer)
    except MaskwatchError as error:
        answers.put(error)
        raise
    finally:
        distributed.destroy_process_group()
    # The work is done and written. A thread of one of the libraries that is still there when the interpreter
    # is taken down aborts the process now and then, and the whole training would count as failed.
    atexit.register(os._exit, 0)


@torch.no_grad()
def average(tensors: Iterable[Tensor | None]) -> None:
    """Replaces floating-point tensors by their mean over all processes; None is passed over."""
    if size() == 1:
        return
    averaged = [t for t in tensors if t is not None and t.is_floating_point()]
    flat = torch.cat([t.reshape(-1) for t in averaged])
    distributed.all_reduce(flat)
    flat /= size()
    for tensor, part in zip(averaged, torch.split(flat, [t.numel() for t in averaged]), strict=True):
        tensor.copy_(part.view(tensor.shape))


def mean(value: Tensor) -> Tensor:
    """The mean over all processes of a tensor without gradient."""
    value = value.clone()
    average([value])
    return value


def agreed(value: float | None) -> float | None:
    """Returns the value of process 0 in all processes."""
    if size() == 1:
        return value
    values: list[float | None] = [value]
    distributed.broadcast_object_list(values, 0)
    return values[0]


class BatchShard(Dataset[Any]):
    """The part of each batch that this process makes.

    Args:
        data: Examples by number; the first `batch` of them make the first batch, and so on.
        batch: Examples a step, of all processes together.
        done: Steps that are behind.

    Raises:
        ConfigError: The batch cannot be shared evenly.
    """

    def __init__(self, data: Dataset[Any], batch: int, done: int) -> None:
        self.data, self.batch, self.done = data, batch, done
        self.rank, self.own = rank(), batch // size()
        if batch % size():
            raise ConfigError(
                f"{size()} processes cannot share a batch of {batch}; try --set"
                f" batch={max(1, self.own) * size()}"
            )
        self.steps = len(data) // batch - done  # type: ignore[arg-type]

    def __len__(self) -> int:
        return max(0, self.steps) * self.own

    def __getitem__(self, index: int) -> Any:
        step, place = divmod(index, self.own)
        return self.data[(self.done + step) * self.batch + self.rank * self.own + place]
