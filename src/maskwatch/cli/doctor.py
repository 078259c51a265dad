"""`maskwatch doctor`: whether this installation works."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable

import typer

_PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "av", "pillow", "streamlit", "torch")
_OPTIONAL = frozenset(("streamlit", "torch"))


def doctor() -> None:
    """Check this installation: versions, models, video encoder, cameras."""
    from maskwatch import __version__

    print(
        f"maskwatch {__version__}, Python {platform.python_version()}, {platform.platform()},"
        f" {os.cpu_count()} cores"
    )
    checks: tuple[Callable[[], tuple[bool, str]], ...] = (_packages, _models, _encoder, _cameras)
    fine = True
    for check in checks:
        good, text = check()
        fine = fine and good
        print(f"{'ok  ' if good else 'FAIL'}  {text}")
    if not fine:
        raise typer.Exit(1)


def _packages() -> tuple[bool, str]:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    lacking = f"; not installed: {', '.join(missing)}" if missing else ""
    return _OPTIONAL.issuperset(missing), f"packages: {', '.join(found)}{lacking}"


def _models() -> tuple[bool, str]:
    import numpy as np

    from maskwatch.errors import MaskwatchError
    from maskwatch.factory import load
    from maskwatch.models.catalog import default

    try:
        for live in (True, False):
            load(live=live).detect(np.full((240, 320, 3), 127, np.uint8))
    except MaskwatchError as error:
        return False, f"models: {error}"
    return True, f"models: {default('detector')} and {default('classifier')} run"


def _encoder() -> tuple[bool, str]:
    import av

    try:
        av.Codec("libx264", "w")
    except av.codec.codec.UnknownCodecError:
        return False, "video: no H.264 encoder; install PyAV from its wheels (pip install av)"
    return True, f"video: H.264 encoder, FFmpeg {av.ffmpeg_version_info}"


def _cameras() -> tuple[bool, str]:
    """No camera is no fault."""
    from maskwatch.errors import SourceError
    from maskwatch.sources.camera import Camera

    found = []
    for number in range(4):
        try:
            frame = next(iter(Camera(number)))
        except SourceError:
            continue
        found.append(f"{number} ({frame.image.shape[1]} x {frame.image.shape[0]})")
    return True, f"cameras: {', '.join(found) if found else 'none'}"
