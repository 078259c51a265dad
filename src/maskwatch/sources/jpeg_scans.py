"""Counts the scans of a JPEG before it is decoded: a small file may hold so many that decoding never ends."""

from __future__ import annotations

import re
from typing import Final

MAX_SCANS: Final = 100
"""Scans of a JPEG that is decoded. Programs write 1, or about 10 for a progressive picture."""

MAX_SCANNED_MEGAPIXELS: Final = 2000.0
"""Scans times million pixels: 20 scans of the largest picture. Every scan goes over all pixels."""

_MARKER: Final = re.compile(
    rb"\xff([^\x00\xd0-\xd7\xff])"
)  # in scan data, \xff\x00 and restarts are no markers
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
_WITHOUT_LENGTH: Final = frozenset({0x01, 0xD8})


def count_scans(data: bytes, most: int = MAX_SCANS) -> int:
    """Returns the number of scans of the first picture in a JPEG file.

    What follows the picture (a second one, a short video) is not looked at.

    Args:
        data: The file.
        most: It stops counting beyond this number.
    """
    scans, place = 0, 2
    while scans <= most and (marker := _MARKER.search(data, place)) is not None:
        code, place = marker[1][0], marker.end()
        if code == _END:
            break
        scans += code == _START_OF_SCAN
        if code not in _WITHOUT_LENGTH:
            place += max(2, int.from_bytes(data[place : place + 2], "big"))
    return scans


def too_much_work(data: bytes, width: int, height: int) -> bool:
    """Returns whether decoding a JPEG of this size would take unreasonably long."""
    scans = count_scans(data)
    return scans > MAX_SCANS or scans * width * height > MAX_SCANNED_MEGAPIXELS * 1e6
