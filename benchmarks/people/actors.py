"""What the people of a made scene do: where each is at any time, in which state, turned away or not. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.random import Generator

from benchmarks.people.heads import MASKED, UNMASKED, WRONG, Head

Act = Literal["walk", "stand", "change", "turn", "hide", "cross", "leave"]
"""Walks through, stands, puts a mask on and off, turns away, walks behind a post, meets somebody who walks
the other way, stands and then leaves."""

ACTS: Final[tuple[Act, ...]] = ("change", "walk", "stand", "hide", "cross", "cross", "turn", "leave")
"""In the order in which a scene takes them, again and again."""

FADE: Final = 0.25
"""Seconds in which a look becomes another; the change counts from its middle."""

TURNING: Final = 0.3
"""Seconds in which somebody turns away, and in which they turn back."""

_LEAST_CHANGING: Final = 44.0  # height of a face that puts a mask on, pixels
_SWAY: Final = 0.02  # of somebody who stands, in heights of the face


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a scene.

    Attributes:
        act: What the person does.
        head: The pictures.
        size: Height of the face in pixels, at `t` = 0.
        start: x, y of the middle of the face at time 0 of the walk, pixels.
        speed: Pixels a second to the right.
        walks: (from, to) seconds in which the person moves; else stands.
        states: (second, state), by time; the first from the beginning.
        turned: (from, to) seconds in which the back of the head is seen.
        behind: Walks behind the post.
        phase: Of the sway, radians.
        growth: Share by which the size grows a second (somebody comes nearer).
    """

    act: Act
    head: Head
    size: float
    start: tuple[float, float]
    speed: float = 0.0
    walks: tuple[float, float] = (0.0, 0.0)
    states: tuple[tuple[float, int], ...] = ()
    turned: tuple[tuple[float, float], ...] = ()
    behind: bool = False
    phase: float = 0.0
    growth: float = 0.0

    def size_at(self, t: float) -> float:
        """Returns the height of the face in pixels."""
        return self.size * (1 + self.growth * t) * (1 + 0.01 * math.sin(2.1 * t + self.phase))

    def centre_at(self, t: float) -> tuple[float, float]:
        """Returns x and y of the middle of the face in pixels."""
        walked = min(max(t, self.walks[0]), self.walks[1]) - self.walks[0]
        moving = self.walks[0] <= t <= self.walks[1]
        bob = math.sin((11.0 if moving else 1.3) * t + self.phase) * self.size * (0.03 if moving else _SWAY)
        sway = math.sin(0.9 * t + 2 * self.phase) * self.size * _SWAY
        return self.start[0] + self.speed * walked + sway, self.start[1] + bob

    def roll_at(self, t: float) -> float:
        """Returns the tilt of the head in degrees."""
        return 4.0 * math.sin(1.1 * t + self.phase)

    def state_at(self, t: float) -> int:
        """Returns the true state."""
        return next(
            state for begin, state in reversed(self.states) if t >= begin or begin == self.states[0][0]
        )

    def looks_at(self, t: float) -> list[tuple[int, float]]:
        """Returns the looks that are seen, each with its weight: two while one fades into the other."""
        for (_, old), (begin, new) in zip(self.states, self.states[1:], strict=False):
            share = (t - begin) / FADE + 0.5
            if 0 < share < 1:
                return [(old, 1 - share), (new, share)]
        return [(self.state_at(t), 1.0)]

    def turned_at(self, t: float) -> float:
        """Returns how far the person has turned away: 0 faces the camera, 1 shows the back of the head."""
        for begin, end in self.turned:
            if begin - TURNING < t < end + TURNING:
                return float(np.clip(min(t - begin, end - t) / TURNING + 1, 0, 1))
        return 0.0


@dataclass(slots=True)
class Stage:
    """Where actors may stand, and which heads are left.

    Attributes:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        seconds: Length of the scene.
        post: x of both sides of the post, pixels.
        sizes: Least and largest height of a face, pixels.
    """

    width: int
    height: int
    seconds: float
    post: tuple[float, float]
    sizes: tuple[float, float]
    heads: list[Head]
    rng: Generator
    _taken: list[tuple[float, float, float]] = field(default_factory=list)

    def take_head(self, size: float, *, changing: bool = False) -> Head:
        """Takes a head off the list that is sharp enough for a face of `size` pixels, else the sharpest."""
        fitting = [h for h in self.heads if not changing or len(h.looks) > 1] or self.heads
        sharp = [h for h in fitting if h.size >= 0.7 * size]
        head = sharp[0] if sharp else max(fitting, key=lambda h: h.size)
        self.heads = [h for h in self.heads if h.group != head.group] or self.heads
        return head

    def draw_size(self, least: float = 0.0) -> float:
        """Draws the height of a face, small ones as often as large ones by their logarithm."""
        low, high = max(self.sizes[0], min(least, self.sizes[1])), self.sizes[1]
        return float(np.exp(self.rng.uniform(math.log(low), math.log(high))))

    def spot(self, size: float) -> tuple[float, float]:
        """Finds a place for somebody who stands: not behind others, and beside the post."""
        best, room = (self.width / 2, self.height / 2), -math.inf
        for _ in range(60):
            x = float(self.rng.uniform(size, self.width - size))
            y = float(self.rng.uniform(0.9 * size, max(self.height - 0.9 * size, size)))
            free = min(
                (math.hypot((x - a) / 1.7, (y - b) / 2.0) / (size + s) for a, b, s in self._taken),
                default=9.0,
            )
            if self.post[0] - size < x < self.post[1] + size:
                free -= 1
            if free > room:
                best, room = (x, y), free
            if room > 0.6:
                break
        self._taken.append((*best, size))
        return best


