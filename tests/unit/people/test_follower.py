"""People of a stream: who becomes one, who is looked at, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from maskwatch.labels import LABELS, Label, Reason
from maskwatch.people.follower import Follower, Following
from maskwatch.people.person import Person
from maskwatch.types import Faces

SIZE = (640, 480)
Scene = Mapping[int, tuple[Label, float]]
"""What stands at each place (column of 100 pixels): the state, and the face score of both opinions."""


class Scripted:
    """Answers from the scene, and remembers which places were looked at."""

    def __init__(self, scene: Scene, reason: Reason | None = None, over: bool = False) -> None:
        self.scene = scene
        self.reason = reason
        self.over = over
        self.looked: list[int] = []
        self.checked = 0

    def look(self, faces: Faces) -> Faces:
        places = [int(box[0]) // 100 for box in faces.boxes]
        self.looked += places
        known = [place for place in places if self.scene[place][1] > 0.01]
        rows = np.array([place in known for place in places], np.bool_)
        probabilities = np.array(
            [[0.97 if label == self.scene[place][0] else 0.015 for label in LABELS] for place in known],
            np.float32,
        ).reshape(-1, 3)
        return faces[rows].with_(
            scores=np.array([self.scene[place][1] for place in known], np.float32),
            probabilities=probabilities,
            reasons=np.full(len(known), self.reason, np.object_),
        )

    def turned_over(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        self.checked += len(boxes)
        return np.full(len(boxes), self.over)


def candidates(scene: Scene, score: float = 0.9) -> Faces:
    boxes = np.array([[100 * p + 20, 100, 100 * p + 80, 170] for p in scene], np.float32).reshape(-1, 4)
    return Faces(boxes, np.full(len(boxes), score, np.float32))


def play(
    frames: int,
    scene: Callable[[int], Scene],
    fps: float = 10,
    follower: Follower | None = None,
    score: float = 0.9,
) -> tuple[list[tuple[Person, ...]], list[Faces], list[list[int]]]:
    """Returns people, faces and the places that were looked at of every frame."""
    follower = Follower(threshold=0.5) if follower is None else follower
    people, faces, looked = [], [], []
    for i in range(frames):
        eyes = Scripted(scene(i))
        found, persons = follower.update(candidates(scene(i), score), i / fps, SIZE, eyes)
        people.append(persons)
        faces.append(found)
        looked.append(eyes.looked)
    return people, faces, looked


MASKED: Scene = {1: ("with_mask", 0.95)}
LIKELY: Scene = {1: ("with_mask", 0.7)}


def test_a_face_becomes_a_person_after_some_frames() -> None:
    people, faces, _ = play(5, lambda _: LIKELY)
    assert [len(persons) for persons in people] == [0, 0, 1, 1, 1]
    person = people[2][0]
    assert (person.track_id, person.state, person.certain) == (1, "with_mask", True)
    assert person.votes == {"with_mask": 3}
    assert person.first_seen == 0
    assert person.last_seen == 0.2
    assert person.box == (120, 100, 180, 170)
    ids = [found.track_ids.tolist() for found in faces if found.track_ids is not None]
    assert ids == [[-1], [-1], [1], [1], [1]]


def test_a_clear_face_is_one_after_two() -> None:
    people, _, _ = play(3, lambda _: MASKED)
    assert [len(persons) for persons in people] == [0, 1, 1]


def test_who_was_half_a_face_at_the_edge_is_looked_at_again_soon() -> None:
    people, _, _ = play(12, lambda i: {1: ("with_mask", 0.05 if i < 2 else 0.95)})
    assert len(people[2]) == 0
    assert len(people[8]) == 1


def test_what_the_classifier_takes_for_no_face_never_becomes_one() -> None:
    people, faces, looked = play(60, lambda _: {1: ("with_mask", 0.0)})
    assert not any(people)
    assert not any(len(found) for found in faces)
    assert sum(map(len, looked)) < 15  # and is hardly looked at any more


def test_what_one_frame_alone_would_not_report_becomes_a_person_in_time() -> None:
    people, faces, _ = play(20, lambda _: {1: ("with_mask", 0.45)})
    assert len(people[2]) == 0
    assert len(people[-1]) == 1
    assert len(faces[2]) == 0
    assert len(faces[-1]) == 1


def test_settled_people_are_looked_at_twice_a_second() -> None:
    _, faces, looked = play(100, lambda _: MASKED, fps=10)
    assert 15 <= sum(map(len, looked[10:])) <= 22
    last = faces[-1] if not looked[-1] else faces[-2]
    assert last.looked is not None
    assert last.looked.tolist() == [False]
    assert last.labels == ["with_mask"]


def test_a_change_is_told_within_a_second() -> None:
    def scene(i: int) -> Scene:
        return {1: ("with_mask" if i < 50 else "without_mask", 0.95)}

    people, _, looked = play(70, scene, fps=10)
    states = [persons[0].state for persons in people[2:]]
    assert states[:48] == ["with_mask"] * 48
    assert states[58:] == ["without_mask"] * 10
    assert 4.8 <= people[-1][0].since <= 5.6
    assert sum(map(len, looked[50:60])) >= 4  # doubt is looked into at once


def test_a_short_disturbance_changes_nothing() -> None:
    def scene(i: int) -> Scene:
        return {1: ("without_mask" if i == 50 else "with_mask", 0.95)}

    people, _, _ = play(80, scene, fps=10)
    assert {persons[0].state for persons in people[2:]} == {"with_mask"}


def test_who_is_hidden_stays_in_view_with_the_same_number() -> None:
    people, faces, _ = play(60, lambda i: {} if 20 <= i < 35 else MASKED, fps=10)
    assert all(len(persons) == 1 for persons in people[2:])
    assert {persons[0].track_id for persons in people[2:]} == {1}
    hidden = people[30][0]
    assert (hidden.seen, hidden.last_seen, hidden.state) == (False, 1.9, "with_mask")
    assert len(faces[30]) == 0


def test_who_is_gone_for_long_is_somebody_new() -> None:
    people, _, _ = play(80, lambda i: {} if 20 <= i < 60 else MASKED, fps=10)
    assert people[45] == ()
    assert people[-1][0].track_id == 2


def test_a_crowd_takes_no_more_looks_than_the_budget() -> None:
    crowd: Scene = dict.fromkeys(range(6), ("with_mask", 0.95))
    follower = Follower(Following(every=0.05, looks=10, burst=4), 0.5)
    people, _, looked = play(150, lambda _: crowd, fps=30, follower=follower)
    assert max(map(len, looked)) <= 4
    assert sum(map(len, looked)) <= 4 + 50 + 6 * 3  # six checks for turns, of three looks each
    assert len(people[-1]) == 6
    assert all(person.certain for person in people[-1])


def test_turned_faces_are_checked_once_and_never_certain() -> None:
    follower = Follower(threshold=0.5)
    checked = 0
    for i in range(60):
        eyes = Scripted(MASKED, over=True)
        _, persons = follower.update(candidates(MASKED), i / 10, SIZE, eyes)
        checked += eyes.checked
        assert not any(person.certain for person in persons)
    assert persons[0].reason == "turned_over"
    assert persons[0].state is None
    assert 1 <= checked <= 4


def test_far_away_people_have_a_state_that_is_not_certain() -> None:
    follower = Follower(threshold=0.5)
    for i in range(30):
        _, persons = follower.update(candidates(MASKED), i / 10, SIZE, Scripted(MASKED, "too_small"))
    assert (persons[0].state, persons[0].reason, persons[0].certain) == ("with_mask", "too_small", False)


def test_without_a_classifier_people_are_followed_all_the_same() -> None:
    class Blind:
        def look(self, faces: Faces) -> Faces:
            return faces

        def turned_over(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
            raise AssertionError("there is no classifier")

    follower = Follower()
    for i in range(10):
        found, persons = follower.update(candidates(MASKED), i / 10, SIZE, Blind())
    assert (persons[0].track_id, persons[0].state, persons[0].reason) == (1, None, None)
    assert persons[0].probabilities is None
    assert found.probabilities is None


def test_numbers_are_given_in_the_order_of_appearance() -> None:
    def scene(i: int) -> Scene:
        return {4: ("with_mask", 0.95)} if i < 5 else {1: ("with_mask", 0.95), 4: ("with_mask", 0.95)}

    people, _, _ = play(10, scene)
    assert [(person.track_id, person.box[0]) for person in people[-1]] == [(1, 420), (2, 120)]


def test_an_empty_stream_has_nobody() -> None:
    people, faces, _ = play(5, lambda _: {})
    assert not any(people)
    assert [len(found) for found in faces] == [0] * 5


def test_faces_are_expected_but_not_what_is_none() -> None:
    scene: Scene = {1: ("with_mask", 0.95), 3: ("with_mask", 0.005)}
    follower = Follower(threshold=0.5)
    play(10, lambda _: scene, follower=follower)
    np.testing.assert_allclose(follower.expected(1.0), [[120, 100, 180, 170]], atol=1)
