"""The WebSocket for the browser's camera: a JPEG comes, what was found in it goes back.

Frames are looked at one after the other, and the next is read from the line only when the answer to
the last is out: a page that sends faster than it gets answers is held back by the network itself.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from maskwatch.app.live.connection import NONSENSE, TOO_BIG, admitted
from maskwatch.app.live.messages import told
from maskwatch.app.live.tickets import Ticket
from maskwatch.errors import SourceError
from maskwatch.sources.images import decode_image
from maskwatch.types import Frame

CAMERA_PATH: Final = "/maskwatch/camera"
MAX_BYTES: Final = 4 * 2**20
MAX_MEGAPIXELS: Final = 4.0
"""More than any frame that the page sends, and little enough to be decoded at once."""

_JPEG: Final = b"\xff\xd8\xff"
_IDLE_SECONDS: Final = 60.0

# Threads of its own: slow models must not keep Streamlit's from serving the page.
_WORKERS: Final = ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="maskwatch-camera")


class _Stream:
    """The camera of one page: a session, fed with the page's pictures."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._look = ticket.look
        self._session = ticket.look.session()
        self._began = time.monotonic()
        self._index = 0

    def answer(self, jpeg: bytes) -> dict[str, Any]:
        """Looks at one picture."""
        if self._ticket.look != self._look:
            self._look = self._ticket.look
            self._session = self._look.session()
        if not jpeg.startswith(_JPEG):
            return {"type": "error", "message": "the picture is no JPEG"}
        try:
            image = decode_image(jpeg, "the picture", MAX_MEGAPIXELS)
        except SourceError as error:
            return {"type": "error", "message": str(error)}
        frame = Frame(image, self._index, time.monotonic() - self._began, "browser camera")
        self._index += 1
        result = self._session(frame)
        self._ticket.shown(result)
        return {"type": "result", **told(result)}


async def camera(socket: WebSocket) -> None:
    """Answers the pictures of one page until it goes."""
    try:
        async with admitted(socket) as (ticket, _):
            stream = _Stream(ticket)
            while True:
                jpeg = await _picture(socket)
                answer = await asyncio.get_running_loop().run_in_executor(_WORKERS, stream.answer, jpeg)
                await socket.send_json(answer)
    except WebSocketDisconnect:
        return


async def _picture(socket: WebSocket) -> bytes:
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            message = await socket.receive()
    except TimeoutError:
        await socket.close(NONSENSE)
        raise WebSocketDisconnect(NONSENSE) from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    data = message.get("bytes")
    if data is None or len(data) > MAX_BYTES:
        code = NONSENSE if data is None else TOO_BIG
        await socket.close(code)
        raise WebSocketDisconnect(code)
    return bytes(data)
