import numpy as np
import pytest

from maskwatch.training.export.calibration import apply, fit, fit_fusion, logits, undecided_below


def probabilities(mask: np.ndarray, covered: np.ndarray) -> np.ndarray:
    m, c = 1 / (1 + np.exp(-mask)), 1 / (1 + np.exp(-covered))
    return np.stack([m * c, 1 - m, m * (1 - c)], 1)


def test_logits_come_back() -> None:
    mask, covered = np.array([2.0, -3.0, 0.5]), np.array([1.0, 4.0, -2.0])
    got = logits(probabilities(mask, covered))
    assert got[0] == pytest.approx(mask)
    assert got[1] == pytest.approx(covered)


def test_finds_by_how_much_the_logits_were_blown_up() -> None:
    rng = np.random.default_rng(0)
    mask, covered = rng.normal(0, 2, 20_000), rng.normal(0, 2, 20_000)
    masked = rng.random(20_000) < 1 / (1 + np.exp(-mask))
    states = np.where(masked, np.where(rng.random(20_000) < 1 / (1 + np.exp(-covered)), 0, 2), 1)
    found = fit(probabilities(mask * 2, covered / 2), states)
    assert found == pytest.approx((2, 0.5), rel=0.1)
    scaled = apply(probabilities(mask * 2, covered / 2), found)
    assert scaled == pytest.approx(probabilities(mask, covered), abs=0.05)


def test_a_state_that_never_occurs_leaves_its_output_alone() -> None:
    p = probabilities(np.array([2.0, -2.0] * 20), np.array([1.0, 3.0] * 20))
    states = np.array([0, 1] * 20)
    found = fit(p, states)
    assert found.covered == 1.0
    assert 0 < found.mask < 2  # told apart without a mistake: surer, but not without bound


def test_which_state_is_likelier_stays_as_it_was() -> None:
    rng = np.random.default_rng(0)
    mask, covered = rng.uniform(-5, 5, (2, 2000))
    p = probabilities(mask, covered)
    states = np.where(mask > 1, np.where(covered > 1, 0, 2), 1)  # a bias of -1 would fit better
    scaled = logits(apply(p, fit(p, states)))
    assert ((scaled[0] > 0) == (mask > 0)).all()
    assert ((scaled[1] > 0) == (covered > 0)).all()


def test_undecided_threshold_keeps_the_promise_and_no_more() -> None:
    best = np.linspace(0.4, 0.999, 1000)
    p = np.stack([best, (1 - best) / 2, (1 - best) / 2], 1)
    states = np.zeros(1000, int)
    states[:300] = 1  # the 300 least confident answers are wrong
    threshold = undecided_below(p, states, 0.99)["with_mask"]
    certain = p[:, 0] >= threshold
    assert (states[certain] == 0).mean() >= 0.99
    assert certain.sum() > 700


def test_nothing_is_certain_where_everything_is_wrong() -> None:
    p = np.array([[0.9, 0.05, 0.05]] * 10)
    assert set(undecided_below(p, np.ones(10, int)).values()) == {1.0}


def test_a_state_that_is_hard_to_tell_leaves_the_others_certain() -> None:
    p = np.array([[0.9, 0.05, 0.05]] * 300 + [[0.05, 0.05, 0.9]] * 20)
    states = np.array([0] * 300 + [2, 0] * 10)
    limits = undecided_below(p, states, 0.99)
    assert limits["with_mask"] == pytest.approx(0.9)
    assert limits["mask_worn_incorrectly"] == 1.0


def test_fusion_listens_to_whom_is_right() -> None:
    rng = np.random.default_rng(0)
    true = rng.random(4000) < 0.5
    logits_of = [rng.normal(np.where(true, strength, -strength), 1) for strength in (0.5, 2.0)]
    found, seen = (1 / (1 + np.exp(-value)) for value in logits_of)
    detector, face, _ = fit_fusion(found, seen, true)
    # Of two normal opinions with unit variance the weight is twice the strength.
    assert detector == pytest.approx(1, abs=0.2)
    assert face == pytest.approx(4, abs=0.6)
