"""Draws plots as SVG text: they scale, follow the page's light or dark colours and need no library. Pure.

Series are told apart by colour (Okabe and Ito's palette), by dash pattern and by a marker in the legend.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 440
_HEIGHT: Final = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 44
_LEGEND_LINE: Final = 17  # height of a line of the legend
_LEGEND_MARK: Final = 34  # width of the piece of a line beside its name
_LETTER: Final = 6.6  # about the width of a letter
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "1 2")


@dataclass(frozen=True, slots=True)
class Series:
    """A named line of a plot.

    Attributes:
        name: For the legend.
        points: Pairs of x and y in the plot's units, from left to right.
        marks: Whether each point gets a dot.
    """

    name: str
    points: Sequence[tuple[float, float]]
    marks: bool = False


@dataclass(frozen=True, slots=True)
class BarValue:
    """A bar of a plot with its interval.

    Attributes:
        name: Below the bar.
        value: Height, 0 to 1; None draws no bar.
        interval: Lower and upper end of its interval.
    """

    name: str
    value: float | None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """A finished plot.

    Attributes:
        title: What it shows, also for screen readers.
        body: SVG elements, without the `svg` element around them.
        width: In pixels.
        height: In pixels.
    """

    title: str
    body: str
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def svg(self) -> str:
        """The `svg` element for a page: text takes the page's colour, and the page shows the title."""
        return f"{_open_tag(self)}>{self.body}</svg>"


def lines(
    title: str,
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] = (0, 1),
    y_range: tuple[float, float] = (0, 1),
    diagonal: bool = False,
) -> Plot:
    """Draws lines; several get a legend above the plot, where it covers none of them.

    Args:
        title: What the plot shows.
        series: The lines; points left or right of the plot are left out.
        x_label: Text below the x axis.
        y_label: Text beside the y axis.
        x_range: Ends of the x axis.
        y_range: Ends of the y axis.
        diagonal: Whether to draw where x equals y.
    """
    left, right = x_range
    low, high = y_range
    y_ticks = _tick_texts(y_range)
    edge = _LEFT + _LETTER * max(0, max(map(len, y_ticks)) - 3)  # of the area of the lines

    def place(x: float, y: float) -> str:
        return f"{_x((x - left) / (right - left), edge):.1f},{_y((y - low) / (high - low)):.1f}"

    body = [_grid(_ticks(x_range), y_ticks, x_label, y_label, edge)]
    if diagonal:
        start, end = place(left, left).split(","), place(right, right).split(",")
        body.append(
            f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="currentColor"'
            ' stroke-opacity=".4" stroke-dasharray="3 4"/>'
        )
    for number, line in enumerate(series):
        colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
        path = " ".join(place(x, y) for x, y in line.points if left <= x <= right)
        body.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dash}"/>'
        )
        if line.marks:
            dots = (spot.split(",") for spot in path.split())
            body += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in dots]
    if len(series) < 2:
        return Plot(title, "".join(body))
    legend, height = _legend([line.name for line in series])
    shifted = f'<g transform="translate(0 {height})">{"".join(body)}</g>'
    return Plot(title, legend + shifted, height=_HEIGHT + height)


def bars(title: str, groups: Sequence[BarValue], x_label: str, y_label: str) -> Plot:
    """Draws bars from 0 to 1, each with its value and with its interval as a whisker."""
    body = [_grid([], _tick_texts((0, 1)), x_label, y_label)]
    step = 1 / max(len(groups), 1)
    for number, bar in enumerate(groups):
        middle = _x((number + 0.5) * step)
        half = (_WIDTH - _LEFT - _RIGHT) * step * 0.32
        body.append(_text(middle, _HEIGHT - _BOTTOM + 16, bar.name))
        if bar.value is None:
            body.append(_text(middle, _y(0) - 6, "none"))
            continue
        top = _y(bar.value)
        body.append(
            f'<rect x="{middle - half:.1f}" y="{top:.1f}" width="{2 * half:.1f}" height="{_y(0) - top:.1f}"'
            f' fill="{_COLOURS[0]}"/>'
        )
        if bar.interval is not None:
            low, high = bar.interval
            body.append(
                f'<line x1="{middle:.1f}" y1="{_y(low):.1f}" x2="{middle:.1f}" y2="{_y(high):.1f}"'
                ' stroke="currentColor" stroke-width="2"/>'
            )
        # At the foot of the bar, where no whisker reaches, unless it is too low to hold a number.
        inside = bar.value > 0.15 and (bar.interval is None or bar.interval[0] > 0.1)
        above = bar.interval[1] if bar.interval else bar.value
        body.append(_text(middle, (_y(0) if inside else _y(above)) - 7, f"{bar.value:.2f}", inside))
    return Plot(title, "".join(body))


