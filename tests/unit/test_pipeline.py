import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.data import astronaut

from conftest import command_environment
from made import files
from maskwatch import annotate, load
from maskwatch.errors import SinkError, SourceError
from maskwatch.people.person import People
from maskwatch.pipeline import Engine, Session, run
from maskwatch.second_tries import Retry
from maskwatch.sources.images import read_image
from maskwatch.types import Event, Faces, Frame, Image


class Nearsighted:
    """Finds one face, at the same place, in pictures up to a hundred pixels wide."""

    def __init__(self, score: float = 0.8) -> None:
        self.score = score
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Faces:
        self.shapes.append(image.shape)
        if image.shape[1] > 100:
            return Faces.empty()
        return Faces(np.array([[10, 20, 30, 40]], np.float32), np.array([self.score], np.float32))


def grey(width: int, height: int) -> Image:
    return np.full((height, width, 3), 99, np.uint8)


def test_where_nothing_is_found_a_smaller_copy_is_searched() -> None:
    detector = Nearsighted()
    faces = Engine(detector, retry=Retry(2, 0.5)).detect(grey(199, 120))
    assert detector.shapes == [(120, 199, 3), (60, 100, 3)]
    # In pixels of the picture, not of the copy; 199 pixels became 100.
    np.testing.assert_allclose(faces.boxes, [[19.9, 40, 59.7, 80]], atol=1e-4)


