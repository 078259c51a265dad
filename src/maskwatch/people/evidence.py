"""What many looks at one person say about the mask: log-odds that forget, and a state with hysteresis.

Answers on neighbouring frames err alike, so looks are averaged and not multiplied: a hundred equal looks say
little more than ten. Two averages are kept. The long one, over some seconds, is what is believed. The short
one notices a change: only when it contradicts the state clearly, for a while, the state flips.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.labels import LABELS, Label, Reason

_LEAST: Final = 0.01
"""Probabilities are taken as at least this: no single look may outweigh all others."""

_QUALITY: Final[dict[Reason | None, float]] = {
    None: 1.0,
    "undecided": 0.5,
    "turned_away": 0.4,
    "blurred": 0.3,
    "dark": 0.3,
    "too_small": 0.3,
    "maybe_no_face": 0.2,
    "turned_over": 0.0,
}
"""Weight of a look by the reason for which its answer is not certain."""

_FULL_SIZE: Final = 24.0
"""Shorter side of a face, in pixels, from which a look has its full weight."""


@dataclass(frozen=True, slots=True)
class Voting:
    """How looks become a state.

    Attributes:
        memory: Seconds after which a look counts a third (1/e) in what is believed.
        notice: The same for the short average, which notices changes.
        apart: Seconds between two looks from which each has its full weight.
        enough: Sum of weights from which a state is told at all.
        decide: Probability from which a state is told at first.
        flip: Probability, in the short average, from which another state takes over.
        flip_enough: Sum of weights, in the short average, from which another state takes over: looks that are
            uncertain themselves never reach it.
        insist: Seconds for which the other state must have led.
        sure: Share of the looks that were certain, and agree with the state, from which it is certain.
        sure_looks: Sum of their weights that this takes, too.
        unsure: Part of both below which it is certain no more.
        waver: Seconds for which another state must have led for the state to be certain no more.
        weak_flip: Probability, in the short average, from which another state takes over after `weak_insist`.
        weak_insist: Seconds for which it must have led, if its looks are not certain.
        prior: Weight of not knowing: it draws the average of few looks towards equal probabilities.
    """

    memory: float = 3.0
    notice: float = 0.4
    apart: float = 0.1
    enough: float = 1.8
    decide: float = 0.7
    flip: float = 0.9
    flip_enough: float = 1.6
    insist: float = 0.4
    sure: float = 0.25
    sure_looks: float = 1.0
    unsure: float = 0.3
    waver: float = 0.35
    weak_flip: float = 0.7
    weak_insist: float = 1.0
    prior: float = 0.1


@dataclass(slots=True)
class _Average:
    """A mean of log-probabilities that forgets."""

    memory: float
    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(LABELS)))
    weight: float = 0.0

    def forget(self, seconds: float) -> None:
        share = math.exp(-seconds / self.memory)
        self.total *= share
        self.weight *= share

    def add(self, log_probabilities: NDArray[np.float64], weight: float) -> None:
        self.total += weight * log_probabilities
        self.weight += weight

    def probabilities(self, prior: float) -> NDArray[np.float64]:
        """Returns the probabilities (3,) of the states; equal ones where nothing is known."""
        mean = self.total / (self.weight + prior)
        odds = np.exp(mean - mean.max())
        return np.asarray(odds / odds.sum())


class Evidence:
    """The looks at one person.

    Args:
        voting: How looks become a state.

    Attributes:
        state: What is believed; None while undecided.
        since: Seconds, on the stream's clock, at which the state began: of the first look that spoke for it.
        votes: Number of looks that spoke for each state.
    """

    def __init__(self, voting: Voting) -> None:
        self.state: Label | None = None
        self.since = 0.0
        self.votes: dict[Label, int] = {}
        self._voting = voting
        self._long = _Average(voting.memory)
        self._short = _Average(voting.notice)
        self._believed: NDArray[np.float64] | None = None  # `probabilities`, until the next look
        self._reasons: dict[Reason | None, float] = {}
        self._certain: dict[Label, float] = {}  # weights of the certain looks, by what they spoke for
        self._sure = False
        self._last: float | None = None
        self._newest: Label | None = None  # what the newest look spoke for
        self._leader: Label | None = None  # of the short average
        self._leads_since = 0.0

    def observe(
        self, t: float, probabilities: NDArray[np.floating], reason: Reason | None, side: float
    ) -> None:
        """Takes one look.

        Args:
            t: Seconds since the stream began; not smaller than at the look before.
            probabilities: (3,) of the states, as in `LABELS`.
            reason: Why the answer is not certain; None for a certain one.
            side: Shorter side of the face in pixels.
        """
        passed = math.inf if self._last is None else max(0.0, t - self._last)
        self._last = t
        self._believed = None
        fresh = min(1.0, passed / self._voting.apart)
        if math.isfinite(passed):
            self._long.forget(passed)
            self._short.forget(passed)
            share = math.exp(-passed / self._voting.memory)
            self._reasons = {key: weight * share for key, weight in self._reasons.items()}
            self._certain = {key: weight * share for key, weight in self._certain.items()}
        self._reasons[reason] = self._reasons.get(reason, 0.0) + fresh
        weight = fresh * _QUALITY[reason] * min(1.0, side / _FULL_SIZE)
        if weight <= 0:
            return
        label = LABELS[int(np.argmax(probabilities))]
        self.votes[label] = self.votes.get(label, 0) + 1
        self._newest = label
        if reason is None:
            self._certain[label] = self._certain.get(label, 0.0) + fresh
        logs = np.log(np.clip(np.asarray(probabilities, np.float64), _LEAST, None))
        self._long.add(logs, weight)
        self._short.add(logs, weight)
        self._decide(t)
        self._sure = self._is_sure(t)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(3,) what is believed of each state."""
        if self._believed is None:
            self._believed = self._long.probabilities(self._voting.prior)
        return self._believed

    @property
    def reason(self) -> Reason | None:
        """Why the state is not certain: what troubled most of the looks; None for a certain state."""
        if self.state is None:
            return self._trouble or "undecided"
        if self._reasons.get("turned_over", 0.0) > 0.5 * self._reasons.get(None, 0.0):
            return "turned_over"
        return None if self._sure else self._trouble or "undecided"

    @property
    def doubtful(self) -> bool:
        """Whether the newest looks speak against the state: it wants to be looked at again at once."""
        return self.state is not None and not self._leader == self._newest == self.state

    @property
    def _trouble(self) -> Reason | None:
        known = [(weight, key) for key, weight in self._reasons.items() if key is not None and weight > 0]
        return max(known)[1] if known else None

    def _is_sure(self, t: float) -> bool:
        """Whether the state is certain: enough looks were, and agree with it, the newest ones included."""
        if self.state is None:
            return False
        if self._leader != self.state and t - self._leads_since >= self._voting.waver:
            return False
        voting, agreeing = self._voting, self._certain.get(self.state, 0.0)
        others = sum(self._certain.values()) - agreeing
        needed = voting.unsure if self._sure else 1.0
        share = agreeing / max(sum(self._reasons.values()), 1e-9)
        return agreeing > others and share >= needed * voting.sure and agreeing >= needed * voting.sure_looks

    def _decide(self, t: float) -> None:
        voting = self._voting
        short = self._short.probabilities(voting.prior)
        leader = LABELS[int(np.argmax(short))]
        if leader != self._leader:
            self._leader, self._leads_since = leader, t
        if self.state is None:
            believed = self.probabilities
            best = LABELS[int(np.argmax(believed))]
            if self._long.weight >= voting.enough and believed.max() >= voting.decide:
                self.state = best
                self.since = self._leads_since if best == leader else t
        elif leader != self.state and self._takes_over(short.max(), t - self._leads_since):
            self.state, self.since = leader, self._leads_since
            # What was believed before is of the past.
            self._long.total, self._long.weight = self._short.total.copy(), self._short.weight
            self._believed = None

    def _takes_over(self, probability: float, led: float) -> bool:
        """Whether another state takes over that has this probability and has led for so many seconds."""
        voting = self._voting
        clear = probability >= voting.flip and self._short.weight >= voting.flip_enough
        if clear and led >= voting.insist:
            return True
        return bool(probability >= voting.weak_flip and led >= voting.weak_insist)
