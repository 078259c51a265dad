"""Texts as the page shows them."""

from __future__ import annotations

import pytest

from maskwatch.app.error_line import without_folders
from maskwatch.app.pages.wording import clock, escape_markdown, exact_duration, percent


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a*b*_c_.png", r"a\*b\*\_c\_\.png"),
        ("plain words", "plain words"),
        ("http://cam.local/video or", "`http://cam.local/video` or"),
        ("write to me@example.org!", r"write to `me@example.org`\!"),
        ("www.example.org.", r"`www.example.org`\."),
        ("a--b.jpg", "`a--b.jpg`"),
        (":smile:.jpg", "`:smile:.jpg`"),
        ("x`y--z", "`` x`y--z ``"),
        ("rtsp://camera", r"rtsp\://camera"),
    ],
)
def test_markdown_shows_it_unchanged(text: str, markdown: str) -> None:
    assert escape_markdown(text) == markdown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cannot read /srv/maskwatch/models/a.onnx: damaged", "cannot read a.onnx: damaged"),
        ("no such settings file: ~/private/maskwatch.toml", "no such settings file: maskwatch.toml"),
        (r"C:\Users\me\a.onnx: not a model", "a.onnx: not a model"),
    ],
)
def test_folders_are_left_out(text: str, told: str) -> None:
    assert without_folders(text) == told


@pytest.mark.parametrize(
    "text", ["looks like rtsp://camera.local/live/one or http://camera.local/a/b", "image/png and 3/4"]
)
def test_other_slashes_stay(text: str) -> None:
    assert without_folders(text) == text


def test_times_read_as_players_show_them() -> None:
    assert [clock(t) for t in (0, 5.9, 65, 3723)] == ["0:00", "0:05", "1:05", "1:02:03"]
    assert [exact_duration(t) for t in (0.46, 59.9, 59.97, 125)] == [
        "0.5 s",
        "59.9 s",
        "1:00 min",
        "2:05 min",
    ]


def test_shares_are_told_in_per_cent() -> None:
    assert [percent(share).replace("\N{NO-BREAK SPACE}", " ") for share in (0.666, 1.0, None)] == [
        *("67 %", "100 %", "\N{EN DASH}")
    ]
