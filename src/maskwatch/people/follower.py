"""Follows the people of one stream: tracks, looks, evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from maskwatch.people.person import Person
from maskwatch.people.tracking import Tracker
from maskwatch.types import LABELS, Faces

Look = Callable[[Faces], Faces]
"""Classifies some faces of the frame in work; may drop what is no face, keeps `track_ids` and the order."""


@dataclass(frozen=True, slots=True)
class Following:
    """How people are followed.

    Attributes:
        sure: Detector score from which a box may begin a track.
        hidden: Seconds for which somebody who is not seen keeps the number.
        every: Seconds after which somebody whose state is settled is looked at again.
    """

    sure: float = 0.3
    hidden: float = 2.0
    every: float = 0.5


class Follower:
    """Follows the people of one stream; one thread at a time.

    Args:
        following: How.
    """

    def __init__(self, following: Following | None = None) -> None:
        self._following = Following() if following is None else following
        self._tracker = Tracker(self._following.sure, self._following.hidden)

    def update(
        self, candidates: Faces, t: float, size: tuple[int, int], look: Look
    ) -> tuple[Faces, tuple[Person, ...]]:
        """Takes the next frame.

        Args:
            candidates: What the detector found in it, unsure places included; not classified.
            t: Seconds since the stream began, larger than at the call before.
            size: Width and height of the frame in pixels.
            look: Classifies some of them.

        Returns:
            The faces of the frame, and everybody in view, by number.
        """
        # First version: everybody is looked at in every frame.
        numbers = self._tracker.update(candidates.boxes, candidates.scores, t, size)
        faces = look(candidates.with_(track_ids=numbers)[numbers > 0])
        persons = []
        assert faces.track_ids is not None
        for i, number in enumerate(faces.track_ids):
            track = self._tracker.tracks[int(number)]
            label = faces.labels[i]
            row = None if faces.probabilities is None else faces.probabilities[i]
            persons.append(
                Person(
                    int(number),
                    tuple(float(v) for v in faces.boxes[i]),  # type: ignore[arg-type]
                    label,
                    0.0 if row is None else float(row.max()),
                    None if faces.reasons is None else faces.reasons[i],
                    track.first_seen,
                    track.first_seen,
                    t,
                    True,
                    None if row is None else tuple(float(p) for p in row),  # type: ignore[arg-type]
                    {} if label is None else {label: track.hits},
                )
            )
        faces = faces.with_(looked=np.ones(len(faces), np.bool_))
        assert len(LABELS) == 3
        return faces, tuple(sorted(persons, key=lambda person: person.track_id))
