"""What runs the networks: the processor, or what else the installed ONNX Runtime offers. Pure.

ONNX Runtime calls them execution providers. The package `onnxruntime` has the processor's alone (on macOS,
Core ML's too); those for graphics cards come with packages of their own, installed instead of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from maskwatch.errors import ConfigError

Provider: TypeAlias = Literal["cpu", "auto", "cuda", "directml", "coreml", "openvino"]
"""What can be asked for; "auto" takes a graphics card where there is one, else the processor."""

CPU: Final = "cpu"
AUTO: Final = "auto"
DIRECTML: Final = "directml"
SETTING: Final = "detect.provider"


@dataclass(frozen=True, slots=True)
class _Known:
    """A provider.

    Attributes:
        key: Its name in ONNX Runtime.
        package: Which of ONNX Runtime's packages has it.
        card: Whether it is for graphics cards, and chosen by "auto".
    """

    key: str
    package: str
    card: bool = False


_KNOWN: Final[dict[str, _Known]] = {
    "cuda": _Known("CUDAExecutionProvider", "onnxruntime-gpu", card=True),
    DIRECTML: _Known("DmlExecutionProvider", "onnxruntime-directml", card=True),
    "coreml": _Known("CoreMLExecutionProvider", "onnxruntime for macOS"),
    "openvino": _Known("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    CPU: _Known("CPUExecutionProvider", "onnxruntime"),
}


def names_of(offered: Sequence[str]) -> list[str]:
    """Returns our names of the providers that an ONNX Runtime offers, "cpu" last."""
    return [name for name, known in _KNOWN.items() if known.key in offered]


def candidates(provider: str, offered: Sequence[str]) -> list[str]:
    """Returns the providers to try, in this order.

    Args:
        provider: One of `Provider`.
        offered: ONNX Runtime's names of those that it has.

    Returns:
        Names of the table above. Without "auto" it is the one that was asked for.

    Raises:
        ConfigError: It is unknown, or not offered.
    """
    if provider not in get_args(Provider):
        raise ConfigError(f"unknown provider {provider!r}; known are {', '.join(get_args(Provider))}")
    there = names_of(offered)
    if provider == AUTO:
        return [name for name in there if _KNOWN[name].card or name == CPU]
    if provider not in there:
        raise ConfigError(
            f"provider {provider} ({SETTING}): the installed ONNX Runtime offers only {', '.join(there)}."
            f" It needs {_KNOWN[provider].package} in place of onnxruntime; or take cpu or auto"
        )
    return [provider]


def keys_of(provider: str) -> list[str]:
    """Returns ONNX Runtime's names for a session: the provider, and the processor for what it cannot run."""
    return list(dict.fromkeys((_KNOWN[provider].key, _KNOWN[CPU].key)))
