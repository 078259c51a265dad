from __future__ import annotations

from xml.etree import ElementTree

from maskwatch.reports.svg import Series, lines, standalone


def test_a_plot_stands_alone_as_a_file() -> None:
    plot = standalone(lines("A < B", [Series("a", [(0, 0), (1, 1)])], "x", "y"))
    root = ElementTree.fromstring(plot)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("aria-label")) == ("440", "A < B")
    assert root[0].get("fill") == "#fff"  # read on a dark page as well
