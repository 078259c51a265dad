"""The WebSocket for the camera of the browser: the page sends a JPEG, the server answers with its faces.

Frames are processed one after the other, and the next is read only when the answer to the last was sent: a
page that sends faster than it gets answers is slowed down by the network itself.

A frame that takes long to decode costs only its sender: each page has at most one frame in work, however many
connections it has; frames are decoded by threads of their own, so that the models go on with the frames of
others; and the connection waits afterwards for as long as the decoding took.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from maskwatch.app.live.connection import BAD_MESSAGE, TOO_BIG, authorised, refuse, send
from maskwatch.app.live.messages import event_messages, result_message
from maskwatch.app.live.tickets import Ticket
from maskwatch.errors import SourceError
from maskwatch.sources.images import decode_image
from maskwatch.types import Frame, Image

_LOG = logging.getLogger(__name__)

CAMERA_PATH: Final = "/maskwatch/camera"
MAX_BYTES: Final = 4 * 2**20
MAX_MEGAPIXELS: Final = 4.0
"""More than any frame that the page sends, and few enough to be decoded quickly."""

_FAULT: Final = "The picture could not be checked because of a fault in maskwatch; see its log."
_JPEG: Final = b"\xff\xd8\xff"
_IDLE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
"""Without a picture, after which the rules are told; then again and again."""

_SLOW_SECONDS: Final = 0.25
"""Decoding that takes longer is paid for by waiting: a frame of the page takes some milliseconds."""

_RUBBISH_SECONDS: Final = 0.1
"""What is no picture is paid for by waiting as well: no page sends it, and it costs next to no decoding."""

# Pools of their own: slow models must not block the threads with which Streamlit serves the page.
_CORES: Final = os.cpu_count() or 1
_WORKERS: Final = ThreadPoolExecutor(max(2, _CORES), thread_name_prefix="maskwatch-camera")
_DECODERS: Final = ThreadPoolExecutor(max(8, 2 * _CORES), thread_name_prefix="maskwatch-decode")


class _CameraStream:
    """The camera of one page: a session for the pictures that it sends."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._setup = ticket.setup
        self._session = self._setup.session()
        self._began = time.monotonic()
        self._index = 0
        self._last = self._began
        self._has_failed = False

    def silence(self) -> list[dict[str, Any]]:
        """Tells the rules for how long no picture has come; returns the events that this causes."""
        now = time.monotonic()
        return event_messages(self._session.silence(now - self._last, now - self._began))

    async def answer(self, jpeg: bytes) -> dict[str, Any]:
        """Returns the message for one picture: its faces, or an error."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            image = await loop.run_in_executor(_DECODERS, _decode, jpeg)
        except SourceError as error:
            await asyncio.sleep(max(_RUBBISH_SECONDS, loop.time() - began))
            return {"type": "error", "message": str(error)}
        if (spent := loop.time() - began) > _SLOW_SECONDS:
            await asyncio.sleep(spent)
        try:
            return await loop.run_in_executor(_WORKERS, self._find, image)
        except Exception:  # the page sees that it failed; the traceback is for the log, once
            if not self._has_failed:
                _LOG.exception("browser camera: unexpected error")
            self._has_failed = True
            self._session = self._setup.session()
            return {"type": "error", "message": _FAULT}

    def _find(self, image: Image) -> dict[str, Any]:
        if (new := self._ticket.setup) != self._setup:
            self._session = new.session_after(self._setup, self._session)
            self._setup = new
        self._last = time.monotonic()
        frame = Frame(image, self._index, self._last - self._began, "browser camera")
        self._index += 1
        result = self._session(frame)
        self._ticket.update_latest(result)
        return {"type": "result", **result_message(result)}


def _decode(jpeg: bytes) -> Image:
    if not jpeg.startswith(_JPEG):
        raise SourceError("the picture is no JPEG")
    return decode_image(jpeg, "the picture", MAX_MEGAPIXELS)


async def camera(socket: WebSocket) -> None:
    """Answers the pictures of one page until it disconnects."""
    try:
        async with authorised(socket) as (ticket, _):
            stream = _CameraStream(ticket)
            while True:
                jpeg = await _receive_picture(socket, stream)
                async with ticket.turn:
                    answer = await stream.answer(jpeg)
                await send(socket, answer)
    except WebSocketDisconnect:
        return


async def _receive_picture(socket: WebSocket, stream: _CameraStream) -> bytes:
    message = await _receive(socket, stream)
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    data = message.get("bytes")
    if data is None or len(data) > MAX_BYTES:
        await refuse(socket, BAD_MESSAGE if data is None else TOO_BIG)
    return bytes(data)


async def _receive(socket: WebSocket, stream: _CameraStream) -> Message:
    """Returns the next message; tells the rules of the time without one, and gives up after a minute."""
    coming = asyncio.ensure_future(socket.receive())
    end = asyncio.get_running_loop().time() + _IDLE_SECONDS
    try:
        while not coming.done():
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                await refuse(socket, BAD_MESSAGE)
            await asyncio.wait({coming}, timeout=min(left, _PAUSE_SECONDS))
            if not coming.done() and (events := stream.silence()):
                await send(socket, {"type": "events", "events": events})
        return coming.result()
    finally:
        coming.cancel()
