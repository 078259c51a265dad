"""How a WebSocket of the page is admitted: origin, token and number are checked before anything else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

from starlette.websockets import WebSocket, WebSocketDisconnect

from maskwatch.app.guard import same_origin
from maskwatch.app.live import tickets

FOREIGN: Final = 4403
UNKNOWN: Final = 4401
TOO_MANY: Final = 4429
NONSENSE: Final = 4400
TOO_BIG: Final = 1009

_HELLO_SECONDS: Final = 10.0
_HELLO_BYTES: Final = 4096


@asynccontextmanager
async def admitted(socket: WebSocket) -> AsyncIterator[tuple[tickets.Ticket, dict[str, Any]]]:
    """Accepts a WebSocket if its page may open it.

    The first message has to be JSON with the page's token. In an address the token would stand in
    the logs of every proxy.

    Yields:
        The page's ticket, and its first message.

    Raises:
        WebSocketDisconnect: It was turned away, and told why by a close code.
    """
    if not same_origin(socket.headers):
        await _refuse(socket, FOREIGN)
    await socket.accept()
    hello = await _hello(socket)
    ticket = tickets.find(hello.get("token"))
    if ticket is None:
        await _refuse(socket, UNKNOWN)
    elif ticket.connections >= tickets.MAX_CONNECTIONS:
        await _refuse(socket, TOO_MANY)
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
        await _refuse(socket, UNKNOWN)
    text = message.get("text") or ""
    try:
        hello = json.loads(text) if len(text) <= _HELLO_BYTES else None
    except ValueError:
        hello = None
    if not isinstance(hello, dict):
        await _refuse(socket, NONSENSE)
    return hello


async def _refuse(socket: WebSocket, code: int) -> NoReturn:
    await socket.close(code)
    raise WebSocketDisconnect(code)
