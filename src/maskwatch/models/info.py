"""Facts about a loaded model: its name, its files and their hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from maskwatch.models.download import sha256
from maskwatch.types import ModelKind


@dataclass(frozen=True)
class ModelInfo:
    """What a back end says about the model that it runs.

    Attributes:
        name: Name of the model: as its file says, or as its makers call it.
        kind: "detector" or "classifier".
        back_end: Name of the class that runs it.
        files: Its files, the one with the weights first; empty where it has none.
        threshold: Score, in [0, 1], below which the detector reports nothing; None for classifiers.
        metadata: The JSON object in a file of maskwatch, as `maskwatch.models.metadata` describes it; None
            for models of others.
    """

    name: str
    kind: ModelKind
    back_end: str
    files: tuple[Path, ...] = ()
    threshold: float | None = None
    metadata: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def file(self) -> Path | None:
        """The file with the weights; None where there is none."""
        return self.files[0] if self.files else None

    @cached_property
    def sha256(self) -> str | None:
        """Hash of `file`'s content in hexadecimal, computed when first asked for; None without a file.

        Raises:
            OSError: The file has vanished since it was loaded.
        """
        return None if self.file is None else sha256(self.file)
