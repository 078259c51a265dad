import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from maskwatch import load
from maskwatch.pipeline import Engine, Retry
from maskwatch.types import Faces, Image


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
