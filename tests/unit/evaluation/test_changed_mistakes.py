from maskwatch.evaluation.changed_mistakes import changed_mistakes
from maskwatch.evaluation.mistakes import Mistake

BOX = (0.0, 0.0, 10.0, 10.0)


def missed(picture: str, row: int | None) -> Mistake:
    return Mistake("missed_face", picture, BOX, row, "with_mask", None, 10.0)


def wrong(picture: str, row: int | None) -> Mistake:
    return Mistake("wrong_label", picture, BOX, row, "with_mask", "without_mask", 0.9)


def false(picture: str, x: float) -> Mistake:
    return Mistake("false_face", picture, (x, 0.0, x + 10.0, 10.0), None, None, None, 0.9)


def test_face_by_face() -> None:
    first = [missed("a", 0), missed("a", 1), missed("b", None)]
    second = [missed("a", 1), missed("b", 0)]
    assert changed_mistakes(first, second) == ([missed("a", 0), missed("b", None)], [missed("b", 0)])


def test_wrong_in_another_way_is_no_change() -> None:
    assert changed_mistakes([missed("a", 0)], [wrong("a", 0)]) == ([], [])


def test_false_faces_are_the_same_where_they_overlap() -> None:
    first = [false("a", 0), false("a", 50), false("b", 0)]
    second = [false("a", 2), false("a", 90)]
    assert changed_mistakes(first, second) == ([false("a", 50), false("b", 0)], [false("a", 90)])


def test_a_false_face_is_not_the_missed_one_of_its_picture() -> None:
    assert changed_mistakes([false("a", 0)], [missed("a", None)]) == ([false("a", 0)], [missed("a", None)])
