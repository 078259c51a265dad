"""Where model files are: in the package, or behind a url with a known hash."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from maskwatch.errors import ConfigError, ModelError

_LOG = logging.getLogger(__name__)
_HERE: Final = Path(__file__).parent
_CHUNK: Final = 1 << 16
_TIMEOUT: Final = 20.0  # seconds without a byte


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that some model needs.

    Attributes:
        name: Its file name, in the package or in the cache.
        licence: Of the weights.
        url: Where it is to be had; None for a file in the package.
        sha256: Of the file behind the url; its first eight digits, where no more is published.
    """

    name: str
    licence: str
    url: str | None = None
    sha256: str | None = None

    @property
    def path(self) -> Path:
        """Where the file is, or would be once downloaded."""
        return _HERE / self.name if self.url is None else cache_dir() / self.name


FILES: Final[dict[str, ModelFile]] = {
    file.name: file
    for file in (
        ModelFile("face_ssd.onnx", "Apache-2.0"),
        ModelFile("face_ssd_large.onnx", "Apache-2.0"),
        ModelFile("mask_mobilenet.onnx", "Apache-2.0"),
        ModelFile("mask_mobilenet_fast.onnx", "Apache-2.0"),
        ModelFile(
            "face_detection_yunet_2026may.onnx",
            "MIT",
            "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
            "26cc381e4d2594bb9f47a26eb8fd96c94a13660d/models/face_detection_yunet/"
            "face_detection_yunet_2026may.onnx",
            "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        ),
        ModelFile(
            "opencv_face_detector_uint8.pb",
            "not stated",
            "https://github.com/opencv/opencv_3rdparty/raw/"
            "8033c2bc31b3256f0d461c919ecc01c2428ca03b/opencv_face_detector_uint8.pb",
            "5c71d752ef2cbf2f457ac82fdd580fcb2522fd04c5efdaed18eb6d9e2843fbed",
        ),
        ModelFile(
            "opencv_face_detector.pbtxt",
            "not stated",
            "https://github.com/opencv/opencv_extra/raw/"
            "965a410b36d3ee1cd58cd57626feb5637a5306b8/testdata/dnn/opencv_face_detector.pbtxt",
            "5397808362fc6fb7c4044484848e297b22449d913a267fa7f8bd9d86dce29144",
        ),
        # ImageNet weights to start a training from; torchvision names its files after their hash.
        ModelFile(
            "mobilenet_v2-7ebf99e0.pth",
            "BSD-3-Clause",
            "https://download.pytorch.org/models/mobilenet_v2-7ebf99e0.pth",
            "7ebf99e0",
        ),
    )
}


def cache_dir() -> Path:
    """Where downloaded models are kept: MASKWATCH_CACHE, or the system's usual place."""
    if chosen := os.environ.get("MASKWATCH_CACHE"):
        return Path(chosen)
    return usual_place("Caches", "XDG_CACHE_HOME", Path(".cache")) / "maskwatch"


def usual_place(library: str, variable: str, below_home: Path) -> Path:
    """Where programs of this system keep files of a kind.

    Args:
        library: Name of the folder in macOS's Library.
        variable: What names the folder elsewhere, Windows apart (XDG Base Directory Specification)...
        below_home: ...and where it is if that is not set.

    Raises:
        ConfigError: The user has no home folder, as in some containers.
    """
    try:
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        if sys.platform == "darwin":
            return Path.home() / "Library" / library
        return Path(os.environ.get(variable) or Path.home() / below_home)
    except RuntimeError as error:
        raise ConfigError(
            "this user has no home folder: set HOME, or MASKWATCH_MODELS and MASKWATCH_CACHE, to a folder"
        ) from error


def locate(name: str) -> Path:
    """The path of a file of `FILES`, downloaded first where it has to be.

    Raises:
        ModelError: It cannot be had, or is not the file that it should be.
    """
    file = FILES[name]
    path = file.path
    if file.url is None:
        if not path.is_file():
            raise ModelError(f"{name} is missing from this installation; install maskwatch again")
        return path
    if not path.is_file():
        _download(file.url, path, file.sha256 or "")
    elif not _is_right(path, file.sha256 or ""):
        raise ModelError(f"{path}: not the file it should be (its hash differs); delete it and try again")
    return path


def choose_file(said: str | None, known: Mapping[str, str | None], option: str) -> Path | None:
    """The file that the user means: one of ours by a short name, or one of the user's.

    Args:
        said: What follows the option; None where it was not given.
        known: Short name -> file of `FILES`, or None for "no file".
        option: Its name, for the error.

    Returns:
        The file, fetched first where it has to be; None for none.

    Raises:
        ConfigError: No such file.
        ModelError: One of ours cannot be had.
    """
    if said is None:
        return None
    if said in known:
        ours = known[said]
        return None if ours is None else locate(ours)
    path = Path(said)
    if not path.is_file():
        raise ConfigError(f"{said}: no such file; {option} takes {', '.join(known)} or a file")
    return path


def _download(url: str, path: Path, expected: str) -> None:
    """Fetches a file; it appears under its name only when it is whole and right."""
    if os.environ.get("MASKWATCH_OFFLINE", "").lower() not in ("", "0", "false", "no"):
        raise ModelError(
            f"{path.name} is not here and MASKWATCH_OFFLINE forbids fetching it; get {url}"
            f" and put it at {path}"
        )
    _LOG.info("Fetching %s", url)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as target:
            temporary = Path(target.name)
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
                while chunk := response.read(_CHUNK):
                    target.write(chunk)
        if not _is_right(temporary, expected):
            raise ModelError(f"{url} gave another file than expected (its hash differs); nothing was kept")
        os.replace(temporary, path)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise ModelError(
            f"cannot fetch {path.name} ({error}); get {url} by other means and put it at {path}"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """The hash of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_right(path: Path, expected: str) -> bool:
    return len(expected) >= 8 and sha256(path).startswith(expected)
