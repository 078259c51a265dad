"""What no page would send over the live WebSockets: every kind of message, changed at random."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import cv2
import numpy as np

from maskwatch.image_files import encode_image
from maskwatch.types import Image

Message = str | bytes
"""Text or bytes, as they are sent."""

_ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 2**63, 1e308, float("nan"), float("inf"), "", "x" * 5000, "\x00", "\ud800"),
    *([], {}, [[[]]], {"token": {}}, "demo", "chosen", "/etc/passwd", "../../x", "ws://127.0.0.1"),
)
_KEYS: Final = ("token", "source", "type", "setup", "__class__", "", "toString")


class Messages:
    """Makes messages; the same seed makes the same ones.

    Args:
        seed: Any number.
        token: A token that is good, to be used now and then.
    """

    def __init__(self, seed: int, token: str = "guess") -> None:
        self._random = random.Random(seed)
        self._token = token
        pictures = [_picture(self._random, *size) for size in ((64, 48), (320, 240), (1, 1), (2000, 7))]
        self._jpegs = [encode_image(picture) for picture in pictures]
        self._kinds: tuple[Callable[[], Message], ...] = (
            *(self._hello, self._hello, self._broken_json, self._deep_json, self._text, self._bytes),
            *(self._changed_jpeg, self._changed_jpeg, self._cut_jpeg, self._odd_jpeg, self._jpeg, self._long),
        )

    def __iter__(self) -> Iterator[Message]:
        """Yields messages without end."""
        while True:
            yield self._random.choice(self._kinds)()

    def _hello(self) -> Message:
        said = {self._random.choice(_KEYS): self._random.choice(_ODD) for _ in range(3)}
        if self._random.random() < 0.3:
            said["token"] = self._token
        return json.dumps(said)

    def _broken_json(self) -> Message:
        text = json.dumps({"token": self._token, "source": "chosen"})
        at = self._random.randrange(len(text))
        return text[:at] + self._random.choice(["", '"', "}", "[", "\\u12", "\x00", "é"]) + text[at + 1 :]

    def _deep_json(self) -> Message:
        return self._random.choice(["[", '{"a":', "[[1,"]) * self._random.randrange(1, 1300)

    def _text(self) -> Message:
        return self._random.choice(["shown", "shown ", "", "null", "0", "[]", "\x00", "🙂" * 100])

    def _bytes(self) -> Message:
        return self._random.randbytes(self._random.randrange(200))

    def _jpeg(self) -> bytes:
        return self._random.choice(self._jpegs)

    def _changed_jpeg(self) -> Message:
        data = bytearray(self._jpeg())
        for _ in range(self._random.randrange(1, 20)):
            data[self._random.randrange(len(data))] = self._random.randrange(256)
        return bytes(data)

    def _cut_jpeg(self) -> Message:
        data = self._jpeg()
        at = self._random.randrange(len(data))
        return data[:at] + data[at + self._random.randrange(40) :] if at % 2 else data[:at]

    def _odd_jpeg(self) -> Message:
        """A JPEG that says it has another size."""
        data = bytearray(self._jpegs[1])
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = self._random.randbytes(4)
        return bytes(data)

    def _long(self) -> Message:
        size = self._random.choice((4095, 4097, 2**16, 2**20))
        return "x" * size if self._random.random() < 0.5 else b"\xff\xd8\xff" + bytes(size)


def _picture(source: random.Random, width: int, height: int) -> Image:
    noise = np.frombuffer(source.randbytes(36), np.uint8).reshape(3, 4, 3)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
