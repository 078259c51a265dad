import numpy as np
import pytest

from fakes import box
from maskwatch.face_table import face_rows, html_table
from maskwatch.types import Faces

FACES = Faces(
    np.array([box(1, 1), box(3, 1), box(5, 1)], np.float32),
    np.array([0.9, 0.8, 0.7], np.float32),
    np.array([[0.9, 0.05, 0.05], [0.1, 0.85, 0.05], [0.4, 0.2, 0.4]], np.float32),
    np.array([None, None, "blurred"], np.object_),
)


def test_rows_say_the_class_by_symbol_and_word() -> None:
    rows = face_rows(list(FACES.records()))
    assert [row["Face"] for row in rows] == ["1", "2", "3"]
    assert [row["Mask"] for row in rows] == ["✓ Mask", "\u00d7 No mask", "✓ Mask"]
    assert [row["Confidence"] for row in rows] == ["90%", "85%", "40%"]
    assert [row["Certain"] for row in rows] == ["yes", "yes", "no: blurred"]
    assert [row["Face score"] for row in rows] == ["90%", "80%", "70%"]


def test_faces_that_nobody_classified() -> None:
    (row, *_) = face_rows(list(Faces(FACES.boxes, FACES.scores).records()))
    assert (row["Mask"], row["Confidence"], row["Certain"]) == ("Face", "", "not judged")


@pytest.mark.parametrize(
    ("faces", "text"),
    [
        (FACES, "3 faces: 1 masked, 1 unmasked, 0 worn wrongly, 1 uncertain"),
        (FACES[:1], "1 face: 1 masked, 0 unmasked, 0 worn wrongly, 0 uncertain"),
        (Faces(FACES.boxes, FACES.scores), "3 faces, not classified"),
        (Faces.empty(), "0 faces: 0 masked, 0 unmasked, 0 worn wrongly, 0 uncertain"),
    ],
)
def test_faces_show_themselves_in_a_terminal(faces: Faces, text: str) -> None:
    assert repr(faces) == text


def test_faces_show_themselves_in_a_notebook() -> None:
    html = FACES._repr_html_()
    assert html == html_table(list(FACES.records()), repr(FACES))
    assert "3 faces: 1 masked" in html
    assert html.count("<tr>") == 4
    for text in ("✓ Mask", "\u00d7 No mask", "no: blurred", "90%"):
        assert f"<td>{text}</td>" in html
    assert Faces.empty()._repr_html_().count("<tr>") == 0


def test_what_a_classifier_says_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.face_table._REASONS", {None: "<b>yes</b>"})
    html = html_table(list(FACES[:1].records()), repr(FACES[:1]))
    assert "<b>" not in html
    assert "&lt;b&gt;yes&lt;/b&gt;" in html


def test_a_crowd_is_cut() -> None:
    html = FACES[np.zeros(60, np.int64)]._repr_html_()
    assert "60 faces" in html
    assert "and 10 more" in html
    assert html.count("<tr>") == 52
