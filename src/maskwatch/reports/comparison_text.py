"""A comparison of two engines as lines of text."""

from __future__ import annotations

from typing import Final

from maskwatch.evaluation.compare import Comparison, PairedOutcomes
from maskwatch.evaluation.result import headline, percent

SIGNIFICANCE: Final = 0.05
"""A difference with a p-value below this counts as one."""


def side_by_side(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Returns the main figures: name, value of the first, value of the second, as text."""
    first, second = (dict(headline(figures)) for figures in comparison.figures)
    names = list(dict.fromkeys([*first, *second]))
    return [(name, first.get(name, "-"), second.get(name, "-")) for name in names]


def text_lines(comparison: Comparison) -> list[str]:
    """Returns the result as lines of text: the figures of both, and which differences are significant."""
    lines = [f"A  {comparison.engines[0]['name']}", f"B  {comparison.engines[1]['name']}", ""]
    rows = side_by_side(comparison)
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines += [
        f"{name:<{widths[0]}}  A {first:>{widths[1]}}  B {second:>{widths[2]}}"
        for name, first, second in rows
    ]
    lines.append("")
    width = max((len(pair.name) for pair in comparison.paired), default=0)
    for pair in comparison.paired:
        lines.append(
            f"{pair.name:<{width}}  A {percent(pair.first)}  B {percent(pair.second)}"
            f"  only A {pair.only_first}, only B {pair.only_second}: {verdict(pair)}"
        )
    if line := precision_line(comparison):
        lines.append(line)
    a, b = comparison.milliseconds
    lines.append(f"time a picture: A {a:.1f} ms, B {b:.1f} ms")
    lines.append(
        f"pictures with fewer mistakes in B: {len(comparison.better)}, more: {len(comparison.worse)}"
    )
    for name, changed in (("better", comparison.better), ("worse", comparison.worse)):
        lines += [f"  {name}: {c.picture} ({c.first} -> {c.second} mistakes)" for c in changed[:5]]
    return lines


def precision_line(comparison: Comparison) -> str:
    """Returns the difference of the average precisions in words; "" where there is none."""
    if comparison.precision_difference is None:
        return ""
    text = f"average precision of B less that of A: {comparison.precision_difference:+.3f}"
    if comparison.precision_interval:
        low, high = comparison.precision_interval
        text += f" ({low:+.3f} to {high:+.3f}: {_interval_verdict(low, high)})"
    return text


def verdict(pair: PairedOutcomes) -> str:
    """Returns in words which of the two is better, if the difference is significant."""
    if pair.p >= SIGNIFICANCE:
        return f"no clear difference (p = {pair.p:.2f})"
    return f"{'B' if pair.only_second > pair.only_first else 'A'} is better (p = {pair.p:.2g})"


def _interval_verdict(low: float, high: float) -> str:
    return "no clear difference" if low <= 0 <= high else "B is better" if low > 0 else "A is better"
