import numpy as np

from maskwatch.counting import Counts, count
from maskwatch.proportion import Proportion
from maskwatch.types import Faces


def test_every_face_counts_once() -> None:
    probabilities = np.array(
        [[0.9, 0.1, 0], [0.1, 0.8, 0.1], [0, 0.8, 0.2], [0, 0.1, 0.9], [0.9, 0.1, 0]], np.float32
    )
    reasons = np.array([None, None, None, None, "dark"], np.object_)
    faces = Faces(np.zeros((5, 4), np.float32), np.ones(5, np.float32), probabilities, reasons)
    counts = count(faces)
    assert counts == Counts(masked=1, unmasked=2, wrong=1, uncertain=1)
    assert counts.total == 5


def test_without_a_classifier_all_is_uncertain() -> None:
    faces = Faces(np.zeros((2, 4), np.float32), np.ones(2, np.float32))
    assert count(faces) == Counts(uncertain=2)


def test_counts_add_and_speak() -> None:
    both = Counts(masked=1) + Counts(masked=2, wrong=1)
    assert both == Counts(masked=3, wrong=1)
    assert str(both) == "4 faces: 3 masked, 0 unmasked, 1 worn wrongly, 0 uncertain"
    assert str(Counts(unmasked=1)).startswith("1 face:")


def test_every_number_is_added() -> None:
    assert Counts(1, 2, 3, 4) + Counts(10, 20, 30, 40) == Counts(11, 22, 33, 44)
    assert Counts(1, 2, 3, 4).total == 10
    assert str(Counts(1, 2, 3, 4)) == "10 faces: 1 masked, 2 unmasked, 3 worn wrongly, 4 uncertain"
    assert str(Counts()).startswith("0 faces:")


def test_people_have_their_word() -> None:
    assert Counts(1).words("person", "people").startswith("1 person: 1 masked")
    assert Counts(1, 1).words("person", "people").startswith("2 people: 1 masked")


def test_the_share_is_of_those_whose_state_is_certain() -> None:
    assert Counts(3, 4, 5, 6).share == Proportion(3, 12)
    assert Counts(uncertain=6).share.value is None
