"""Tracks: boxes of each frame to stable numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import areas, containment, iou
from maskwatch.people.assignment import assign
from maskwatch.people.kalman import USUAL, BoxFilter, Motion

# Chosen on simulated scenes; see docs/experiments.md.
_SURPRISE: Final = 3.0
"""Largest surprise (`BoxFilter.surprise`) at which a sure box belongs to a track; about -9 is the least."""
_UNSURE_SURPRISE: Final = 1.0
"""The same of an unsure box, of which more are no faces."""
_RECENT: Final = 1.0
"""Seconds after which an unsure box no longer brings a track back."""
_LEAVING: Final = 0.35
"""Seconds for which somebody who walks out of the frame keeps the track."""
_OUTWARD: Final = 0.5
"""Speed across the edge of the frame from which somebody walks out, sides of the box per second."""
_SAME: Final = 0.5
"""IoU from which two boxes show one face."""
_PART: Final = 0.7
"""Share of a box inside another, from which it is a part of the same face."""
_PART_AREA: Final = 0.5
"""Area, as a share of a face, up to which what is found inside it is a part of it: a mouth, an ear."""
_PART_RECENT: Final = 0.5
"""Seconds for which a face that is not found still hides its parts."""
_GAP: Final = 0.5
"""Seconds without a frame of which no more than this count as time in which somebody was not found."""
_LONG_GAP: Final = 5.0
"""Seconds without a frame after which nobody is expected to be where they were."""
_YOUNG: Final = 5
"""Frames in which a track was found up to which it may turn out to be a part of another face."""


@dataclass(slots=True)
class Track:
    """One face over the frames of a stream.

    Attributes:
        number: Of the track, from 1, never given twice. (Persons have numbers of their own.)
        box: (4,) float32: as found in the newest frame, else as predicted for it.
        seen: Whether it was found in the newest frame.
        first_seen: Seconds at which it was first found.
        last_seen: Seconds at which it was last found.
        hits: Number of frames in which it was found.
        watched: Time, on the tracker's own clock, at which it was last found.
        velocity: (2,) of the centre when it was last found, pixels per second to the right and down.
    """

    number: int
    box: NDArray[np.float32]
    seen: bool
    first_seen: float
    last_seen: float
    hits: int = 1
    watched: float = 0.0
    velocity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))


class Tracker:
    """Follows faces.

    Boxes are assigned in two stages (ByteTrack, arXiv 2110.06864, section 3): the sure ones to all tracks,
    then the unsure ones to those that are left and were seen a moment ago. Unlike there, a pair costs not
    what box and prediction lack in overlap, but how unlikely the box is under the prediction, which is a
    distribution: a face that moves by more than its width between two frames overlaps nothing, and how far
    it may have gone depends on the time that has passed.

    Args:
        sure: Detector score from which a box is sure: it is matched first, and may begin a track.
        hidden: Seconds for which a face that is not found keeps its track.
        motion: How faces move.
    """

    def __init__(self, sure: float, hidden: float = 2.0, motion: Motion = USUAL) -> None:
        self._sure = sure
        self._hidden = hidden
        self._filter = BoxFilter(motion)  # row i is the i-th of `tracks`
        self._t: float | None = None
        self._size: tuple[int, int] | None = None
        self._no_faces: Collection[int] = ()
        self._watched = 0.0  # seconds; a gap without frames counts little
        self._next = 1
        self.tracks: dict[int, Track] = {}

    def update(
        self,
        boxes: NDArray[np.float32],
        scores: NDArray[np.float32],
        t: float,
        size: tuple[int, int],
        no_faces: Collection[int] = (),
    ) -> NDArray[np.int64]:
        """Takes the boxes of the next frame.

        Args:
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.
            scores: (n,) float32, of the detector.
            t: Seconds since the stream began, not less than at the call before.
            size: Width and height of the frame in pixels: who walks out of it is not waited for. Where it
                changes, tracks keep their places in the picture.
            no_faces: Numbers of tracks that turned out to be no face: what lies in them is no part of one.

        Returns:
            (n,) int64: number of the track of each box; -1 for a box that is unsure and belongs to none, or
            shows a face that another box shows better.
        """
        passed = 0.0 if self._t is None else max(t - self._t, 0.0)
        self._watched += passed if passed > _LONG_GAP else min(passed, _GAP)
        self._t = t
        self._no_faces = no_faces
        self._rescale(size)
        self._filter.predict(passed)
        self._keep(self._waited_for(passed, size))
        parts = self._parts(boxes)
        owners = np.full(len(boxes), -1, np.intp)
        owners[~parts] = self._associate(boxes[~parts], scores[~parts], t, passed)
        self._record(boxes, owners, t)
        numbers = np.full(len(boxes), -1, np.int64)
        matched = owners >= 0
        numbers[matched] = np.fromiter(self.tracks, np.int64, len(self.tracks))[owners[matched]]
        self._drop_doubles(numbers)
        self._drop_parts(numbers)
        self._begin(boxes, np.where(parts, 0, scores), numbers, t)
        return numbers

    def expected(self, t: float, unseen: float, no_faces: Collection[int] = ()) -> NDArray[np.float32]:
        """Returns where the faces should be that were found lately.

        Args:
            t: Seconds since the stream began, not less than at the last `update`.
            unseen: Seconds since they were last found, at most.
            no_faces: Numbers of tracks to leave out.

        Returns:
            (n, 4) float32: x1, y1, x2, y2 in pixels of the last frame.
        """
        if not self.tracks or self._t is None:
            return np.zeros((0, 4), np.float32)
        wanted = [
            t - track.last_seen <= unseen and number not in no_faces for number, track in self.tracks.items()
        ]
        return self._filter.boxes_after(max(t - self._t, 0.0))[np.array(wanted, np.bool_)]

    def _rescale(self, size: tuple[int, int]) -> None:
        """Moves all tracks with the picture if its size has changed, as that of some streams does."""
        if self._size is not None and size != self._size:
            x, y = size[0] / self._size[0], size[1] / self._size[1]
            self._filter.rescale(x, y)
            for track in self.tracks.values():
                track.box = track.box * np.array([x, y, x, y], np.float32)
                track.velocity = track.velocity * np.array([x, y])
        self._size = size

    def drop(self, number: int) -> None:
        """Forgets a track; one that is not known is no error."""
        self._keep(np.array([known != number for known in self.tracks], np.bool_))

    def _keep(self, rows: NDArray[np.bool_]) -> None:
        """Forgets the tracks whose entry in `rows` (tracks,) is False."""
        if not rows.all():
            self._filter.keep(rows)
            self.tracks = {
                number: track for (number, track), kept in zip(self.tracks.items(), rows, strict=True) if kept
            }

    def _waited_for(self, passed: float, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Returns the tracks that are still waited for, (tracks,) bool."""
        if not self.tracks:
            return np.zeros(0, np.bool_)
        boxes = self._filter.boxes
        # When last seen: the filter's own velocity fades while somebody is hidden.
        velocities = np.stack([track.velocity for track in self.tracks.values()])
        low, high = boxes[:, :2], boxes[:, 2:]
        outward = _OUTWARD * (high - low)
        crossing = ((low <= 0) & (velocities < -outward)) | ((high >= size) & (velocities > outward))
        outside = (high <= 0) | (low >= size)
        leaving = (crossing | outside).any(axis=1)
        patience = np.where(leaving, min(max(_LEAVING, min(passed, _GAP)), self._hidden), self._hidden)
        # A microsecond, because times are sums of fractions.
        return np.asarray(self._unseen() <= patience + 1e-6)

    def _unseen(self) -> NDArray[np.float64]:
        """Returns the seconds (tracks,) since each was found, without those in which no frame came."""
        return self._watched - np.array([track.watched for track in self.tracks.values()], np.float64)

    def _associate(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], t: float, passed: float
    ) -> NDArray[np.intp]:
        """Returns the row of the track that each box belongs to, (n,); -1 for none."""
        owners = np.full(len(boxes), -1, np.intp)
        if not len(boxes) or not self.tracks:
            return owners
        surprise = self._filter.surprise(boxes)
        sure = scores >= self._sure
        free = np.ones(len(self.tracks), np.bool_)
        recent = self._unseen() <= max(_RECENT, passed + 1e-6)
        for stage, candidates, limit in ((sure, free, _SURPRISE), (~sure, free & recent, _UNSURE_SURPRISE)):
            rows, columns = np.flatnonzero(free & candidates), np.flatnonzero(stage)
            chosen, theirs = assign(surprise[np.ix_(rows, columns)], limit)
            owners[columns[theirs]] = rows[chosen]
            free[rows[chosen]] = False
        return owners

    def _record(self, boxes: NDArray[np.float32], owners: NDArray[np.intp], t: float) -> None:
        """Tells the filter and the tracks which boxes were found."""
        matched = np.flatnonzero(owners >= 0)
        self._filter.update(owners[matched], boxes[matched])
        found = dict(zip(owners[matched].tolist(), boxes[matched], strict=True))
        predicted, velocities = self._filter.boxes, self._filter.velocities
        for row, track in enumerate(self.tracks.values()):
            track.seen = row in found
            track.box = found.get(row, predicted[row])
            if track.seen:
                track.velocity = velocities[row]
                track.last_seen, track.watched = t, self._watched
                track.hits += 1

    def _drop_doubles(self, numbers: NDArray[np.int64]) -> None:
        """Forgets the younger of two tracks that are seen on one face."""
        seen = [track for track in self.tracks.values() if track.seen]  # oldest first
        if len(seen) < 2:
            return
        shares = iou(boxes := np.stack([track.box for track in seen]), boxes)
        for row in np.flatnonzero((np.tril(shares, -1) >= _SAME).any(axis=1)):
            numbers[numbers == seen[row].number] = -1
            self.drop(seen[row].number)

    def _drop_parts(self, numbers: NDArray[np.int64]) -> None:
        """Forgets young tracks that lie inside another face: a search of a piece of the frame cuts faces."""
        young = [track for track in self.tracks.values() if track.hits <= _YOUNG]
        if not young:
            return
        parts = self._parts(np.stack([track.box for track in young]))
        for track in (track for track, is_part in zip(young, parts, strict=True) if is_part):
            numbers[numbers == track.number] = -1
            self.drop(track.number)

    def _parts(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns which boxes (n, 4) lie inside the much larger face of a track that was seen lately."""
        faces = self._filter.boxes[(self._unseen() <= _PART_RECENT) & self._may_be_faces()]
        smaller = areas(boxes)[:, None] <= _PART_AREA * areas(faces)
        return np.asarray(((containment(boxes, faces) >= _PART) & smaller).any(axis=1))

    def _may_be_faces(self) -> NDArray[np.bool_]:
        """Returns which tracks, (tracks,) bool, have not turned out to be no face."""
        return np.array([number not in self._no_faces for number in self.tracks], np.bool_)

    def _begin(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], numbers: NDArray[np.int64], t: float
    ) -> None:
        """Begins tracks with sure boxes that belong to none, best first. Writes into `numbers`."""
        taken = [i for i in np.flatnonzero(numbers > 0).tolist() if numbers[i] not in self._no_faces]
        new: list[int] = []
        for i in np.argsort(-scores, kind="stable"):
            if scores[i] < self._sure or numbers[i] > 0:
                continue
            box, others = boxes[i : i + 1], boxes[taken]
            if (iou(box, others) >= _SAME).any() or (containment(box, others) >= _PART).any():
                continue
            numbers[i] = self._next
            self.tracks[self._next] = Track(self._next, boxes[i], True, t, t, watched=self._watched)
            self._next += 1
            taken.append(int(i))
            new.append(int(i))
        if new:
            self._filter.add(boxes[new])
