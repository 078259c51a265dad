import numpy as np
import pytest

from maskwatch.training.calibrate import apply, fit, logits, undecided_below


def probabilities(mask: np.ndarray, covered: np.ndarray) -> np.ndarray:
    m, c = 1 / (1 + np.exp(-mask)), 1 / (1 + np.exp(-covered))
    return np.stack([m * c, 1 - m, m * (1 - c)], 1)


def test_logits_come_back() -> None:
    mask, covered = np.array([2.0, -3.0, 0.5]), np.array([1.0, 4.0, -2.0])
    got = logits(probabilities(mask, covered))
    assert got[0] == pytest.approx(mask)
    assert got[1] == pytest.approx(covered)


def test_finds_by_how_much_the_logits_were_blown_up_and_moved() -> None:
    rng = np.random.default_rng(0)
    mask, covered = rng.normal(0, 2, 20_000), rng.normal(0, 2, 20_000)
    masked = rng.random(20_000) < 1 / (1 + np.exp(-mask))
    states = np.where(masked, np.where(rng.random(20_000) < 1 / (1 + np.exp(-covered)), 0, 2), 1)
    of_mask, of_covered = fit(probabilities(mask * 2, covered / 2 - 1), states)
    assert of_mask.temperature == pytest.approx(2, rel=0.1)
    assert of_mask.bias == pytest.approx(0, abs=0.1)
    assert of_covered.temperature == pytest.approx(0.5, rel=0.1)
    assert of_covered.bias == pytest.approx(2, rel=0.1)
    scaled = apply(probabilities(mask * 2, covered / 2 - 1), of_mask, of_covered)
    assert scaled == pytest.approx(probabilities(mask, covered), abs=0.05)


def test_a_state_that_never_occurs_leaves_its_output_alone() -> None:
    p = probabilities(np.array([2.0, -2.0] * 20), np.array([1.0, 3.0] * 20))
    states = np.array([0, 1] * 20)
    of_mask, of_covered = fit(p, states)
    assert of_covered == (1.0, 0.0)
    assert 0 < of_mask.temperature < 2  # told apart without a mistake: surer, but not without bound


def test_undecided_threshold_keeps_the_promise_and_no_more() -> None:
    best = np.linspace(0.4, 0.999, 1000)
    p = np.stack([best, (1 - best) / 2, (1 - best) / 2], 1)
    states = np.zeros(1000, int)
    states[:300] = 1  # the 300 least confident answers are wrong
    threshold = undecided_below(p, states, 0.99)
    certain = p[:, 0] >= threshold
    assert (states[certain] == 0).mean() >= 0.99
    assert certain.sum() > 700


def test_nothing_is_certain_where_everything_is_wrong() -> None:
    p = np.array([[0.9, 0.05, 0.05]] * 10)
    assert undecided_below(p, np.ones(10, int)) == 1.0
