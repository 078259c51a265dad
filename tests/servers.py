"""Cameras on the network, as far as a test needs them: real servers on this machine."""

from __future__ import annotations

import base64
import contextlib
import io
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2

from maskwatch.types import Image

LOGIN = "admin:ge#heim@1"


class CameraServer(ThreadingHTTPServer):
    """/live is an MJPEG camera, /clip.mp4 a file, /locked asks for a password; counts the visits.

    /snap.jpg, /snap.png and /snap give one picture; those below /secret/ want `LOGIN` first. What is in
    `files` is given as it is.

    Attributes:
        image: What the camera sees now.
        visits: How often /live was opened.
        frames: Frames of one visit before the camera hangs up; None goes on.
        snapshots: When each snapshot was asked for, in seconds of `time.monotonic`.
        broken: Snapshots are answered by an error.
        files: Contents by path.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, image: Image, clip: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.image = image
        self.clip = clip
        self.visits = 0
        self.frames: int | None = None
        self.snapshots: list[float] = []
        self.broken = False
        self.files: dict[str, bytes] = {}
        self.stopped = threading.Event()

    def url(self, path: str, login: str = "") -> str:
        return f"http://{login}127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: CameraServer

    def do_GET(self) -> None:
        answers: dict[str, Callable[[], None]] = {"/live": self._live, "/clip.mp4": self._file}
        path = self.path.partition("?")[0]
        login = base64.b64encode(LOGIN.encode()).decode()
        secret = path.startswith("/secret/") and self.headers["Authorization"] != f"Basic {login}"
        if path == "/locked" or secret:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
        elif "/snap" in path:
            self._snapshot(path)
        elif path in self.server.files:
            self._send("application/octet-stream", self.server.files[path])
        else:
            answers.get(path, lambda: self.send_error(404))()

    def _snapshot(self, path: str) -> None:
        self.server.snapshots.append(time.monotonic())
        if self.server.broken:
            self.send_error(503)
            return
        kind = ".png" if path.endswith(".png") else ".jpg"
        data = cv2.imencode(kind, self.server.image)[1].tobytes()
        self._send("image/png" if kind == ".png" else "image/jpeg", data)

    def _send(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the viewer has left
            self.wfile.write(data)

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
        self._send("video/mp4", self.server.clip.read_bytes())

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
def sending(data: bytes) -> Iterator[int]:
    """A port where each caller gets these bytes, and then the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):  # the test is over
                while True:
                    with server.accept()[0] as caller:
                        caller.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def rtsp(data: bytes) -> Iterator[int]:
    """An RTSP camera (RFC 2326) that sends a transport stream over and over, inside the TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer(caller: socket.socket, file: io.BufferedIOBase) -> bool:
            """Answers one request; returns whether it was PLAY."""
            lines = list(iter(lambda: file.readline().decode().strip(), ""))
            method = lines[0].split()[0] if lines else "TEARDOWN"
            number = next(line for line in lines if line.lower().startswith("cseq"))
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nm=video 0 RTP/AVP 33\r\na=control:track\r\n"
            )
            head = {
                "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n",
                "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n",
                "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
            }.get(method, "Session: 1\r\n")
            told = f"RTSP/1.0 200 OK\r\n{number}\r\n{head}\r\n{body if method == 'DESCRIBE' else ''}"
            caller.sendall(told.encode())
            return method == "PLAY"

        def serve() -> None:
            with contextlib.suppress(OSError, StopIteration, IndexError):  # the viewer has left
                caller = server.accept()[0]
                with caller, caller.makefile("rb") as file:
                    while not answer(caller, file):
                        pass
                    packets = [data[start : start + 7 * 188] for start in range(0, len(data), 7 * 188)]
                    for number, packet in enumerate(packets * 50):
                        header = struct.pack(">BBHII", 0x80, 33, number & 0xFFFF, number * 900, 1)
                        caller.sendall(b"$\0" + struct.pack(">H", 12 + len(packet)) + header + packet)
                        time.sleep(0.001)

        threading.Thread(target=serve, daemon=True).start()
        yield port


@contextmanager
def silent() -> Iterator[int]:
    """A port where somebody takes the call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
