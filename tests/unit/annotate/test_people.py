import numpy as np
import pytest

from maskwatch.annotate import STYLES, UNCERTAIN, UNCLASSIFIED, Style, annotate_people
from maskwatch.annotate.people import words_of_person
from maskwatch.labels import LABELS
from maskwatch.people.person import People, Person
from maskwatch.results import Result
from maskwatch.types import Faces, Frame, Image
from people import person

BOX = (60.0, 80.0, 260.0, 230.0)


def ground(width: int = 320, height: int = 240) -> Image:
    return np.full((height, width, 3), 127, np.uint8)


def frame_of(*persons: Person, t: float = 0.0) -> Image:
    """The column of pixels under the left side of the frame: (n, 3)."""
    return annotate_people(ground(), persons, t)[90:225, 60]


def share(column: Image, style: Style) -> float:
    return float((column == style.colour).all(axis=-1).mean())


@pytest.mark.parametrize("state", LABELS)
def test_a_certain_person_has_the_frame_of_the_state(state: str) -> None:
    assert share(frame_of(person(state=state, box=BOX)), STYLES[state]) == 1  # type: ignore[arg-type,index]


@pytest.mark.parametrize(
    "unsure", [person(reason="dark", box=BOX), person(state=None, probabilities=(0.4, 0.3, 0.3), box=BOX)]
)
def test_who_is_not_certain_has_a_dashed_frame(unsure: Person) -> None:
    assert 0.3 < share(frame_of(unsure), UNCERTAIN) < 0.7


def test_who_nothing_classifies_is_neutral() -> None:
    column = frame_of(person(state=None, probabilities=None, box=BOX))
    assert share(column, UNCLASSIFIED) == 1


def test_who_is_out_of_sight_fades_after_a_moment() -> None:
    def drawn(ago: float, seen: bool = False) -> Image:
        return frame_of(person(box=BOX, seen=seen, last_seen=10.0), t=10.0 + ago)

    assert share(drawn(0.2), STYLES["with_mask"]) == 1, "a few frames may miss a face"
    faded = drawn(0.5)
    assert share(faded, STYLES["with_mask"]) == 0
    assert (faded != 127).any(), "and yet there is something"
    assert share(drawn(0.5, seen=True), STYLES["with_mask"]) == 1
    assert (np.abs(faded.astype(int) - 127).max()) < np.abs(drawn(0.2).astype(int) - 127).max()


@pytest.mark.parametrize(
    ("somebody", "words"),
    [
        (person(state="with_mask"), "✓ Mask"),
        (person(state="without_mask"), "\u00d7 No mask"),
        (person(state="mask_worn_incorrectly"), "! Worn wrongly"),
        (person(state="with_mask", reason="dark"), "? Mask?"),
        (person(state=None, probabilities=(0.4, 0.3, 0.3)), "? Unsure"),
        (person(state=None, probabilities=None), "Face"),
    ],
)
def test_words_for_each_state(somebody: Person, words: str) -> None:
    assert words_of_person(somebody)[1] == words


def test_numbers_tell_people_apart() -> None:
    one, two = (annotate_people(ground(), [person(number, box=BOX)], 0.0) for number in (1, 2))
    assert (one != two).any()
    assert (one[110:220, 70:250] == 127).all(), "the face itself stays free"


def test_the_picture_is_left_alone() -> None:
    image = ground()
    drawn = annotate_people(image, [person(box=BOX, seen=False)], 9.0)
    assert (image == 127).all()
    assert (drawn != image).any()
    np.testing.assert_array_equal(annotate_people(image, [], 0.0), image)


def test_a_result_draws_people_where_there_are_any_else_faces() -> None:
    faces = Faces(np.array([(10, 10, 50, 60)], np.float32), np.array([0.9], np.float32))
    alone = Result(Frame(ground()), faces)
    followed = Result(Frame(ground()), faces, people=People((person(box=BOX),)))
    assert (alone.plot()[20:50, 9:12] == UNCLASSIFIED.colour).all(axis=2).any()
    assert (followed.plot()[:60] == 127).all(), "who is not believed in yet would only blink"
    assert share(followed.plot()[90:225, 60], STYLES["with_mask"]) == 1
