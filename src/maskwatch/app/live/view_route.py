"""The WebSocket for sources on the server: annotated pictures go out, each when the last was shown."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from maskwatch.app.live.channels import Channel, Channels
from maskwatch.app.live.connection import NONSENSE, admitted
from maskwatch.app.live.messages import event_told, pack
from maskwatch.app.live.server_source import DEMO, ServerSource
from maskwatch.app.live.tickets import Ticket

VIEW_PATH: Final = "/maskwatch/view"
_ACK_SECONDS: Final = 30.0
_QUIET_SECONDS: Final = 5.0

CHANNELS: Final = Channels()
"""Those of the whole server."""


async def view(socket: WebSocket) -> None:
    """Shows one page its source until it goes."""
    try:
        async with admitted(socket) as (ticket, hello):
            choice = DEMO if hello.get("source") == "demo" else ticket.choice
            if choice is None:
                await socket.close(NONSENSE)
                return
            viewer = _Viewer(socket, ticket, choice)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(viewer.read_acknowledgements())
                tasks.create_task(viewer.push())
    except* WebSocketDisconnect:
        pass


class _Viewer:
    """One page that watches a source."""

    def __init__(self, socket: WebSocket, ticket: Ticket, choice: ServerSource) -> None:
        self._socket = socket
        self._ticket = ticket
        self._choice = choice
        self._shown = asyncio.Event()
        self._news = asyncio.Event()
        self._round_trip = 0.0

    async def read_acknowledgements(self) -> None:
        """Every message of the page says that it has shown the last picture."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            self._shown.set()

    async def push(self) -> None:
        """Sends pictures for as long as the page stays, with the settings that it has now."""
        while True:
            look = self._ticket.look
            channel = CHANNELS.join(self._choice, look)
            loop = asyncio.get_running_loop()

            def tell(loop: asyncio.AbstractEventLoop = loop) -> None:
                loop.call_soon_threadsafe(self._news.set)

            channel.listen(tell)
            try:
                await self._push_from(channel)
            finally:
                channel.unlisten(tell)
                CHANNELS.leave(channel)

    async def _push_from(self, channel: Channel) -> None:
        """Sends what comes from one channel; returns when the page's settings have changed."""
        look = self._ticket.look
        told = 0 if channel.picture is None else channel.picture.number
        sent = told - 1
        while self._ticket.look == look:
            picture = channel.picture
            if picture is not None and picture.number > sent:
                events = [event_told(event) for event in channel.events_since(told)]
                sent = told = picture.number
                self._ticket.shown(picture.result)
                await self._send(pack(self._header(picture.header, picture.captured, events), picture.jpeg))
            elif channel.ended is not None:
                await self._socket.send_json({"type": "end", "message": channel.ended})
                await asyncio.sleep(_ACK_SECONDS)  # the page leaves by itself
                raise WebSocketDisconnect
            else:
                self._news.clear()
                if channel.picture is picture and channel.ended is None:
                    await self._wait(channel)

    async def _wait(self, channel: Channel) -> None:
        """Waits for news; after a while of none it says so, which also keeps the line alive."""
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                await self._news.wait()
        except TimeoutError:
            message = f"Waiting for pictures from {channel.choice.name} …"
            await self._socket.send_json({"type": "status", "message": message})

    def _header(
        self, header: dict[str, Any], captured: float, events: list[dict[str, Any]]
    ) -> dict[str, Any]:
        # What the page needs to show a picture is known from the one before.
        latency = time.monotonic() - captured + self._round_trip
        return {**header, "events": events, "latency_ms": round(1000 * latency)}

    async def _send(self, message: bytes) -> None:
        self._shown.clear()
        began = time.monotonic()
        await self._socket.send_bytes(message)
        try:
            async with asyncio.timeout(_ACK_SECONDS):
                await self._shown.wait()
        except TimeoutError:
            raise WebSocketDisconnect from None
        self._round_trip = time.monotonic() - began