def standalone(*plots: Plot) -> str:
    """Returns plots, one below the other, as an SVG file: dark on white, readable on any page."""
    title, body, height = "; ".join(plot.title for plot in plots), plots[0].body, plots[0].height
    for plot in plots[1:]:
        body += f'<g transform="translate(0 {height})">{plot.body}</g>'
        height += plot.height
    whole = Plot(title, body, height=height)
    size = f'width="{whole.width}" height="{whole.height}"'
    return (
        f'{_open_tag(whole)} xmlns="http://www.w3.org/2000/svg" {size} color="#1a1a1a" fill="currentColor">'
        f'<rect {size} fill="#fff"/>{whole.body}</svg>\n'
    )


def round_range(low: float, high: float) -> tuple[float, float]:
    """Returns the ends of an axis that holds both numbers and has five steps of a round length."""
    if high == low:
        high += abs(low) or 1.0
    power = math.floor(math.log10((high - low) / 5))
    for exponent in (power, power + 1):
        for first_digit in (1, 2, 3, 4, 5, 6, 8):
            step = first_digit * 10.0**exponent
            start = math.floor(low / step + 1e-9) * step
            if start + 5 * step >= high - 1e-9 * step:
                return start, start + 5 * step
    raise AssertionError("five steps of ten times the length hold any range")


def _open_tag(plot: Plot) -> str:
    return (
        f'<svg viewBox="0 0 {plot.width} {plot.height}" role="img" aria-label="{escape(plot.title)}"'
        ' font-family="system-ui, sans-serif"'
    )


def _x(part: float, edge: float = _LEFT) -> float:
    return edge + part * (_WIDTH - edge - _RIGHT)


def _y(part: float) -> float:
    return _HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM)


def _ticks(ends: tuple[float, float]) -> list[float]:
    low, high = ends
    return [low + (high - low) * i / 5 for i in range(6)]


def _tick_texts(ends: tuple[float, float]) -> list[str]:
    """Returns the ticks with as many decimals as their step needs."""
    ticks = _ticks(ends)
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    return [f"{tick:.{decimals}f}" for tick in ticks]


def _grid(
    x_ticks: Sequence[float], y_ticks: Sequence[str], x_label: str, y_label: str, edge: float = _LEFT
) -> str:
    parts = []
    for i, text in enumerate(y_ticks):
        y = _y(i / (len(y_ticks) - 1))
        parts.append(
            f'<line x1="{edge:g}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="currentColor"'
            ' stroke-opacity=".2"/>'
        )
        parts.append(_text(edge - 6, y + 4, text, anchor="end"))
    for i, tick in enumerate(x_ticks):
        # Without an exponent: a training has many steps.
        text = f"{tick:.0f}" if tick >= 1e5 else f"{tick:g}"
        # A long number must not reach over the right edge of the plot.
        middle = min(_x(i / (len(x_ticks) - 1), edge), _WIDTH - _LETTER * len(text) / 2 - 2)
        parts.append(_text(middle, _HEIGHT - _BOTTOM + 16, text))
    parts.append(_text(_x(0.5, edge), _HEIGHT - 8, x_label))
    centre = _y(0.5)
    parts.append(
        f'<text x="12" y="{centre:.0f}" font-size="12" text-anchor="middle"'
        f' transform="rotate(-90 12 {centre:.0f})">{escape(y_label)}</text>'
    )
    return "".join(parts)


def _legend(names: Sequence[str]) -> tuple[str, int]:
    """Returns the names, each beside a piece of its line, in as few rows as hold them, and their height."""
    parts = []
    x, y = float(_LEFT), _LEGEND_LINE - 2
    for number, name in enumerate(names):
        width = _LEGEND_MARK + 6 + _LETTER * len(name)
        if x > _LEFT and x + width > _WIDTH - _RIGHT:
            x, y = float(_LEFT), y + _LEGEND_LINE
        parts.append(
            f'<line x1="{x:.1f}" y1="{y - 4}" x2="{x + _LEGEND_MARK:.1f}" y2="{y - 4}"'
            f' stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2.5"'
            f' stroke-dasharray="{_DASHES[number % len(_DASHES)]}"/>'
        )
        parts.append(_text(x + _LEGEND_MARK + 6, y, name, anchor="start"))
        x += width + 16
    return "".join(parts), y + 5


def _text(x: float, y: float, text: str, on_bar: bool = False, anchor: str = "middle") -> str:
    style = ' style="fill:#fff;font-weight:600"' if on_bar else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}"{style}>{escape(text)}</text>'
