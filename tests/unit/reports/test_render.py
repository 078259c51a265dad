from __future__ import annotations

import numpy as np
import pytest
from jinja2 import UndefinedError

from maskwatch.reports.render import render
from maskwatch.reports.tables import Table
from maskwatch.reports.thumbnails import make_thumbnail

COMPARISON = {
    "title": "a & b",
    "version": "1",
    "engines": ["<i>", "b"],
    "names": [],
    "figures": Table(["source", "<16"], [["x", "<b>"]], "1 < 2"),
    "paired": Table(["", "A"], []),
    "precision": "",
    "changes": [],
    "mistakes": [],
    "problems": ["<script>"],
}


def test_text_is_escaped() -> None:
    page = render("comparison.html.j2", **COMPARISON)
    assert "<title>a &amp; b</title>" in page
    assert '<th scope="col">&lt;16</th>' in page
    assert '<th scope="row">x</th><td>&lt;b&gt;</td>' in page
    assert "<caption>1 &lt; 2</caption>" in page
    assert "A is &lt;i&gt;, B is b" in page
    assert "<li>&lt;script&gt;</li>" in page


def test_captions_of_pictures_are_escaped() -> None:
    thumbnail = make_thumbnail(np.zeros((8, 8, 3), np.uint8), 'a<b>".jpg')
    kinds = [{"heading": "Wrong", "count": 1, "thumbnails": [thumbnail]}]
    page = render("mistakes.html.j2", title="t", mistakes=kinds)
    assert '<li><img alt="" src="data:image/jpeg;base64,' in page
    assert "a&lt;b&gt;&#34;.jpg</li>" in page


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'problems' is undefined"):
        render("comparison.html.j2", **{k: v for k, v in COMPARISON.items() if k != "problems"})


def test_markdown_is_not_escaped() -> None:
    card = render(
        "model_card.md.j2",
        name="A & B",
        kind="detector",
        description={"summary": "", "intended": ["x <\n y"], "not_intended": [], "weaknesses": ["a", "b"]},
        about=Table(["", ""], [["File", "a|b"]]),
        training_data="",
        sources=None,
        how_it_was_made="",
        recipe=[],
        machine="",
        speed=None,
        evaluations=[],
    )
    assert card == (
        "# Model card: A & B\n\n|  |  |\n| --- | --- |\n| File | a\\|b |\n\n## Intended use\n\n- x < y\n\n"
        "## Not intended\n\nNot stated.\n\n## Known weaknesses\n\n- a\n- b\n\n"
        "## Training data\n\nNot stated.\n\n## Recipe\n\nNot stated.\n"
    )
