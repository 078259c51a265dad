"""Runs of the clips: how many people are counted in each, and how many where nobody is."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.people import players
from benchmarks.people.clips import TRUTH, Clip
from benchmarks.people.environment import published
from benchmarks.people.players import Shown
from benchmarks.people.recorded import Recording
from benchmarks.people.runs import OURS, new_session
from maskwatch.types import Faces


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """What came out of one clip and one who follows.

    Attributes:
        who: Followed.
        clip: Name of the clip.
        seconds: Length.
        counted: Different people that were counted.
        people: Different people who are in it; 0 for clips without people.
    """

    who: str
    clip: str
    seconds: float
    counted: int
    people: int


def run_clip(clip: Clip, build: Path) -> list[ClipOutcome]:
    """Runs one clip."""
    shown: dict[str, list[Shown]] = defaultdict(list)
    stream: list[tuple[float, Faces]] = []
    with Recording(build / f"{clip.name}-{_digest()}.sqlite", clip.size, clip.render) as recording:
        engine = recording.engine()
        sessions = {who: new_session(who, engine) for who in OURS}
        for index in range(clip.frames):
            image, t = recording.frame(index), index / clip.fps
            for who, session in sessions.items():
                shown[who].append(players.show(session, index, image, t))
            stream.append((t, players.detect(engine, image)))
    threshold = engine.threshold or 0.0
    shown["no tracking"] = list(players.each_frame_alone(stream, threshold))
    for (who, _), screens in published(build, {"clip": stream}, threshold).items():
        shown[who] = screens
    return [
        ClipOutcome(who, clip.name, clip.frames / clip.fps, screens[-1].so_far if screens else 0, clip.people)
        for who, screens in shown.items()
    ]


def false_people(outcomes: Iterable[ClipOutcome]) -> dict[str, dict[str, float]]:
    """Returns the people counted in clips without any, by who followed."""
    rows: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for outcome in outcomes:
        if outcome.people == 0:
            row = rows[outcome.who]
            row["minutes"] += outcome.seconds / 60
            row["false_people"] += outcome.counted
            row["clips"] += 1
            row["clips_with_some"] += outcome.counted > 0
    for row in rows.values():
        row["false_people_a_minute"] = row["false_people"] / row["minutes"]
    return {who: dict(row) for who, row in rows.items()}


def counted_people(outcomes: Iterable[ClipOutcome]) -> dict[str, dict[str, float]]:
    """Returns the people counted in each clip with people, by who followed; "truth" for what people saw."""
    rows: dict[str, dict[str, float]] = defaultdict(dict)
    for outcome in outcomes:
        if outcome.people:
            rows[outcome.who][outcome.clip] = outcome.counted
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))
    known = {Path(name).stem: row for name, row in truth.items() if row["people"]}
    rows["truth: people"] = {name: row["people"] for name, row in known.items()}
    rows["truth: faces that can be seen"] = {name: row["faces"] for name, row in known.items()}
    return dict(rows)


@cache
def _digest() -> str:
    folder = Path(__file__).parent
    code = b"".join((folder / name).read_bytes() for name in ("clips.py", "negatives.py"))
    return hashlib.sha256(code).hexdigest()[:10]
