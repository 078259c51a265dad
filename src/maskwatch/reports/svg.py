"""Plots as SVG text: they scale, follow the page's light or dark colours and need no library. Pure.

Series are told apart by colour (Okabe and Ito's palette), by dash pattern and by a marker in the legend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 440
_HEIGHT: Final = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 44
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "1 2")


@dataclass(frozen=True, slots=True)
class Series:
    """A named line.

    Attributes:
        name: For the legend.
        points: Pairs of x and y in the plot's units.
        marks: Whether each point gets a dot.
    """

    name: str
    points: Sequence[tuple[float, float]]
    marks: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its interval.

    Attributes:
        name: Below the bar.
        value: Height, 0 to 1; None draws no bar.
        interval: Lower and upper end of its interval.
    """

    name: str
    value: float | None
    interval: tuple[float, float] | None = None


def lines(
    title: str,
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] = (0, 1),
    diagonal: bool = False,
) -> str:
    """Lines over 0 to 1 upwards.

    Args:
        title: What the plot shows, also for screen readers.
        series: The lines.
        x_label: Below the axis.
        y_label: Beside the axis.
        x_range: Ends of the x axis.
        diagonal: Whether to draw where x equals y.
    """
    low, high = x_range

    def place(x: float, y: float) -> str:
        return f"{_x((x - low) / (high - low)):.1f},{_y(y):.1f}"

    body = [_grid([low + (high - low) * i / 5 for i in range(6)], x_label, y_label)]
    if diagonal:
        start, end = place(low, 0).split(","), place(high, 1).split(",")
        body.append(
            f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="currentColor"'
            ' stroke-opacity=".4" stroke-dasharray="3 4"/>'
        )
    for number, line in enumerate(series):
        colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
        path = " ".join(place(x, y) for x, y in line.points if low <= x <= high)
        body.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dash}"/>'
        )
        if line.marks:
            dots = (spot.split(",") for spot in path.split())
            body += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in dots]
    if len(series) > 1:
        body.append(_legend([line.name for line in series]))
    return _figure(title, body)


def bars(title: str, groups: Sequence[Bar], x_label: str, y_label: str) -> str:
    """Bars from 0 to 1, each with its value above and its interval as a whisker."""
    body = [_grid([], x_label, y_label)]
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
    return _figure(title, body)


def standalone(figure: str) -> str:
    """The plot of a figure as an SVG file of its own, dark on white."""
    start, end = figure.index("<svg "), figure.index("</svg>")
    head, _, body = figure[start:end].partition(">")
    size = f'width="{_WIDTH}" height="{_HEIGHT}"'
    return (
        f'{head} xmlns="http://www.w3.org/2000/svg" {size} color="#1a1a1a" fill="currentColor">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>{body}</svg>\n'
    )


def _x(part: float) -> float:
    return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)


def _y(part: float) -> float:
    return _HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM)


def _grid(ticks: Sequence[float], x_label: str, y_label: str) -> str:
    parts = []
    for i in range(6):
        y = _y(i / 5)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="currentColor"'
            ' stroke-opacity=".2"/>'
        )
        parts.append(_text(_LEFT - 6, y + 4, f"{i / 5:.1f}", anchor="end"))
    for i, tick in enumerate(ticks):
        parts.append(_text(_x(i / (len(ticks) - 1)), _HEIGHT - _BOTTOM + 16, f"{tick:g}"))
    parts.append(_text(_x(0.5), _HEIGHT - 8, x_label))
    middle = _y(0.5)
    parts.append(
        f'<text x="12" y="{middle:.0f}" font-size="12" text-anchor="middle"'
        f' transform="rotate(-90 12 {middle:.0f})">{escape(y_label)}</text>'
    )
    return "".join(parts)


def _legend(names: Sequence[str]) -> str:
    parts = []
    for number, name in enumerate(names):
        y = _y(0) - 12 - 17 * (len(names) - 1 - number)
        parts.append(
            f'<line x1="{_LEFT + 10}" y1="{y}" x2="{_LEFT + 44}" y2="{y}"'
            f' stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2.5"'
            f' stroke-dasharray="{_DASHES[number % len(_DASHES)]}"/>'
        )
        parts.append(_text(_LEFT + 50, y + 4, name, anchor="start"))
    return "".join(parts)


def _text(x: float, y: float, text: str, on_bar: bool = False, anchor: str = "middle") -> str:
    style = ' style="fill:#fff;font-weight:600"' if on_bar else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}"{style}>{escape(text)}</text>'


def _figure(title: str, body: Sequence[str]) -> str:
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}"'
        f' font-family="system-ui, sans-serif">{"".join(body)}</svg>'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )
