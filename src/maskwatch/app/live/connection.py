"""Admits the WebSockets of a page: origin, token and number of connections are checked first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NoReturn

from starlette.websockets import WebSocket, WebSocketDisconnect

from maskwatch.app.guard import same_origin
from maskwatch.app.live.tickets import MAX_CONNECTIONS, Ticket, find_ticket

# Close codes of a WebSocket; scripts/link.js knows some of them.
BAD_MESSAGE: Final = 4400
UNKNOWN_TOKEN: Final = 4401
FOREIGN_ORIGIN: Final = 4403
TOO_MANY_CONNECTIONS: Final = 4429
TOO_BIG: Final = 1009
GONE: Final = 1006

_HELLO_SECONDS: Final = 10.0
_HELLO_BYTES: Final = 4096
_SEND_SECONDS: Final = 30.0
"""After which a page that takes in nothing is given up: its computer may sleep, with the connection open."""


@asynccontextmanager
async def authorised(socket: WebSocket) -> AsyncIterator[tuple[Ticket, dict[str, Any]]]:
    """Accepts a WebSocket if its page is authorised.

    The first message has to be JSON with the token of the page. A token in the address would appear in
    the logs of proxies.

    Yields:
        The ticket of the page, and its first message.

    Raises:
        WebSocketDisconnect: The connection was refused; the close code says why.
    """
    if not same_origin(socket.headers):
        await refuse(socket, FOREIGN_ORIGIN)
    await socket.accept()
    hello = await _hello(socket)
    ticket = find_ticket(hello.get("token"))
    if ticket is None:
        await refuse(socket, UNKNOWN_TOKEN)
    elif ticket.connections >= MAX_CONNECTIONS:
        await refuse(socket, TOO_MANY_CONNECTIONS)
    else:
        ticket.connections += 1
        try:
            await send(socket, {"type": "ready"})
            yield ticket, hello
        finally:
            ticket.connections -= 1


async def send(socket: WebSocket, message: dict[str, Any] | bytes) -> None:
    """Sends JSON or bytes.

    Raises:
        WebSocketDisconnect: The connection has ended, or the page takes in nothing.
    """
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_json(message)
    except TimeoutError:
        raise WebSocketDisconnect(GONE) from None
    except RuntimeError:  # the server below has closed it: what came was no WebSocket message, or no ping
        raise WebSocketDisconnect(GONE) from None


async def refuse(socket: WebSocket, code: int) -> NoReturn:
    """Closes a connection.

    Raises:
        WebSocketDisconnect: Always, with the code.
    """
    with suppress(RuntimeError, TimeoutError):  # closed by the server below; or the page takes in nothing
        async with asyncio.timeout(_SEND_SECONDS):
            await socket.close(code)
    raise WebSocketDisconnect(code)


async def _hello(socket: WebSocket) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_HELLO_SECONDS):
            message = await socket.receive()
    except TimeoutError:
        await refuse(socket, UNKNOWN_TOKEN)
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", GONE))
    text = message.get("text") or ""
    try:
        hello = json.loads(text) if len(text) <= _HELLO_BYTES else None
    except (ValueError, RecursionError):  # no JSON, or a thousand brackets
        hello = None
    if not isinstance(hello, dict):
        await refuse(socket, BAD_MESSAGE)
    return hello