def cast(stage: Stage, people: int, acts_in_turn: Sequence[Act] = ACTS) -> list[Actor]:
    """Casts the people of a scene.

    Args:
        stage: Where they are; its generator and its heads are used up.
        people: How many.
        acts_in_turn: What they do, again and again.

    Returns:
        The actors.
    """
    number = len(acts_in_turn)
    first = int(stage.rng.integers(number)) if people < 4 else 0
    acts = [acts_in_turn[(first + i) % number] for i in range(people)]
    actors: list[Actor] = []
    for i, act in enumerate(acts):
        partner = actors[-1] if act == "cross" and i and acts[i - 1] == "cross" and i % 2 else None
        actors.append(_actor(stage, act, partner))
    return actors


def _actor(stage: Stage, act: Act, partner: Actor | None) -> Actor:
    size = stage.draw_size(_LEAST_CHANGING if act == "change" else 0.0)
    if partner is not None:
        size = min(partner.size * float(stage.rng.uniform(0.85, 1.2)), stage.sizes[1])
    head = stage.take_head(size, changing=act == "change")
    phase = float(stage.rng.uniform(0, 2 * math.pi))
    actor = Actor(act, head, size, (0, 0), states=((0.0, _state(stage, head)),), phase=phase)
    if act in ("walk", "hide", "cross"):
        return _walker(stage, actor, partner)
    actor = replace(actor, start=stage.spot(size), growth=float(stage.rng.uniform(-0.008, 0.012)))
    if act == "change":
        return replace(actor, states=_changes(stage, head))
    if act == "turn":
        return replace(actor, turned=_turns(stage))
    if act == "leave":
        return _leaving(stage, actor)
    return actor


def _state(stage: Stage, head: Head) -> int:
    """Draws the state of somebody who does not change it: the labelled one, mostly."""
    if len(head.looks) > 1 and stage.rng.random() < 0.3:
        return WRONG
    return head.own


def _walker(stage: Stage, actor: Actor, partner: Actor | None) -> Actor:
    """Lets somebody walk from beyond one side of the picture to beyond the other."""
    reach = 1.6 * actor.size
    rightwards = bool(stage.rng.random() < 0.5) if partner is None else partner.speed < 0
    duration = float(stage.rng.uniform(0.6, 0.85)) * stage.seconds
    begin = float(stage.rng.uniform(0.0, 0.98)) * (stage.seconds - duration)
    low, high = 0.9 * actor.size, stage.height - 0.9 * actor.size
    y = float(stage.rng.uniform(low, max(high, low)))
    if partner is not None:
        begin, duration = partner.walks[0], partner.walks[1] - partner.walks[0]
        begin += float(stage.rng.uniform(-0.03, 0.03)) * stage.seconds
        y = partner.start[1] + float(stage.rng.uniform(-0.25, 0.25)) * actor.size
    length = stage.width + 2 * reach
    if actor.act == "hide":
        # Half hidden between the middle of the face passing one side of the post and the other.
        hidden = float(stage.rng.uniform(0.55, 1.8))
        speed = (stage.post[1] - stage.post[0]) / hidden
        duration = min(length / speed, stage.seconds * 1.2)
        middle = sum(stage.post) / 2
        when = stage.seconds * float(stage.rng.uniform(0.35, 0.65))
        begin = when - ((middle + reach) if rightwards else (stage.width + reach - middle)) / speed
        duration = length / speed
    speed = length / duration
    start = -reach if rightwards else stage.width + reach
    return replace(
        actor,
        start=(start, y),
        speed=speed if rightwards else -speed,
        walks=(begin, begin + duration),
        behind=actor.act == "hide",
    )


def _changes(stage: Stage, head: Head) -> tuple[tuple[float, int], ...]:
    """Puts a mask on and takes it off, or the other way, about a third and two thirds into the scene."""
    worn = MASKED if stage.rng.random() < 0.7 else WRONG
    between = (UNMASKED, worn) if stage.rng.random() < 0.5 else (worn, UNMASKED)
    first = float(stage.rng.uniform(0.25, 0.4)) * stage.seconds
    second = float(stage.rng.uniform(0.6, 0.75)) * stage.seconds
    states = ((0.0, between[0]), (first, between[1]), (second, between[0]))
    return tuple((t, s) for t, s in states if s in head.looks)


def _turns(stage: Stage) -> tuple[tuple[float, float], ...]:
    """Turns away once or twice, for half a second to one and a half."""
    begins = [float(stage.rng.uniform(a, b)) * stage.seconds for a, b in ((0.2, 0.35), (0.6, 0.7))]
    return tuple((b, b + float(stage.rng.uniform(0.5, 1.5))) for b in begins)


def _leaving(stage: Stage, actor: Actor) -> Actor:
    """Stands, then walks out of the nearer side of the picture."""
    begin = float(stage.rng.uniform(0.3, 0.6)) * stage.seconds
    x = actor.start[0]
    left = x < stage.width / 2
    way = x + 1.6 * actor.size if left else stage.width - x + 1.6 * actor.size
    seconds = way / (stage.width * float(stage.rng.uniform(0.1, 0.16)))
    return replace(actor, speed=-way / seconds if left else way / seconds, walks=(begin, begin + seconds))


def by_depth(actors: Sequence[Actor]) -> list[int]:
    """Returns the numbers of the actors from the farthest to the nearest; who walks behind the post first."""
    return sorted(range(len(actors)), key=lambda i: (not actors[i].behind, actors[i].size))
