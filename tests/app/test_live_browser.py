"""The live page in a real browser, with a camera that shows made people.

Where the server is the `real_server`, the models are those that maskwatch ships, as users have them: these
tests also fail when the models take a clear, large face for something else. The `fake_server` has the tiny
models of `fakes`, whose answers are known to the pixel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fakes
from app.browsing import CHROMIUM, Browser, LivePage, overlap
from app.served import Server, ServerMaker
from clips import write_clip as write_video
from fakes import BLUE, GREEN, RED
from made.scenes import MadeScene, Place, Truth, scene, write_clip
from maskwatch.app.live.server_source import DEMO_CLIP
from maskwatch.sources.video import VideoFile
from maskwatch.types import LABELS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]

EVERYBODY = scene(
    [Place("none", x=120, y=180), Place("correct", x=320, y=200), Place("nose_out", x=520, y=200)], (640, 480)
)
_SQUARES = {(1, 3): BLUE, (4, 3): GREEN, (7, 3): RED}
SQUARES = MadeScene(
    fakes.scene(_SQUARES),
    Truth(np.array([fakes.box(*cell) for cell in _SQUARES], np.float32), np.arange(3), np.arange(3)),
)
UNMASKED = scene([Place("none", x=320, y=200)], (640, 480))
MASKED = scene([Place("correct", x=220, y=190), Place("correct", x=440, y=210)], (640, 480))
TONES = 3  # of one alert


def _clip(folder: Path, name: str, made: MadeScene) -> Path:
    path = folder / f"{name}.mjpeg"
    write_clip(path, [made] * 10)
    return path


@pytest.fixture(scope="session")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clip(tmp_path_factory.mktemp("camera"), "everybody", EVERYBODY)


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clip(tmp_path_factory.mktemp("camera"), "squares", SQUARES)


@pytest.fixture(scope="session")
def unmasked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clip(tmp_path_factory.mktemp("camera"), "unmasked", UNMASKED)


@pytest.fixture(scope="session")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clip(tmp_path_factory.mktemp("camera"), "masked", MASKED)


def _demo_width() -> int:
    return int(next(iter(VideoFile(str(DEMO_CLIP)))).image.shape[1])


def check_faces(live: LivePage, made: MadeScene) -> dict[str, bool]:
    """Every face of the truth is told, with its state, and framed where it is; and nothing else is.

    Returns:
        For each state, whether its face is certain.
    """
    height, width = made.image.shape[:2]
    moment = live.moment(width)
    assert moment is not None
    assert moment["shape"] == pytest.approx(width / height)
    faces = moment["faces"]
    assert len(faces) == len(made.boxes)
    certain = {}
    for box, state in zip(made.boxes, made.states, strict=True):
        face = max(faces, key=lambda face: overlap(face["box"], box))
        assert overlap(face["box"], box) > 0.5
        assert face["label"] == LABELS[state]
        least = 0.8 if face["certain"] else 0.3  # the frame of a doubtful face is dashed
        assert face["drawn"] > least, f"the frame of {face['label']} is not where it should be"
        certain[face["label"]] = face["certain"]
    return certain


class TestCamera:
    """The browser's camera."""

    def test_every_state_is_framed_and_counted(
        self, browser: Browser, fake_server: Server, squares: Path
    ) -> None:
        live = browser.open(fake_server.url, squares)
        live.start()
        live.wait_for_counts(masked=1, unmasked=1, wrong=1)
        assert live.counts() == {"masked": "1", "unmasked": "1", "wrong": "1", "uncertain": "0"}
        assert all(check_faces(live, SQUARES).values())
        live.page.locator(".announcer").get_by_text("Masked: 1, No mask: 1, Worn wrongly: 1").wait_for(
            state="attached"
        )

    def test_people_are_framed_and_counted(
        self, browser: Browser, real_server: Server, everybody: Path
    ) -> None:
        live = browser.open(real_server.url, everybody)
        live.start()
        live.wait_for_counts(masked=1, unmasked=1)
        for _ in range(3):
            live.wait_for_frames(5)
            certain = check_faces(live, EVERYBODY)
            assert certain["with_mask"]
            assert certain["without_mask"]
            # A mask below the nose is the hardest state: a model may say so and still be in doubt.
            where = "wrong" if certain["mask_worn_incorrectly"] else "uncertain"
            assert live.counts()[where] == "1"
        assert live.page.locator(".latency").inner_text().endswith(" ms")
        assert float(live.page.locator(".fps").inner_text()) > 0
        assert live.traffic.most_in_flight == 1
        assert live.errors == []

    def test_the_mirror_turns_picture_and_frames(
        self, browser: Browser, real_server: Server, everybody: Path
    ) -> None:
        live = browser.open(real_server.url, everybody)
        live.start()
        live.wait_for_counts(unmasked=1)
        live.page.get_by_label("Mirror").check()
        live.wait_for_frames(3)
        moment = live.moment()
        assert moment is not None
        # The boxes are told in pixels of the camera; drawn, they stand on the other side.
        (left,) = [face for face in moment["faces"] if face["label"] == "without_mask"]
        assert left["drawn"] < 0.3

    def test_stop_frees_the_camera_and_start_works_again(
        self, browser: Browser, real_server: Server, masked: Path
    ) -> None:
        live = browser.open(real_server.url, masked)
        live.start()
        live.wait_for_counts(masked=2)
        assert live.tracks() == ["live"]
        live.stop()
        assert live.tracks() == ["ended"]
        sent = live.traffic.sent
        live.page.wait_for_timeout(1000)
        assert live.traffic.sent == sent
        assert live.moment() is None
        assert not any(number.isdigit() for number in live.counts().values())
        live.start()
        live.wait_for_counts(masked=2)
        assert live.tracks() == ["ended", "live"]

    def test_leaving_the_page_frees_the_camera(
        self, browser: Browser, real_server: Server, masked: Path
    ) -> None:
        live = browser.open(real_server.url, masked)
        live.start()
        live.wait_for_counts(masked=2)
        live.page.get_by_role("link", name="Photos and videos").first.click()
        live.page.get_by_text("Drop photos and videos here").wait_for()
        assert live.tracks() == ["ended"]

    def test_a_hidden_tab_goes_on_watching_and_sounding(
        self, browser: Browser, real_server: Server, unmasked: Path
    ) -> None:
        live = browser.open(real_server.url, unmasked)
        live.button("Start").wait_for()
        live.hide()
        live.page.evaluate("HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0")
        live.start()
        live.wait_for_frames(5)
        live.page.wait_for_function("document.title.includes('Person 1 no mask')")
        assert live.tones() == TONES
        assert live.tracks() == ["live"]
        live.hide(False)
        assert live.page.locator(".status").is_hidden(), "nothing was missed"
        live.button("Dismiss").click()
        live.page.wait_for_function("!document.title.includes('Person')")

    def test_what_was_missed_while_hidden_is_told(
        self, browser: Browser, fake_server: Server, squares: Path
    ) -> None:
        live = browser.open(fake_server.url, squares)
        live.start()
        live.wait_for_frames(3)
        live.hide()
        live.hang()
        live.page.wait_for_timeout(5000)
        live.hide(False)
        live.page.get_by_text("The browser paused watching for").wait_for()

    def test_a_changed_setting_does_not_disturb_the_picture(
        self, browser: Browser, real_server: Server, masked: Path
    ) -> None:
        live = browser.open(real_server.url, masked)
        live.start()
        live.wait_for_counts(masked=2)
        live.page.get_by_text("Set the face threshold myself").click()
        live.page.get_by_role("slider", name="Face threshold, live and videos").wait_for()
        live.wait_for_frames(5)
        assert live.tracks() == ["live"]


