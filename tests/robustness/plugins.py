"""Detectors that misbehave, for commands that run as processes of their own: `--detector plugins:Slow`."""

from __future__ import annotations

import hashlib
import time

from maskwatch.types import Faces, Image

ODD_WIDTH = 333
"""Width in pixels of pictures that the detectors below do not survive."""


class Slow:
    """Takes its time for a picture."""

    def detect(self, image: Image) -> Faces:
        time.sleep(0.2)
        return Faces.empty()


class Broken:
    """Has a bug that some pictures bring out."""

    def detect(self, image: Image) -> Faces:
        if image.shape[1] == ODD_WIDTH:
            raise ZeroDivisionError("a bug\nin two lines")
        return Faces.empty()


class Frozen:
    """Hangs in C code, which no signal reaches, as a decoder does that waits for a frozen stream."""

    def detect(self, image: Image) -> Faces:
        if image.shape[1] == ODD_WIDTH:
            hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        return Faces.empty()
