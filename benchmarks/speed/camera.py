"""A camera made of a clip: an HTTP address that gives each frame when it is due, and knows when that was.

The stream is H.264 in Matroska, a cluster for each frame. Every frame says how long it is, so that a reader
needs no later one to know that it has ended, as with RTSP. (FFmpeg reads FLV for three seconds before it
gives a frame, and takes MP4 in fragments for a file.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av

_TICKS: Final = 1000  # a second
_CLUSTERS: Final = {"live": "1", "cluster_time_limit": "0", "flush_packets": "1"}


class Camera:
    """Serves a clip over and over, at its own pace.

    Args:
        clip: H.264 without frames that wait for later ones.
        fps: Frames a second.

    Attributes:
        sent: For each connection, when each of its frames was sent, by its number from 0: seconds of the
            system's monotonic clock, which all processes share.
    """

    def __init__(self, clip: Path, fps: float) -> None:
        self.sent: list[list[float]] = []
        self._closed = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "video/x-matroska")
                self.end_headers()
                times: list[float] = []
                camera.sent.append(times)
                try:
                    camera._send(clip, fps, self, times)
                except (OSError, av.error.FFmpegError):
                    return  # the reader has gone

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The address of the stream."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/live.mkv"

    def close(self) -> None:
        """Ends all streams and the server."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, clip: Path, fps: float, handler: BaseHTTPRequestHandler, times: list[float]) -> None:
        target = _Unseekable(handler)
        with av.open(str(clip)) as source, av.open(target, "w", format="matroska", options=_CLUSTERS) as out:
            video = source.streams.video[0]
            stream = out.add_stream_from_template(video)
            began = time.monotonic()
            for number, packet in enumerate(_over_and_over(source, video)):
                packet.stream = stream
                packet.time_base = Fraction(1, _TICKS)
                packet.pts = packet.dts = round(number * _TICKS / fps)
                if number:  # a cluster is written when the muxer is given the next frame
                    due = began + (number - 1) / fps
                    if self._closed.wait(max(0.0, due - time.monotonic())):
                        return
                    times.append(time.monotonic())
                out.mux_one(packet)


class _Unseekable:
    """Writes to a connection; FFmpeg sees that it cannot go back."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._out = handler.wfile

    def write(self, data: bytes) -> int:
        """Sends bytes at once."""
        self._out.write(data)
        return len(data)


def _over_and_over(
    source: av.container.InputContainer, video: av.VideoStream
) -> Iterator[av.Packet[av.VideoStream]]:
    while True:
        for packet in source.demux(video):
            if packet.size:
                yield packet
        source.seek(0)
