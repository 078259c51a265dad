"""The made validation sets: labels say what was done, and the figures tell right from wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.val_made import command
from benchmarks.val_made.filled import filled
from benchmarks.val_made.made_set import MadePicture, write_set
from benchmarks.val_made.measure import SETS, measure
from benchmarks.val_made.turned import turn, turned
from benchmarks.val_made.val_faces import ValPicture
from benchmarks.val_made.wrong_worn import wrong_worn
from conftest import Cli, FakeModels
from labelled import Square, write_coco
from made.portrait import Wearing, person
from maskwatch.data.dataset import read_dataset
from maskwatch.data.sample import make_sample
from maskwatch.image_files import save_image
from maskwatch.sources.images import read_image
from maskwatch.training.data import auto_labeller
from maskwatch.training.data.label_cache import AutoLabel, Detect
from maskwatch.types import LABELS, Image

WITH, WITHOUT, WRONG = range(3)
KNOWN = person("none")


def portrait(path: Path, worn: Wearing = "none", *, single: bool = True) -> ValPicture:
    """A picture of the made person, whose landmarks are known."""
    made = person(worn)
    save_image(path, made.image)
    state = WITHOUT if worn == "none" else WITH if worn == "correct" else WRONG
    sample = make_sample(path, [(made.box, state, False)], "made")
    return ValPicture(sample, made.landmarks[None], single)


@pytest.fixture
def pictures(tmp_path: Path) -> list[ValPicture]:
    bare = [portrait(tmp_path / f"bare{i}.jpg", single=i % 2 == 0) for i in range(12)]
    return [*bare, portrait(tmp_path / "masked.jpg", "correct")]


def test_masks_are_painted_on_bare_faces_and_labelled_as_they_are_worn(pictures: list[ValPicture]) -> None:
    made = list(wrong_worn(pictures, 99, 1))
    assert len(made) == 12  # the masked one is not painted over
    worn = Counter(look for picture in made for _, look in picture.slices)
    assert worn["real fabric"] > 0
    assert worn["made fabric"] > 0
    for picture in made:
        looks = {look for _, look in picture.slices}
        changed = bool((picture.image != read_image(_path(pictures, picture))).any())
        (state,) = picture.states
        assert changed == ("bare" not in looks) == (state != WITHOUT)
        assert (state == WITH) == ("worn correct" in looks)
    assert {int(picture.states[0]) for picture in made} == {WITH, WITHOUT, WRONG}
    assert {picture.sample.states[0] for picture in pictures} == {WITH, WITHOUT}  # labels are not changed


def _path(pictures: list[ValPicture], made: MadePicture) -> Path:
    return next(p.sample.path for p in pictures if p.sample.path.name == made.origin)


@pytest.mark.parametrize("maker", [wrong_worn, turned, filled])
def test_a_seed_makes_the_same_pictures(
    maker: Callable[..., Iterator[MadePicture]], pictures: list[ValPicture]
) -> None:
    make = partial(maker, pictures, 5)
    first, again, other = (list(make(seed)) for seed in (3, 3, 4))
    assert len(first) == 5
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert [a.origin for a in first] != [b.origin for b in other]


@pytest.mark.parametrize("angle", [90, 180, 270, 30, -55])
def test_the_box_turns_with_the_picture(angle: float) -> None:
    image = np.zeros((60, 100, 3), np.uint8)
    image[10:20, 70:90] = 255
    result, matrix = turn(image, angle)
    if angle % 90 == 0:
        assert np.array_equal(result, np.rot90(image, int(-angle // 90)))
    x, y = matrix[:, :2] @ (80, 15) + matrix[:, 2]
    rows, columns = np.nonzero(result[..., 0] > 200)
    assert [columns.mean() + 0.5, rows.mean() + 0.5] == pytest.approx([x, y], abs=0.6)


def test_turned_pictures_are_scenes_and_portraits_at_all_angles(pictures: list[ValPicture]) -> None:
    made = list(turned(pictures, 12, 0))
    assert Counter(picture.part for picture in made) == dict.fromkeys(
        ("by 90", "by 180", "by 270", "by 20 to 70"), 3
    )
    assert sum(_single(pictures, picture) for picture in made) == 6
    for picture in made:
        height, width = picture.image.shape[:2]
        assert (picture.boxes >= 0).all()
        assert (picture.boxes <= [width, height] * 2).all()


def _single(pictures: list[ValPicture], made: MadePicture) -> bool:
    return next(p.portrait for p in pictures if p.sample.path.name == made.origin)


def test_faces_fill_the_picture_or_are_lost_in_a_frame(pictures: list[ValPicture]) -> None:
    made = {picture.part: picture for picture in filled(pictures, 3, 0)}
    x1, y1, x2, y2 = KNOWN.box
    at_face, part = made["cropped at the face"], made["cropped at 3/4 of it"]
    assert at_face.image.shape[:2] == pytest.approx((y2 - y1, x2 - x1), abs=1)
    assert part.image.shape[:2] == pytest.approx((0.75 * (y2 - y1), 0.75 * (x2 - x1)), abs=1)
    for picture in (at_face, part):
        assert picture.boxes.tolist() == [[0, 0, picture.image.shape[1], picture.image.shape[0]]]
    frame = made["in a large frame"]
    assert frame.image.shape == (720, 1280, 3)
    assert 19.9 <= frame.boxes[0, 3] - frame.boxes[0, 1] <= 64.1
    empty = np.all(frame.image == frame.image[0, 0], axis=2)
    assert empty.mean() > 0.5
    x1, y1, x2, y2 = frame.boxes[0].astype(int)
    assert not empty[y1:y2, x1:x2].all()


def test_a_written_set_is_read_again(tmp_path: Path) -> None:
    boxes = np.array([[1, 2, 11, 22], [30, 30, 40, 40], [50, 5, 60, 15]], np.float32)
    states, ignore = np.array([WRONG, -1, WITH]), np.array([False, False, True])
    image = np.zeros((50, 80, 3), np.uint8)
    made = MadePicture(image, boxes, states, ignore, "by 90", "a.jpg", [(0, "worn chin"), (0, "real fabric")])
    assert write_set([made], tmp_path / "set") == 1
    (sample,) = read_dataset(tmp_path / "set").samples
    np.testing.assert_array_equal(sample.boxes, boxes)
    assert sample.states.tolist() == [WRONG, -1, WITH]
    assert sample.ignore.tolist() == ignore.tolist()
    assert (sample.source, sample.split) == ("by 90", "val")
    lines = (tmp_path / "set" / "slices.csv").read_text().splitlines()
    assert lines == ["picture,box,slice", "0001.jpg,0,worn chin", "0001.jpg,0,real fabric"]


def test_certain_answers_that_are_wrong_are_counted(fake_models: FakeModels, tmp_path: Path) -> None:
    """Six faces: one is not found, two are told wrong, one of these without certainty."""
    right, wrong = Square((1, 1), WITH, WITH), Square((3, 1), WITH, WRONG)
    pictures = [
        [right, wrong, Square((5, 1), None, WITHOUT)],
        [Square((1, 1), WRONG, WRONG), Square((3, 3), WITHOUT, WITHOUT), Square((5, 3), WRONG, WITH)],
    ]
    folder = tmp_path / "turned"
    write_coco(folder, pictures, ["by 90", "by 180"], "val.json")
    (folder / "slices.csv").write_text("picture,box,slice\n0.png,1,worn chin\n")
    measured = measure(tmp_path, str(fake_models.detector), str(fake_models.classifier), live=True)
    assert [*measured.rows] == ["turned", "turned, by 180", "turned, by 90", "turned, worn chin"]
    row = measured.rows["turned"]
    assert row == pytest.approx(
        {
            **{"faces": 6, "found": 5 / 6, "right": 3 / 5, "certain": 5, "certain_wrong": 2},
            **{"wrongly_worn_recall": 1 / 2, "wrongly_worn_precision": 1 / 2, "certain_wrong_share": 2 / 5},
        }
    )
    assert measured.rows["turned, worn chin"]["certain_wrong"] == 1
    assert json.loads(measured.json())["figures"]["turned"]["certain_wrong"] == 2
    assert "| turned, by 90 " in measured.markdown()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Validation data of the made person, whom a stand-in for YuNet finds by the size of the picture."""

    def load(model: Path) -> Detect:
        def detect(image: Image) -> AutoLabel:
            known = image.shape == KNOWN.image.shape
            boxes = np.array([KNOWN.box] if known else [], np.float32).reshape(-1, 4)
            landmarks = KNOWN.landmarks[None] if known else np.zeros((0, 5, 2), np.float32)
            return AutoLabel(boxes, np.ones(len(boxes), np.float32), landmarks)

        return detect

    monkeypatch.setattr(auto_labeller, "_load", load)
    folder, entries, annotations = tmp_path / "data", [], []
    for number, worn in enumerate(("none", "correct", "none")):
        made = person(worn)
        save_image(folder / "scenes" / "images" / f"{number}.jpg", made.image)
        label = LABELS[WITHOUT if worn == "none" else WITH]
        save_image(folder / "crops" / "val" / label / f"{number}.jpg", made.image)
        x1, y1, x2, y2 = made.box
        entries.append({"id": number, "file_name": f"{number}.jpg", "source": "made"})
        row = {"id": number, "image_id": number, "category_id": LABELS.index(label)}
        annotations.append(row | {"bbox": [x1, y1, x2 - x1, y2 - y1]})
    save_image(folder / "crops" / "val" / LABELS[WITH] / "nobody.jpg", np.zeros((90, 90, 3), np.uint8))
    categories = [{"id": number, "name": label} for number, label in enumerate(LABELS)]
    content = {"images": entries, "annotations": annotations, "categories": categories}
    (folder / "scenes" / "val.json").write_text(json.dumps(content))
    (tmp_path / "yunet.onnx").write_text("its place is taken")
    return folder


