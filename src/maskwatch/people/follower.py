"""Follows the people of one stream: tracks, looks, and what they say of each person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from maskwatch.labels import LABELS, Reason
from maskwatch.people.evidence import Evidence, Voting
from maskwatch.people.face_belief import Belief, BeliefRules, FaceBelief
from maskwatch.people.looks import LookPlanner, Wish, stagger
from maskwatch.people.person import Person
from maskwatch.people.tracking import Track, Tracker
from maskwatch.types import Faces

_LEAST_SURE: Final = 0.1
"""Detector score below which nothing begins a track, whatever the threshold: noise would take all looks."""

_PATIENCE: Final = 20
"""Looks at somebody who is uncertain before they become as rare as those at settled people."""

_TURN_LOOKS: Final = 3
"""Looks that a check for a turned face costs besides the upright one."""

_CLEAR: Final = 0.9
"""Face score, mean of the looks, from which two frames suffice to make a person."""

_DIFFERS_EVERY: Final = 4
"""Looks after which a face whose answer differs from what is believed is checked again for turns."""


class Eyes(Protocol):
    """Looks at faces of the frame in work."""

    def look(self, faces: Faces) -> Faces:
        """Classifies some candidates; what is no face may be missing. Order and `track_ids` are kept."""
        ...

    def turned_over(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns which faces (n, 4) are upside down or on their side; (n,) bool."""
        ...


@dataclass(frozen=True, slots=True)
class Following:
    """How people are followed.

    Attributes:
        sure: Detector score from which a box may begin a track; less where faces are reported from less.
        hidden: Seconds for which somebody who is not seen keeps the number.
        every: Seconds after which somebody whose state is settled is looked at again.
        soon: The same for a new face, and for somebody who differs from what is believed.
        undecided: The same for somebody whose state is not known yet.
        rejected: The same for a track that is taken for no face.
        turn_every: Number of looks after which a face is checked again for being turned over.
        looks: Looks a second that all people together get.
        burst: Looks that one frame may take at most.
        voting: How looks become a state.
        slow: Share of the face score that a single frame would need, from which many looks make a person.
        hits: Number of frames in which a face must be found before it becomes a person...
        apart: ...or seconds that must lie between the first and the last of at least two.
        searched: Seconds for which a face that is not found is searched where it should be.
    """

    sure: float = 0.4
    hidden: float = 2.0
    every: float = 0.5
    soon: float = 0.1
    undecided: float = 0.1
    rejected: float = 1.0
    turn_every: int = 20
    looks: float = 90.0
    burst: int = 12
    slow: float = 0.65
    hits: int = 3
    apart: float = 0.2
    searched: float = 0.5
    voting: Voting = field(default_factory=Voting)


@dataclass(slots=True)
class _Member:
    """A track with what is known of it; a person once it has a `track_id`."""

    evidence: Evidence
    belief: FaceBelief
    track_id: int = 0
    looked_at: float | None = None
    looks: int = 0
    turn_checked: int | None = None  # number of looks at the last check
    turned: bool = False
    answer: Faces | None = None  # of the last look: one row


