"""What a training runs on: the device, and how many bits its numbers have there."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

import torch

from maskwatch.errors import ConfigError

DEVICES: Final = ("auto", "cpu", "cuda", "mps")
PRECISIONS: Final = ("auto", "32", "bf16", "16")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a training is to run on.

    Attributes:
        device: One of `DEVICES`; "auto" takes the fastest one.
        precision: One of `PRECISIONS`: bits of the network's arithmetic (weights and losses keep 32). "auto"
            takes fewer only where the device gains by it.
        devices: Processes that share each batch, one a device.
        threads: Of torch, in each process.
        workers: Processes that make examples; 0 makes them in the process that trains.
    """

    device: str = "auto"
    precision: str = "auto"
    devices: int = 1
    threads: int = 1
    workers: int = 1


def choose_workers(device: str, devices: int = 1) -> int:
    """Returns how many processes make examples for each device, where nobody says it.

    A CPU that trains needs no more than one. A GPU waits for examples: all cores but one make them.

    Args:
        device: One of `DEVICES`.
        devices: Number of devices that share this machine's cores.

    Raises:
        ConfigError: No such device, or this machine has none.
    """
    if choose_device(device).type == "cpu":
        return 1
    return max(1, ((os.cpu_count() or 2) - 1) // devices)


def choose_device(name: str, rank: int = 0) -> torch.device:
    """Returns the device of one process.

    Args:
        name: One of `DEVICES`.
        rank: Number of the process on this machine.

    Raises:
        ConfigError: No such device, or this machine has none.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    if name not in available:
        raise ConfigError(f"no device {name!r}; known are {', '.join(DEVICES)}")
    if not available[name]:
        raise ConfigError(f"torch sees no {name} device here; use --device auto")
    if name == "cuda":
        count = torch.cuda.device_count()
        if rank >= count:
            raise ConfigError(
                f"{rank + 1} CUDA devices are asked for, {count} are here; use --devices {count}"
            )
        return torch.device("cuda", rank)
    if name == "mps" and rank:
        raise ConfigError("there is but one mps device; use --devices 1")
    return torch.device(name)


@dataclass(frozen=True, slots=True)
class Precision:
    """How a network computes on a device.

    Attributes:
        device: The device.
        kind: What its convolutions compute in; float32 leaves everything as it is.
    """

    device: torch.device
    kind: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        """A context in which the forward pass computes in this precision."""
        if self.kind == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.kind)

    def scaler(self) -> torch.amp.GradScaler:
        """Keeps the gradients of 16-bit floats from vanishing; does nothing for the others."""
        return torch.amp.GradScaler(self.device.type, enabled=self.kind == torch.float16)


def choose_precision(name: str, device: torch.device) -> Precision:
    """Returns the precision on a device.

    Raises:
        ConfigError: No such precision, or not on this device.
    """
    if name not in PRECISIONS:
        raise ConfigError(f"no precision {name!r}; known are {', '.join(PRECISIONS)}")
    if name == "auto":
        # CPUs and Apple's chips gain little or nothing; CUDA devices without bfloat16 have fast halves.
        if device.type != "cuda":
            name = "32"
        else:
            name = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "16"
    if name == "16" and device.type != "cuda":
        raise ConfigError("16-bit floats are for CUDA devices; use --precision bf16 or 32")
    return Precision(device, {"32": torch.float32, "bf16": torch.bfloat16, "16": torch.float16}[name])
