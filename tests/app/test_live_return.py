"""What survives a reload of the live page, and what a kiosk does by itself."""

from __future__ import annotations

import pytest

from app.browsing import CHROMIUM, Browser, LivePage
from app.served import Server, ServerMaker
from maskwatch.people.zones import MOST_POINTS, MOST_ZONES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]

SHOWN = "() => window.seen.picture()?.dataset.people !== undefined"


def zone_labels(live: LivePage) -> list[str]:
    return [str(text) for text in live.page.locator(".zone-label").all_text_contents()]


def test_the_running_source_its_zones_and_the_settings_survive_a_reload(
    browser: Browser, fake_server: Server
) -> None:
    live = browser.open(fake_server.url)
    page = live.page
    live.button("Try the demo").click()
    page.wait_for_function(SHOWN)
    page.get_by_role("radio", name="Demo", checked=True).wait_for()
    page.get_by_label("Volume").fill("25")
    page.get_by_label("Sound of the alert").select_option("voice")
    live.button("Draw zones").click()
    live.button("Add a line").click()
    page.keyboard.press("Shift+ArrowUp")  # the first corner has the focus
    page.get_by_role("textbox", name="Name").fill("Door")
    live.button("Done").click()
    page.wait_for_function("() => document.activeElement !== null")
    page.locator(".places").wait_for()
    assert "Door" in page.locator(".places-list").text_content()  # type: ignore[operator]
    page.wait_for_function("() => localStorage['maskwatch.zones']?.includes('Door')")
    page.reload()
    page.wait_for_function(SHOWN)
    assert "source=demo" in page.url
    assert page.get_by_label("Volume").input_value() == "25"
    assert page.get_by_label("Sound of the alert").input_value() == "voice"
    page.locator(".places").wait_for()
    live.page.wait_for_function("() => true")
    assert any(label.startswith("Door") for label in zone_labels(live))
    live.stop()
    page.reload()
    live.button("Start").wait_for()
    page.wait_for_timeout(1500)
    assert live.button("Stop").is_disabled(), "what was stopped stays so"
    assert live.errors == []


def test_a_zone_of_no_use_is_told_and_stays_to_be_put_right(browser: Browser, fake_server: Server) -> None:
    live = browser.open(fake_server.url)
    live.button("Draw zones").click()
    live.button("Add a zone").click()
    live.button("Add a zone").click()
    live.page.get_by_role("textbox", name="Name").fill("Zone 1")
    live.button("Done").click()
    live.page.locator(".zone-error").get_by_text("2 zones have this name").wait_for()
    assert live.button("Done").is_visible()
    live.button("Delete").click()
    live.button("Done").click()
    live.page.locator(".zone-error").wait_for(state="hidden")
    live.page.locator(".places").wait_for()


def test_one_zone_too_many_is_told(browser: Browser, fake_server: Server) -> None:
    live = browser.open(fake_server.url)
    live.button("Draw zones").click()
    add = live.button("Add a zone")
    for _ in range(MOST_ZONES):
        add.click()
    told = live.page.locator(".zone-error")
    assert told.text_content() == ""
    add.click()
    told.get_by_text(f"There are {MOST_ZONES} zones at most").wait_for()
    live.button("Delete").click()
    assert told.text_content() == ""
    for _ in range(MOST_POINTS - 4):
        live.page.locator(".corner").first.press("Enter")
    assert told.text_content() == ""
    live.page.locator(".corner").first.press("Enter")
    told.get_by_text(f"There are {MOST_POINTS} corners at most").wait_for()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_a_kiosk_starts_by_itself_and_comes_back(
    browser: Browser,
    start_server: ServerMaker,
    fake_environment: dict[str, str],
    size: tuple[int, int],
) -> None:
    first = start_server(**fake_environment)
    live = browser.open(f"{first.url}?kiosk=1&start=1&source=demo", size=size)
    page = live.page
    page.wait_for_function(SHOWN)
    assert page.locator(".kiosk-text").inner_text().startswith("Please")
    box = page.locator(".live").bounding_box()
    assert box == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
    assert not page.get_by_role("radio", name="Demo").is_visible()
    first.kill()
    page.get_by_text("No picture since").wait_for()
    assert "connection to maskwatch is lost" in page.locator(".lost-reason").inner_text()
    start_server(first.port, **fake_environment)
    page.locator(".lost").wait_for(state="hidden")
    page.wait_for_function(SHOWN)
    assert live.errors == []
