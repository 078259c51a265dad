"""What is said of the people of a whole video."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from maskwatch.counting import Counts
from maskwatch.labels import Label
from maskwatch.people.person import People, Person
from maskwatch.people.summary import PeopleLog, PeopleSummary, Span
from maskwatch.types import Event

MASK: Label = "with_mask"
BARE: Label = "without_mask"
WRONG: Label = "mask_worn_incorrectly"


def person(
    state: Label | None,
    since: float = 0.0,
    number: int = 1,
    *,
    first_seen: float = 0.0,
    seen: bool = True,
    zones: Sequence[str] = (),
    certain: bool = True,
) -> Person:
    return Person(
        number,
        (0.0, 0.0, 9.0, 9.0),
        state,
        0.9,
        None if certain else "blurred",
        since,
        first_seen,
        seen=seen,
        zones=tuple(zones),
    )


def summed(*frames: tuple[float, Sequence[Person]]) -> PeopleSummary:
    log = PeopleLog()
    for t, persons in frames:
        log.add(People(tuple(persons)), t)
    return log.summary()


def spans(*frames: tuple[float, Sequence[Person]]) -> list[tuple[float, float, Label | None]]:
    (found,) = summed(*frames).persons
    return [(span.start, span.end, span.state) for span in found.spans]


class TestSpans:
    """The times of one person."""

    def test_frames_in_one_state_are_one_span(self) -> None:
        assert spans(*[(n / 5, [person(MASK)]) for n in range(51)]) == [(0.0, 10.0, MASK)]

    def test_a_state_holds_until_the_frame_that_changes_it(self) -> None:
        assert spans(
            (0.0, [person(MASK)]),
            (1.0, [person(MASK)]),
            (2.0, [person(BARE, since=2.0)]),
            (3.0, [person(BARE, since=2.0)]),
        ) == [(0.0, 2.0, MASK), (2.0, 3.0, BARE)]

    def test_a_change_counts_from_the_moment_at_which_it_began(self) -> None:
        frames = [(t / 10, [person(MASK)]) for t in range(0, 55)]
        frames += [(t / 10, [person(BARE, since=5.0)]) for t in range(55, 71)]
        assert spans(*frames) == [(0.0, 5.0, MASK), (5.0, 7.0, BARE)]

    def test_what_was_found_later_settles_the_undecided_beginning(self) -> None:
        assert spans((0.0, [person(None)]), (0.4, [person(None)]), (0.8, [person(MASK, since=0.2)])) == [
            (0.0, 0.2, None),
            (0.2, 0.8, MASK),
        ]

    def test_a_moment_of_doubt_in_a_state_that_goes_on_is_no_change(self) -> None:
        assert spans((0.0, [person(MASK)]), (0.5, [person(MASK, certain=False)]), (1.0, [person(MASK)])) == [
            (0.0, 1.0, MASK)
        ]

    def test_doubt_that_lasts_is_undecided(self) -> None:
        assert spans((0.0, [person(MASK)]), (1.0, [person(MASK, certain=False)]), (2.0, [person(None)])) == [
            (0.0, 1.0, MASK),
            (1.0, 2.0, None),
        ]

    def test_short_flickers_stay(self) -> None:
        states = [MASK, BARE, MASK, BARE, MASK]
        found = spans(*[(float(t), [person(state, since=float(t))]) for t, state in enumerate(states)])
        assert [state for _, _, state in found] == states

    def test_a_person_is_there_from_the_first_time_the_face_was_found(self) -> None:
        late = person(MASK, since=2.0, first_seen=2.0)
        (found,) = summed((1.0, []), (2.6, [late]), (3.0, [late])).persons
        assert (found.first_seen, found.last_seen, found.seconds) == (2.0, 3.0, 1.0)
        assert found.spans == (Span(2.0, 3.0, MASK),)

    def test_somebody_hidden_for_a_moment_was_there(self) -> None:
        hidden = person(MASK, seen=False)
        assert spans((0.0, [person(MASK)]), (0.5, [hidden]), (1.0, [person(MASK)]), (1.4, [hidden])) == [
            (0.0, 1.0, MASK)
        ]

    def test_a_longer_time_out_of_sight_is_a_gap_that_no_change_fills(self) -> None:
        frames = [(0.0, [person(MASK)]), (1.0, [person(MASK)])]
        frames += [(t / 10, [person(MASK, seen=False)]) for t in range(11, 30)]
        frames += [(3.0, [person(MASK)]), (3.5, [person(BARE, since=0.5)])]
        assert spans(*frames) == [(0.0, 0.5, MASK), (0.5, 1.0, BARE), (3.0, 3.5, BARE)]
        frames[-1] = (3.5, [person(BARE, since=1.0)])
        assert spans(*frames) == [(0.0, 1.0, MASK), (3.0, 3.5, BARE)]

    def test_frames_far_apart_are_no_gap(self) -> None:
        assert spans((0.0, [person(MASK)]), (30.0, [person(MASK)]), (60.0, [person(MASK)])) == [
            (0.0, 60.0, MASK)
        ]

    def test_hours_of_video_take_no_more_room_than_their_changes(self) -> None:
        log = PeopleLog()
        for n in range(100_000):
            log.add(People((person(MASK),)), n / 5)
        (found,) = log.summary().persons
        assert found.spans == (Span(0.0, 19_999.8, MASK),)


class TestPerson:
    """What is told of one person."""

    def test_seconds_and_shares_by_state(self) -> None:
        (found,) = summed(
            (0.0, [person(MASK)]), (3.0, [person(BARE, since=3.0)]), (4.0, [person(BARE, since=3.0)])
        ).persons
        assert (found.seconds, found.seconds_in(MASK), found.seconds_in(BARE)) == (4.0, 3.0, 1.0)
        assert [found.share_in(state) for state in (MASK, BARE, WRONG, None)] == [0.75, 0.25, 0.0, 0.0]
        assert found.state == BARE

    def test_the_state_is_the_last_one_that_was_known(self) -> None:
        (found,) = summed((0.0, [person(WRONG)]), (1.0, [person(None)])).persons
        assert found.state == WRONG
        (found,) = summed((0.0, [person(None)]), (1.0, [person(BARE, certain=False)])).persons
        assert found.state is None

    def test_who_was_in_one_frame_has_no_shares(self) -> None:
        (found,) = summed((1.0, [person(MASK, since=1.0, first_seen=1.0)])).persons
        assert (found.seconds, found.share_in(MASK), found.state) == (0.0, None, MASK)
        assert found.record()["share_with_mask"] is None

    def test_zones_are_kept_in_the_order_of_the_visits(self) -> None:
        (found,) = summed(
            (0.0, [person(MASK, zones=["hall", "door"])]),
            (1.0, [person(MASK, zones=["door"])]),
            (2.0, [person(MASK, zones=["bar", "hall"])]),
        ).persons
        assert found.zones == ("hall", "door", "bar")

    def test_the_record_says_it_all(self) -> None:
        (found,) = summed((0.0, [person(MASK, zones=["hall"])]), (1.0, [person(MASK)])).persons
        assert found.record() == {
            "track_id": 1,
            "first_seen": 0.0,
            "last_seen": 1.0,
            "seconds": 1.0,
            "state": "with_mask",
            "seconds_with_mask": 1.0,
            "seconds_without_mask": 0,
            "seconds_mask_worn_incorrectly": 0,
            "seconds_undecided": 0,
            "share_with_mask": 1.0,
            "share_without_mask": 0.0,
            "share_mask_worn_incorrectly": 0.0,
            "share_undecided": 0.0,
            "zones": ["hall"],
        }


class TestEverybody:
    """Sums over the stream."""

    def test_each_person_counts_once_by_the_last_state(self) -> None:
        found = summed(
            (0.0, [person(MASK), person(BARE, number=2), person(None, number=4)]),
            (1.0, [person(BARE, since=1.0), person(WRONG, number=3, since=1.0, first_seen=1.0)]),
        )
        assert [one.track_id for one in found.persons] == [1, 2, 3, 4]
        assert found.counts == Counts(unmasked=2, wrong=1, uncertain=1)

    def test_the_share_leaves_out_who_stayed_undecided(self) -> None:
        found = summed((0.0, [person(s, number=n) for n, s in enumerate((MASK, MASK, BARE, WRONG, None), 1)]))
        assert (found.counts.share.hits, found.counts.share.total) == (2, 4)
        assert found.counts.share.interval == pytest.approx((0.150, 0.850), abs=1e-3)
        assert summed((0.0, [person(None)])).counts.share.value is None

    def test_time_by_state_is_that_of_all_together(self) -> None:
        both = [person(MASK), person(BARE, number=2)]
        found = summed((0.0, both), (1.0, both), (3.0, [person(MASK)]))
        assert (found.seconds, found.seconds_in(MASK), found.seconds_in(BARE)) == (4.0, 3.0, 1.0)
        assert found.share_in(MASK) == 0.75
        assert PeopleSummary().share_in(MASK) is None

    def test_events_and_length_are_kept(self) -> None:
        log, event = PeopleLog(), Event("no_mask", 1.0, "Person 1 ...", track_id=1)
        log.add(People(), 0.0)
        log.add(None, 1.0, [event])
        log.add(People(), 2.5)
        assert log.summary() == PeopleSummary((), (event,), 2.5)
