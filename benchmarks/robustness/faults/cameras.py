"""Cameras on this machine whose faults can be chosen: RTSP by GStreamer, MJPEG over HTTP."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import cv2

from maskwatch.types import Image

_SYSTEM_PYTHON: Final = "/usr/bin/python3"


class RtspCamera:
    """A real RTSP camera, a process of its own, which can be killed, stopped and started again.

    Attributes:
        url: Its address.
    """

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self._port}/camera"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, width: int = 320, height: int = 240, codec: str = "h264") -> None:
        """Switches it on; returns once it answers."""
        script = Path(__file__).with_name("rtsp_server.py")
        command = [_SYSTEM_PYTHON, str(script), str(self._port), str(width), str(height), codec]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the RTSP server does not start")

    def stop(self) -> None:
        """Pulls the plug."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        """Lets it answer nothing any more, with all connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def rtsp_missing() -> str | None:
    """Returns why there is no real RTSP server on this machine; None if there is one."""
    code = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    try:
        done = subprocess.run([_SYSTEM_PYTHON, "-c", code], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return "no Python of the system"
    return (
        None if done.returncode == 0 else "GStreamer's RTSP server is not installed (rtsp_server.py says how)"
    )


class HttpCamera(ThreadingHTTPServer):
    """An MJPEG camera over HTTP, in this process.

    Attributes:
        show: Makes the picture that is sent now.
        fps: Pictures a second.
        frozen: Nothing is sent, and connections stay open.
        dead: Callers are turned away, and connections end.
        garbage: Bytes that are sent in place of the next picture.
        sent: Number of pictures sent so far.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, show: Callable[[], Image], fps: float = 15.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.show = show
        self.fps = fps
        self.frozen = False
        self.dead = False
        self.garbage: bytes | None = None
        self.sent = 0
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/live"

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: viewers may leave at any time."""


class _Handler(BaseHTTPRequestHandler):
    server: HttpCamera

    def do_GET(self) -> None:
        if self.server.dead:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        with contextlib.suppress(OSError):  # the viewer has left
            while not self.server.stopped.wait(1 / self.server.fps) and not self.server.dead:
                if self.server.frozen:
                    continue
                data, self.server.garbage = self.server.garbage, None
                if data is None:
                    data = cv2.imencode(".jpg", self.server.show())[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                self.wfile.write(head.encode() + data + b"\r\n")
                self.server.sent += 1

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def http_camera(show: Callable[[], Image], fps: float = 15.0) -> Iterator[HttpCamera]:
    """A running MJPEG camera."""
    with HttpCamera(show, fps) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()


def wait_until(ready: Callable[[], bool], seconds: float) -> float | None:
    """Waits until something is so; returns after how many seconds it was, None if it was not in time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if ready():
            return time.monotonic() - began
        time.sleep(0.02)
    return None
