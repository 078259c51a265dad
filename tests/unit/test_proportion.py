from __future__ import annotations

import numpy as np
import pytest

from maskwatch.proportion import NOTHING, Proportion, proportion


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


def test_the_value_is_the_share() -> None:
    assert Proportion(3, 4).value == 0.75
    assert Proportion(0, 4).value == 0.0
    assert proportion(np.zeros(0, np.bool_)) == NOTHING


def test_a_wilson_interval_stays_inside_0_and_1() -> None:
    """Written out once for all: half of ten."""
    n, z2 = 10, 1.959964**2
    half = 1.959964 / (1 + z2 / n) * (0.25 / n + z2 / (4 * n * n)) ** 0.5
    assert Proportion(5, 10).interval == pytest.approx((0.5 - half, 0.5 + half), rel=1e-12)
    for total in range(1, 60):
        for hits in (0, total):
            interval = Proportion(hits, total).interval
            assert interval is not None
            assert 0 <= interval[0] < interval[1] <= 1


def test_the_record_is_for_json() -> None:
    assert NOTHING.record() is None
    assert Proportion(81, 263).record() == {"value": 0.308, "low": 0.2553, "high": 0.3662}