class Follower:
    """Follows the people of one stream; one thread at a time.

    A new face is looked at in every frame, until both opinions, of several frames, make it a person or reject
    it. Settled people are looked at in turn; whoever is found to differ from what is believed, at once again.

    Args:
        following: How.
        threshold: Face score from which a single frame would report a face; None reports every detection.

    Attributes:
        sure: Detector score from which a box may begin a track.
    """

    def __init__(self, following: Following | None = None, threshold: float | None = None) -> None:
        self._following = Following() if following is None else following
        self._threshold = 0.0 if threshold is None else threshold
        self._rules = BeliefRules.of_threshold(self._threshold, self._following.slow)
        sure = min(self._following.sure, max(self._threshold, _LEAST_SURE)) if threshold is not None else 0.0
        self.sure = sure
        self._tracker = Tracker(sure, self._following.hidden)
        self._planner = LookPlanner(self._following.looks, self._following.burst)
        self._members: dict[int, _Member] = {}
        self._people = 0

    def update(
        self, candidates: Faces, t: float, size: tuple[int, int], eyes: Eyes
    ) -> tuple[Faces, tuple[Person, ...]]:
        """Takes the next frame.

        Args:
            candidates: What the detector found in it, unsure places included; not classified.
            t: Seconds since the stream began, larger than at the call before.
            size: Width and height of the frame in pixels.
            eyes: Classifies some of them.

        Returns:
            The faces of the frame, and everybody in view, by number.
        """
        no_faces = self._no_faces()
        numbers = self._tracker.update(candidates.boxes, candidates.scores, t, size, no_faces)
        tracks = self._tracker.tracks
        self._members = {n: m for n, m in self._members.items() if n in tracks}
        for number in numbers[numbers > 0].tolist():
            if number not in self._members:
                self._members[number] = _Member(Evidence(self._following.voting), FaceBelief(self._rules))
        found = candidates.with_(track_ids=numbers)[numbers > 0]
        looked = self._look(found, t, eyes)
        for number, member in self._members.items():
            if (
                not member.track_id
                and member.belief.belief is Belief.FACE
                and self._found_often(tracks[number], member.belief.score)
            ):
                self._people += 1
                member.track_id = self._people
        return self._faces(found, looked), self._persons()

    def expected(self, t: float) -> NDArray[np.float32]:
        """Returns where the next frame should show the faces that were found lately.

        Args:
            t: Seconds at which the frame comes; not less than at the last `update`.

        Returns:
            (n, 4) float32: x1, y1, x2, y2 in pixels of the last frame.
        """
        return self._tracker.expected(t, self._following.searched, self._no_faces())

    def _no_faces(self) -> set[int]:
        """Returns the numbers of the tracks that are taken for no face."""
        return {n for n, m in self._members.items() if m.belief.belief is Belief.NO_FACE}

    def _found_often(self, track: Track, score: float) -> bool:
        """Whether it was found in enough frames; two suffice that lie apart, or show a clear face."""
        apart = track.last_seen - track.first_seen >= self._following.apart
        return track.hits >= self._following.hits or (track.hits >= 2 and (apart or score >= _CLEAR))

    def _look(self, found: Faces, t: float, eyes: Eyes) -> set[int]:
        """Looks at the faces whose turn it is; returns the numbers of their tracks."""
        assert found.track_ids is not None
        rows = {int(number): row for row, number in enumerate(found.track_ids)}
        wishes = [self._wish(number, float(found.scores[row])) for number, row in rows.items()]
        granted = self._planner.plan(wishes, t)
        if not granted:
            return set()
        chosen = found[np.array([rows[number] for number in granted], np.intp)]
        seen = eyes.look(chosen)
        assert seen.track_ids is not None
        answers = {int(number): seen[row : row + 1] for row, number in enumerate(seen.track_ids)}
        self._check_turns(answers, eyes)
        for number in granted:
            member = self._members[number]
            member.looked_at = t
            member.looks += 1
            answer = answers.get(number)
            member.belief.observe(t, 0.0 if answer is None else float(answer.scores[0]))
            if answer is None:
                continue
            if member.turned and answer.reasons is not None:
                answer = answer.with_(reasons=np.array(["turned_over"], np.object_))
            member.answer = answer
            if answer.probabilities is not None and np.isfinite(answer.probabilities).all():
                x1, y1, x2, y2 = answer.boxes[0].tolist()
                reason = None if answer.reasons is None else answer.reasons[0]
                if reason == "maybe_no_face" and member.belief.sure:
                    reason = None
                member.evidence.observe(t, answer.probabilities[0], reason, min(x2 - x1, y2 - y1))
        return set(answers)

    def _check_turns(self, answers: dict[int, Faces], eyes: Eyes) -> None:
        """Checks faces that would be certain, each from time to time, for being turned over."""
        due = []
        for number, answer in answers.items():
            member = self._members[number]
            checked = member.turn_checked
            if answer.reasons is None or (answer.reasons[0] is not None and not member.turned):
                continue
            # A face that turns over usually changes its answer, too: no state flips unchecked.
            differs = member.evidence.state is not None and answer.labels[0] != member.evidence.state
            every = _DIFFERS_EVERY if differs else self._following.turn_every
            if checked is None or member.looks - checked >= every:
                due.append(number)
        if not due:
            return
        over = eyes.turned_over(np.concatenate([answers[number].boxes for number in due]))
        self._planner.spend(_TURN_LOOKS * len(due))
        for number, is_over in zip(due, over.tolist(), strict=True):
            member = self._members[number]
            member.turned, member.turn_checked = is_over, member.looks

    def _wish(self, number: int, score: float) -> Wish:
        member, following = self._members[number], self._following
        if member.belief.belief is Belief.NO_FACE:
            # Who comes into the picture is half a face at first. What stays no face is left alone.
            interval = min(following.soon * 2.0 ** (member.looks - 2), following.rejected)
            return Wish(number, member.looked_at, stagger(number, interval), score)
        if not member.track_id:  # the likeliest faces first
            likely = score if member.looked_at is None else 2 * member.belief.score
            return Wish(number, member.looked_at, following.soon, likely)
        if member.evidence.doubtful:
            return Wish(number, member.looked_at, following.soon, 2.0)
        if member.evidence.state is None or member.evidence.reason is not None:
            # Who stays uncertain for long, as somebody far away does, is not looked at for ever.
            interval = following.undecided if member.looks < _PATIENCE else following.every
            return Wish(number, member.looked_at, stagger(number, interval))
        return Wish(number, member.looked_at, stagger(number, following.every))

    def _faces(self, found: Faces, looked: set[int]) -> Faces:
        """Returns the faces of the frame: those of people, and those that this frame alone would report."""
        assert found.track_ids is not None
        rows: list[int] = []
        answers: list[Faces] = []
        track_ids: list[int] = []
        was_looked: list[bool] = []
        for row, number in enumerate(found.track_ids.tolist()):
            member = self._members[number]
            answer = member.answer
            if answer is None:
                continue
            is_person = member.track_id > 0 and member.belief.belief is Belief.FACE
            if is_person or answer.scores[0] >= self._threshold:
                rows.append(row)
                answers.append(answer)
                track_ids.append(member.track_id if is_person else -1)
                was_looked.append(number in looked)
        if not rows:
            return found[:0].with_(looked=np.zeros(0, np.bool_))
        return Faces.joined(answers).with_(
            boxes=found.boxes[rows],
            track_ids=np.array(track_ids, np.int64),
            looked=np.array(was_looked, np.bool_),
        )

    def _persons(self) -> tuple[Person, ...]:
        people = [
            _person(member, self._tracker.tracks[number])
            for number, member in self._members.items()
            if member.track_id and member.belief.belief is Belief.FACE
        ]
        return tuple(sorted(people, key=lambda person: person.track_id))


def _person(member: _Member, track: Track) -> Person:
    evidence = member.evidence
    classified = member.answer is not None and member.answer.probabilities is not None
    state = evidence.state
    believed = evidence.probabilities
    reason: Reason | None = evidence.reason if classified else None
    if reason is None and classified and member.turned:
        reason = "turned_over"
    confidence = 0.0
    if classified:
        confidence = float(believed.max() if state is None else believed[LABELS.index(state)])
    x1, y1, x2, y2 = track.box.tolist()
    return Person(
        track_id=member.track_id,
        box=(x1, y1, x2, y2),
        state=state,
        confidence=confidence,
        reason=reason,
        since=evidence.since if state is not None else track.first_seen,
        first_seen=track.first_seen,
        last_seen=track.last_seen,
        seen=track.seen,
        probabilities=(float(believed[0]), float(believed[1]), float(believed[2])) if classified else None,
        votes=dict(evidence.votes),
    )
