from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from made.scenes import Place, scene
from maskwatch import load
from maskwatch.classifiers.turn_check import EVERY, LIVE_CHECKED, TurnCheck, TurnMemory
from maskwatch.factory import load as load_engine
from maskwatch.pipeline import Session
from maskwatch.types import Faces, Frame, Image

IMAGE = np.zeros((50, 50, 3), np.uint8)


class Told:
    """Answers with log-odds of an upright face, by quarter turns, and counts the boxes it is asked about."""

    def __init__(self, by_turns: dict[int, float]) -> None:
        self.by_turns = by_turns
        self.boxes = 0

    def upright_log_odds(
        self, image: Image, boxes: NDArray[np.float32], quarters: Sequence[int]
    ) -> NDArray[np.float32]:
        self.boxes += len(boxes)
        return np.array([[self.by_turns.get(turns, -4)] * len(boxes) for turns in quarters], np.float32)


def faces(*reasons: str | None) -> Faces:
    n = len(reasons)
    boxes = np.array([[20 * i, 0, 20 * i + 15, 15] for i in range(n)], np.float32).reshape(-1, 4)
    probabilities = np.tile(np.array([0.98, 0.01, 0.01], np.float32), (n, 1))
    return Faces(boxes, np.full(n, 0.9, np.float32), probabilities, np.array(reasons, np.object_))


@pytest.mark.parametrize(
    ("by_turns", "over"),
    [
        ({0: 2.0}, False),
        ({0: 2.0, 2: 2.45}, False),
        ({0: 2.0, 2: 2.55}, True),
        ({0: 2.0, 1: 2.45}, False),
        ({0: 2.0, 1: 2.55}, True),
        ({0: 2.0, 3: 2.55}, True),
    ],
)
def test_a_face_that_looks_better_turned_is_marked(by_turns: dict[int, float], over: bool) -> None:
    found = TurnCheck(Told(by_turns))(IMAGE, faces(None, "undecided", "dark"))
    assert found.reasons is not None
    expected = ["turned_over", "turned_over", "dark"] if over else [None, "undecided", "dark"]
    assert found.reasons.tolist() == expected


def test_live_checks_what_would_be_certain_and_that_seldom() -> None:
    told = Told({0: 2.0, 1: 5.0, 2: 5.0})
    check, memory = TurnCheck(told, checked=LIVE_CHECKED, every=EVERY), TurnMemory()
    for _ in range(2 * EVERY):
        found = check(IMAGE, faces(None, "undecided"), memory)
        assert found.reasons is not None
        assert found.reasons.tolist() == ["turned_over", "undecided"]
    assert told.boxes == 2
    check(IMAGE, faces("dark", "dark", None), memory)  # a new face at another place
    assert told.boxes == 3


def test_stills_are_checked_every_time() -> None:
    told = Told({0: 2.0})
    check, memory = TurnCheck(told), TurnMemory()
    for _ in range(3):
        check(IMAGE, faces(None), memory)
    assert told.boxes == 3


def test_nothing_to_check() -> None:
    told = Told({})
    assert len(TurnCheck(told)(IMAGE, faces())) == 0
    bare = Faces(faces(None).boxes, faces(None).scores)
    assert TurnCheck(told)(IMAGE, bare) is bare
    assert told.boxes == 0


@pytest.mark.parametrize("classifier", ["mobilenet", "mobilenet-fast"])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_no_answer_on_a_turned_face_is_certain_in_live_video(classifier: str, turns: int) -> None:
    session = Session(load_engine(classifier=classifier, live=True))
    upright = scene([Place("none", x=160, y=110, face=80)], size=(320, 240)).image
    for _ in range(3):
        assert session(Frame(upright)).faces.certain.tolist() == [True]
    over = np.ascontiguousarray(np.rot90(upright, turns))
    session = Session(load_engine(classifier=classifier, live=True))
    for _ in range(3):
        assert not session(Frame(over)).faces.certain.any()


def test_upright_faces_stay_certain() -> None:
    places = [Place("none", x=150, y=150, face=90), Place("correct", x=450, y=160, face=90)]
    assert load(upright=True).detect(scene(places).image).certain.all()
