"""Cameras on the network, as far as a test needs them: real servers on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2

from maskwatch.types import Image


class CameraServer(ThreadingHTTPServer):
    """/live is an MJPEG camera, /clip.mp4 a file, /locked asks for a password; counts the visits.

    Attributes:
        image: What the camera sees now.
        visits: How often /live was opened.
        frames: Frames of one visit before the camera hangs up; None goes on.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, image: Image, clip: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.image = image
        self.clip = clip
        self.visits = 0
        self.frames: int | None = None
        self.stopped = threading.Event()

    def url(self, path: str, login: str = "") -> str:
        return f"http://{login}127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: CameraServer

    def do_GET(self) -> None:
        answers: dict[str, Callable[[], None]] = {"/live": self._live, "/clip.mp4": self._file}
        if self.path == "/locked":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
        else:
            answers.get(self.path.partition("?")[0], lambda: self.send_error(404))()

    def _live(self) -> None:
        self.server.visits += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        sent = 0
        try:
            while not self.server.stopped.wait(0.02) and sent != self.server.frames:
                jpeg = cv2.imencode(".jpg", self.server.image)[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                sent += 1
        except OSError:
            pass  # the viewer has left

    def _file(self) -> None:
        assert self.server.clip is not None
        data = self.server.clip.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def camera(image: Image, clip: Path | None = None) -> Iterator[CameraServer]:
    """A running server."""
    with CameraServer(image, clip) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """A port where somebody takes the call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
