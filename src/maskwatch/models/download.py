"""Finds model files: in the package, or downloaded from a URL with a known hash."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

import platformdirs

from maskwatch.errors import ConfigError, ModelError

_LOG = logging.getLogger(__name__)
_HERE: Final = Path(__file__).parent
_CHUNK: Final = 1 << 16
_TIMEOUT: Final = 20.0  # seconds without a byte


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that some model needs.

    Attributes:
        name: File name, in the package or in the cache.
        licence: Licence of the weights.
        url: Where it can be downloaded; None for a file in the package.
        sha256: Hash of the file at the URL; its first eight digits, where no more is published.
    """

    name: str
    licence: str
    url: str | None = None
    sha256: str | None = None

    @property
    def path(self) -> Path:
        """Path of the file, downloaded or not."""
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
    """Returns the folder of downloaded models: MASKWATCH_CACHE, or the system's folder for caches."""
    if chosen := os.environ.get("MASKWATCH_CACHE"):
        return Path(chosen)
    # Without its opinion, platformdirs names the folder on Windows that earlier versions used, too.
    return user_folder(
        lambda: platformdirs.user_cache_path("maskwatch", appauthor=False, opinion=False), "Caches/maskwatch"
    )


def user_folder(find: Callable[[], Path], library: str) -> Path:
    """Returns a folder of the user; on macOS the one of earlier versions if only that one exists.

    Those versions did not follow the XDG variables on macOS; platformdirs does.

    Args:
        find: Asks platformdirs for the folder of this version.
        library: The earlier one, below macOS's Library.

    Raises:
        ConfigError: The user has no home folder, as in some containers.
    """
    try:
        folder = find()
    except RuntimeError as error:
        raise ConfigError(
            "this user has no home folder: set HOME, or MASKWATCH_MODELS and MASKWATCH_CACHE, to a folder"
        ) from error
    if sys.platform != "darwin" or folder.is_dir():
        return folder
    earlier = Path.home() / "Library" / library
    return earlier if earlier.is_dir() else folder


def locate(name: str) -> Path:
    """Returns the path of a file of `FILES`, and downloads the file first if necessary.

    Raises:
        ModelError: The file cannot be downloaded, or its hash is not the expected one.
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


def choose_file(choice: str | None, known: Mapping[str, str | None], option: str) -> Path | None:
    """Returns the file that an option names: one of `FILES` by a short name, or the user's own.

    Args:
        choice: The option's value; None where it was not given.
        known: Short name -> file of `FILES`, or None for "no file".
        option: Name of the option, for the error.

    Returns:
        The file, downloaded first if necessary; None for none.

    Raises:
        ConfigError: There is no such file.
        ModelError: A file of `FILES` cannot be downloaded.
    """
    if choice is None:
        return None
    if choice in known:
        name = known[choice]
        return None if name is None else locate(name)
    path = Path(choice)
    try:
        there = path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if not there:
        raise ConfigError(f"{choice}: no such file; {option} takes {', '.join(known)} or a file")
    return path


def _download(url: str, path: Path, expected: str) -> None:
    """Downloads a file; it appears under its name only when it is complete and its hash is right."""
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
    """Returns the hash of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_right(path: Path, expected: str) -> bool:
    return len(expected) >= 8 and sha256(path).startswith(expected)
