"""Cameras in the network: motion JPEG over HTTP, the wall clock in each picture, and faults on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np

from benchmarks.page import barcode
from maskwatch.image_files import encode_image
from maskwatch.types import Image

_PART: Final = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
_QUALITY: Final = 85


class Cameras:
    """Serves any number of cameras, /0, /1 ...; all show the same pictures over and over.

        with Cameras(pictures, fps=30) as cameras:
            cameras.url(0)

    Args:
        pictures: BGR pictures of one size.
        fps: Pictures a second.

    Attributes:
        frozen: Whether nothing more is sent, although the connections stay.
        dead: Whether connections are ended, and new ones refused.
        scale: Size of the pictures, as a part of their own.
        garbage: Whether bytes come that are no pictures.
        sent: Pictures sent so far, by all cameras.
    """

    def __init__(self, pictures: Sequence[Image], fps: float) -> None:
        self.frozen = self.dead = self.garbage = False
        self.scale = 1.0
        self.sent = 0
        self._pictures = pictures
        self._fps = fps
        self._ends = threading.Event()
        cameras = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is given by http.server
                if cameras.dead:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    cameras._send(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def url(self, number: int) -> str:
        """Returns the address of a camera."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{number}"

    def _send(self, request: BaseHTTPRequestHandler) -> None:
        due, number = time.monotonic(), 0
        while not self.dead and not self._ends.is_set():
            due += 1 / self._fps
            self._ends.wait(max(0.0, due - time.monotonic()))
            if self.frozen:
                due = time.monotonic()
                continue
            jpeg = b"\xff\xd8 no picture " * 50 if self.garbage else self._jpeg(number)
            request.wfile.write(_PART % len(jpeg) + jpeg + b"\r\n")
            number += 1
            self.sent += 1

    def _jpeg(self, number: int) -> bytes:
        image = self._pictures[number % len(self._pictures)].copy()
        if self.scale != 1:
            image = np.asarray(cv2.resize(image, None, fx=self.scale, fy=self.scale), np.uint8)
        barcode.stamp(image, barcode.now())
        return encode_image(image, ".jpg", _QUALITY)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._server.shutdown()
        self._server.server_close()
