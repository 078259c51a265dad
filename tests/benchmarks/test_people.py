"""The benchmark of following people: it tells good from bad, and its scenes say the truth of themselves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.people import players
from benchmarks.people.actors import Actor
from benchmarks.people.environment import published, python_of
from benchmarks.people.heads import MASKED, UNMASKED, Head
from benchmarks.people.matching import identity_score, scored_boxes
from benchmarks.people.metrics import judge
from benchmarks.people.players import UNDECIDED, Shown
from benchmarks.people.recorded import Recording
from benchmarks.people.report import TRACKING, table
from benchmarks.people.runs import Arrival
from benchmarks.people.scenes import FPS, Scene
from benchmarks.people.truth import Truth
from made.portrait import person
from made.room import room
from maskwatch.pipeline import Session
from maskwatch.types import Image

SIZE = (640, 360)


def truths(frames: int = 60, changes_at: int | None = None) -> list[Truth]:
    """Two people side by side, one masked and one not, who walk to the right; 15 frames a second."""
    result = []
    for i in range(frames):
        changed = changes_at is not None and i >= changes_at
        boxes = np.array([[10, 10, 50, 60], [200, 10, 240, 60]], np.float32) + np.float32(2 * i) * np.array(
            [1, 0, 1, 0], np.float32
        )
        result.append(
            Truth(
                i / 15,
                np.array([0, 1]),
                boxes,
                np.ones(2, np.float32),
                np.array([MASKED, MASKED if changed else UNMASKED]),
                np.ones(2, np.bool_),
                np.array([0, int(changed)]),
            )
        )
    return result


def perfect(truth: Truth, **changes: object) -> Shown:
    """What somebody shows who knows the truth."""
    known = {
        "t": truth.t,
        "ids": truth.ids + 1,
        "boxes": truth.boxes,
        "present": np.ones(len(truth.ids), np.bool_),
        "states": truth.states,
        "so_far": 2,
    }
    return Shown(**{**known, **changes})  # type: ignore[arg-type]


def test_who_knows_the_truth_gets_the_best_figures() -> None:
    frames = truths(changes_at=30)
    figures = judge(frames, [perfect(t) for t in frames]).figures()
    assert figures["idf1"] == figures["never_long_wrong"] == 1.0
    for name in ("count_error", "people_error", "flips", "drops", "wrong_seconds", "false_people_a_minute"):
        assert figures[name] == 0, name
    assert figures["change_median"] == figures["decided_median"] == 0
    assert figures["changes"] == 1
    assert figures["people"] == 2


def test_swapped_numbers_halve_idf1_and_nothing_else() -> None:
    frames = truths()
    swapped = [perfect(t, ids=t.ids[::-1] + 1 if t.t >= 2 else t.ids + 1) for t in frames]
    figures = judge(frames, swapped).figures()
    assert figures["idf1"] == pytest.approx(0.5)
    assert figures["numbers"] == 2
    assert figures["count_error"] == figures["flips"] == 0


def test_a_missing_person_is_a_wrong_count() -> None:
    frames = truths()
    one = [
        perfect(t, ids=t.ids[:1] + 1, boxes=t.boxes[:1], present=np.ones(1, np.bool_), states=t.states[:1])
        for t in frames
    ]
    shown = [perfect(t) if i % 2 else one[i] for i, t in enumerate(frames)]
    figures = judge(frames, shown).figures()
    assert figures["count_error"] == pytest.approx(0.25, abs=0.01)
    assert figures["extra_changes_a_minute"] > 800


def test_a_state_that_flickers_and_one_that_is_told_late() -> None:
    frames = truths(changes_at=15)
    flicker = [0, 0, 0, 1, 0, UNDECIDED]
    shown = [
        perfect(t, states=np.array([flicker[i % 6], MASKED if t.t >= 2.5 else UNMASKED]))
        for i, t in enumerate(frames)
    ]
    tally = judge(frames, shown)
    first, second = tally.persons
    assert first.flips == 20  # to unmasked and back in each of ten rounds
    assert first.drops == 10
    assert first.longest_wrong < 0.1
    assert second.flips == 0
    assert second.delays == pytest.approx([1.5], abs=0.04)
    assert second.longest_wrong == pytest.approx(1.4, abs=0.1)  # a fading mask is not judged
    assert tally.figures()["never_long_wrong"] == 0.5


def test_a_change_that_nobody_tells_counts_as_never() -> None:
    frames = truths(changes_at=15)
    shown = [perfect(t, states=np.array([MASKED, UNMASKED])) for t in frames]
    assert judge(frames, shown).figures()["change_median"] == math.inf


def test_somebody_where_nobody_is() -> None:
    frames = truths()
    ghost = np.array([[400, 200, 440, 250]], np.float32)
    shown = [
        perfect(
            t,
            ids=np.array([1, 2, 9]),
            boxes=np.concatenate([t.boxes, ghost]),
            present=np.ones(3, np.bool_),
            states=np.append(t.states, MASKED),
            so_far=3,
        )
        for t in frames
    ]
    tally = judge(frames, shown)
    assert tally.false_people == 1
    assert tally.people_error == 1
    assert tally.figures()["count_error"] == pytest.approx(0.5)


def test_a_hidden_face_may_be_shown_or_not() -> None:
    hidden = [
        Truth(t.t, t.ids, t.boxes, np.array([1, 0.2], np.float32), t.states, t.counted, t.changes)
        for t in truths()
    ]
    only_first = [
        perfect(t, ids=t.ids[:1] + 1, boxes=t.boxes[:1], present=np.ones(1, np.bool_)) for t in hidden
    ]
    for shown in ([perfect(t) for t in hidden], only_first):
        score = identity_score([scored_boxes(t, s) for t, s in zip(hidden, shown, strict=True)])
        assert score.idf1 == 1.0
        assert score.true == 60


def test_a_box_on_a_hidden_face_is_none_on_the_visible_one_beside_it() -> None:
    boxes = np.array([[10, 10, 50, 60], [18, 10, 58, 60]], np.float32)
    truth = Truth(
        0.0,
        np.array([0, 1]),
        boxes,
        np.array([1, 0.2], np.float32),
        np.array([MASKED, MASKED]),
        np.ones(2, np.bool_),
        np.zeros(2, np.int64),
    )
    counted = scored_boxes(truth, perfect(truth))
    assert counted.true.tolist() == [0]
    assert counted.shown.tolist() == [1]


def test_frames_are_lost_at_random_but_always_the_same() -> None:
    arrival = Arrival(10, 0.6)
    indices = arrival.indices(3000, seed=4)
    assert indices == arrival.indices(3000, seed=4)
    assert all(i % 3 == 0 for i in indices)
    assert 350 < len(indices) < 450


def made_head() -> Head:
    """A head of the made person, with and without a mask."""
    bare, masked = person("none"), person("correct")
    face = np.array(bare.box, np.float32)
    return Head("made", "made", {UNMASKED: bare.image, MASKED: masked.image}, bare.alpha, face, UNMASKED, 99)


def made_scene(*actors: Actor, post: tuple[int, int] = (300, 330)) -> Scene:
    background: Image = room(*SIZE).copy()
    return Scene(1, SIZE, 2.0, actors, background, post, 2.0, 80)


def walker() -> Actor:
    """Walks behind the post, which hides the face for most of a second."""
    return Actor("hide", made_head(), 40, (220, 120), 100, (0, 2), ((0, MASKED),), behind=True)


def test_a_scene_knows_who_is_hidden() -> None:
    scene = made_scene(walker(), post=(290, 350))
    shares = np.array([truth.shares[0] for truth in scene.truths])
    hidden = np.flatnonzero(shares < 0.5) / FPS
    assert shares[0] == 1
    assert (hidden[0], hidden[-1]) == (pytest.approx(0.7, abs=0.1), pytest.approx(1.3, abs=0.1))
    assert all(truth.count == 1 for truth in scene.truths)
    assert np.ptp([truth.boxes[0, 3] - truth.boxes[0, 1] for truth in scene.truths]) < 2


def test_who_stands_in_front_hides_others() -> None:
    small = Actor("stand", made_head(), 40, (200, 150), states=((0, UNMASKED),))
    large = Actor("stand", made_head(), 90, (200, 160), states=((0, MASKED),))
    beside = Actor("stand", made_head(), 40, (420, 150), states=((0, MASKED),))
    truth = made_scene(small, large, beside).truths[0]
    assert truth.shares.tolist() == [0, 1, 1]
    assert truth.counted.tolist() == [False, True, True]  # nobody has seen the first one yet


def test_who_turns_away_is_not_visible_but_counts() -> None:
    actor = Actor("turn", made_head(), 60, (200, 150), states=((0, UNMASKED),), turned=((0.5, 1.5),))
    truth = made_scene(actor).truths[30]
    assert not truth.visible.any()
    assert truth.count == 1


def test_the_same_frame_is_drawn_the_same() -> None:
    scene = made_scene(walker())
    assert np.array_equal(scene.render(7), scene.render(7))
    assert not np.array_equal(scene.render(7), scene.render(8))


def test_models_are_asked_once(tmp_path: Path) -> None:
    actor = Actor("change", made_head(), 70, (200, 150), states=((0, UNMASKED), (1.0, MASKED)), walks=(0, 0))
    scene = made_scene(actor)
    indices = Arrival(10).indices(len(scene), seed=0)

    def shown(render: object) -> list[Shown]:
        with Recording(tmp_path / "answers.sqlite", SIZE, render) as recording:  # type: ignore[arg-type]
            session = Session(recording.engine())
            return [players.show(session, i, recording.frame(i), i / FPS) for i in indices]

    def refuse(index: int) -> Image:
        raise AssertionError(f"frame {index} is drawn again")

    first, second = shown(scene.render), shown(refuse)
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.boxes, b.boxes)
        assert np.array_equal(a.states, b.states)
    figures = judge([scene.truths[i] for i in indices], first).figures()
    assert figures["numbers"] == 1
    assert figures["false_people_a_minute"] == 0
    assert figures["never_found"] == 0


def test_recorded_models_know_pieces_of_the_frame() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    recording = Recording(None, SIZE, lambda index: picture)
    blank = recording.frame(3)
    assert np.array_equal(recording.pixels(blank[40:100, 70:90]), picture[40:100, 70:90])
    with pytest.raises(ValueError, match="no part of the current frame"):
        recording.pixels(blank.copy())


def test_without_their_environment_others_are_left_out(tmp_path: Path) -> None:
    assert not python_of(tmp_path).exists()
    assert published(tmp_path, {"a": []}, 0.5) == {}


def test_tables_say_never_and_leave_out_what_is_unknown() -> None:
    text = table({"somebody": {"idf1": 0.5, "numbers": math.inf}}, TRACKING)
    assert "0.500" in text
    assert "never" in text
    assert text.splitlines()[2].count("| ") == len(TRACKING) + 1