class TestAlert:
    """Sound and banner."""

    def test_one_unmasked_face_gives_one_alert(
        self, browser: Browser, real_server: Server, unmasked: Path
    ) -> None:
        live = browser.open(real_server.url, unmasked)
        live.start()
        live.wait_for_counts(unmasked=1)
        banner = live.page.get_by_role("alert").filter(has_text="without a mask")
        banner.wait_for()
        assert live.tones() == TONES
        live.page.wait_for_timeout(5000)
        assert live.tones() == TONES
        assert banner.count() == 1
        assert set(live.page.evaluate("window.seen.tones")) == {"running"}  # the click unlocked the sound
        live.button("Dismiss").click()
        live.wait_for_frames(5)
        assert not banner.is_visible()
        assert live.tones() == TONES

    def test_with_the_sound_off_the_banner_comes_alone(
        self, browser: Browser, real_server: Server, unmasked: Path
    ) -> None:
        live = browser.open(real_server.url, unmasked)
        live.page.get_by_label("Sound on").uncheck()
        live.start()
        live.page.get_by_role("alert").filter(has_text="without a mask").wait_for()
        assert live.tones() == 0
        live.button("Test sound").click()
        assert live.tones() == TONES

    def test_the_sound_can_be_switched_off_only_once_somebody_listens(
        self, browser: Browser, fake_server: Server
    ) -> None:
        live = browser.open(fake_server.url, held="**/element.js")
        box = live.page.get_by_label("Sound on")
        box.wait_for()
        assert box.is_disabled()
        live.let_go()
        box.uncheck()
        live.page.reload()
        live.let_go()
        live.button("Test sound").click()  # waits until somebody listens
        assert not box.is_checked()

    def test_masked_faces_give_none(self, browser: Browser, real_server: Server, masked: Path) -> None:
        live = browser.open(real_server.url, masked)
        live.start()
        live.wait_for_counts(masked=2, unmasked=0)
        live.page.wait_for_timeout(5000)
        live.wait_for_frames(5)
        assert live.tones() == 0
        assert live.page.locator(".banner").is_hidden()


