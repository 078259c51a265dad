from __future__ import annotations

import numpy as np
import pytest

from maskwatch.evaluation.intervals import NOTHING, Proportion, bootstrap, mcnemar, proportion


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Values as in Newcombe, Statistics in Medicine 17, 1998, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson(hits: int, total: int, low: float, high: float) -> None:
    assert Proportion(hits, total).interval == pytest.approx((low, high), abs=5e-5)


def test_nothing_has_no_share() -> None:
    assert NOTHING.value is None
    assert NOTHING.interval is None
    assert proportion(np.array([True, False, True, True])) == Proportion(3, 4)


def test_the_bootstrap_interval_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval = bootstrap(lambda rows: float(values[rows].mean()), 400, rounds=400)
    assert interval is not None
    # The mean's standard error is 0.1.
    assert interval == pytest.approx((values.mean() - 0.196, values.mean() + 0.196), abs=0.04)
    assert interval == bootstrap(lambda rows: float(values[rows].mean()), 400, rounds=400)


def test_no_interval_of_too_little() -> None:
    assert bootstrap(lambda rows: 1.0, 1) is None
    assert bootstrap(lambda rows: 1.0, 9, rounds=0) is None
    assert bootstrap(lambda rows: float("nan"), 9) is None


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 0.021484), (10, 0, 0.001953), (600, 700, 0.0060158)],
)
def test_mcnemar(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p, rel=5e-3)
    assert mcnemar(second, first) == mcnemar(first, second)
