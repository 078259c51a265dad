"""Visitors without a browser: they open the page, learn its token, and talk to the live WebSockets."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect

from maskwatch.app.live.camera_route import CAMERA_PATH
from maskwatch.app.live.view_route import VIEW_PATH

_TOKEN: Final = re.compile(rb'"token": ?"([\w-]{43})"')
_SECONDS: Final = 60.0

CAMERA: Final = CAMERA_PATH
VIEW: Final = VIEW_PATH


@asynccontextmanager
async def visit(port: int, parameters: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Opens the live page as a browser does.

    Args:
        port: Of the app.
        parameters: Of the address, such as {"source": "stream", "address": "rtsp://..."}.

    Yields:
        The token of the page; it is good as long as the page is open, and two minutes longer.
    """
    page = await connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        origin=_origin(port),  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
    )
    try:
        question = BackMsg()
        question.rerun_script.query_string = urlencode(parameters or {})
        await page.send(question.SerializeToString())
        async with asyncio.timeout(_SECONDS):
            while True:
                answer = await page.recv()
                if isinstance(answer, bytes) and (found := _TOKEN.search(answer)):
                    break
        reading = asyncio.ensure_future(_drain(page))
        try:
            yield found.group(1).decode()
        finally:
            reading.cancel()
    finally:
        await page.close()


async def _drain(page: ClientConnection) -> None:
    """Reads what the page is told: a page that does not would be taken for dead."""
    async for _ in page:
        pass


@asynccontextmanager
async def joined(port: int, path: str, token: str, **hello: str) -> AsyncIterator[ClientConnection]:
    """Opens a live WebSocket and gets admitted.

    Raises:
        ConnectionClosed: The server turned it away.
    """
    async with connect(
        f"ws://127.0.0.1:{port}{path}",
        origin=_origin(port),  # type: ignore[arg-type]
        max_size=None,
        compression=None,
        close_timeout=2,
    ) as socket:
        await socket.send(json.dumps({"token": token, **hello}))
        async with asyncio.timeout(_SECONDS):
            answer = json.loads(await socket.recv())
        if answer != {"type": "ready"}:
            raise RuntimeError(f"not admitted: {answer}")
        yield socket


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Returns the header and the JPEG of a picture that the server sent."""
    length = int.from_bytes(message[:4], "little")
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def _origin(port: int) -> str:
    return f"http://127.0.0.1:{port}"
