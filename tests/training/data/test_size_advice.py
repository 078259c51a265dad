from maskwatch.training.data.size_advice import advise


def said(**counts: int) -> list[str]:
    lines: list[str] = []
    advise(counts, lines.append)
    return lines


def test_few_faces_are_warned_of_before_the_training() -> None:
    warning, note = said(with_mask=7, without_mask=60)
    assert warning.startswith("warning: only 7 of with_mask to learn from")
    assert note.startswith("note: 60 of without_mask")


def test_enough_faces_need_no_advice() -> None:
    assert said(with_mask=100, without_mask=400) == []
