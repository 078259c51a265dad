"""All kinds of inputs, by name."""

from __future__ import annotations

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
