from __future__ import annotations

from maskwatch.reports.html import page, table


def test_text_is_escaped() -> None:
    assert "<title>a &amp; b</title>" in page("a & b", [])
    assert '<th scope="col">&lt;16</th>' in table(["source", "<16"], [["x", "1"]])
