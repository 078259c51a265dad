"""A real browser with a made camera, and what can be read off the live page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, Route, WebSocket, sync_playwright

from maskwatch.annotate import STYLES, UNCERTAIN
from maskwatch.app.live.camera_route import CAMERA_PATH

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 90_000  # milliseconds: a machine that trains beside the tests is slow

_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--mute-audio", "--disable-dev-shm-usage"),
]
_FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

# Notes down every camera track that is handed out and every tone that is played.
_WATCH = """
const find = (root) => root.querySelector("canvas.picture")
  ?? [...root.querySelectorAll("*")].map((e) => e.shadowRoot && find(e.shadowRoot)).find(Boolean);
window.seen = { tracks: [], tones: [], picture: () => find(document) };
const devices = navigator.mediaDevices;
if (devices) {
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    const stream = await open(wish);
    window.seen.tracks.push(...stream.getTracks());
    return stream;
  };
}
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  window.seen.tones.push(this.context.state);
  return start.apply(this, when);
};
"""

# One moment of the live picture: the people (where nobody is followed, the faces) as told, and how much of
# each box's line is there.
_MOMENT = """
([width0, colours]) => {
  const picture = window.seen.picture();
  if (!picture || !picture.dataset.faces) return null;
  const people = JSON.parse(picture.dataset.people);
  const faces = people?.map((one) => ({ ...one, label: one.state })) ?? JSON.parse(picture.dataset.faces);
  const context = picture.getContext("2d");
  const { width, height } = picture;
  const scale = width / width0;
  const pixels = context.getImageData(0, 0, width, height).data;
  const isColour = (x, y, [r, g, b]) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return false;
    const at = 4 * (y * width + x);
    return Math.abs(pixels[at] - r) + Math.abs(pixels[at + 1] - g) + Math.abs(pixels[at + 2] - b) < 60;
  };
  const near = (x, y, colour) => {
    for (let d = -3; d <= 3; d++) {
      if (isColour(Math.round(x) + d, Math.round(y), colour)) return true;
      if (isColour(Math.round(x), Math.round(y) + d, colour)) return true;
    }
    return false;
  };
  for (const face of faces) {
    const [x1, y1, x2, y2] = face.box.map((v) => v * scale);
    const points = [];
    for (let part = 0.15; part < 0.9; part += 0.1) {
      points.push([x1 + part * (x2 - x1), y1], [x1 + part * (x2 - x1), y2]);
      points.push([x1, y1 + part * (y2 - y1)], [x2, y1 + part * (y2 - y1)]);
    }
    const colour = colours[face.certain ? face.label : "uncertain"];
    const drawn = points.filter(([x, y]) => near(x, y, colour));
    face.drawn = drawn.length / points.length;
  }
  return { faces, shape: width / height };
}
"""

_HANG = """
() => {
  HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
  HTMLVideoElement.prototype.getVideoPlaybackQuality = () => ({ totalVideoFrames: 7 });
  ReadableStreamDefaultReader.prototype.read = () => new Promise(() => {});
}
"""


@dataclass
class Traffic:
    """What went over the camera's WebSocket."""

    sent: int = 0
    received: int = 0
    most_in_flight: int = 0

    def watch(self, socket: WebSocket) -> None:
        if CAMERA_PATH in socket.url:
            socket.on("framesent", self._out)
            socket.on("framereceived", self._in)

    def _out(self, _: object) -> None:
        self.sent += 1
        self.most_in_flight = max(self.most_in_flight, self.sent - self.received)

    def _in(self, _: object) -> None:
        self.received += 1


