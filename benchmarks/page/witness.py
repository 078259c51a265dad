"""A well-behaved visitor beside others: how long does the server let it wait?"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from benchmarks.page.clips import pictures
from benchmarks.page.visitor import CAMERA, joined, visit
from maskwatch.image_files import encode_image

_PAUSE: Final = 0.1  # seconds between two pictures
_START_SECONDS: Final = 120


class Witness:
    """Sends pictures as the camera of a page does, and notes the time of each answer.

    In a process of its own: this one may be busy with the others.

    Args:
        port: Of the app.
    """

    def __init__(self, port: int) -> None:
        self._end, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_run, args=(port, theirs), daemon=True
        )

    def waits(self) -> dict[str, Any]:
        """Returns the milliseconds from sending to the answer since the last time: p50, p95, most, n.

        `now` are the seconds that an answer has been waited for already; `failed` is there if it gave up.
        """
        self._end.send("waits")
        return dict(self._end.recv())

    def __enter__(self) -> Self:
        self._process.start()
        if not self._end.poll(_START_SECONDS):
            raise RuntimeError("the app does not answer a good page")
        self._end.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join(10)


def _run(port: int, end: Connection) -> None:
    asyncio.run(_Camera(port, end).run())


class _Camera:
    def __init__(self, port: int, end: Connection) -> None:
        self._port = port
        self._end = end
        self._waits: list[float] = []
        self._sent_at: float | None = None

    async def run(self) -> None:
        told = asyncio.ensure_future(self._tell())
        failed = ""
        try:
            await self._send()
        except Exception as error:  # it is told to whoever asks
            failed = f"{type(error).__name__}: {error}"
        told.cancel()
        while True:
            self._end.recv()
            self._end.send({"failed": failed, **self._figures()})

    async def _send(self) -> None:
        jpegs = [encode_image(picture) for picture in pictures((640, 360), 10)]
        async with visit(self._port) as token, joined(self._port, CAMERA, token) as socket:
            number = 0
            while True:
                self._sent_at = time.perf_counter()
                await socket.send(jpegs[number % len(jpegs)])
                answer = json.loads(await socket.recv())
                if answer["type"] != "result":
                    raise RuntimeError(f"a good picture was answered by {answer}")
                self._waits.append(1000 * (time.perf_counter() - self._sent_at))
                self._sent_at = None
                if not number:
                    self._end.send("began")
                number += 1
                await asyncio.sleep(_PAUSE)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            if self._end.poll():
                self._end.recv()
                self._end.send(self._figures())

    def _figures(self) -> dict[str, float]:
        waits, self._waits = self._waits, []
        now = 0.0 if self._sent_at is None else time.perf_counter() - self._sent_at
        figures: dict[str, float] = {"n": len(waits), "now": round(now, 1)}
        if waits:
            p50, p95 = np.percentile(waits, (50, 95))
            figures |= {"p50": round(p50, 1), "p95": round(p95, 1), "most": round(max(waits), 1)}
        return figures
