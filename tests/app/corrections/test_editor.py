"""Correcting pictures on the page, as Streamlit makes it, without a browser."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import maskwatch.app
from clips import write_clip
from fakes import BLUE, GREEN, RED, box, scene
from maskwatch.app import visitor
from maskwatch.app.live import tickets
from maskwatch.data.dataset import read_dataset
from maskwatch.results import Result
from maskwatch.sources.images import read_image
from maskwatch.types import Frame

PAGE = Path(maskwatch.app.__file__).parent / "pages" / "main.py"
SECONDS = 60
THREE = scene({(1, 1): BLUE, (4, 2): GREEN, (8, 5): RED})
SWITCH = "keep_corrections"


pytestmark = pytest.mark.usefixtures("fake_page")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor sits at this computer."""
    monkeypatch.setattr(visitor, "is_local", lambda: True)


def run(acted: Any) -> AppTest:
    """The page after what was done to it."""
    page: AppTest = acted.run()
    assert not page.exception, page.exception
    return page


def with_picture(on: bool = True) -> AppTest:
    page = run(AppTest.from_file(str(PAGE), default_timeout=SECONDS))
    page = run(page.switch_page("files.py"))
    page.file_uploader(key="uploads").set_value([("three.png", cv2.imencode(".png", THREE)[1].tobytes(), "")])
    run(page)
    if on:
        run(page.toggle(key=SWITCH).set_value(True))
    return page


def faces(page: AppTest) -> Any:
    (pills,) = [group for group in page.button_group if group.label == "Which face is wrong?"]
    return pills


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return run(button.click())


def sidebar(page: AppTest) -> str:
    return "\n".join(text.value for text in page.sidebar.caption).replace("\\", "")


def labels(folder: Path) -> dict[str, list[dict[str, Any]]]:
    content: dict[str, list[dict[str, Any]]] = json.loads((folder / "labels.json").read_text())
    return content


