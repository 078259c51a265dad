"""The page of photos and videos in a real browser, with the models that maskwatch ships."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import cv2
import pytest

from app.browsing import CHROMIUM, Browser
from app.served import Server, ServerMaker
from clips import write_clip
from fakes import BLUE, GREEN
from fakes import scene as squares
from made.scenes import Place, scene
from maskwatch.data.dataset import read_dataset
from maskwatch.types import LABELS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


def test_pictures_come_back_with_their_findings(
    browser: Browser, real_server: Server, tmp_path: Path
) -> None:
    made = scene([Place("none", x=180, y=200), Place("correct", x=440, y=210)])
    good, bad = tmp_path / "two.png", tmp_path / "notes.jpg"
    cv2.imwrite(str(good), made.image)
    bad.write_text("hello")
    page = browser.open(f"{real_server.url}files").page
    page.locator("input[type=file]").set_input_files([str(good), str(bad)])
    page.get_by_text("notes.jpg: not a picture").wait_for()
    page.get_by_alt_text(re.compile(r"two\.png: . 1 masked, . 1 no mask")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON lines").click()
    assert download.value.suggested_filename == "two.jsonl"
    record = json.loads(Path(download.value.path()).read_text())
    assert sorted(face["label"] for face in record["faces"]) == ["with_mask", "without_mask"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture").click()
    marked = cv2.imread(str(download.value.path()))
    assert marked is not None
    assert marked.shape == made.image.shape
    assert (marked != made.image).any()


def test_an_answer_is_corrected_by_keyboard_alone(
    browser: Browser, start_server: ServerMaker, fake_environment: dict[str, str], tmp_path: Path
) -> None:
    server = start_server(**fake_environment)
    picture = tmp_path / "two.png"
    cv2.imwrite(str(picture), squares({(1, 1): BLUE, (5, 4): GREEN}))
    page = browser.open(f"{server.url}files").page
    page.locator("input[type=file]").set_input_files(str(picture))
    page.get_by_role("group").filter(has_text="Correct it").locator("summary").press("Enter")
    page.get_by_role("button", name="Keep the pictures that I correct").press("Enter")
    faces = page.get_by_role("radiogroup", name="Which face is wrong?")
    faces.get_by_role("radio").nth(1).press("Enter")
    page.get_by_role("button", name="! Worn wrongly").press("Enter")
    page.get_by_role("status").filter(has_text="Kept: 1 face corrected, 1 as the model says.").wait_for()
    faces.get_by_role("radio", name="Worn wrongly, corrected").wait_for()
    (sample,) = read_dataset(tmp_path / "corrections").samples
    assert len(sample.boxes) == 2
    assert LABELS.index("mask_worn_incorrectly") in sample.states


def test_a_missed_face_is_drawn_by_mouse_and_moved_by_keys(
    browser: Browser, start_server: ServerMaker, fake_environment: dict[str, str], tmp_path: Path
) -> None:
    server = start_server(**fake_environment)
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), squares({(1, 1): BLUE}))
    page = browser.open(f"{server.url}files").page
    page.locator("input[type=file]").set_input_files(str(picture))
    page.get_by_role("group").filter(has_text="Correct it").locator("summary").click()
    page.get_by_role("button", name="Keep the pictures that I correct").click()
    faces = page.get_by_role("radiogroup", name="Which face is wrong?")
    faces.get_by_role("radio", name="+ A face was missed").click()
    frame = page.get_by_role("group", name="The frame of the missed face")
    frame.wait_for()
    page.wait_for_timeout(1000)  # until nothing moves any more
    stage = page.locator(".stage").filter(has=frame)
    stage.scroll_into_view_if_needed()
    area = stage.bounding_box()
    assert area is not None
    height, width = squares({}).shape[:2]

    def to(x: float, y: float) -> None:
        assert area is not None
        page.mouse.move(area["x"] + x / width * area["width"], area["y"] + y / height * area["height"])

    def drag(start: tuple[float, float], end: tuple[float, float]) -> list[int]:
        before = frame.get_attribute("aria-label")
        to(*start)
        page.mouse.down()
        to(*((a + b) / 2 for a, b in zip(start, end, strict=True)))
        to(*end)
        page.mouse.up()
        return changed(before)

    def changed(before: str | None) -> list[int]:
        for _ in range(200):
            if (label := frame.get_attribute("aria-label")) != before:
                break
            page.wait_for_timeout(50)
        page.wait_for_timeout(1500)  # until the page has run
        assert label == frame.get_attribute("aria-label"), "the page moved it back"
        return [int(number) for number in re.findall(r"\d+", label or "")]

    drawn = drag((200, 20), (240, 70))
    assert drawn == pytest.approx([200, 20, 240, 70], abs=2)
    sliders = page.get_by_role("slider", name="Left and right side")
    assert [int(sliders.nth(n).input_value()) for n in (0, 1)] == pytest.approx([200, 240], abs=2)
    moved = drag((220, 45), (210, 55))
    assert moved == pytest.approx([190, 30, 230, 80], abs=2)
    pulled = drag((230, 80), (250, 100))
    assert pulled == pytest.approx([190, 30, 250, 100], abs=3)
    before = frame.get_attribute("aria-label")
    frame.press("ArrowLeft")
    left = changed(before)
    assert left[0] < pulled[0]
    assert left[2] - left[0] == pytest.approx(pulled[2] - pulled[0], abs=1)
    page.get_by_role("button", name="\u00d7 No mask").click()
    page.get_by_role("status").filter(has_text="1 face corrected").wait_for()
    (sample,) = read_dataset(tmp_path / "corrections").samples
    boxes = sample.boxes.round().astype(int).tolist()
    assert any(box == pytest.approx(left, abs=1) for box in boxes)


def test_a_video_shows_how_far_it_is_and_can_be_cancelled(browser: Browser, real_server: Server) -> None:
    page = browser.open(f"{real_server.url}files").page
    page.get_by_role("button", name="Nothing at hand? Try the demo clip").click()
    page.get_by_text("Frame ").wait_for()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("Cancelled.").wait_for()
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Frame ").wait_for()
    page.get_by_role("button", name="Remove demo.mp4").click()
    page.get_by_role("button", name="Nothing at hand? Try the demo clip").wait_for()


def test_a_click_on_the_timeline_moves_the_video_and_so_do_keys(
    browser: Browser, fake_server: Server, tmp_path: Path
) -> None:
    frames = [squares({(1, 1): BLUE, (5, 4): GREEN if n < 60 else BLUE}) for n in range(100)]
    clip = write_clip(tmp_path / "two.mp4", frames, fps=10)
    live = browser.open(f"{fake_server.url}files")
    page = live.page
    page.locator("input[type=file]").set_input_files(str(clip))
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 1")

    def wait_for(t: float) -> None:
        page.wait_for_function(
            "(t) => Math.abs(document.querySelector('video').currentTime - t) < 0.11", arg=t
        )

    bars = page.get_by_role("button", name=re.compile("^Person 2: "))
    bars.first.wait_for()
    bare, after = bars.all()
    assert re.fullmatch("Person 2: no mask from 0:00 to 0:0[67]", bare.get_attribute("aria-label") or "")
    area = bare.bounding_box()
    assert area is not None
    bare.click(position={"x": 0.75 * area["width"], "y": 5})
    start = float(after.get_attribute("data-start") or 0)
    assert start == pytest.approx(6.0, abs=1.0)
    wait_for(0.75 * start)
    assert float(page.locator(".rows").evaluate("(rows) => rows.style.getPropertyValue('--at')")) > 0.4
    bare.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for(start)
    page.get_by_role("button", name="Show 0:03 in the video").click()
    wait_for(3.0)
    assert page.locator("video").evaluate("(video) => video.paused")
    assert live.errors == []


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_what_visitors_brought_goes_with_the_server(
    browser: Browser, start_server: ServerMaker, fake_environment: dict[str, str], tmp_path: Path
) -> None:
    server = start_server(**fake_environment)
    page = browser.open(f"{server.url}files").page
    page.get_by_role("button", name="Nothing at hand? Try the demo clip").click()
    page.get_by_role("button", name="Remove demo.mp4").wait_for()
    (folder,) = tmp_path.glob("maskwatch-*")
    assert any(folder.iterdir())
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)
    assert not folder.exists()


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_closed_terminal_takes_them_along_and_a_killed_server_leaves_them_to_the_next(
    browser: Browser, start_server: ServerMaker, fake_environment: dict[str, str], tmp_path: Path
) -> None:
    def upload(server: Server) -> Path:
        page = browser.open(f"{server.url}files").page
        page.get_by_role("button", name="Nothing at hand? Try the demo clip").click()
        page.get_by_role("button", name="Remove demo.mp4").wait_for()
        (folder,) = tmp_path.glob("maskwatch-*")
        assert list(folder.rglob("*.mp4"))
        return folder

    first = start_server(**fake_environment)
    folder = upload(first)
    first.process.send_signal(signal.SIGHUP)
    first.process.wait(30)
    assert not folder.exists()
    second = start_server(**fake_environment)
    folder = upload(second)
    second.kill()
    assert folder.exists()
    start_server(**fake_environment)
    assert not folder.exists()
