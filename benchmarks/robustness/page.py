"""Tries to knock the live page over: `python -m benchmarks.robustness.page --out FOLDER`.

The real app gets messages that no page would send, bytes that are no messages, visitors who vanish, viewers
who stop reading, and a camera that fails, while a well-behaved visitor notes how long it waits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from benchmarks.page.app_process import App
from benchmarks.page.camera_server import Cameras
from benchmarks.page.clips import pictures
from benchmarks.page.visitor import CAMERA, VIEW, joined, visit
from benchmarks.page.witness import Witness
from benchmarks.robustness.page_bytes import rough_connection
from benchmarks.robustness.page_messages import Messages
from benchmarks.robustness.usage import usage_of
from maskwatch.atomic_file import write_text

_A_CONNECTION: Final = 8
_AT_ONCE: Final = 6
_CALM: Final = 5.0
_FORGOTTEN: Final = 130.0
"""Seconds after which the app has forgotten who left."""

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all cases and prints their figures; writes `page.json`."""
    options = _parser().parse_args(arguments)
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder, App(Path(folder)) as app, Witness(app.port) as witness:
        time.sleep(_CALM)
        found["calm"] = _state(app, witness)
        cases: dict[str, Callable[[], Coroutine[None, None, Figures]]] = {
            "messages": lambda: _messages(app.port, options.messages, options.seed),
            "bytes": lambda: _bytes(app.port, options.connections, options.seed),
            "vanishing visitors": lambda: _vanishing(app.port, options.visitors),
            "viewers who stop reading": lambda: _deaf(app.port, options.deaf),
            "a failing camera": lambda: _failing(app.port),
        }
        for name, case in cases.items():
            found[name] = asyncio.run(case()) | _state(app, witness)
            print(name, json.dumps(found[name], indent=1), flush=True)
        time.sleep(options.settle)
        found["afterwards"] = _state(app, witness)
        print("afterwards", json.dumps(found["afterwards"], indent=1), flush=True)
    if options.out is not None:
        write_text(options.out / "page.json", json.dumps(found, indent=1) + "\n")


def _state(app: App, witness: Witness) -> Figures:
    """Returns how the app and the witness do."""
    usage = usage_of(app.pid)
    return {
        "runs": app.runs,
        "app": None if usage is None else {k: round(v, 1) for k, v in asdict(usage).items()},
        "complaints": app.complaints(),
        "witness_waits_ms": witness.waits(),
    }


