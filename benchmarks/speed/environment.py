"""What the others need: an environment with Keras, and their model files."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.speed.mobilenet_file import write_mobilenet
from maskwatch.errors import ModelError
from maskwatch.models.download import FILES, locate

KERAS: Final = "keras"
"""In place of the path of a classifier: Keras runs it."""

_REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
_RES10: Final = ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt")
_YUNET: Final = "face_detection_yunet_2026may.onnx"


@dataclass(frozen=True, slots=True)
class Models:
    """Files and environment of the others.

    Attributes:
        python: Runs the loops.
        classifier: "keras", or an ONNX file with the same network; None where neither can be had.
        detector: OpenCV's SSD; None where it cannot be had.
        detector_config: Its description.
        yunet: None where it cannot be had.
        remarks: What is not as it should be, a sentence each.
    """

    python: Path
    classifier: str | None
    detector: Path | None
    detector_config: Path | None
    yunet: Path | None
    remarks: tuple[str, ...] = ()


def python_of(build: Path) -> Path:
    """Returns the environment's Python, which need not exist."""
    return build / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def set_up(build: Path) -> None:
    """Makes the environment.

    Raises:
        subprocess.CalledProcessError: It cannot be made, or its packages cannot be had.
    """
    subprocess.run([sys.executable, "-m", "venv", str(build / "venv")], check=True)
    install = ["-m", "pip", "install", "--quiet", "-r", str(_REQUIREMENTS)]
    subprocess.run([str(python_of(build)), *install], check=True)


def has_keras(build: Path) -> bool:
    """Returns whether the environment is there and holds Keras."""
    python = python_of(build)
    if not python.is_file():
        return False
    check = (
        "import importlib.util as u, sys; sys.exit(not (u.find_spec('tensorflow') and u.find_spec('cv2')))"
    )
    return subprocess.run([str(python), "-c", check], check=False).returncode == 0


def find_models(build: Path, weights: Path, download: bool = True) -> Models:
    """Returns what the others need, as far as it is there.

    Args:
        build: Folder of the environment, and for what is made.
        weights: Folder with their model files.
        download: Download what is missing there, and take Keras; else do with what is at hand.
    """
    remarks: list[str] = []
    detector, config, yunet = (_file(name, weights, download, remarks) for name in (*_RES10, _YUNET))
    python, classifier = python_of(build), KERAS
    if not download or not has_keras(build):
        remarks.append(
            "Keras is not installed here (`--setup`): ONNX Runtime runs the same network in its place, which"
            " is several times as fast."
        )
        python, path = Path(sys.executable), build / "mobilenet-224.onnx"
        if not path.is_file():
            write_mobilenet(path)
        classifier = str(path)
    return Models(python, classifier, detector if config is not None else None, config, yunet, tuple(remarks))


def _file(name: str, weights: Path, download: bool, remarks: list[str]) -> Path | None:
    beside = weights / name
    if beside.is_file():
        return beside
    if not download and not FILES[name].path.is_file():
        remarks.append(f"{name} is not at hand.")
        return None
    try:
        return locate(name)
    except ModelError as error:
        remarks.append(f"{name} cannot be had: {error}.")
        return None
