"""Runs SORT and ByteTrack as published over the detections of streams; in an environment of their own.

    python track.py streams.npz numbers.npz

`streams.npz` holds for each stream K: `K t` (frames,), `K sizes` (frames,) number of detections of each
frame, `K boxes` (n, 4), `K scores` (n,), and for all streams `threshold`, the score from which the model
reports a face. `numbers.npz` gets `K NAME` (n,) int64 for each tracker: the number of each detection, -1
for none.
"""

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker, SORTTracker

LOW = 0.1
"""Least score of a detection that ByteTrack gets: the paper's (arXiv 2110.06864, section 4.1)."""


def trackers_for(fps: float, threshold: float) -> Iterator[tuple[str, Any, float]]:
    """Returns name, tracker and least score: the defaults of the library, and twice as long a memory."""
    yield "SORT", SORTTracker(frame_rate=fps), threshold
    yield "SORT, 2 s", SORTTracker(frame_rate=fps, lost_track_buffer=60), threshold
    yield "ByteTrack", ByteTrackTracker(frame_rate=fps), LOW
    yield "ByteTrack, 2 s", ByteTrackTracker(frame_rate=fps, lost_track_buffer=60), LOW


def follow(tracker: Any, least: float, times: Any, sizes: Any, boxes: Any, scores: Any) -> Any:
    """Returns the number of each detection of a stream."""
    numbers = np.full(len(boxes), -1, np.int64)
    start = 0
    for t, size in zip(times, sizes, strict=True):
        rows = np.arange(start, start + size)
        rows = rows[scores[rows] >= least]
        start += size
        found = sv.Detections(
            xyxy=boxes[rows].reshape(-1, 4).astype(np.float32),
            confidence=scores[rows].astype(np.float32),
            class_id=np.zeros(len(rows), int),
            data={"row": rows},
        )
        tracked = tracker.update(found, timestamp=float(t))
        if len(tracked):
            numbers[np.asarray(tracked.data["row"], int)] = tracked.tracker_id
    return numbers


def main() -> None:
    """Reads the streams, writes the numbers."""
    warnings.simplefilter("ignore")
    streams = np.load(sys.argv[1])
    threshold = float(streams["threshold"])
    numbers: dict[str, Any] = {}
    for key in sorted({name.rsplit(" ", 1)[0] for name in streams.files if name.endswith(" t")}):
        times = streams[f"{key} t"]
        fps = 1 / float(np.median(np.diff(times))) if len(times) > 1 else 30.0
        parts = [streams[f"{key} {name}"] for name in ("sizes", "boxes", "scores")]
        for name, tracker, least in trackers_for(fps, threshold):
            numbers[f"{key} {name}"] = follow(tracker, least, times, *parts)
    np.savez(sys.argv[2], **numbers)


if __name__ == "__main__":
    main()