@dataclass
class LivePage:
    """The live page in the browser."""

    page: Page
    traffic: Traffic
    errors: list[str] = field(default_factory=list)
    held: list[Route] = field(default_factory=list)

    def let_go(self) -> None:
        """Answers the requests that were held, once they have come."""
        for _ in range(PATIENCE // 50):
            if self.held:
                break
            self.page.wait_for_timeout(50)
        while self.held:
            self.held.pop().continue_()

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def start(self) -> None:
        button = self.button("Start")
        button.wait_for(timeout=PATIENCE)
        button.click(timeout=PATIENCE)

    def stop(self) -> None:
        self.button("Stop").click(timeout=PATIENCE)
        self.button("Start").wait_for(timeout=PATIENCE)

    def moment(self, width: int = 640) -> dict[str, Any] | None:
        """The people of the picture that is shown, each with `drawn`: the part of its frame that is there.

        Args:
            width: Of the camera's picture, in whose pixels the boxes are told.
        """
        colours: dict[str, tuple[int, ...]] = {label: style.colour[::-1] for label, style in STYLES.items()}
        colours["uncertain"] = UNCERTAIN.colour[::-1]
        moment: dict[str, Any] | None = self.page.evaluate(_MOMENT, [width, colours])
        return moment

    def counts(self) -> dict[str, str]:
        """The large numbers."""
        tiles = self.page.locator(".counts li").all()
        return {
            str(tile.get_attribute("data-count")): tile.locator(".number").inner_text()
            for tile in tiles
            if tile.is_visible()
        }

    def wait_for_counts(self, **expected: int) -> None:
        """Waits until the large numbers are these."""
        for name, number in expected.items():
            tile = self.page.locator(f".counts li[data-count={name}] .number")
            tile.get_by_text(str(number), exact=True).wait_for(timeout=PATIENCE)

    def wait_for_frames(self, number: int) -> None:
        """Waits until so many more pictures have been answered."""
        goal = self.traffic.received + number
        for _ in range(PATIENCE // 50):
            if self.traffic.received >= goal:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("no pictures were answered")

    def hide(self, hidden: bool = True) -> None:
        """Has the page believe that its tab is hidden, or shown again."""
        self.page.evaluate(
            "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });"
            " document.dispatchEvent(new Event('visibilitychange')); }",
            hidden,
        )

    def hang(self) -> None:
        """Has the camera give nothing any more, although it is on."""
        self.page.evaluate(_HANG)

    def tones(self) -> int:
        """How many tones were played."""
        return len(self.page.evaluate("window.seen.tones"))

    def tracks(self) -> list[str]:
        """The state of every camera track that the page ever got."""
        states: list[str] = self.page.evaluate("window.seen.tracks.map((track) => track.readyState)")
        return states

    def trouble(self) -> str:
        """The advice that stands where the picture would be."""
        text = self.page.locator(".lead.trouble")
        text.wait_for(timeout=PATIENCE)
        return str(text.inner_text())


class Browser(AbstractContextManager["Browser"]):
    """Starts Chromium once for each page: the camera is a matter of its command line."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._playwright = self._open.enter_context(sync_playwright())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def open(
        self,
        url: str,
        camera: Path | None = None,
        *,
        arguments: Sequence[str] = (),
        script: str = "",
        held: str = "",
        size: tuple[int, int] = (1280, 900),
        colour_scheme: str = "light",
    ) -> LivePage:
        """Opens a page.

        Args:
            url: Where.
            camera: Clip that the camera shows; None for no camera.
            arguments: More for Chromium.
            script: Runs before the page's own.
            held: Requests for addresses of this pattern wait for `let_go`.
            size: Of the window.
            colour_scheme: "light" or "dark", as the visitor's system asks for.
        """
        clip = [*_FAKE_CAMERA, f"--use-file-for-fake-video-capture={camera}"] if camera else []
        browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=[*_ARGUMENTS, *clip, *arguments]
        )
        self._open.callback(browser.close)
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if colour_scheme == "dark" else "light",
        )
        page.set_default_timeout(PATIENCE)
        page.add_init_script(_WATCH + script)
        live = LivePage(page, Traffic())
        page.on("websocket", live.traffic.watch)
        page.on("pageerror", lambda error: live.errors.append(str(error)))
        if held:
            page.route(held, lambda route: live.held.append(route))
        page.goto(url, timeout=PATIENCE)
        return live


def overlap(box: Sequence[float], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    both = max(0.0, float(width)) * max(0.0, float(height))
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    return both / (float(sum(areas)) - both)
