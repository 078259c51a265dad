from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from maskwatch.reports.svg import BarValue, Plot, Series, bars, lines, round_range, standalone

SVG = "{http://www.w3.org/2000/svg}"


def test_a_plot_stands_alone_as_a_file() -> None:
    plot = standalone(lines("A < B", [Series("a", [(0, 0), (1, 1)])], "x", "y"))
    root = ElementTree.fromstring(plot)
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("aria-label")) == ("440", "A < B")
    assert root[0].get("fill") == "#fff"  # read on a dark page as well


def test_plots_stand_one_below_the_other_in_a_file() -> None:
    both = ElementTree.fromstring(standalone(Plot("a", "<rect/>"), Plot("b", "<circle/>", height=100)))
    assert (both.get("height"), both.get("aria-label")) == ("420", "a; b")
    assert both.get("viewBox") == "0 0 440 420"
    assert both.find(f"{SVG}g[@transform='translate(0 320)']/{SVG}circle") is not None


def test_a_legend_stands_above_the_plot() -> None:
    names = [f"a source with quite a long name {number}" for number in range(3)]
    alone = lines("t", [Series("only one", [(0, 1)])], "x", "y")
    plot = lines("t", [Series(name, [(0, 1), (1, 1)]) for name in names], "x", "y")
    assert "only one" not in alone.body  # nothing to tell apart
    legend, _, drawn = plot.body.partition("<g ")
    assert all(name in legend for name in names)
    down = re.match(r'transform="translate\(0 (\d+)\)"', drawn)
    assert down is not None
    assert max(float(y) for y in re.findall(r' y="([\d.]+)"', legend)) < int(down[1])
    assert plot.height == alone.height + int(down[1])


def test_other_ranges_than_0_to_1() -> None:
    plot = lines("t", [Series("a", [(0, 2), (500, 4)])], "step", "loss", (0, 500), (0, 10))
    assert 'points="48.0,223.2 428.0,170.4"' in plot.body
    assert re.findall(r">([\d.]+)<", plot.body) == [
        *("0", "2", "4", "6", "8", "10"),
        *("0", "100", "200", "300", "400", "500"),
    ]


def test_long_numbers_fit_between_the_edges() -> None:
    plot = lines("t", [Series("a", [(0, 0)])], "step", "loss", (0, 250_000), (0, 0.005))
    places = {text: float(x) for x, text in re.findall(r'x="([\d.]+)"[^>]*>([\d.]+)<', plot.body)}
    assert places["250000"] + 3 * 7 < 440  # about 7 pixels a digit, half of them right of the middle
    assert places["0.005"] - 5 * 7 > 15  # the name of the axis ends there


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [
        (0, 1, (0, 1)),
        (0, 1.2, (0, 1.5)),
        (0, 100, (0, 100)),
        (0, 12345, (0, 15000)),
        (0.71, 0.88, (0.68, 0.88)),
        (0.5, 0.5, (0.5, 1.0)),
        (0, 0, (0, 1)),
        (-3, 2, (-3, 2)),
    ],
)
def test_an_axis_has_round_steps(low: float, high: float, ends: tuple[float, float]) -> None:
    found = round_range(low, high)
    assert found == pytest.approx(ends)


def test_a_bar_without_a_value_says_so() -> None:
    plot = bars("t", [BarValue("a", None), BarValue("b", 0.5, (0.4, 0.6))], "x", "y")
    assert ">none</text>" in plot.body
    assert ">0.50</text>" in plot.body