def test_the_sets_are_made_and_measured_by_one_command_each(
    data: Path, tmp_path: Path, cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    out, yunet = tmp_path / "made", str(tmp_path / "yunet.onnx")
    command.main([str(data), "--out", str(out), "--auto-labeller", yunet, "--count", "4"])
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before
    for name in SETS:
        assert len(read_dataset(out / name).samples) == (3 if name == "filled" else 4)
    models = ["--detector", "ssd-fast", "--classifier", "mobilenet-fast", "--live"]
    capsys.readouterr()
    command.main([str(out), "--evaluate", *models, "--limit", "2", "--out", str(tmp_path / "figures")])
    text = (tmp_path / "figures" / "val-made.md").read_text()
    assert text in capsys.readouterr().out
    content = json.loads((tmp_path / "figures" / "val-made.json").read_text())
    assert {name.split(",")[0] for name in content["figures"]} == set(SETS)
    assert all("certain" in content["figures"][name] for name in SETS)
    assert len(content["models"]["classifier sha256"]) == 64
    done = cli("evaluate", out / "filled", models, "--json", "filled.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "filled.json").read_text())["figures"]["detection"]["all"]["faces"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["DATA"], "say with --out"),
        (["DATA", "--out", "DATA/scenes/made"], "lies in the data that is read"),
        (["nowhere", "--out", "made"], "nowhere"),
        (["DATA", "--out", "made", "--auto-labeller", "nosuch"], "--auto-labeller takes yunet"),
        (["DATA", "--evaluate"], "none of the sets wrong-worn, turned, filled is there"),
    ],
)
def test_bad_input_is_one_clear_line(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [part.replace("DATA", str(data)) for part in arguments]
    if "--auto-labeller" not in given and "--evaluate" not in given:
        given += ["--auto-labeller", "yunet.onnx"]
    with pytest.raises(SystemExit) as stopped:
        command.main(given)
    assert message in str(stopped.value)
    assert "\n" not in str(stopped.value)
