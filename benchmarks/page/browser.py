"""A browser that opens the live page and notes when each frame was grabbed, sent, answered and drawn."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from benchmarks.page.barcode import READ_JS

CHROMIUM: Final = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

_PATIENCE: Final = 120_000  # milliseconds
_ARGUMENTS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--mute-audio", "--disable-dev-shm-usage"),
)
_FAKE_CAMERA: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

# Nothing of the page is changed; what it calls is listened to. A frame is known by the canvas that holds it
# from the grabbing to the drawing.
_NOTE: Final = """
(() => {
  const notes = (window.notes = { frames: [], withBarcode: false });
  const held = new WeakMap();
  let sent, reply, header;
  const told = (data) => {
    const length = new DataView(data).getUint32(0, true);
    return JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      if (!this.url.includes("/maskwatch/")) return; // that of Streamlit
      this.addEventListener("message", ({ data }) => {
        reply = performance.now();
        header = data instanceof ArrayBuffer ? told(data) : null;
      });
    }
    send(data) {
      if (typeof data !== "string") sent = performance.now();
      super.send(data);
    }
  };
  BARCODE
  const grabs = (source) => source instanceof HTMLVideoElement || source instanceof VideoFrame;
  CanvasRenderingContext2D.prototype.drawImage = function (source, ...where) {
    const began = performance.now();
    original.call(this, source, ...where);
    if (grabs(source)) held.set(this.canvas, began);
    if (!this.canvas.classList?.contains("picture")) return;
    const drawn = performance.now();
    const number = notes.withBarcode ? readBarcode(this.canvas) : null;
    const frame = { grabbed: held.get(source) ?? null, sent, reply, drawn, number, at: Date.now() };
    frame.told = header?.latency_ms ?? null;
    notes.frames.push(frame);
    requestAnimationFrame(() => (frame.painted = performance.now()));
  };
})();
"""

FrameNote = Mapping[str, Any]
"""Of a frame that was drawn: `grabbed`, `sent`, `reply`, `drawn` and `painted` (the next repaint began) in
milliseconds of the page's clock, `number` of its barcode, `at` in milliseconds of the wall clock, `told`: the
latency that the server told with it. None for what does not apply."""


class LiveView:
    """A window with the live page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(_PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def start(self) -> None:
        """Presses Start and waits for the first picture."""
        self.page.get_by_role("button", name="Start", exact=True).click()
        self.page.wait_for_function("window.notes.frames.length > 0")

    def stop(self) -> None:
        """Presses Stop."""
        self.page.get_by_role("button", name="Stop", exact=True).click()

    def watch(self, seconds: float, *, with_barcode: bool = False) -> list[FrameNote]:
        """Returns what was noted of the frames that are drawn from now on, for some seconds."""
        self.page.evaluate(f"notes.withBarcode = {str(with_barcode).lower()}; notes.frames = []; 0")
        self.page.wait_for_timeout(1000 * seconds)
        return self.take()

    def take(self) -> list[FrameNote]:
        """Returns what was noted since the last time, and forgets it."""
        frames: list[FrameNote] = self.page.evaluate(
            "() => { const { frames } = notes; notes.frames = []; return frames; }"
        )
        return frames


class Browser:
    """Chromium, without a window on the screen.

    Args:
        clip: What its camera shows, .mjpeg or .y4m; None for no camera.
    """

    def __init__(self, clip: Path | None = None) -> None:
        self._clip = clip
        self._open = ExitStack()

    def __enter__(self) -> Self:
        if CHROMIUM is None:
            raise RuntimeError("needs Chromium (Debian: apt-get install chromium)")
        clip = [*_FAKE_CAMERA, f"--use-file-for-fake-video-capture={self._clip}"] if self._clip else []
        playwright = self._open.enter_context(sync_playwright())
        self._browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=[*_ARGUMENTS, *clip]
        )
        self._open.callback(self._browser.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def open(self, url: str, parameters: Mapping[str, str] | None = None) -> LiveView:
        """Opens the live page in a window of its own; the parameters of its address choose the source."""
        page = self._browser.new_page(viewport={"width": 1280, "height": 900})
        view = LiveView(page)
        page.add_init_script(_NOTE.replace("BARCODE", READ_JS))
        page.goto(f"{url}?{urlencode(parameters)}" if parameters else url)
        return view
