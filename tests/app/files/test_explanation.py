"""Asking for the reason of an answer, on the page as Streamlit makes it."""

from __future__ import annotations

import cv2
import pytest
from streamlit.testing.v1 import AppTest

from app.corrections.test_editor import PAGE, SECONDS, run
from fakes import BLUE, GREEN, scene

pytestmark = pytest.mark.usefixtures("fake_page")


def with_faces(squares: dict[tuple[int, int], tuple[int, int, int]]) -> AppTest:
    page = run(AppTest.from_file(str(PAGE), default_timeout=SECONDS))
    page = run(page.switch_page("files.py"))
    picture = cv2.imencode(".png", scene(squares))[1].tobytes()
    return run(page.file_uploader(key="uploads").set_value([("a.png", picture, "")]))


def explanations(page: AppTest) -> list[str]:
    return [text.value for text in page.markdown if text.value.startswith("The answer rests")]


def asking(page: AppTest) -> list[str]:
    return [str(button.key) for button in page.button if button.label == "Why?"]


def test_the_map_comes_when_it_is_asked_for_and_stays() -> None:
    page = with_faces({(1, 1): BLUE, (4, 2): GREEN})
    assert explanations(page) == []
    before = len(page.get("image"))
    (key,) = asking(page)
    page = run(page.button(key=key).click())
    assert len(explanations(page)) == 1
    assert len(page.get("image")) == before + 1
    assert len(explanations(run(page))) == 1, "another press elsewhere does not take it away"
    (face,) = [box for box in page.selectbox if box.label == "Why this answer?"]
    assert explanations(run(face.set_value(1))) == [], "of the other face nobody asked"


def test_one_face_needs_no_choice_and_none_no_button(monkeypatch: pytest.MonkeyPatch) -> None:
    page = with_faces({(1, 1): BLUE})
    assert [box.label for box in page.selectbox] == [
        "Face detector",
        "Mask classifier",
        "Remind while it lasts",
    ]
    assert len(asking(page)) == 1
    assert asking(with_faces({})) == []
    monkeypatch.setenv("MASKWATCH_CLASSIFY__CLASSIFIER", "none")
    assert asking(with_faces({(1, 1): BLUE})) == []
