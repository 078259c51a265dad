"""The made pictures say the truth about themselves."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from maskwatch.types import LABELS

from .portrait import LANDMARKS, Look, Wearing, person
from .scenes import Place, scene, walk, write_clip


@pytest.mark.parametrize(
    ("worn", "label"),
    [
        ("none", "without_mask"),
        ("correct", "with_mask"),
        ("nose_out", "mask_worn_incorrectly"),
        ("chin", "mask_worn_incorrectly"),
    ],
)
def test_truth_of_one_person(worn: Wearing, label: str) -> None:
    made = scene([Place(worn, x=300, y=220, face=100)])
    assert made.image.shape == (480, 640, 3)
    assert [LABELS[i] for i in made.states] == [label]
    x1, y1, x2, y2 = made.boxes[0]
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx((300, 220), abs=0.01)
    assert y2 - y1 == pytest.approx(100, abs=0.01)


def test_only_the_lower_face_tells_a_mask() -> None:
    bare, masked = (scene([Place(worn, x=300, y=220, face=100)]).image for worn in ("none", "correct"))
    changed = np.argwhere((bare != masked).any(axis=2))
    assert changed[:, 0].min() > 190
    assert changed[:, 0].max() < 300
    assert len(changed) > 3000


@pytest.mark.parametrize("mirror", [False, True])
def test_landmarks_lie_in_the_box_and_keep_their_order(mirror: bool) -> None:
    cutout = person("none", None, Look(mirror=mirror, stretch=1.05))
    x1, y1, x2, y2 = cutout.box
    assert (cutout.landmarks > (x1, y1)).all()
    assert (cutout.landmarks < (x2, y2)).all()
    assert cutout.landmarks[0, 0] < cutout.landmarks[1, 0]
    assert cutout.landmarks[3, 0] < cutout.landmarks[4, 0]
    assert not np.allclose(cutout.landmarks, LANDMARKS)
    grey = cutout.image.mean(axis=2)
    darkest = [grey[y - 3 : y + 4, x - 3 : x + 4].min() for x, y in np.rint(cutout.landmarks[:3]).astype(int)]
    assert max(darkest[:2]) < 60 < darkest[2]  # the eyes, but not the tip of the nose


def test_who_is_hidden_or_outside_is_no_part_of_the_truth() -> None:
    front = Place("correct", x=300, y=220, face=120)
    made = scene([Place("none", x=310, y=230, face=60), front, Place("none", x=-20, y=200, face=80)])
    assert made.truth.people.tolist() == [1]
    assert made.states.tolist() == [LABELS.index("with_mask")]


def test_a_face_at_the_rim_has_its_box_cut() -> None:
    made = scene([Place("none", x=20, y=200, face=80)])
    assert made.boxes[0, 0] == 0
    assert made.boxes[0, 2] > 50


def test_same_arguments_make_the_same_picture() -> None:
    places = [Place("none", x=150, y=200), Place("chin", x=450, y=220)]
    assert np.array_equal(scene(places, seed=3).image, scene(places, seed=3).image)
    assert not np.array_equal(scene(places, seed=3).image, scene(places, seed=4).image)


def test_walkers_move_and_stay_themselves() -> None:
    frames = list(islice(walk([Place("none", x=200), Place("correct", x=440)], fps=5), 8))
    assert all(frame.truth.people.tolist() == [0, 1] for frame in frames)
    steps = np.abs(np.diff([frame.boxes[:, 0] for frame in frames], axis=0))
    assert steps.max() > 2
    assert steps.max() < 20


@pytest.mark.parametrize("ending", [".mp4", ".mjpeg", ".y4m"])
def test_clip_holds_the_frames_it_was_given(tmp_path: Path, ending: str) -> None:
    frames = list(islice(walk([Place("nose_out", x=160, y=110, face=70)], size=(320, 240)), 6))
    path = tmp_path / f"clip{ending}"
    truth = write_clip(path, frames, fps=25)
    assert [t.states.tolist() for t in truth] == [[LABELS.index("mask_worn_incorrectly")]] * 6
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(images) == 6
    for image, made in zip(images, frames, strict=True):
        assert np.abs(image.astype(int) - made.image).mean() < 4


def test_unknown_clip_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.avi is none of"):
        write_clip(tmp_path / "clip.avi", [], fps=25)
