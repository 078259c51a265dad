"""Text can be read: contrast by WCAG 2, level AA, of the colours of the theme and of the pages themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

import maskwatch.app.live.element
from app.browsing import CHROMIUM, Browser
from app.served import Server
from clips import write_clip
from fakes import BLUE, GREEN, RED, scene
from maskwatch.app.pages.theme import CAPTION_OPACITY, THEME

LEAST = 4.5
CSS = (Path(maskwatch.app.live.element.__file__).parent / "style.css").read_text(encoding="utf-8")
SCRIPT = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
BACKGROUNDS = ("backgroundColor", "secondaryBackgroundColor", "sidebar.backgroundColor")

Colour = tuple[float, float, float]


def rgb(text: str) -> Colour:
    red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def mixed(top: Colour, ground: Colour, opacity: float) -> Colour:
    red, green, blue = (opacity * a + (1 - opacity) * b for a, b in zip(top, ground, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_of_the_theme(scheme: str, background: str) -> None:
    ground = rgb(str(THEME[f"theme.{scheme}.{background}"]))
    ink = rgb(str(THEME[f"theme.{scheme}.textColor"]))
    accent = rgb(str(THEME[f"theme.{scheme}.primaryColor"]))
    assert contrast(ink, ground) >= LEAST
    assert contrast(mixed(ink, ground, CAPTION_OPACITY), ground) >= LEAST
    assert contrast(accent, ground) >= LEAST
    if background == "backgroundColor":  # the chosen part of a switch under the mouse: on a tint of itself
        assert contrast(accent, mixed(accent, ground, 0.2)) >= LEAST


def rules() -> Iterator[tuple[str, dict[str, str]]]:
    """The rules of the live element, but not those for some sizes of the window."""
    plain = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL).partition("@media")[0]
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain):
        yield selector.strip(), dict(re.findall(r"([\w-]+):\s*([^;]+)", body))


def test_letters_on_coloured_ground_of_the_live_element() -> None:
    checked = []
    values = next(found for selector, found in rules() if selector == ".live")
    for selector, found in rules():
        ground, ink = found.get("background", ""), found.get("color", "")
        ground = re.sub(r"var\((--accent)\)", lambda match: values[match[1]], ground)
        if re.fullmatch(r"#[0-9a-f]{6}", ground) and re.fullmatch(r"#[0-9a-f]{6}", ink):
            assert contrast(rgb(ink), rgb(ground)) >= LEAST, selector
            checked.append(selector)
    assert {".lead.trouble", ".primary", ".banner"} <= set(checked)
    stage = rgb(dict(rules())[".stage"]["background"])
    cover = rgb(dict(rules())[".cover"]["color"])
    faint = float(dict(rules())[".privacy"]["opacity"])
    assert contrast(mixed(cover, stage, faint), stage) >= LEAST


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
class TestPages:
    """Every text that a visitor sees."""

    def test_live(self, fake_server: Server, scheme: str) -> None:
        with Browser() as browser:
            live = browser.open(fake_server.url, colour_scheme=scheme)
            page = live.page
            live.button("Start").wait_for()
            page.get_by_text("Set the face threshold myself").click()
            page.get_by_role("slider", name="Face threshold, photos").wait_for()
            page.get_by_text("Keep the pictures that I correct").first.click()
            page.get_by_text("are stored on the computer").first.wait_for()
            page.get_by_role("radio", name="Network stream").click()
            page.get_by_role("textbox", name="Address of the stream").fill("camera.local")
            page.keyboard.press("Enter")
            page.get_by_role("alert").wait_for()
            page.wait_for_timeout(1500)  # until nothing is pale because it is made anew
            assert page.evaluate(SCRIPT) == []
            page.get_by_role("radio", name="Demo").click()
            live.start()
            page.wait_for_function("() => window.seen.picture()?.dataset.faces !== undefined")
            page.wait_for_timeout(1500)
            assert page.evaluate(SCRIPT) == []

    def test_files(self, fake_server: Server, scheme: str, tmp_path: Path) -> None:
        picture = tmp_path / "two.png"
        cv2.imwrite(str(picture), scene({(1, 1): BLUE, (5, 4): GREEN}))
        with Browser() as browser:
            page = browser.open(f"{fake_server.url}files", colour_scheme=scheme).page
            page.locator("input[type=file]").set_input_files(str(picture))
            page.get_by_role("button", name="JSON lines").wait_for()
            page.get_by_text("Correct it").click()
            page.get_by_text("Ask the people first").wait_for()
            page.wait_for_timeout(1500)
            assert page.evaluate(SCRIPT) == []

    def test_video(self, fake_server: Server, scheme: str, tmp_path: Path) -> None:
        frames = [
            scene({(1, 1): BLUE, (5, 4): GREEN, **({(8, 2): RED} if n > 20 else {})}) for n in range(50)
        ]
        clip = write_clip(tmp_path / "three.mp4", frames, fps=10)
        with Browser() as browser:
            page = browser.open(f"{fake_server.url}files", colour_scheme=scheme).page
            page.locator("input[type=file]").set_input_files(str(clip))
            page.get_by_role("button", name="Alert at 0:03").wait_for()
            page.get_by_text("Table of 3 people").click()
            page.wait_for_timeout(1500)
            assert page.evaluate(SCRIPT) == []
