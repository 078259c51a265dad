import numpy as np
import pytest

from maskwatch.classifiers.uncertainty import CERTAIN_FACE, UncertaintyRules
from maskwatch.models.metadata import Thresholds

SURE, TORN = [0.98, 0.01, 0.01], [0.5, 0.1, 0.4]


def reasons(doubts: UncertaintyRules, rows: list[list[float]], **measures: float) -> list[str | None]:
    count = len(rows)
    columns = {key: np.full(count, value) for key, value in measures.items()}
    found: list[str | None] = doubts.reasons(np.array(rows), columns).tolist()
    return found


def read(entry: dict[str, object]) -> UncertaintyRules:
    return UncertaintyRules.from_metadata(Thresholds.model_validate(entry))


def test_each_state_has_its_own_limit() -> None:
    doubts = UncertaintyRules(undecided={"with_mask": 0.6, "mask_worn_incorrectly": 0.3})
    assert reasons(doubts, [SURE, TORN, [0.3, 0.3, 0.4]]) == [None, "undecided", None]


def test_a_doubtful_answer_names_its_cause() -> None:
    doubts = UncertaintyRules(undecided={"with_mask": 0.6}, causes={"too_small": 24, "turned_away": 0.5})
    assert reasons(doubts, [SURE, TORN], too_small=20, turned_away=0.1) == [None, "too_small"]
    assert reasons(doubts, [SURE, TORN], too_small=30, turned_away=0.1) == [None, "turned_away"]
    assert reasons(doubts, [SURE, TORN], too_small=30, turned_away=0.9) == [None, "undecided"]


def test_what_cannot_be_seen_is_never_certain() -> None:
    doubts = UncertaintyRules(limits={"dark": 20}, undecided={"with_mask": 0.6}, causes={"too_small": 24})
    assert reasons(doubts, [SURE, TORN], too_small=20, dark=10) == ["dark", "dark"]


def test_reads_one_limit_for_all_states_and_one_for_each() -> None:
    one = read({"face": 0.1, "undecided": 0.7, "too_small": 14})
    assert one.limits == {"too_small": 14}
    assert set(one.undecided.values()) == {0.7}
    each = read({"undecided": {"with_mask": 0.8}, "causes": {"dark": 40}})
    assert (each.undecided, each.causes) == ({"with_mask": 0.8}, {"dark": 40})
    with pytest.raises((TypeError, ValueError)):
        read({"undecided": "much"})


def test_a_state_without_a_limit_is_never_undecided() -> None:
    doubts = UncertaintyRules(undecided={"with_mask": 0.6})
    assert reasons(doubts, [[0.3, 0.4, 0.3], [0.3, 0.3, 0.4], TORN]) == [None, None, "undecided"]
    assert reasons(UncertaintyRules(), [TORN]) == [None]


def test_an_answer_on_what_may_be_no_face_is_never_certain() -> None:
    doubts = UncertaintyRules(limits={"dark": 20}, undecided={"with_mask": 0.6}, certain_face=0.75)
    assert reasons(doubts, [SURE, TORN], maybe_no_face=0.74) == ["maybe_no_face", "maybe_no_face"]
    assert reasons(doubts, [SURE, TORN], maybe_no_face=0.75) == [None, "undecided"]
    assert reasons(doubts, [SURE], dark=10, maybe_no_face=0.5) == ["dark"]
    assert read({}).certain_face == CERTAIN_FACE == 0.75
