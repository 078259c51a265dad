"""The pages as Streamlit makes them, without a browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import maskwatch.app
from app.served import jpeg
from clips import write_clip
from fakes import BLUE, GREEN, RED, scene
from maskwatch import crash_log
from maskwatch.app import visitor
from maskwatch.app.files import workspace
from maskwatch.app.live import cameras, server_source, tickets
from maskwatch.app.live.cameras import ServerCamera
from maskwatch.app.live.tickets import Ticket
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.factory import load

PAGE = Path(maskwatch.app.__file__).parent / "pages" / "main.py"
SECONDS = 60
THREE = scene({(1, 1): BLUE, (4, 2): GREEN, (8, 5): RED})
Maker = Callable[[], AppTest]


pytestmark = pytest.mark.usefixtures("fake_page")


def first_page() -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=SECONDS).run()
    assert not page.exception, page.exception
    return page


def files_page() -> AppTest:
    page = first_page().switch_page("files.py").run()
    assert not page.exception, page.exception
    return page


def element(page: AppTest) -> dict[str, Any] | None:
    """What the live element is told, if it is there."""
    found = page.get("bidi_component")
    data: dict[str, Any] | None = json.loads(found[0].proto.json) if found else None
    return data


def ticket(page: AppTest) -> Ticket:
    data = element(page)
    assert data is not None
    found = tickets.find_ticket(data["token"])
    assert found is not None
    return found


def uploaded(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader(key="uploads").set_value([(name, data, "") for name, data in files]).run()
    assert not page.exception, page.exception
    return page


def shown(page: AppTest) -> str:
    return "\n".join(text.value for text in page.markdown).replace("\\", "")


def downloads(page: AppTest) -> list[str]:
    return [button.label for button in page.download_button]


class TestLivePage:
    """The first page."""

    def test_it_offers_the_browsers_camera_and_the_demo(self) -> None:
        page = first_page()
        assert page.title[0].value
        data = element(page)
        assert data is not None
        assert data["source"] == "camera"
        assert data["demo"] is True
        assert set(data["styles"]) == {
            *("with_mask", "without_mask", "mask_worn_incorrectly", "uncertain", "face")
        }
        assert [tile["key"] for tile in data["tiles"]] == ["masked", "unmasked", "wrong", "uncertain"]
        assert ticket(page).source is None

    def test_every_visitor_has_a_token_and_keeps_it(self) -> None:
        page, other = first_page(), first_page()
        own = ticket(page)
        assert own is not ticket(other)
        assert ticket(page.run()) is own

    def test_the_demo_can_be_chosen(self) -> None:
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Demo").run()
        assert (element(page) or {})["source"] == "chosen"
        assert ticket(page).source is not None

    def test_visitors_from_elsewhere_get_nothing_of_this_computer(self) -> None:
        kinds = first_page().segmented_control(key="source_kind").options
        assert kinds == ["My camera", "Demo"]

    def test_sources_can_be_shared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        kinds = first_page().segmented_control(key="source_kind").options
        assert set(kinds) > {"Network stream", "Camera of the server", "Video file"}

    def test_a_stream_is_shown_without_its_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Network stream").run()
        data = element(page)
        assert data is not None
        assert data["source_key"] == ""  # no address yet: Start is there and asks for it
        assert "address" in data["typed"]
        assert ticket(page).source is None
        page.text_input(key="stream").set_value("rtsp://me:secret@cam.local/live?key=hidden").run()
        assert page.text_input(key="stream").value == "rtsp://cam.local/live"
        page.run()  # the field keeps its text, the source its password
        text = json.dumps(element(page))
        assert "rtsp://cam.local/live" in text
        assert "secret" not in text
        assert "hidden" not in text
        source = ticket(page).source
        assert source is not None
        assert source.address == "rtsp://me:secret@cam.local/live?key=hidden"
        assert "secret" not in repr(source)
        page.text_input(key="stream").set_value("rtsp://cam.local/other").run()
        other = getattr(ticket(page).source, "address", "")
        assert other == "rtsp://cam.local/other", "no password of another"

    @pytest.mark.parametrize(
        ("kind", "key", "text", "message"),
        [
            ("Network stream", "stream", "cam.local", "looks like rtsp://"),
            ("Network stream", "stream", "file:///etc/passwd", "looks like rtsp://"),
            ("Video file", "file", "/nowhere/entrance.mp4", "no such file"),
        ],
    )
    def test_a_source_of_no_use_gives_one_line(
        self, monkeypatch: pytest.MonkeyPatch, kind: str, key: str, text: str, message: str
    ) -> None:
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        page = first_page()
        page.segmented_control(key="source_kind").set_value(kind).run()
        page.text_input(key=key).set_value(text).run()
        assert not page.exception
        (error,) = page.error
        assert message in error.value.replace("\\", "")
        assert (element(page) or {})["source_key"] == ""
        assert ticket(page).source is None

    def test_cameras_of_the_server_are_chosen_by_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        known = [ServerCamera(0, "HD Webcam"), ServerCamera(2, "Door")]
        monkeypatch.setattr(cameras, "server_cameras", lambda: known)
        monkeypatch.setattr(server_source, "first_picture", lambda _: THREE)
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Camera of the server").run()
        field = page.selectbox(key="named_camera")
        assert field.options == ["HD Webcam (camera 0)", "Door (camera 2)"]
        field.set_value(2).run()
        source = ticket(page).source
        assert source is not None
        assert (source.address, source.name) == ("2", "Door")
        page.button(key="camera_preview").click().run()
        assert len(page.get("image")) == 1

    def test_a_camera_that_cannot_be_opened_gives_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        monkeypatch.setattr(cameras, "server_cameras", lambda: [])
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Camera of the server").run()
        page.number_input(key="camera").set_value(63).run()
        page.button(key="camera_preview").click().run()
        (error,) = page.error
        assert "no camera 63" in error.value
        assert not page.exception

    def test_visitors_from_elsewhere_read_no_paths_of_this_computer(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        model = tmp_path / "models" / "mine.onnx"
        monkeypatch.setenv("MASKWATCH_DETECT__DETECTOR", str(model))
        (error,) = first_page().error
        assert "mine.onnx" in error.value.replace("\\", "")
        assert str(tmp_path) not in error.value.replace("\\", "")
        monkeypatch.setattr(visitor, "is_local", lambda: True)
        (error,) = first_page().error
        assert str(model) in error.value.replace("\\", "").replace("`", "")

    def test_what_nobody_foresaw_is_one_line_and_a_log(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("in /srv/secret/place")

        monkeypatch.setattr(crash_log, "log_file", lambda: tmp_path / "errors.log")
        monkeypatch.setattr("maskwatch.app.engines.load", fail)
        monkeypatch.setattr(visitor, "is_local", lambda: False)
        st.cache_resource.clear()
        (error,) = first_page().error
        assert "did not foresee" in error.value
        assert "secret" not in error.value
        assert "ZeroDivisionError: in /srv/secret/place" in (tmp_path / "errors.log").read_text()
        monkeypatch.setattr(visitor, "is_local", lambda: True)
        (error,) = first_page().error
        assert "ZeroDivisionError" in error.value

    def test_the_address_of_the_page_names_the_source(self, monkeypatch: pytest.MonkeyPatch) -> None:
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Demo").run()
        assert page.query_params["source"] == "demo"
        again = AppTest.from_file(str(PAGE), default_timeout=SECONDS)
        again.query_params["source"] = "demo"
        again.run()
        assert getattr(ticket(again).source, "name", "") == "the demo"
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Network stream").run()
        page.text_input(key="stream").set_value("rtsp://cam.local/live").run()
        assert page.query_params["address"] == "rtsp://cam.local/live"
        page.text_input(key="stream").set_value("rtsp://me:secret@cam.local/live").run()
        assert "address" not in page.query_params, "no passwords there"

    def test_an_address_opens_nothing_that_may_not_be_opened(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        clip = write_clip(tmp_path / "entrance.mp4", [THREE] * 3)
        for kiosk in ("0", "1"):
            page = AppTest.from_file(str(PAGE), default_timeout=SECONDS)
            page.query_params.update({"source": "file", "path": str(clip), "kiosk": kiosk})
            page.run()
            data = element(page)
            assert data is None or (data["source_key"] == "" and data["source"] == "camera")
            assert bool(page.error) == (kiosk == "1")
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        page = AppTest.from_file(str(PAGE), default_timeout=SECONDS)
        page.query_params.update({"source": "file", "path": str(clip), "kiosk": "1", "start": "1"})
        page.run()
        data = element(page)
        assert data is not None
        assert (data["source_key"], data["kiosk"], data["start"]) == ("entrance.mp4", True, True)
        assert not page.segmented_control, "a kiosk shows no controls"

    def test_zones_of_the_settings_stand_until_others_are_drawn(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        door = {"name": "Door", "kind": "zone", "points": [[0, 0], [1, 0], [1, 1]]}
        monkeypatch.setenv("MASKWATCH_ZONES", json.dumps([door]))
        page = first_page()
        data = element(page)
        assert data is not None
        assert [zone["name"] for zone in data["zones"]] == ["Door"]
        assert "[[zones]]" in data["zones_toml"]
        assert [zone.name for zone in ticket(page).setup.settings.zones] == ["Door"]

    def test_a_file_and_a_camera_of_the_server_can_be_chosen(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("MASKWATCH_APP__SHARE_SOURCES", "1")
        monkeypatch.setattr(cameras, "server_cameras", lambda: [])
        clip = write_clip(tmp_path / "entrance.mp4", [THREE] * 3)
        page = first_page()
        page.segmented_control(key="source_kind").set_value("Video file").run()
        page.text_input(key="file").set_value(str(clip)).run()
        assert (element(page) or {})["badge"] == "entrance.mp4"
        page.segmented_control(key="source_kind").set_value("Camera of the server").run()
        page.number_input(key="camera").set_value(2).run()
        source = ticket(page).source
        assert source is not None
        assert source.address == "2"


def classifier(page: AppTest) -> str:
    """The file of the classifier that looks at the live picture."""
    mask_classifier = ticket(page).setup.engine.classifier
    assert isinstance(mask_classifier, MobileNet)
    assert isinstance(mask_classifier.model.path, Path)
    return mask_classifier.model.path.name


class TestSettings:
    """The sidebar."""

    def test_a_threshold_is_used_at_once(self) -> None:
        page = first_page()
        before = ticket(page).setup
        page.toggle(key="own_threshold").set_value(True).run()
        page.slider(key="threshold").set_value(0.9).run()
        after = ticket(page).setup
        assert after != before
        assert after.engine.threshold == pytest.approx(0.9)
        page.toggle(key="own_threshold").set_value(False).run()
        assert ticket(page).setup == before

    def test_the_sliders_begin_at_the_models_own_thresholds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DETECT__DETECTOR", "DETECT__SIZE", "CLASSIFY__CLASSIFIER"):
            monkeypatch.delenv(f"MASKWATCH_{name}")
        page = first_page()
        before = ticket(page).setup
        page.toggle(key="own_threshold").set_value(True).run()
        live, stills = (load(live=live).threshold for live in (True, False))
        assert live is not None
        assert stills is not None
        assert live != stills
        assert page.slider(key="threshold").value == round(live, 2)
        assert page.slider(key="threshold_stills").value == round(stills, 2)
        assert ticket(page).setup == before, "the switch alone changes nothing"
        page.slider(key="threshold_stills").set_value(0.3).run()
        assert ticket(page).setup == before, "photos have a threshold of their own"
        assert page.session_state["choices"].picture_engine().threshold == pytest.approx(0.3)
        page.slider(key="threshold").set_value(0.8).run()
        page.selectbox(key="detector").set_value("ssd-fast").run()
        fast = load("ssd-fast", "mobilenet-fast", live=True).threshold
        assert fast is not None
        assert page.slider(key="threshold").value == round(fast, 2), "another model, another threshold"

    def test_a_detector_that_is_used_alone_tells_its_threshold_too(self) -> None:
        page = first_page()
        page.selectbox(key="classifier").set_value("none").run()
        assert not page.exception
        page.toggle(key="own_threshold").set_value(True).run()
        detector = ticket(page).setup.engine.detector
        assert page.slider(key="threshold").value == pytest.approx(detector.threshold, abs=0.005)  # type: ignore[attr-defined]

    def test_the_classifier_can_be_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        page = first_page()
        assert page.selectbox(key="classifier").options[0] == "classifier.onnx"
        page.selectbox(key="classifier").set_value("mobilenet-fast").run()
        assert classifier(page) == "mask_mobilenet_fast.onnx"
        page.selectbox(key="classifier").set_value("none").run()
        assert ticket(page).setup.engine.classifier is None
        assert not page.exception

    def test_fast_brings_the_fast_classifier_unless_another_was_chosen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = first_page()
        page.selectbox(key="detector").set_value("ssd-fast").run()
        assert classifier(page) == "classifier.onnx"  # the tests' own, from the environment
        monkeypatch.delenv("MASKWATCH_CLASSIFY__CLASSIFIER")
        page.run()
        assert classifier(page) == "mask_mobilenet_fast.onnx"
        page.selectbox(key="detector").set_value("ssd").run()
        assert classifier(page) == "mask_mobilenet.onnx"

    def test_the_alert_time_is_used_at_once(self) -> None:
        page = first_page()
        page.slider(key="alert_after").set_value(7.0).run()
        assert ticket(page).setup.settings.alerts.after == 7

    def test_the_other_alert_settings_are_used_at_once(self) -> None:
        page = first_page()
        page.toggle(key="alert_wrongly").set_value(True).run()
        page.slider(key="alert_wrong_after").set_value(4.0).run()
        page.selectbox(key="alert_remind").set_value(5.0).run()
        alerts = ticket(page).setup.settings.alerts
        assert (alerts.worn_wrongly, alerts.wrong_after, alerts.remind) == (True, 4.0, 5.0)
        page.selectbox(key="alert_remind").set_value(0.0).run()
        assert ticket(page).setup.settings.alerts.remind is None

    def test_visitors_with_the_same_settings_share_their_models(self) -> None:
        assert ticket(first_page()).setup == ticket(first_page()).setup

    def test_what_is_configured_is_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_DETECT__THRESHOLD", "0.75")
        monkeypatch.setenv("MASKWATCH_ALERTS__AFTER", "5")
        page = first_page()
        assert page.slider(key="threshold").value == 0.75
        assert page.slider(key="alert_after").value == 5
        assert ticket(page).setup.engine.threshold == 0.75

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("MASKWATCH_DETECT__DETECTOR", "nonsuch", "unknown detector"),
            ("MASKWATCH_DETECT__DETECTOR", "gone.onnx", "gone.onnx"),
            ("MASKWATCH_DETECT__THRESHOLD", "7", "detect.threshold"),
        ],
    )
    def test_a_wrong_setting_gives_one_line(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
    ) -> None:
        monkeypatch.setenv(name, value)
        page = first_page()
        (error,) = page.error
        assert message in error.value.replace("\\", "")
        assert "\n" not in error.value


class TestFilesPage:
    """Photos and videos."""

    def test_a_picture_gives_a_table_and_three_downloads(self) -> None:
        page = uploaded(files_page(), ("three.png", cv2.imencode(".png", THREE)[1].tobytes()))
        assert "three.png" in shown(page)
        assert "1 masked" in shown(page)
        (table,) = page.table
        assert list(table.value["Mask"]) != []
        assert {text.split(" ", 1)[1] for text in table.value["Mask"]} == {"Mask", "No mask", "Worn wrongly"}
        assert set(table.value["Certain"]) == {"yes"}
        labels = downloads(page)
        assert labels == ["Picture", "JSON lines", "CSV"]

    def test_bad_files_are_told_and_the_rest_goes_on(self) -> None:
        page = uploaded(
            files_page(),
            ("notes.jpg", b"hello"),
            ("cut.jpg", jpeg(THREE)[:900]),
            ("a*b*.png", b""),
            ("good.jpg", jpeg(THREE)),
        )
        errors = [error.value.replace("\\", "") for error in page.error]
        assert [error.split(":")[0] for error in errors] == ["notes.jpg", "cut.jpg", "a*b*.png"]
        assert "good.jpg" in shown(page)
        assert len(page.table) == 1

    def test_several_pictures_are_summed_up(self) -> None:
        page = uploaded(files_page(), ("a.jpg", jpeg(THREE)), ("b.jpg", jpeg(scene({(2, 2): BLUE}))))
        assert "2 pictures together" in shown(page)
        assert "2 masked" in shown(page)

    def test_a_video_is_worked_off_beside_the_page(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "in.mp4", [THREE] * 12, fps=4)
        page = uploaded(files_page(), ("in.mp4", clip.read_bytes()))
        end = time.monotonic() + SECONDS
        while not page.metric:
            assert time.monotonic() < end, "the video was never done"
            time.sleep(0.1)
            page.run()
        assert {metric.label.split(" ", 1)[1]: metric.value for metric in page.metric} == {
            **{"Masked": "1", "No mask": "1", "Worn wrongly": "1", "Unsure": "0"}
        }
        assert "3 people" in shown(page)
        assert "1 of 3 wear the mask right" in shown(page)
        (table,) = page.table
        assert list(table.value["Person"]) == ["1", "2", "3"]
        assert downloads(page) == ["Video", "People (CSV)", "JSON lines", "CSV"]
        assert not [button for button in page.button if button.label.startswith("Run again")]
        assert not page.exception

    def test_what_is_taken_from_the_list_is_deleted(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "in.mp4", [THREE] * 3, fps=4)
        page = uploaded(files_page(), ("in.mp4", clip.read_bytes()))
        files: workspace.Workspace = page.session_state["workspace"]
        assert len(files.jobs) == 1
        uploaded(page)
        assert files.jobs == {}
        assert list(files.folder.iterdir()) == []

    def test_results_survive_a_visit_to_the_other_page(self) -> None:
        page = uploaded(files_page(), ("three.jpg", jpeg(THREE)))
        page.switch_page("live.py").run()
        assert element(page) is not None
        page.switch_page("files.py").run()
        assert "three.jpg" in shown(page)
        (remove,) = [button for button in page.button if button.label.startswith("Remove")]
        remove.click().run()
        assert "three.jpg" not in shown(page)

    def test_the_demo_clip_can_be_tried(self) -> None:
        page = files_page()
        (button,) = [button for button in page.button if "demo" in button.label]
        button.click().run()
        assert not page.exception
        assert "demo.mp4" in shown(page)
