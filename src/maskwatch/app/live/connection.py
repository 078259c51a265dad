"""Admits the WebSockets of a page: origin, token and number of connections are checked first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

_HELLO_SECONDS: Final = 10.0
_HELLO_BYTES: Final = 4096


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
        await _refuse(socket, FOREIGN_ORIGIN)
    await socket.accept()
    hello = await _hello(socket)
    ticket = find_ticket(hello.get("token"))
    if ticket is None:
        await _refuse(socket, UNKNOWN_TOKEN)
    elif ticket.connections >= MAX_CONNECTIONS:
        await _refuse(socket, TOO_MANY_CONNECTIONS)
    else:
        ticket.connections += 1
        try:
            await socket.send_json({"type": "ready"})
            yield ticket, hello
        finally:
            ticket.connections -= 1


async def _hello(socket: WebSocket) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_HELLO_SECONDS):
            message = await socket.receive()
    except TimeoutError:
        await _refuse(socket, UNKNOWN_TOKEN)
    text = message.get("text") or ""
    try:
        hello = json.loads(text) if len(text) <= _HELLO_BYTES else None
    except ValueError:
        hello = None
    if not isinstance(hello, dict):
        await _refuse(socket, BAD_MESSAGE)
    return hello


async def _refuse(socket: WebSocket, code: int) -> NoReturn:
    await socket.close(code)
    raise WebSocketDisconnect(code)
