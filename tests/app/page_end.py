"""The page's end of a WebSocket, without a network: what does not come is seen as well."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from starlette.websockets import WebSocket

SECONDS = 20.0


class PageEnd:
    """Runs an endpoint and plays the page.

        async with PageEnd(camera) as page:
            page.say({"token": ...})
            await page.heard()

    Args:
        endpoint: Of the server.
        room: Messages that fit into the line to the page: a page that does not read keeps the server waiting.
            0 for any number.
        headers: Of the request.

    Attributes:
        broken: Whether the server below has ended the connection, so that nothing can be sent.
    """

    def __init__(
        self, endpoint: Callable[[WebSocket], Awaitable[None]], room: int = 0, **headers: str
    ) -> None:
        given = {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501", **headers}
        self._scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in given.items()],
            "subprotocols": [],
        }
        self._endpoint = endpoint
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue(room)
        self.broken = False

    async def __aenter__(self) -> Self:
        socket = WebSocket(self._scope, self._to_server.get, self._take)  # type: ignore[arg-type]
        self._to_server.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._endpoint(socket))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(SECONDS):
            await self._task

    async def _take(self, message: dict[str, Any]) -> None:
        if self.broken:
            raise RuntimeError("Unexpected ASGI message, after sending 'websocket.close'")
        await self._from_server.put(message)

    async def ended(self) -> None:
        """Waits until the server has nothing more to do with this page; its error is raised."""
        async with asyncio.timeout(SECONDS):
            await asyncio.shield(self._task)

    def say(self, message: dict[str, Any] | str | bytes) -> None:
        """Sends JSON, text or bytes."""
        if isinstance(message, bytes):
            self._to_server.put_nowait({"type": "websocket.receive", "bytes": message})
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def raw(self) -> dict[str, Any]:
        """The next ASGI message of the server."""
        async with asyncio.timeout(SECONDS):
            return await self._from_server.get()

    async def accepted(self) -> None:
        assert (await self.raw())["type"] == "websocket.accept"

    async def heard(self) -> dict[str, Any]:
        """The next message, which has to be JSON."""
        message = await self.raw()
        assert message["type"] == "websocket.send", message
        content: dict[str, Any] = json.loads(message["text"])
        return content

    async def picture(self) -> tuple[dict[str, Any], bytes]:
        """The next picture with its header; only that the source is waited for may be told before."""
        message = await self.raw()
        while message.get("text") and json.loads(message["text"])["type"] == "status":
            message = await self.raw()
        assert message["type"] == "websocket.send", message
        data = message["bytes"]
        length = int.from_bytes(data[:4], "little")
        return json.loads(data[4 : 4 + length]), data[4 + length :]

    async def closed(self) -> int:
        """The code with which the server closed."""
        message = await self.raw()
        assert message["type"] == "websocket.close", message
        code: int = message["code"]
        return code

    async def silent(self, seconds: float = 0.4) -> bool:
        """Whether nothing comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._from_server.get()
        except TimeoutError:
            return True
        return False

    async def join(self, token: str, **more: str) -> None:
        """Gets admitted."""
        await self.accepted()
        self.say({"token": token, **more})
        assert await self.heard() == {"type": "ready"}
