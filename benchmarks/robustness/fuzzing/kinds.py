"""All kinds of inputs, by name."""

from __future__ import annotations

import importlib
from typing import Final

from benchmarks.robustness.fuzzing.configuration import CONFIGURATION
from benchmarks.robustness.fuzzing.kind import Kind
from benchmarks.robustness.fuzzing.labels import LABELS
from benchmarks.robustness.fuzzing.models import MODELS
from benchmarks.robustness.fuzzing.outputs import OUTPUTS
from benchmarks.robustness.fuzzing.pictures import PICTURES
from benchmarks.robustness.fuzzing.videos import VIDEOS

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind for kind in (PICTURES, VIDEOS, *LABELS, *CONFIGURATION, *MODELS, *OUTPUTS)
}
"""Kinds of inputs, in the order of the report."""


def kind_named(name: str) -> Kind:
    """Returns a kind by its name in `KINDS`, or as module:NAME."""
    if name in KINDS:
        return KINDS[name]
    module, _, attribute = name.partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    assert isinstance(kind, Kind)
    return kind
