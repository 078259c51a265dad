"""Connections that break the protocols below the live page: HTTP, the WebSocket handshake, its frames."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from benchmarks.page.visitor import CAMERA, VIEW

_SECONDS: Final = 1.0


async def rough_connection(port: int, seed: int) -> str:
    """Opens a connection, says something that breaks the protocol, listens for a moment and goes.

    Returns:
        What was said, in a few words.
    """
    source = random.Random(seed)
    kind = source.choice(list(_KINDS))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            if kind in _FRAMES:
                writer.write(_handshake(port, source.choice((CAMERA, VIEW))))
                async with asyncio.timeout(_SECONDS):
                    await reader.readuntil(b"\r\n\r\n")
            writer.write(_KINDS[kind](source))
            await writer.drain()
            async with asyncio.timeout(_SECONDS * source.random()):
                await reader.read(1000)
    finally:
        if source.random() < 0.5:
            writer.transport.abort()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return kind


def _handshake(port: int, path: str, version: int = 13) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", f"Sec-WebSocket-Version: {version}", "", ""]
    return "\r\n".join(lines).encode()


def _frame(
    opcode: int, data: bytes, *, fin: bool = True, length: int | None = None, masked: bool = True
) -> bytes:
    """Returns a frame as RFC 6455 has it, section 5.2; `length` is what it says of its data."""
    length = len(data) if length is None else length
    mask = b"\x11\x22\x33\x44" if masked else b""
    sized = struct.pack(">BQ", (0x80 if masked else 0) | 127, length)
    body = bytes(b ^ mask[i % 4] for i, b in enumerate(data)) if masked else data
    return bytes([(0x80 if fin else 0) | opcode]) + sized + mask + body


_FRAMES: Final[dict[str, Callable[[random.Random], bytes]]] = {
    "a frame without a mask": lambda r: _frame(1, b"hello", masked=False),
    "an opcode that does not exist": lambda r: _frame(r.choice((3, 7, 11, 15)), b"x"),
    "text that is no UTF-8": lambda r: _frame(1, b"\xff\xfe\xc0"),
    "a frame of 2^62 bytes": lambda r: _frame(2, b"x" * 100, length=2**62),
    "half a frame": lambda r: _frame(2, b"x" * 100, length=1_000_000),
    "a message without end": lambda r: _frame(1, b"{", fin=False) + 500 * _frame(0, b"x" * 50, fin=False),
    "a continuation of nothing": lambda r: _frame(0, b"x"),
    "a long ping": lambda r: _frame(9, b"x" * 200),
    "a flood of pings": lambda r: 2000 * _frame(9, b"x"),
    "a flood of small messages": lambda r: 5000 * _frame(1, b"shown"),
    "a close without sense": lambda r: _frame(8, r.randbytes(r.randrange(1, 10))),
    "random bytes after the handshake": lambda r: r.randbytes(500),
}
_KINDS: Final[dict[str, Callable[[random.Random], bytes]]] = {
    **_FRAMES,
    "random bytes": lambda r: r.randbytes(r.randrange(2000)),
    "half a request": lambda r: _handshake(1, VIEW)[: r.randrange(5, 120)],
    "a request with long headers": lambda r: b"GET / HTTP/1.1\r\nA: " + b"x" * 200_000,
    "another version": lambda r: _handshake(1, CAMERA, version=r.randrange(100)),
    "nothing": lambda r: b"",
}
"""What is said -> its bytes. Those of `_FRAMES` come after a handshake that is right."""
