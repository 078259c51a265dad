"""Texts as the page shows them."""

from __future__ import annotations

import pytest

from maskwatch.app.error_line import without_folders
from maskwatch.app.pages.wording import escape_markdown


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
