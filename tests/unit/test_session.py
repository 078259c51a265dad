"""One stream: who is followed, and when everything begins anew."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from conftest import FakeModels
from fakes import BLUE, CELL, GREEN, box, scene
from maskwatch.errors import SourceError
from maskwatch.factory import load, new_session
from maskwatch.people.zones import Zone
from maskwatch.pipeline import Engine, Session
from maskwatch.results import Result
from maskwatch.rules import NoMaskRule
from maskwatch.settings import Settings, load_settings
from maskwatch.types import Event, Faces, Frame, Image, SearchMode


@pytest.fixture(scope="module")
def engine(fake_models: FakeModels) -> Engine:
    return load(str(fake_models.detector), str(fake_models.classifier), 320, live=True)


def watch(
    session: Session, image: Image, frames: int = 10, start: float = 0.0, source: str = "a"
) -> list[Result]:
    return [session(Frame(image, i, start + i / 10, source)) for i in range(10)]


TWO = scene({(2, 2): BLUE, (6, 3): GREEN})


def test_people_are_followed_in_live_video(engine: Engine) -> None:
    last = watch(Session(engine), TWO)[-1]
    assert last.people is not None
    assert [(p.track_id, p.state, p.certain) for p in last.people] == [
        (1, "with_mask", True),
        (2, "without_mask", True),
    ]
    assert last.people.persons[0].box == pytest.approx(box(2, 2), abs=1)
    assert (last.people.counts.now.masked, last.people.counts.so_far.total) == (1, 2)
    assert last.faces.track_ids is not None
    assert sorted(last.faces.track_ids.tolist()) == [1, 2]


def test_still_pictures_stand_alone(fake_models: FakeModels) -> None:
    session = Session(load(str(fake_models.detector), str(fake_models.classifier), 320))
    result = session(Frame(TWO))
    assert result.people is None
    assert len(result.faces) == 2
    assert result.faces.track_ids is None


def test_following_can_be_switched_off(engine: Engine) -> None:
    assert watch(Session(engine, follow=False), TWO)[-1].people is None


@pytest.mark.parametrize(("start", "source"), [(0.0, "b"), (5.0, "b"), (-3.0, "a")])
def test_another_source_or_an_older_frame_begins_anew(engine: Engine, start: float, source: str) -> None:
    session = Session(engine)
    watch(session, TWO)
    again = watch(session, TWO, start=start, source=source)
    assert again[0].people is not None
    assert len(again[0].people) == 0
    assert again[-1].people is not None
    assert [p.track_id for p in again[-1].people] == [1, 2]
    assert again[-1].people.counts.so_far.total == 2


def test_frames_of_the_same_moment_do_no_harm(engine: Engine) -> None:
    session = Session(engine)
    for _ in range(20):
        result = session(Frame(TWO))
    assert len(result.faces) == 2
    assert len(watch(session, TWO, start=0.1)[-1].people or ()) == 2


def test_ignored_areas_hold_nobody(engine: Engine) -> None:
    left = Zone("poster", "ignore", ((0, 0), (0.4, 0), (0.4, 1), (0, 1)))
    last = watch(Session(engine, zones=[left]), TWO)[-1]
    assert last.people is not None
    assert [p.state for p in last.people] == ["without_mask"]
    assert last.faces.labels == ["without_mask"]


def test_zones_of_the_settings_reach_the_people(engine: Engine) -> None:
    zone = Zone("door", "zone", ((0, 0), (0.4, 0), (0.4, 1), (0, 1)))
    last = watch(new_session(engine, Settings(zones=(zone,))), TWO)[-1]
    assert last.people is not None
    assert [p.zones for p in last.people] == [("door",), ()]


class Remaking:
    """A classifier of a user, who makes new faces and drops the first."""

    def classify(self, image: Image, faces: Faces) -> Faces:
        kept = faces.boxes[:, 0] > 3 * CELL
        answers = np.tile(np.array([0, 1, 0], np.float32), (int(kept.sum()), 1))
        return Faces(faces.boxes[kept], faces.scores[kept], answers)


def test_a_classifier_may_make_faces_anew(engine: Engine) -> None:
    last = watch(Session(Engine(engine.detector, Remaking(), live=True)), TWO)[-1]
    assert last.people is not None
    assert [(p.track_id, p.state) for p in last.people] == [(1, "without_mask")]
    assert last.people.persons[0].box == pytest.approx(box(6, 3), abs=1)


def test_without_a_classifier_people_have_no_state(engine: Engine) -> None:
    last = watch(Session(Engine(engine.detector, live=True)), TWO)[-1]
    assert last.people is not None
    assert [(p.state, p.reason) for p in last.people] == [(None, None)] * 2
    assert last.people.counts.now.uncertain == 2


class Silence:
    """A rule that only tells of silence."""

    def update(self, people: object, t: float) -> list[Event]:
        return []

    def silence(self, seconds: float, t: float) -> list[Event]:
        return [Event("silence", t, f"{seconds:g} s")]


class Deaf:
    def update(self, people: object, t: float) -> list[Event]:
        return []


def test_silence_reaches_the_rules_that_ask_for_it(engine: Engine) -> None:
    assert Session(engine, [Deaf(), Silence()]).silence(3, 10) == (Event("silence", 10, "3 s"),)


def test_bad_pictures_are_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="expected a BGR picture"):
        Session(engine)(Frame(np.zeros((9, 9), np.uint8)))


def test_a_source_that_fails_leaves_the_session_whole(engine: Engine) -> None:
    from maskwatch.pipeline import run

    def frames() -> object:
        yield Frame(TWO, 0, 0.0, "a")
        raise SourceError("gone")

    session = Session(engine)
    with pytest.raises(SourceError, match="gone"):
        list(run(frames(), session))  # type: ignore[arg-type]
    assert len(watch(session, TWO, start=0.1)[-1].people or ()) == 2


def test_another_source_makes_the_rules_begin_anew(engine: Engine) -> None:
    session = Session(engine, [NoMaskRule(0.5)])
    first = watch(session, TWO, source="a")
    second = watch(session, TWO, start=5.0, source="b")
    told = [[event for result in results for event in result.events] for results in (first, second)]
    assert [len(events) for events in told] == [1, 1]


class OnlyDetects:
    """An engine of a user, with nothing but what a single picture needs."""

    def detect(self, image: Image) -> Faces:
        return Faces(np.array([box(2, 2)], np.float32), np.ones(1, np.float32))


def test_an_engine_of_ones_own_may_only_detect() -> None:
    result = Session(OnlyDetects())(Frame(TWO))  # type: ignore[arg-type]
    assert (len(result.faces), result.people) == (1, None)


def test_ignored_areas_hold_nobody_in_pictures_either(engine: Engine) -> None:
    everything = Zone("all", "ignore", ((0, 0), (1, 0), (1, 1), (0, 1)))
    assert len(Session(engine, zones=[everything], follow=False)(Frame(TWO)).faces) == 0


@pytest.mark.parametrize("t", [float("nan"), float("inf")])
def test_a_time_that_is_no_number_is_refused(engine: Engine, t: float) -> None:
    with pytest.raises(ValueError, match="the time of a frame is a number of seconds"):
        Session(engine)(Frame(TWO, t=t))


class Senseless:
    """A detector and classifier of a user who give what is no number."""

    def detect(self, image: Image) -> Faces:
        boxes = np.array([[np.nan, 0, 10, 10], box(2, 2)], np.float32)
        return Faces(boxes, np.full(2, 0.9, np.float32))

    def classify(self, image: Image, faces: Faces) -> Faces:
        return faces.with_(probabilities=np.full((len(faces), 3), np.nan, np.float32))


def test_what_is_no_number_does_no_harm() -> None:
    last = watch(Session(Engine(Senseless(), Senseless(), live=True)), TWO)[-1]
    assert last.people is not None
    assert [(p.state, p.certain) for p in last.people] == [(None, False)]
    json.dumps(last.record(), allow_nan=False)


@pytest.mark.parametrize("fps", [0.3, 0.5, 1])
def test_people_are_followed_however_rare_the_frames(engine: Engine, fps: float) -> None:
    session = Session(engine)
    for i in range(12):
        result = session(Frame(TWO, i, i / fps, "a"))
    assert result.people is not None
    assert [p.track_id for p in result.people] == [1, 2]


class WhiteSquares:
    """Finds white squares wherever they are, and counts the pixels that it searches."""

    def __init__(self, sizes: tuple[int, ...] | None = (608,)) -> None:
        self.sizes = sizes
        self.pixels: list[int] = []

    def detect(self, image: Image) -> Faces:
        self.pixels.append(image.shape[0] * image.shape[1])
        white = (image.min(axis=2) > 127).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(white)
        x, y, width, height = found[1:, :4].T.astype(np.float32)
        boxes = np.stack([x, y, x + width, y + height], axis=1).reshape(-1, 4)
        return Faces(boxes, np.full(len(boxes), 0.9, np.float32))


def walk(detector: WhiteSquares, search: SearchMode = "every-frame", frames: int = 60) -> list[Result]:
    """Lets three squares of 40, 90 and 16 pixels cross the picture, 30 frames a second."""
    engine = Engine(detector, threshold=0.5, live=True)
    session = Session(engine, search=search)
    results = []
    for i in range(frames):
        image = np.zeros((720, 1280, 3), np.uint8)
        for x, y, side in ((100 + 8 * i, 100, 40), (900 - 10 * i, 300 + 2 * i, 90), (1100, 600 - 3 * i, 16)):
            image[y : y + side, x : x + side] = 255
        results.append(session(Frame(image, i, i / 30, "a")))
    return results


def test_tracked_search_follows_the_same_people_and_searches_less() -> None:
    tracked, every_frame = WhiteSquares(), WhiteSquares()
    ours, theirs = walk(tracked, "tracked"), walk(every_frame)
    assert sum(tracked.pixels) < 0.6 * sum(every_frame.pixels)
    for one, other in zip(ours[15:], theirs[15:], strict=True):
        assert one.people is not None
        assert other.people is not None
        assert [p.track_id for p in one.people] == [p.track_id for p in other.people] == [1, 2, 3]
        assert all(p.seen for p in one.people)


def test_every_frame_is_searched_as_a_whole_or_in_a_piece() -> None:
    detector = WhiteSquares()
    walk(detector)
    assert len(detector.pixels) == 60
    assert min(detector.pixels) > 200_000


def test_a_detector_that_does_not_tell_its_size_searches_every_frame() -> None:
    detector = WhiteSquares(None)
    walk(detector, "tracked")
    assert detector.pixels == [1280 * 720] * 60


def test_the_settings_choose_the_search() -> None:
    detector = WhiteSquares()
    engine = Engine(detector, threshold=0.5, live=True)
    settings = load_settings(given={"detect": {"search": "tracked"}})
    session = new_session(engine, settings)
    for i in range(12):
        session(Frame(np.zeros((720, 1280, 3), np.uint8), i, i / 30, "a"))
    assert (
        len(detector.pixels) == 9
    )  # eight wide searches at the beginning, and one a tenth of a second later
