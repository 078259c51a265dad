from __future__ import annotations

import numpy as np
import pytest

from maskwatch.evaluation.intervals import bootstrap, mcnemar


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


def test_the_bootstrap_draws_with_replacement_as_many_as_there_are() -> None:
    drawn: list[np.ndarray] = []

    def figure(rows: np.ndarray) -> float:
        drawn.append(rows)
        return float(len(drawn))

    assert bootstrap(figure, 30) == pytest.approx((1 + 199 * 0.025, 1 + 199 * 0.975))
    assert len(drawn) == 200
    assert all(len(rows) == 30 and rows.min() >= 0 and rows.max() < 30 for rows in drawn)
    assert any(len(set(rows.tolist())) < 30 for rows in drawn)
    assert {row for rows in drawn for row in rows.tolist()} == set(range(30))
    again = np.random.default_rng(0)
    np.testing.assert_array_equal(drawn[0], again.integers(0, 30, 30))
    bootstrap(figure, 30, seed=1)
    assert (drawn[200] != drawn[0]).any()


def test_a_figure_may_be_undefined_at_half_of_the_draws() -> None:
    values = iter([float("nan")] * 5 + [2.0] * 5)
    assert bootstrap(lambda rows: next(values), 2, rounds=10) == (2.0, 2.0)
    values = iter([float("nan")] * 6 + [2.0] * 4)
    assert bootstrap(lambda rows: next(values), 2, rounds=10) is None
    assert bootstrap(lambda rows: 3.0, 2, rounds=1) == (3.0, 3.0)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (1, 0, 1.0),
        (2, 0, 0.5),
        (0, 5, 0.0625),
        (500, 500, 1.0),
        (501, 501, 1.0),
        (501, 500, 1.0),  # the difference is no larger than the correction
        (550, 450, 0.0017305),  # a thousand: exact
        (551, 450, 0.0015739),  # one more: the normal limit
        (1001, 0, 0.0),
    ],
)
def test_mcnemar_at_its_limits(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p, rel=1e-3, abs=1e-12)
