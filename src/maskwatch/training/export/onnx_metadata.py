"""Writes the metadata of maskwatch into ONNX models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from maskwatch.models.metadata import METADATA_KEY


def set_metadata(
    proto: onnx.ModelProto, metadata: Mapping[str, Any], entries: Mapping[str, str] | None = None
) -> None:
    """Replaces all metadata of a model.

    Args:
        proto: The model; changed in place.
        metadata: The JSON object of maskwatch; see `maskwatch.models.metadata`.
        entries: Other texts, by key.
    """
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, {**(entries or {}), METADATA_KEY: json.dumps(metadata)})


def copy_with_metadata(file: Path, out: Path, metadata: Mapping[str, Any]) -> None:
    """Writes a model file that differs from another one in its metadata only.

    Args:
        file: An ONNX file.
        out: The file to write.
        metadata: As for `set_metadata`.
    """
    proto = onnx.load(str(file))
    set_metadata(proto, metadata)
    onnx.save(proto, str(out))
