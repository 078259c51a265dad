"""The WebSocket for sources on the server: sends pictures and their people, each after the last was shown."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from maskwatch.app.live.channels import Channel, Channels
from maskwatch.app.live.connection import BAD_MESSAGE, authorised, refuse, send
from maskwatch.app.live.messages import event_messages, pack
from maskwatch.app.live.server_source import DEMO, ServerSource
from maskwatch.app.live.tickets import Ticket
from maskwatch.types import Event

VIEW_PATH: Final = "/maskwatch/view"
_SHOWN: Final = "shown"
_ACK_SECONDS: Final = 30.0
_QUIET_SECONDS: Final = 1.0

CHANNELS: Final = Channels()
"""The channels of the whole server."""


async def view(socket: WebSocket) -> None:
    """Sends the pictures of its source to one page until it disconnects."""
    try:
        async with authorised(socket) as (ticket, hello):
            source = DEMO if hello.get("source") == "demo" else ticket.source
            if source is None:
                await refuse(socket, BAD_MESSAGE)
            viewer = _Viewer(socket, ticket, source)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(viewer.read_acknowledgements())
                tasks.create_task(viewer.push())
    except* WebSocketDisconnect:
        pass


class _Viewer:
    """One page that watches a source."""

    def __init__(self, socket: WebSocket, ticket: Ticket, source: ServerSource) -> None:
        self._socket = socket
        self._ticket = ticket
        self._source = source
        self._shown = asyncio.Event()
        self._changed = asyncio.Event()
        self._round_trip = 0.0
        self._unshown = 0

    async def read_acknowledgements(self) -> None:
        """Reads the messages of the page; each says that the last picture was shown."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            if message.get("text") != _SHOWN or not self._unshown:  # also one that floods
                await refuse(self._socket, BAD_MESSAGE)
            self._unshown -= 1
            self._shown.set()

    async def push(self) -> None:
        """Sends pictures as long as the page is connected, always with its current setup."""
        while True:
            setup = self._ticket.setup
            channel = CHANNELS.join(self._source, setup)
            loop = asyncio.get_running_loop()

            def notify(loop: asyncio.AbstractEventLoop = loop) -> None:
                loop.call_soon_threadsafe(self._changed.set)

            channel.add_listener(notify)
            try:
                await self._push_from(channel)
            finally:
                channel.remove_listener(notify)
                CHANNELS.leave(channel)

    async def _push_from(self, channel: Channel) -> None:
        """Sends the pictures of one channel; returns when the setup of the page asks for another."""
        setup = self._ticket.setup
        # The newest picture is sent at once, but older ones and what happened in them are not news.
        told = channel.told
        sent = 0 if channel.picture is None else channel.picture.number - 1
        while self._ticket.setup == setup or CHANNELS.change(channel, self._ticket.setup):
            setup = self._ticket.setup
            picture = channel.picture
            if picture is not None and picture.number > sent:
                events, told = channel.news_since(told)
                sent = picture.number
                self._ticket.update_latest(picture.result)
                await self._send(pack(self._header(picture.header, picture.captured, events), picture.jpeg))
            elif channel.told > told:
                events, told = channel.news_since(told)
                await send(self._socket, {"type": "events", "events": event_messages(events)})
            elif channel.ended is not None:
                await send(self._socket, {"type": "end", "message": channel.ended})
                await asyncio.sleep(_ACK_SECONDS)  # time for the page to close the connection
                raise WebSocketDisconnect
            else:
                self._changed.clear()
                if channel.picture is picture and channel.told == told and channel.ended is None:
                    await self._wait(channel)

    async def _wait(self, channel: Channel) -> None:
        """Waits for a picture; after a while it sends a status, which also keeps the connection alive."""
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            picture = channel.picture
            await send(
                self._socket,
                {
                    "type": "status",
                    "message": f"Waiting for pictures from {channel.source.name} …",
                    "seconds": None if picture is None else round(time.monotonic() - picture.captured, 1),
                },
            )

    def _header(self, header: dict[str, Any], captured: float, events: list[Event]) -> dict[str, Any]:
        # The time that the page needs to show a picture is known from the one before.
        latency = time.monotonic() - captured + self._round_trip
        return {
            **header,
            "events": event_messages(events),
            "latency_ms": round(1000 * latency),
        }

    async def _send(self, message: bytes) -> None:
        self._shown.clear()
        self._unshown += 1
        began = time.monotonic()
        await send(self._socket, message)
        try:
            async with asyncio.timeout(_ACK_SECONDS):
                await self._shown.wait()
        except TimeoutError:
            raise WebSocketDisconnect from None
        self._round_trip = time.monotonic() - began