async def _messages(port: int, number: int, seed: int) -> Figures:
    """Messages of every kind, changed at random, over both WebSockets, by who is admitted and who is not."""
    tried = {"messages": 0, "connections": 0}
    room = asyncio.Semaphore(_AT_ONCE)

    async def talk(i: int, token: str) -> None:
        messages = islice(Messages(seed + i, token), _A_CONNECTION)
        path = (CAMERA, VIEW)[i % 2]
        async with room:
            with suppress(WebSocketException, OSError, TimeoutError):
                async with connect(f"ws://127.0.0.1:{port}{path}", close_timeout=1) as socket:
                    tried["connections"] += 1
                    if i % 3:
                        await socket.send(json.dumps({"token": token, "source": "demo"}, allow_nan=True))
                    for message in messages:
                        await socket.send(_sendable(message))
                        tried["messages"] += 1
                    if i % 5:
                        async with asyncio.timeout(0.5):
                            await socket.recv()

    async with AsyncExitStack() as stack:
        tokens = [await stack.enter_async_context(visit(port)) for _ in range(_AT_ONCE)]
        count = -(-number // _A_CONNECTION)
        await asyncio.gather(*(talk(i, tokens[i % len(tokens)]) for i in range(count)))
    return dict(tried)


def _sendable(message: str | bytes) -> str | bytes:
    """Returns what the client library sends: lone surrogates become question marks."""
    return message if isinstance(message, bytes) else message.encode(errors="replace").decode()


async def _bytes(port: int, number: int, seed: int) -> Figures:
    """Connections that break the protocol: no HTTP, half of it, frames that are none."""
    room = asyncio.Semaphore(2 * _AT_ONCE)

    async def one(i: int) -> str:
        async with room:
            return await rough_connection(port, seed + i)

    kinds = await asyncio.gather(*(one(i) for i in range(number)))
    return {"connections": number, "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))}}


async def _vanishing(port: int, number: int) -> Figures:
    """Visitors who open the page, send rubbish and vanish without a word; then one more comes."""

    async def one(i: int) -> None:
        messages = islice(Messages(i), 5)
        with suppress(WebSocketException, OSError, TimeoutError, RuntimeError):
            async with visit(port) as token, AsyncExitStack() as stack:
                for path in (CAMERA, VIEW):
                    socket = await stack.enter_async_context(joined(port, path, token, source="demo"))
                    for message in messages:
                        await socket.send(_sendable(message))
                    socket.transport.abort()

    for start in range(0, number, 10):
        await asyncio.gather(*(one(i) for i in range(start, min(number, start + 10))))
    began = time.monotonic()
    async with visit(port) as token, joined(port, VIEW, token, source="demo") as socket:
        page = time.monotonic() - began
        while isinstance(await socket.recv(), str):
            pass
        return {
            "visitors": number,
            "next_one_page_s": round(page, 2),
            "next_one_picture_s": round(time.monotonic() - began, 2),
        }


async def _deaf(port: int, number: int) -> Figures:
    """Viewers of one camera who stop reading, beside one who does not."""
    with Cameras(pictures((1280, 720), 30), 10) as cameras:
        source = {"source": "stream", "address": cameras.url(0)}
        async with AsyncExitStack() as stack:
            token = await stack.enter_async_context(visit(port, source))
            viewer = await stack.enter_async_context(joined(port, VIEW, token, source="chosen"))
            before = await _pictures(viewer, _CALM)
            for _ in range(number):
                token = await stack.enter_async_context(visit(port, source))
                deaf = await stack.enter_async_context(joined(port, VIEW, token, source="chosen"))
                deaf.transport.pause_reading()
            beside = await _pictures(viewer, 2 * _CALM)
    return {"deaf": number, "pictures_a_second_before": before, "pictures_a_second_beside": beside}


async def _pictures(socket: ClientConnection, seconds: float) -> float:
    """Returns the pictures a second that a viewer gets who shows each at once."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if isinstance(await socket.recv(), bytes):
                    number += 1
                    await socket.send("shown")
    return round(number / seconds, 1)


async def _failing(port: int) -> Figures:
    """A camera that dies, freezes, sends garbage or other sizes, and comes back, before three viewers."""
    found: Figures = {}
    with Cameras(pictures((1280, 720), 30), 10) as cameras:
        async with AsyncExitStack() as stack:
            viewers = []
            for _ in range(3):
                source = {"source": "stream", "address": cameras.url(0)}
                token = await stack.enter_async_context(visit(port, source))
                viewers.append(await stack.enter_async_context(joined(port, VIEW, token, source="chosen")))
            await asyncio.gather(*(_pictures(viewer, 2) for viewer in viewers))
            for fault, seconds in (("dead", 3.0), ("frozen", 5.0), ("garbage", 3.0)):
                setattr(cameras, fault, True)
                await asyncio.gather(*(_pictures(viewer, seconds) for viewer in viewers))
                setattr(cameras, fault, False)
                waits = await asyncio.gather(*(_until_picture(viewer) for viewer in viewers))
                found[f"{fault} for {seconds:g} s, back after s"] = waits
            for scale in (0.5, 1.5, 1.0):
                cameras.scale = scale
                await asyncio.gather(*(_pictures(viewer, 1) for viewer in viewers))
                waits = await asyncio.gather(*(_until_picture(viewer) for viewer in viewers))
                found[f"size times {scale:g}, next picture after s"] = waits
    return found


async def _until_picture(socket: ClientConnection) -> float | str:
    """Returns the seconds until the next picture comes, or why none does."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(40):
            while True:
                message = await socket.recv()
                if isinstance(message, bytes):
                    await socket.send("shown")
                    return round(time.monotonic() - began, 2)
                if json.loads(message)["type"] == "end":
                    return message
    except TimeoutError:
        return "nothing for 40 s"
    except ConnectionClosed as error:
        return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness.page", description=__doc__)
    add = parser.add_argument
    add("--messages", type=int, default=8000, help="changed at random")
    add("--connections", type=int, default=500, help="that break the protocol")
    add("--visitors", type=int, default=50, help="who vanish")
    add("--deaf", type=int, default=10, help="viewers who stop reading")
    add("--seed", type=int, default=0)
    add("--settle", type=float, default=_FORGOTTEN, help="seconds before the last look at the app")
    add("--out", type=Path, help="folder for page.json")
    return parser


if __name__ == "__main__":
    main()
