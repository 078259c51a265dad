"""Four people before a camera in a real browser, of whom one takes the mask off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.browsing import CHROMIUM, Browser, overlap
from app.served import Server
from made.portrait import Wearing
from made.scenes import MadeScene, Place, scene, write_clip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]

CAMERA_FPS = 30  # at which Chromium plays the clip
MASKED_SECONDS, BARE_SECONDS = 12, 40
WHO = 2  # takes the mask off
SWAY = 8  # pictures of one way of the sway
TONES = 3  # of one alert


def four(worn: Wearing, phase: int) -> MadeScene:
    """Four people side by side, who sway a little; the one who matters wears this."""
    places = []
    for number in range(4):
        wears: Wearing = worn if number == WHO else "correct"
        side = (1 if number % 2 else -1) * phase
        places.append(Place(wears, x=90 + 153 * number + side, y=190 + 25 * (number % 2), face=88))
    return scene(places, (640, 480))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All with a mask, then one without."""
    path = tmp_path_factory.mktemp("camera") / "four.mjpeg"
    made = {worn: [four(worn, phase) for phase in range(SWAY)] for worn in ("correct", "none")}
    frames = []
    for index in range(CAMERA_FPS * (MASKED_SECONDS + BARE_SECONDS)):
        worn = "correct" if index < CAMERA_FPS * MASKED_SECONDS else "none"
        step = index // 3 % (2 * SWAY)
        frames.append(made[worn][step if step < SWAY else 2 * SWAY - 1 - step])
    write_clip(path, frames)
    return path


def test_one_alert_for_the_right_person_and_right_counts(
    browser: Browser, real_server: Server, clip: Path
) -> None:
    live = browser.open(real_server.url, clip)
    live.start()
    live.wait_for_counts(masked=4, unmasked=0, wrong=0, uncertain=0)
    banners = live.page.locator(".banner")
    assert banners.count() == 0
    assert live.tones() == 0
    banners.first.wait_for()
    live.page.wait_for_timeout(5000)  # a second alert would come in this time
    assert banners.count() == 1
    assert live.tones() == TONES
    people = json.loads(live.page.evaluate("window.seen.picture().dataset.people"))
    text = banners.first.inner_text()
    (told,) = [one for one in people if f"Person {one['track_id']} " in text]
    assert told["state"] == "without_mask"
    assert overlap(told["box"], four("none", 0).boxes[WHO]) > 0.4
    live.wait_for_counts(masked=3, unmasked=1, wrong=0, uncertain=0)
    so_far = {
        str(tile.get_attribute("data-count")): tile.locator(".so-far").inner_text()
        for tile in live.page.locator(".counts li").all()
    }
    assert so_far == {
        "masked": "3 so far",
        "unmasked": "1 so far",
        "wrong": "0 so far",
        "uncertain": "0 so far",
    }
    assert live.errors == []