def test_one_search_is_enough_where_something_is_found() -> None:
    detector = Nearsighted()
    assert Engine(detector, retry=Retry(2, 0.5)).detect(grey(90, 90)).boxes.tolist() == [[10, 20, 30, 40]]
    assert len(detector.shapes) == 1


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
    """One event a frame, with the number of people and the time in it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def update(self, people: People, t: float) -> list[Event]:
        return [Event(self.kind, t, f"{len(people)} people")]


class Silent(Counting):
    """Reports silence, too."""

    def silence(self, seconds: float, t: float) -> list[Event]:
        return [Event(self.kind, t, f"nothing for {seconds:g} s")]


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
    assert result.people is None  # nobody is followed from one still picture to the next
    assert result.events == (Event("first", 1.5, "0 people"), Event("second", 1.5, "0 people"))
    assert 0 < result.seconds < 60
    assert session.rules == tuple(rules)
    assert Session(Engine(Fixed()))(frame).events == ()


def test_a_session_tells_silence_to_the_rules_that_ask_for_it() -> None:
    session = Session(Engine(Fixed()), [Counting("deaf"), Silent("first"), Silent("second")])
    assert session.silence(4.0, 9.0) == (
        Event("first", 9.0, "nothing for 4 s"),
        Event("second", 9.0, "nothing for 4 s"),
    )
    assert Session(Engine(Fixed())).silence(4.0, 9.0) == ()


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


def smaller_copy(retry: Retry, image: Image) -> Image | None:
    """What a second search is shown; None where there is none."""
    shown: list[Image] = []

    def search(copy: Image) -> Faces:
        shown.append(copy)
        return Faces.empty()

    retry(image, Faces.empty(), search)
    return shown[0] if shown else None


@pytest.mark.parametrize(("size", "copy"), [((97, 95), (32, 32)), ((100, 200), (33, 67)), ((94, 96), None)])
def test_the_size_of_the_smaller_copy(size: tuple[int, int], copy: tuple[int, int] | None) -> None:
    smaller = smaller_copy(Retry(3, 0.5), grey(*size))
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


class Recorder:
    """Finds one face and remembers the picture it was given."""

    def __init__(self) -> None:
        self.image: Image = np.zeros((0, 0, 3), np.uint8)

    def detect(self, image: Image) -> Faces:
        self.image = image
        return Faces(np.array([[1, 2, 3, 4]], np.float32), np.array([0.9], np.float32))


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_read_with_its_orientation(kind: type, tmp_path: Path) -> None:
    detector = Recorder()
    path = files.exif_rotated(tmp_path)
    assert len(Engine(detector).detect(kind(path))) == 1
    np.testing.assert_array_equal(detector.image, read_image(path))
    assert detector.image.shape == files.small().shape


def test_a_pil_image_of_any_mode_becomes_bgr(tmp_path: Path) -> None:
    detector = Recorder()
    engine = Engine(detector)
    path = files.exif_rotated(tmp_path)
    with Pillow.open(path) as picture:
        assert len(engine(picture)) == 1
        assert picture.size == (240, 320)  # the caller's picture stays as it was
    np.testing.assert_array_equal(detector.image, read_image(path))
    blue = Pillow.new("RGB", (40, 30), (0, 0, 255))
    for mode in ("RGB", "RGBA", "P", "CMYK", "YCbCr", "HSV"):
        engine.detect(blue.convert(mode))
        assert detector.image.shape == (30, 40, 3)
        assert np.abs(detector.image.astype(int) - (255, 0, 0)).max() <= 6, mode
    for mode in ("1", "L", "LA", "I;16", "I", "F"):
        engine.detect(Pillow.new(mode, (40, 30)))
        assert not detector.image[..., 0].any() or mode == "LA", mode
    engine.detect(Pillow.new("RGBA", (40, 30), (0, 0, 0, 0)))
    assert (detector.image == 255).all()  # transparent parts are white


@pytest.mark.parametrize("given", [None, 7, b"people.jpg", [[0, 0, 0]], object()])
def test_anything_else_is_a_type_error_that_says_what_is_accepted(given: Any) -> None:
    with pytest.raises(TypeError, match="a path, a PIL image or a BGR array") as caught:
        Engine(Recorder()).detect(given)
    assert type(given).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        np.zeros((30, 40), np.uint8),
        np.zeros((30, 40, 4), np.uint8),
        np.zeros((30, 40, 3), np.float32),
        np.zeros((0, 40, 3), np.uint8),
        Pillow.new("RGB", (0, 5)),
    ],
)
def test_arrays_of_another_shape_are_value_errors(given: Any) -> None:
    with pytest.raises(ValueError, match=r"BGR picture as|no pixels"):
        Engine(Recorder()).predict(given)


def test_a_file_that_cannot_be_read_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.jpg: no such file"):
        Engine(Recorder()).detect(tmp_path / "gone.jpg")
    path = files.plain_jpeg(tmp_path)
    path.write_bytes(path.read_bytes()[:900])
    with Pillow.open(path) as picture, pytest.raises(SourceError, match=r"plain\.jpg: damaged picture"):
        Engine(Recorder()).detect(picture)


def test_the_pipeline_imports_nothing_that_reads_files() -> None:
    code = "import sys, maskwatch.pipeline; print([m for m in ('PIL', 'av') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=command_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_predict_keeps_the_picture_with_its_faces(tmp_path: Path) -> None:
    path = files.plain_jpeg(tmp_path)
    engine = Engine(Recorder())
    result = engine.predict(path)
    np.testing.assert_array_equal(result.frame.image, read_image(path))
    assert result.frame.source == str(path)
    assert len(result.faces) == 1
    assert result.seconds >= 0
    assert engine.predict(files.small()).frame.source == ""
    with Pillow.open(path) as picture:
        assert engine.predict(picture).frame.source == str(path)
    assert "array" not in repr(result)


def test_a_result_draws_and_saves_itself(tmp_path: Path) -> None:
    path = files.plain_jpeg(tmp_path)
    result = load().predict(path)
    before = result.frame.image.copy()
    np.testing.assert_array_equal(result.plot(), annotate(result.frame.image, result.faces))
    assert (result.plot() != before).any()
    np.testing.assert_array_equal(result.frame.image, before)
    saved = result.save(str(tmp_path / "new" / "marked.png"))
    assert saved == tmp_path / "new" / "marked.png"
    np.testing.assert_array_equal(read_image(saved), result.plot())
    with Pillow.open(result.save(tmp_path / "marked.webp")) as picture:
        assert picture.format == "WEBP"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plain.jpg", "the input itself"),
        ("marked", r"a file without a suffix; use \.jpg or \.png"),
        ("marked.xyz", r"\.xyz; use \.jpg or \.png"),
        ("folder.png", "a folder"),
    ],
)
def test_what_cannot_be_saved_is_a_sink_error_and_leaves_nothing(
    tmp_path: Path, name: str, message: str
) -> None:
    path = files.plain_jpeg(tmp_path)
    original = path.read_bytes()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SinkError, match=message) as caught:
        Engine(Recorder()).predict(path).save(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == original
    assert sorted(item.name for item in tmp_path.iterdir()) == ["folder.png", "plain.jpg"]
