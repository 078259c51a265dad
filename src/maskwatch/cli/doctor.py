"""`maskwatch doctor`: checks whether this installation works."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable

import typer

_PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "av", "pillow")
_EXTRAS = {"app": "streamlit", "train": "torch", "openvino": "openvino"}
"""The extras for users, and the package by which each is recognised."""


def doctor() -> None:
    """Check this installation: versions, extras, models, video encoder, cameras."""
    from maskwatch import __version__

    print(
        f"maskwatch {__version__}, Python {platform.python_version()}, {platform.platform()},"
        f" {os.cpu_count()} cores"
    )
    checks: tuple[Callable[[], tuple[bool, str]], ...] = (
        *(_packages, _extras, _providers, _models, _encoder, _cameras),
    )
    fine = True
    for check in checks:
        good, text = check()
        fine = fine and good
        print(f"{'ok  ' if good else 'FAIL'}  {text}")
    if not fine:
        raise typer.Exit(1)


def _packages() -> tuple[bool, str]:
    versions = {name: _version(name) for name in _PACKAGES}
    installed = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    missing = ", ".join(name for name, version in versions.items() if not version)
    return not missing, f"packages: {installed}{f'; not installed: {missing}' if missing else ''}"


def _extras() -> tuple[bool, str]:
    """A missing extra is not an error."""
    extras = []
    for extra, package in _EXTRAS.items():
        version = _version(package)
        state = f"{package} {version}" if version else f"not installed, pip install 'maskwatch[{extra}]'"
        extras.append(f"{extra} ({state})")
    return True, f"extras: {', '.join(extras)}"


def _version(package: str) -> str:
    """Returns the version of an installed package, "" if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _providers() -> tuple[bool, str]:
    """Those besides the processor are extras, too."""
    from maskwatch.models.runtime import offered_providers

    return True, f"providers (setting detect.provider): {', '.join(offered_providers())}"


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
    """A missing camera is not an error."""
    from maskwatch.errors import SourceError
    from maskwatch.sources.camera import Camera

    cameras = []
    for number in range(4):
        try:
            frame = next(iter(Camera(number)))
        except SourceError:
            continue
        cameras.append(f"{number} ({frame.image.shape[1]} x {frame.image.shape[0]})")
    return True, f"cameras: {', '.join(cameras) or 'none'}"
