from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from maskwatch import load
from maskwatch.pipeline import Engine, Retry, Session, run
from maskwatch.types import Event, Faces, Frame, Image


class Nearsighted:
    """Finds one face, at the same place, in pictures up to a hundred pixels wide."""

    def __init__(self, score: float = 0.8) -> None:
        self.score = score
        self.asked: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Faces:
        self.asked.append(image.shape)
        if image.shape[1] > 100:
            return Faces.empty()
        return Faces(np.array([[10, 20, 30, 40]], np.float32), np.array([self.score], np.float32))


def grey(width: int, height: int) -> Image:
    return np.full((height, width, 3), 99, np.uint8)


def test_where_nothing_is_found_a_smaller_copy_is_searched() -> None:
    detector = Nearsighted()
    faces = Engine(detector, retry=Retry(2, 0.5)).detect(grey(199, 120))
    assert detector.asked == [(120, 199, 3), (60, 100, 3)]
    # In pixels of the picture, not of the copy; 199 pixels became 100.
    np.testing.assert_allclose(faces.boxes, [[19.9, 40, 59.7, 80]], atol=1e-4)


def test_one_search_is_enough_where_something_is_found() -> None:
    detector = Nearsighted()
    assert Engine(detector, retry=Retry(2, 0.5)).detect(grey(90, 90)).boxes.tolist() == [[10, 20, 30, 40]]
    assert len(detector.asked) == 1


@pytest.mark.parametrize(
    ("retry", "threshold", "found"),
    [
        (None, None, 0),
        (Retry(2, 0.79), None, 1),
        (Retry(2, 0.81), None, 0),
        (Retry(2, 0.81), 0.5, 0),  # the higher of both thresholds counts
        (Retry(2, 0.5), 0.81, 0),
        (Retry(2, 0.5, least=70), None, 1),
        (Retry(2, 0.5, least=71), None, 0),
    ],
)
def test_when_a_second_search_reports(retry: Retry | None, threshold: float | None, found: int) -> None:
    assert len(Engine(Nearsighted(), None, threshold, retry).detect(grey(200, 140))) == found


class Fixed:
    """Finds one face, whatever it is shown."""

    def detect(self, image: Image) -> Faces:
        return Faces(np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32))


class Halving:
    """Takes half of every score away."""

    def classify(self, image: Image, faces: Faces) -> Faces:
        return faces.with_(scores=faces.scores / 2)


class Counting:
    """One event a frame, with the number of faces and the time in it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def update(self, faces: Faces, t: float) -> list[Event]:
        return [Event(self.kind, t, f"{len(faces)} faces")]


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((9, 9, 3), np.float32),
        np.zeros((9, 9), np.uint8),
        np.zeros((9, 9, 1), np.uint8),
        np.zeros((9, 9, 4), np.uint8),
        np.zeros((1, 9, 9, 3), np.uint8),
        np.zeros((0, 9, 3), np.uint8),
        np.zeros((9, 0, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(image: np.ndarray) -> None:
    message = r"expected a BGR picture as \(height, width, 3\) uint8, got .*; read_image\(\) makes one"
    with pytest.raises(ValueError, match=message):
        Engine(Fixed()).detect(image)


def test_the_smallest_picture_is_one() -> None:
    engine = Engine(Fixed())
    assert len(engine.detect(grey(1, 1))) == len(engine(grey(1, 1))) == 1


def test_the_threshold_is_one_of_the_classifiers_score() -> None:
    assert Engine(Fixed(), Halving()).detect(grey(9, 9)).scores.tolist() == [0.25]
    assert len(Engine(Fixed(), Halving(), 0.25).detect(grey(9, 9))) == 1
    assert len(Engine(Fixed(), Halving(), 0.26).detect(grey(9, 9))) == 0


def test_a_session_asks_every_rule_and_keeps_the_frame() -> None:
    rules = [Counting("first"), Counting("second")]
    session = Session(Engine(Fixed()), rules)
    frame = Frame(grey(9, 9), index=7, t=1.5, source="here")
    result = session(frame)
    assert result.frame is frame
    assert result.faces.boxes.tolist() == [[1, 2, 3, 4]]
    assert result.events == (Event("first", 1.5, "1 faces"), Event("second", 1.5, "1 faces"))
    assert 0 < result.seconds < 60
    assert session.rules == tuple(rules)
    assert Session(Engine(Fixed()))(frame).events == ()


def test_every_frame_goes_through_in_order_and_none_too_early() -> None:
    asked = []

    def frames() -> Iterator[Frame]:
        for index in range(3):
            asked.append(index)
            yield Frame(grey(9, 9), index)

    results = run(frames(), Session(Engine(Fixed())))
    assert asked == []
    assert next(results).frame.index == 0
    assert asked == [0]
    assert [result.frame.index for result in results] == [1, 2]


@pytest.mark.parametrize(("size", "copy"), [((97, 95), (32, 32)), ((100, 200), (33, 67)), ((94, 96), None)])
def test_the_size_of_the_smaller_copy(size: tuple[int, int], copy: tuple[int, int] | None) -> None:
    smaller = Retry(3, 0.5).smaller(grey(*size))
    assert (None if smaller is None else smaller.shape[1::-1]) == copy


@pytest.mark.parametrize("spoilt", ["noise", "blocks"])
def test_a_face_hidden_by_noise_or_blocks_is_found(spoilt: str) -> None:
    clean = np.ascontiguousarray(astronaut()[:256, 100:356, ::-1])
    if spoilt == "noise":
        noisy = clean + np.random.default_rng(0).normal(0, 80, clean.shape)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
    else:
        few = cv2.resize(clean, (42, 42), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(few, (256, 256), interpolation=cv2.INTER_NEAREST), np.uint8)
    engine = load()
    faces = engine.detect(image)
    assert faces.labels == ["without_mask"]
    np.testing.assert_allclose(faces.boxes, engine.detect(clean).boxes, atol=16)
    assert not len(Engine(engine.detector, engine.classifier, engine.threshold).detect(image))


@pytest.mark.parametrize(
    ("detector", "size", "live", "retries"),
    [
        ("ssd", None, False, True),
        ("ssd-large", None, False, True),
        ("ssd", None, True, False),
        ("ssd", 640, False, False),
        ("ssd-fast", None, False, False),
    ],
)
def test_which_searches_try_again(detector: str, size: int | None, live: bool, retries: bool) -> None:
    assert (load(detector, size=size, live=live).retry is not None) == retries
    assert load(detector, "none", size, live=live).retry is None  # its threshold is one of both opinions
