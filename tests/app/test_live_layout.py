"""Picture, Stop, numbers and alert stand together on one screen, and nothing jumps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.browsing import CHROMIUM, Browser, LivePage
from app.served import Server
from fakes import BLUE, GREEN, scene
from made.scenes import MadeScene, Truth, write_clip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]

PARTS = (".stage", ".stop", ".speed", ".share", ".history", ".options")
Boxes = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody with and somebody without a mask."""
    nobody = Truth(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64))
    path = tmp_path_factory.mktemp("camera") / "two.mjpeg"
    write_clip(path, [MadeScene(scene({(2, 3): BLUE, (6, 3): GREEN}), nobody)] * 10)
    return path


def boxes(live: LivePage) -> Boxes:
    """Where everything stands, in CSS pixels of the window."""
    found: Boxes = {}
    for selector in (*PARTS, *(f".counts li[data-count={key}]" for key in KEYS)):
        box = live.page.locator(selector).bounding_box()
        assert box is not None, selector
        found[selector] = {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}
    return found


KEYS = ("masked", "unmasked", "wrong", "uncertain")


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720), (390, 844)])
def test_one_screen_holds_it_and_nothing_jumps(
    browser: Browser, fake_server: Server, two: Path, size: tuple[int, int]
) -> None:
    live = browser.open(fake_server.url, two, size=size)
    live.button("Start").wait_for()
    live.page.wait_for_timeout(500)
    idle = boxes(live)
    live.start()
    live.wait_for_counts(masked=1, unmasked=1)
    assert boxes(live) == idle, "running"
    banner = live.page.locator(".banner")
    banner.wait_for()
    live.page.wait_for_timeout(400)  # until it has faded in
    assert boxes(live) == idle, "alert"
    box = banner.bounding_box()
    assert box is not None
    stage = idle[".stage"]
    assert box["x"] >= stage["x"]
    assert box["y"] >= stage["y"]
    assert box["x"] + box["width"] <= stage["x"] + stage["width"]
    assert box["y"] + box["height"] <= stage["y"] + stage["height"]
    for selector, part in idle.items():
        if selector == ".options":
            continue
        assert part["x"] >= 0, selector
        assert part["y"] >= 60, f"{selector} is below the bar of the page"
        assert part["x"] + part["width"] <= size[0], selector
        assert part["y"] + part["height"] <= size[1], selector
    assert stage["height"] >= 200, "the picture can be seen"
    live.stop()
    live.page.wait_for_timeout(200)
    assert boxes(live) == idle, "stopped"
    assert live.errors == []


def test_a_lost_stream_shows_at_once(browser: Browser, fake_server: Server, two: Path) -> None:
    live = browser.open(fake_server.url, two)
    live.start()
    live.wait_for_counts(masked=1, unmasked=1)
    idle = boxes(live)
    live.hang()
    live.page.get_by_text("No picture since 3 s").wait_for()
    assert set(live.counts().values()) == {"\N{EN DASH}"}
    style = live.page.locator("canvas.picture").evaluate("(canvas) => getComputedStyle(canvas).filter")
    assert "grayscale" in style
    assert boxes(live) == idle