@pytest.mark.usefixtures("here")
class TestAtThisComputer:
    """What the visitor at the computer itself can do."""

    def test_nothing_is_stored_before_the_switch_is_on(self, tmp_path: Path) -> None:
        page = with_picture(on=False)
        assert "nothing is stored" in sidebar(page)
        assert not [group for group in page.button_group if group.label == "Which face is wrong?"]
        notice = " ".join(text.value for text in page.markdown).replace("\\", "")
        assert "faces of the people" in notice
        assert str(tmp_path / "corrections") in notice, "where it would be"
        press(page, "Keep the pictures that I correct")
        assert page.toggle(key=SWITCH).value is True
        assert str(tmp_path / "corrections") in sidebar(page)
        assert not (tmp_path / "corrections").exists(), "turning it on stores nothing yet"

    def test_two_clicks_keep_a_picture_that_training_reads(self, tmp_path: Path) -> None:
        page = with_picture()
        assert len(faces(page).options) == 4, "three faces and a missed one"
        run(faces(page).set_value(1))
        press(page, "! Worn wrongly")
        (sample,) = read_dataset(tmp_path / "corrections").samples
        np.testing.assert_array_equal(read_image(sample.path), THREE)
        kept = labels(tmp_path / "corrections")["annotations"]
        assert len(kept) == 3
        assert [row["by"] for row in kept].count("person") == 1
        (changed,) = [row for row in kept if row["by"] == "person"]
        assert changed["category_id"] == 3
        assert "1 face corrected, 2 as the model says" in page.success[0].value
        assert any("corrected" in str(option) for option in faces(page).options)
        table = page.sidebar.table[0].value
        assert dict(zip(table.iloc[:, 0], table["You"], strict=True))["! Worn wrongly"] == "1"

    def test_what_is_no_face_is_left_out(self, tmp_path: Path) -> None:
        page = with_picture()
        run(faces(page).set_value(0))
        press(page, "Not a face")
        content = labels(tmp_path / "corrections")
        assert len(content["annotations"]) == 2
        assert len(content["images"][0]["not_faces"]) == 1

    def test_a_missed_face_is_added_with_its_frame(self, tmp_path: Path) -> None:
        page = with_picture()
        run(faces(page).set_value(-1))
        across, down = [slider for slider in page.slider if slider.key and "missed" in slider.key]
        across.set_value((200, 240))
        run(down.set_value((20, 60)))
        press(page, "\u00d7 No mask")
        (added,) = [row for row in labels(tmp_path / "corrections")["annotations"] if row["by"] == "person"]
        assert added["bbox"] == [200, 20, 40, 40]
        assert "score" not in added
        assert len(faces(page).options) == 5
        assert faces(page).value == 3, "the new face is the chosen one"

    def test_a_frame_is_moved(self, tmp_path: Path) -> None:
        page = with_picture()
        found = page.session_state["workspace"].jobs.values()
        (job,) = found
        first = job.faces.boxes[0].tolist()
        assert first in [box(1, 1), box(4, 2), box(8, 5)]
        run(faces(page).set_value(0))
        (toggle,) = [toggle for toggle in page.toggle if toggle.label == "Its frame is wrong"]
        run(toggle.set_value(True))
        assert [list(slider.value) for slider in page.slider if "(seconds)" not in slider.label] == [
            [first[0], first[2]],
            [first[1], first[3]],
        ]
        (across,) = [slider for slider in page.slider if slider.label == "Left and right side"]
        run(across.set_value((int(first[0]) + 2, int(first[2]) + 4)))
        press(page, "Keep this frame")
        (moved,) = [row for row in labels(tmp_path / "corrections")["annotations"] if row["by"] == "person"]
        assert moved["bbox"] == [first[0] + 2, first[1], 34, 32]

    def test_it_can_be_taken_back(self, tmp_path: Path) -> None:
        page = with_picture()
        run(faces(page).set_value(0))
        press(page, "Not a face")
        press(page, "Take it back")
        assert labels(tmp_path / "corrections")["images"] == []
        assert not list((tmp_path / "corrections" / "images").iterdir())
        assert not any("corrected" in str(option) for option in faces(page).options)

    def test_everything_can_be_taken_away_and_deleted(self, tmp_path: Path) -> None:
        page = with_picture()
        run(faces(page).set_value(0))
        press(page, "Not a face")
        assert "Download (ZIP)" in [button.label for button in page.download_button]
        press(page, "Delete for good")
        assert not (tmp_path / "corrections").exists()
        assert not page.success, "nothing claims to be kept"
        assert not [button for button in page.download_button if button.label == "Download (ZIP)"]

    def test_a_folder_that_cannot_be_used_gives_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("MASKWATCH_COLLECT__FOLDER", str(tmp_path / "file" / "kept"))
        page = with_picture()
        run(faces(page).set_value(0))
        press(page, "Not a face")
        (error,) = page.error
        assert "collect.folder" in error.value.replace("\\", "")
        assert not page.success

    def test_off_does_not_claim_that_nothing_is_there(self, tmp_path: Path) -> None:
        page = with_picture()
        run(faces(page).set_value(0))
        press(page, "Not a face")
        run(page.toggle(key=SWITCH).set_value(False))
        assert "nothing more is stored" in sidebar(page)
        assert f"1 picture from before in the folder {tmp_path / 'corrections'}" in sidebar(page)

    def test_without_a_setting_they_go_to_the_users_data(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("MASKWATCH_COLLECT__FOLDER")
        place = tmp_path / "data"
        monkeypatch.setattr("maskwatch.settings.user_data_path", lambda *_, **__: place)
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        page = with_picture()
        assert str(place / "corrections") in sidebar(page)
        assert not page.sidebar.info
        run(faces(page).set_value(0))
        press(page, "Not a face")
        assert len(labels(place / "corrections")["images"]) == 1
        assert not list((tmp_path / "here").iterdir())

    @pytest.mark.parametrize(("both", "advice"), [(False, "move it to"), (True, "set collect.folder")])
    def test_an_old_folder_is_told_of(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, both: bool, advice: str
    ) -> None:
        monkeypatch.delenv("MASKWATCH_COLLECT__FOLDER")
        monkeypatch.setattr("maskwatch.settings.user_data_path", lambda *_, **__: tmp_path / "data")
        (tmp_path / "corrections").mkdir()
        (tmp_path / "corrections" / "labels.json").write_text("{}")
        if both:
            (tmp_path / "data" / "corrections").mkdir(parents=True)
        (note,) = with_picture(on=False).sidebar.info
        assert str(tmp_path / "corrections") in note.value.replace("\\", "")
        assert advice in note.value.replace("\\", "")

    def test_the_settings_can_turn_it_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_COLLECT__ENABLED", "1")
        assert with_picture(on=False).toggle(key=SWITCH).value is True


class TestFromElsewhere:
    """Visitors of another computer."""

    def test_they_can_have_nothing_stored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_COLLECT__ENABLED", "1")
        page = with_picture(on=False)
        assert SWITCH not in [toggle.key for toggle in page.toggle]
        assert not [group for group in page.button_group if group.label == "Which face is wrong?"]

    def test_where_they_may_they_add_and_see_nothing_of_others(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("MASKWATCH_COLLECT__SHARE", "1")
        page = with_picture()
        assert str(tmp_path) not in sidebar(page)
        run(faces(page).set_value(0))
        press(page, "Not a face")
        assert len(labels(tmp_path / "corrections")["images"]) == 1
        assert not page.sidebar.table
        assert "Delete for good" not in [button.label for button in page.button]
        assert "Download (ZIP)" not in [button.label for button in page.download_button]


def faces_shown(page: AppTest) -> bool:
    return any(group.label == "Which face is wrong?" for group in page.button_group)


@pytest.mark.usefixtures("here")
class TestFrames:
    """Frames of videos and live pictures."""

    def test_a_frame_of_a_video(self, tmp_path: Path) -> None:
        empty = scene({})
        clip = write_clip(tmp_path / "in.mp4", [empty] * 10 + [THREE] * 10)
        page = run(AppTest.from_file(str(PAGE), default_timeout=SECONDS))
        page = run(page.switch_page("files.py"))
        run(page.file_uploader(key="uploads").set_value([("in.mp4", clip.read_bytes(), "")]))
        end = time.monotonic() + SECONDS
        while not page.metric:
            assert time.monotonic() < end, "the video was never done"
            time.sleep(0.1)
            run(page)
        run(page.toggle(key=SWITCH).set_value(True))
        assert len(faces(page).options) == 1, "nobody in the first frame"
        (moment,) = [slider for slider in page.slider if slider.label == "Time in the video"]
        run(moment.set_value(1.5))
        assert len(faces(page).options) == 4
        run(faces(page).set_value(0))
        press(page, "Not a face")
        (picture,) = labels(tmp_path / "corrections")["images"]
        assert picture["taken_from"].startswith("in.mp4 at ")
        assert picture["group"]
        (sample,) = read_dataset(tmp_path / "corrections").samples
        assert len(sample.boxes) == 2

    def test_a_live_picture_is_frozen(self, tmp_path: Path) -> None:
        page = run(AppTest.from_file(str(PAGE), default_timeout=SECONDS))
        (component,) = page.get("bidi_component")
        ticket = tickets.find_ticket(json.loads(component.proto.json)["token"])
        assert ticket is not None
        result = Result(Frame(THREE), ticket.setup.engine.detect(THREE))
        ticket.update_latest(result)
        assert ticket.latest is None, "nothing is held before the switch is on"
        run(page.toggle(key=SWITCH).set_value(True))
        press(page, "Freeze the picture")
        assert not faces_shown(page), "nothing was shown yet"
        ticket.update_latest(result)
        press(page, "Freeze the picture")
        run(faces(page).set_value(1))
        press(page, "Not a face")
        (picture,) = labels(tmp_path / "corrections")["images"]
        assert picture["taken_from"] == "live picture"
        run(page.toggle(key=SWITCH).set_value(False))
        assert ticket.latest is None
        assert not faces_shown(page)
