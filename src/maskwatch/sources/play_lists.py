"""Tells files that only name other files or addresses. Pure."""

from __future__ import annotations

from typing import Final

_PLAY_LISTS: Final = (b"#EXTM3U", b"ffconcat", b"<MPD", b"[playlist]", b"v=0\r\n", b"v=0\n")


def is_play_list(head: bytes) -> bool:
    """Returns whether a file that begins so only names other files or addresses."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_PLAY_LISTS)