class TestTrouble:
    """What people read when it does not work."""

    def test_no_camera(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(fake_server.url, arguments=["--use-fake-ui-for-media-stream"])
        live.start()
        assert "No camera was found" in live.trouble()
        assert live.button("Try the demo").is_visible()

    def test_no_permission(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(
            fake_server.url,
            arguments=["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
        )
        live.start()
        assert "did not give access" in live.trouble()

    @pytest.mark.parametrize(
        ("error", "message"),
        [("NotReadableError", "in use by another program"), ("TypeError", "could not be started")],
    )
    def test_other_errors(self, browser: Browser, fake_server: Server, error: str, message: str) -> None:
        script = f"devices.getUserMedia = async () => {{ throw new DOMException('x', '{error}'); }};"
        live = browser.open(fake_server.url, script=script)
        live.start()
        assert message in live.trouble()

    def test_an_insecure_address(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(
            f"http://cam.test:{fake_server.port}/", arguments=["--host-resolver-rules=MAP cam.test 127.0.0.1"]
        )
        live.start()
        assert "https://" in live.trouble()

    def test_a_camera_that_is_unplugged(self, browser: Browser, fake_server: Server, masked: Path) -> None:
        live = browser.open(fake_server.url, masked)
        live.start()
        live.wait_for_frames(2)
        live.page.evaluate("window.seen.tracks[0].dispatchEvent(new Event('ended'))")
        assert "unplugged" in live.trouble()

    def test_a_lost_server_is_told_and_found_again(
        self,
        browser: Browser,
        start_server: ServerMaker,
        fake_environment: dict[str, str],
        masked: Path,
    ) -> None:
        first = start_server(**fake_environment)
        live = browser.open(first.url, masked)
        live.start()
        live.wait_for_frames(2)
        first.kill()
        live.page.locator(".status").get_by_text("connection to maskwatch is lost").wait_for()
        start_server(first.port, **fake_environment)
        live.wait_for_frames(3)
        live.page.locator(".status").wait_for(state="hidden")
        assert live.tracks() == ["live"]


class TestDemo:
    """The clip that comes with maskwatch."""

    def test_one_click_shows_it_without_a_camera(self, browser: Browser, real_server: Server) -> None:
        live = browser.open(real_server.url)
        live.button("Try the demo").click()
        live.page.wait_for_function(
            "() => JSON.parse(window.seen.picture()?.dataset.people ?? '[]')"
            ".filter((one) => one.certain).length > 1"
        )
        assert live.page.locator(".badge").inner_text() == "Demo"
        moment = live.moment(_demo_width())
        assert moment is not None
        certain = [face for face in moment["faces"] if face["certain"]]
        assert certain
        assert max(face["drawn"] for face in certain) > 0.8
        live.stop()
        assert live.errors == []

    def test_it_is_chosen_then(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(fake_server.url)
        live.button("Try the demo").click()
        live.page.get_by_role("radio", name="Demo", checked=True).wait_for()
        live.page.wait_for_function("() => window.seen.picture()?.dataset.faces !== undefined")
        live.page.wait_for_timeout(1000)  # the new run of the page must not stop it
        assert live.button("Stop").is_visible()
        live.stop()
        assert "the demo" in live.page.locator(".lead").inner_text()
        live.start()
        live.page.wait_for_function("() => window.seen.picture()?.dataset.faces !== undefined")


class TestTypedSources:
    """Sources of the server that are typed: one field, one Start."""

    def test_start_takes_what_was_typed_without_enter(
        self, browser: Browser, fake_server: Server, tmp_path: Path
    ) -> None:
        clip = write_video(tmp_path / "entrance.mp4", [fakes.scene(_SQUARES)] * 5)
        live = browser.open(fake_server.url)
        live.page.get_by_role("radio", name="Video file").click()
        field = live.page.get_by_role("textbox", name="Path of the video")
        field.wait_for()
        live.start()
        assert "Enter the path of the video" in live.trouble()
        field.press_sequentially(str(clip))
        live.start()
        live.wait_for_counts(masked=1, unmasked=1, wrong=1)
        assert live.page.locator(".badge").inner_text() == "entrance.mp4"
        live.stop()
        field.fill(str(tmp_path / "gone.mp4"))
        live.start()
        live.page.get_by_text("gone.mp4: no such file on this computer").wait_for()
        assert live.errors == []

    def test_a_password_is_hidden_when_it_was_typed(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(fake_server.url)
        live.page.get_by_role("radio", name="Network stream").click()
        field = live.page.get_by_role("textbox", name="Address of the stream")
        field.press_sequentially("http://me:secret@127.0.0.1:9/live")
        live.start()
        assert "127.0.0.1:9/live" in live.trouble()  # nobody is there
        assert field.input_value() == "http://127.0.0.1:9/live"
        assert "secret" not in live.page.content()

    def test_examples_in_errors_are_no_links(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(fake_server.url)
        live.page.get_by_role("radio", name="Network stream").click()
        live.page.get_by_role("textbox", name="Address of the stream").fill("camera.local")
        live.page.keyboard.press("Enter")
        error = live.page.get_by_role("alert").filter(has_text="http://camera.local/video")
        error.wait_for()
        assert error.locator("a").count() == 0


class TestNarrow:
    """A phone."""

    @pytest.mark.parametrize("path", ["", "files"])
    def test_nothing_sticks_out(self, browser: Browser, fake_server: Server, path: str) -> None:
        live = browser.open(f"{fake_server.url}{path}", size=(390, 844))
        live.page.get_by_role("heading", level=1).wait_for()
        live.page.wait_for_timeout(500)
        widest = live.page.evaluate("document.querySelector('.stMain').scrollWidth")
        assert widest <= 390

    def test_the_page_switch_is_there(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(fake_server.url, size=(390, 844))
        live.page.get_by_role("link", name="Photos and videos", exact=True).click()
        live.page.get_by_role("heading", name="Photos and videos", level=1).wait_for()
        live.page.get_by_role("link", name="Live", exact=True).click()
        live.button("Start").wait_for()

    def test_start_is_on_the_first_screen(self, browser: Browser, fake_server: Server) -> None:
        live = browser.open(fake_server.url, size=(390, 844))
        live.button("Start").wait_for()
        box = live.button("Start").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 844
