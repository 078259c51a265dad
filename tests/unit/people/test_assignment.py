"""Pairs at the least cost."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from maskwatch.people.assignment import assign


@pytest.mark.parametrize(
    ("costs", "limit", "pairs"),
    [
        pytest.param([[1, 2], [1, 9]], 10, [(0, 1), (1, 0)], id="the sum counts, not the cheapest pair"),
        pytest.param([[1, 9], [9, 9]], 5, [(0, 0)], id="no pair above the limit"),
        pytest.param([[4, 3, 5]], 9, [(0, 1)], id="more columns than rows"),
        pytest.param([[4], [3], [5]], 9, [(1, 0)], id="more rows than columns"),
        pytest.param([[-8, -9], [-9, 2]], 3, [(0, 1), (1, 0)], id="costs below 0"),
        pytest.param([[np.inf, 1], [np.inf, 2]], 3, [(0, 1)], id="infinity forbids"),
        pytest.param([[4, 4], [4, 4]], 3, [], id="everything is too dear"),
    ],
)
def test_pairs(costs: list[list[float]], limit: float, pairs: list[tuple[int, int]]) -> None:
    rows, columns = assign(np.array(costs, np.float64), limit)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == pairs


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_nothing_to_pair(shape: tuple[int, int]) -> None:
    rows, columns = assign(np.zeros(shape), 1.0)
    assert len(rows) == len(columns) == 0


def test_no_other_pairing_is_cheaper() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        costs = rng.uniform(-5, 5, (5, 5))
        rows, columns = assign(costs, 100.0)
        least = min(costs[np.arange(5), list(order)].sum() for order in permutations(range(5)))
        assert costs[rows, columns].sum() == pytest.approx(least)
