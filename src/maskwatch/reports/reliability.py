"""The reliability diagram: how well stated probabilities agree with how often the answers were right."""

from __future__ import annotations

from collections.abc import Sequence

from maskwatch.evaluation.metrics import BINS
from maskwatch.reports.svg import Plot, Series, lines


def reliability_plot(confidence: Sequence[float], accuracy: Sequence[float], error: float) -> Plot:
    """Draws the mean confidence of each bin against its part of right answers.

    Guo et al., On calibration of modern neural networks, arXiv 1706.04599.

    Args:
        confidence: Of each bin that is not empty.
        accuracy: Of the same bins.
        error: The expected calibration error.
    """
    answers = Series("answers", list(zip(confidence, accuracy, strict=True)), marks=True)
    title = f"Reliability: {BINS} bins, ECE {error:.3f}"
    return lines(title, [answers], "stated probability", "share right", diagonal=True)
