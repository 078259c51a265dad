from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PIL

from fakes import scene
from maskwatch.data.dataset import read_dataset
from maskwatch.data.formats.yolo import find_yaml, label_file, read_yolo
from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import DataError
from maskwatch.image_files import save_image

MIDDLE = "0.5 0.5 0.25 0.5"  # in a picture of 320 x 240: 120, 60 to 200, 180


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_image(path, scene({}))
    return path


def label(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    "names",
    ["names: [with_mask, no mask]", "names:\n  0: with_mask\n  1: no mask", "names:\n- with_mask\n- no mask"],
)
def test_a_yaml_with_splits(tmp_path: Path, names: str) -> None:
    picture(tmp_path / "train" / "images" / "a.png")
    picture(tmp_path / "valid" / "images" / "b.png")
    picture(tmp_path / "valid" / "images" / "empty.png")
    label(tmp_path / "train" / "labels" / "a.txt", f"1 {MIDDLE}\n\n0 0.05 0.05 0.1 0.1\n")
    label(tmp_path / "valid" / "labels" / "b.txt", f"0 {MIDDLE}")
    # Roboflow's way to say where the pictures are.
    (tmp_path / "data.yaml").write_text(f"train: ../train/images\nval: ../valid/images\nnc: 2\n{names}\n")
    samples = {sample.path.name: sample for sample in read_yolo(tmp_path)}
    assert {name: sample.split for name, sample in samples.items()} == {
        "a.png": "train",
        "b.png": "val",
        "empty.png": "val",
    }
    np.testing.assert_allclose(samples["a.png"].boxes, [[120, 60, 200, 180], [0, 0, 32, 24]], atol=1e-4)
    assert samples["a.png"].states.tolist() == [1, 0]
    assert samples["empty.png"].boxes.shape == (0, 4)


def test_folders_of_pictures_and_labels_without_yaml(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "train" / "a.png")
    label(tmp_path / "labels" / "train" / "a.txt", f"1 {MIDDLE}")
    label(tmp_path / "classes.txt", "mask\nface\n")
    (sample,) = read_yolo(tmp_path)
    assert sample.split == "train"
    assert sample.states.tolist() == [UNKNOWN]


def test_labels_beside_the_pictures_and_classes_by_number(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE}\n1 {MIDDLE}")
    (sample,) = read_yolo(tmp_path, names={"0": "mask_worn_incorrectly", "1": "ignore"})
    assert sample.states.tolist() == [2, UNKNOWN]
    assert sample.ignore.tolist() == [False, True]


def test_a_list_of_pictures(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    picture(tmp_path / "images" / "b.png")
    label(tmp_path / "labels" / "a.txt", f"0 {MIDDLE}")
    label(tmp_path / "val.txt", "images/a.png\n")
    (tmp_path / "data.yaml").write_text("val: val.txt\nnames: [with_mask]\n")
    assert [sample.path.name for sample in read_yolo(tmp_path / "data.yaml")] == ["a.png"]


def test_polygons_become_boxes(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", "0 0.5 0.25 0.25 0.5 0.5 0.75 0.75 0.5")
    (sample,) = read_yolo(tmp_path, names={"0": "face"})
    np.testing.assert_allclose(sample.boxes, [[80, 60, 240, 180]], atol=1e-4)


def test_fractions_are_of_the_picture_as_people_see_it(tmp_path: Path) -> None:
    exif = PIL.Exif()
    exif[0x0112] = 6  # turned by a quarter
    PIL.new("RGB", (320, 240)).save(tmp_path / "a.jpg", exif=exif)
    label(tmp_path / "a.txt", "0 0.5 0.5 1 1")
    (sample,) = read_yolo(tmp_path, names={"0": "face"})
    assert sample.boxes.tolist() == [[0, 0, 240, 320]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0.5 0.5 0.1", "3 numbers after the class"),
        ("0 a b c d", "could not convert"),
        ("0.5 0.5 0.5 0.1 0.1", "the class is no whole number"),
        ("0 0.5 0.5 0 0.1", "a box without an area"),
        ("0 nan 0.5 0.1 0.1", "not finite"),
        ("0 100 100 50 50", "pixels instead of fractions"),
    ],
)
def test_a_bad_line_is_left_out_and_told(tmp_path: Path, line: str, reason: str) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"{line}\n0 {MIDDLE}")
    problems: list[str] = []
    (sample,) = read_yolo(tmp_path, names={"0": "with_mask"}, problems=problems)
    assert len(sample.boxes) == 1
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'a.txt'}:1: not a YOLO label (")
    assert reason in problems[0]


def test_a_broken_picture_is_left_out_and_told(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture")
    label(tmp_path / "b.txt", f"0 {MIDDLE}")
    problems: list[str] = []
    samples = read_yolo(tmp_path, names={"0": "face"}, problems=problems)
    assert [sample.path.name for sample in samples] == ["a.png"]
    assert len(problems) == 1
    assert "b.png: not a readable picture" in problems[0]


def test_no_labels_at_all(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    with pytest.raises(DataError, match="1 pictures, but no YOLO label file"):
        read_yolo(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: [", "not a readable YAML file"),
        ("names: 3\ntrain: .", "`names` must be a list"),
        ("names: [with_mask]\ntrain: nowhere", "no such folder, named in the data set's YAML file"),
    ],
)
def test_a_bad_yaml(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(DataError, match=message):
        read_yolo(tmp_path / "data.yaml")


FACE5 = "0 0.5 0.5 0.25 0.5 0.45 0.4 0.55 0.4 0.5 0.5 0.46 0.6 0.54 0.6"
MISSING = f"0 {MIDDLE}" + " -1" * 10


def test_boxes_with_landmarks(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"{FACE5}\n{MISSING}\n")
    problems: list[str] = []
    notes: list[str] = []
    (sample,) = read_yolo(tmp_path, {"0": "face"}, problems, notes=notes)
    np.testing.assert_allclose(sample.boxes, [[120, 60, 200, 180]] * 2, atol=1e-4)
    assert not problems
    assert notes == [f"{tmp_path}: 1 label files hold boxes with key points: the key points are not used"]


def test_key_points_that_the_yaml_file_announces(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE} 0.5 0.5 2 0.1 0.1 0\n0 {MIDDLE}\n0 {MIDDLE} 0.5 0.5")
    label(tmp_path / "data.yaml", "names: [face]\nkpt_shape: [2, 3]\n")
    problems: list[str] = []
    (sample,) = read_yolo(tmp_path, problems=problems)
    np.testing.assert_allclose(sample.boxes, [[120, 60, 200, 180]] * 2, atol=1e-4)
    assert problems == [f"{tmp_path / 'a.txt'}:3: not a YOLO label (6 numbers after the class)"]
    label(tmp_path / "data.yaml", "names: [face]\nkpt_shape: many\n")
    with pytest.raises(DataError, match="`kpt_shape` must be"):
        read_yolo(tmp_path)


@pytest.mark.parametrize("name", ["a.txt", "a.TXT", "a.png.txt"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_label_files_of_all_programs(tmp_path: Path, name: str, mark: str, end: str) -> None:
    picture(tmp_path / "images" / "a.png")
    place = tmp_path / "labels" / name
    place.parent.mkdir()
    place.write_bytes(f"{mark}0 {MIDDLE}{end}0 {MIDDLE}{end}".encode())
    (sample,) = read_yolo(tmp_path, {"0": "face"})
    assert len(sample.boxes) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_class_names_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE}")
    (tmp_path / "classes.txt").write_bytes("戴口罩\r\n".encode(encoding))
    (sample,) = read_yolo(tmp_path, {"戴口罩": "with_mask"})
    assert sample.states.tolist() == [0]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("big5", "戴口罩"), ("cp932", "マスク"), ("cp1252", "masqué")],
)
def test_the_encoding_in_which_the_class_names_are_known(tmp_path: Path, encoding: str, name: str) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE}")
    (tmp_path / "classes.txt").write_bytes(name.encode(encoding))
    (sample,) = read_yolo(tmp_path, {name: "with_mask"})
    assert sample.states.tolist() == [0]


def test_a_list_in_another_encoding_and_with_backslashes(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "gré.png")
    label(tmp_path / "labels" / "gré.txt", f"0 {MIDDLE}")
    (tmp_path / "val.txt").write_bytes("C:\\data\\images\\gré.png\r\n".encode("cp1252"))
    label(tmp_path / "data.yaml", "val: val.txt\nnames: [with_mask]\n")
    assert [sample.path.name for sample in read_yolo(tmp_path)] == ["gré.png"]


def test_a_picture_without_a_usable_line_is_no_picture_without_faces(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        picture(tmp_path / f"{name}.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE}")
    label(tmp_path / "b.txt", "face 10 20 30 40")
    label(tmp_path / "c.txt", "")
    problems: list[str] = []
    unusable: set[Path] = set()
    read_yolo(tmp_path, {"0": "face"}, problems, unusable=unusable)
    assert unusable == {tmp_path / "b.png"}
    samples = read_dataset(tmp_path, {"0": "face"}).samples
    assert [sample.path.name for sample in samples] == ["a.png", "c.png"]
    assert len(problems) == 1


def test_a_file_that_holds_no_labels_is_one_line(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE}")
    label(tmp_path / "b.txt", "some words\n" * 50)
    problems: list[str] = []
    read_yolo(tmp_path, {"0": "face"}, problems)
    (problem,) = problems
    assert problem.startswith(f"{tmp_path / 'b.txt'}: 50 lines are no YOLO labels; the first: ")


def test_labels_without_a_picture_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    for name in ("a", "gone"):
        label(tmp_path / "labels" / f"{name}.txt", f"0 {MIDDLE}")
    label(tmp_path / "labels" / "classes.txt", "face\n")
    problems: list[str] = []
    read_yolo(tmp_path, problems=problems)
    assert problems == [f"{tmp_path / 'labels'}: 1 label files belong to no picture; the first: gone.txt"]


def test_darknet_of_roboflow(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        picture(tmp_path / split / f"{split}.png")
        label(tmp_path / split / f"{split}.txt", f"1 {MIDDLE}")
        label(tmp_path / split / "_darknet.labels", "with_mask\nwithout_mask\n")
    samples = read_yolo(tmp_path)
    assert [(sample.split, sample.states.tolist()) for sample in samples] == [("train", [1]), ("val", [1])]


def test_fractions_of_the_stored_picture(tmp_path: Path) -> None:
    exif = PIL.Exif()
    exif[0x0112] = 6
    PIL.new("RGB", (320, 240)).save(tmp_path / "a.jpg", exif=exif)
    label(tmp_path / "a.txt", "0 0.25 0.25 0.5 0.5")
    (sample,) = read_yolo(tmp_path, {"0": "face"}, before_exif=True)
    assert sample.boxes.tolist() == [[0, 0, 160, 120]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]", "aliases of lists and mappings are not supported"),
        ("names: " + "[" * 100_000, "nested too deeply|not a readable YAML"),
        ("names: {.nan: x}", "`names` must be a list"),
        ("names: {.inf: x}", "`names` must be a list"),
        ("names: text", "`names` must be a list"),
        ("names: [a]\ndate: 2020-13-45", "not a readable YAML file"),
        ("names: [a]\n#" + "x" * 1_100_000, "too large"),
    ],
    ids=["alias bomb", "deep", "nan", "inf", "text", "date", "large"],
)
def test_a_hostile_yaml(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(DataError, match=message):
        read_yolo(tmp_path / "data.yaml")


def test_a_score_after_the_box_is_passed_over(tmp_path: Path) -> None:
    """As tools write it that save what a model found."""
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE} 0.93\n1 {MIDDLE}\n1 0.05 0.05 0.1 0.1 1\n")
    problems: list[str] = []
    (sample,) = read_yolo(tmp_path, {"0": "with_mask", "1": "face"}, problems)
    np.testing.assert_allclose(sample.boxes, [[120, 60, 200, 180]] * 2 + [[0, 0, 32, 24]], atol=1e-4)
    assert sample.states.tolist() == [0, UNKNOWN, UNKNOWN]
    assert problems == []


@pytest.mark.parametrize(
    ("numbers", "box"),
    [
        ("0.5 0.5 1 1", (0, 0, 320, 240)),
        ("0.25 0.5 0.5 0.25", (0, 90, 160, 150)),
        ("0.1 0.2 0.3 0.2 0.2 0.4", (32, 48, 96, 96)),  # three corners
        ("0.3 0.4 0.1 0.2 0.2 0.3 0.15 0.35", (32, 48, 96, 96)),  # in any order
        ("10 0.5 0.5 0.5", (3120, 60, 3280, 180)),  # far outside, but still a fraction
        ("10.5 0.5 0.5 0.5", None),
        ("0.5 -10.5 0.5 0.5", None),
        ("0.5 0.5 0.5 0", None),
        ("0.5 0.5 0 0.5", None),
        ("0.5 0.5 -0.1 0.5", None),
        ("0.1 0.2 0.1 0.4 0.1 0.3", None),  # a polygon without width
        ("0.1 0.2 0.4 0.2 0.3 0.2", None),  # and one without height
        ("0.1 0.2 0.3 0.2 0.2 0.4 0.5", None),  # seven numbers
        ("0.5 0.5 inf 0.5", None),
        ("", None),
    ],
)
def test_which_boxes_can_be_used(tmp_path: Path, numbers: str, box: tuple[float, ...] | None) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"0 {MIDDLE}\n0 {numbers}\n")
    problems: list[str] = []
    (sample,) = read_yolo(tmp_path, {"0": "face"}, problems)
    wanted = [[120, 60, 200, 180], *([] if box is None else [box])]
    np.testing.assert_allclose(sample.boxes, wanted, atol=1e-3)
    assert len(problems) == (box is None)
    assert all(problem.startswith(f"{tmp_path / 'a.txt'}:2: ") for problem in problems)


def test_without_a_list_for_problems_they_are_left_out_all_the_same(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture")
    label(tmp_path / "a.txt", f"0 1\n0 {MIDDLE}\n")
    assert [len(sample.boxes) for sample in read_yolo(tmp_path, {"0": "face"})] == [1]


def test_labels_stand_where_the_last_images_folder_is(tmp_path: Path) -> None:
    """Those in `labels/` before those beside the picture, and never those of an outer `images`."""
    file = picture(tmp_path / "images" / "images" / "deep" / "a.png")
    label(tmp_path / "labels" / "images" / "deep" / "a.txt", "")
    assert label_file(file) == file.with_suffix(".txt")
    label(file.with_suffix(".txt"), "")
    assert label_file(file) == file.with_suffix(".txt")
    apart = tmp_path / "images" / "labels" / "deep" / "a.txt"
    label(apart, "")
    assert label_file(file) == apart
    flat = picture(tmp_path / "images" / "b.png")
    label(tmp_path / "labels" / "b.txt", "")
    assert label_file(flat) == tmp_path / "labels" / "b.txt"


@pytest.mark.parametrize("name", ["classes.txt", "obj.names", "_darknet.labels", "labels/classes.txt"])
def test_where_the_class_names_are(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "a.png")
    label(tmp_path / "a.txt", f"1 {MIDDLE}")
    label(tmp_path / name, "\n no_mask \n\nwith_mask\n")
    (sample,) = read_yolo(tmp_path)
    assert sample.states.tolist() == [0]


@pytest.mark.parametrize(
    ("folder", "split"), [("train/images", "train"), ("images/valid", "val"), ("pictures", ""), (".", "")]
)
def test_folders_tell_the_split(tmp_path: Path, folder: str, split: str) -> None:
    file = picture(tmp_path / "set" / folder / "a.png")
    label(file.with_suffix(".txt"), f"0 {MIDDLE}")
    assert [sample.split for sample in read_yolo(tmp_path / "set", {"0": "face"})] == [split]


def test_a_folder_named_after_a_split_is_one(tmp_path: Path) -> None:
    label(picture(tmp_path / "test" / "a.png").with_suffix(".txt"), f"0 {MIDDLE}")
    label(picture(tmp_path / "test" / "train" / "b.png").with_suffix(".txt"), f"0 {MIDDLE}")
    found = {s.path.stem: s.split for s in read_yolo(tmp_path / "test", {"0": "face"})}
    assert found == {"a": "test", "b": "train"}  # the inner one counts


def test_a_yaml_with_several_folders_and_a_path(tmp_path: Path) -> None:
    for place in ("data/one/a", "data/two/b", "data/three/c"):
        label(picture(tmp_path / f"{place}.png").with_suffix(".txt"), f"0 {MIDDLE}")
    listing = tmp_path / "data.yaml"
    text = "train: [one, two]\ntest: three\nval:\nnames: {0: with_mask}\n"
    for path in ("data", str(tmp_path / "data")):
        listing.write_text(f"path: {path}\n{text}")
        found = {s.path.stem: s.split for s in read_yolo(listing)}
        assert found == {"a": "train", "b": "train", "c": "test"}
    (tmp_path / "data" / "data.yaml").write_text(f"path: /another/machine\n{text}")
    assert len(read_yolo(tmp_path / "data")) == 3  # a path that is not there: beside the file
    (tmp_path / "data" / "data.yaml").write_text("names: [with_mask]\n")
    assert {s.path.stem for s in read_yolo(tmp_path / "data")} == {"a", "b", "c"}


def test_the_first_yaml_with_class_names_counts(tmp_path: Path) -> None:
    assert find_yaml(tmp_path) is None
    (tmp_path / "a.yaml").write_text("train: images\n")
    (tmp_path / "b.yaml").write_text("- a\n- list\n")
    assert find_yaml(tmp_path) is None
    (tmp_path / "d.yml").write_text("names: [a]\n")
    assert find_yaml(tmp_path) == tmp_path / "d.yml"
    (tmp_path / "e.yaml").write_text("names: [a]\n")
    assert find_yaml(tmp_path) == tmp_path / "e.yaml"


def test_a_line_that_is_no_text_is_left_out_and_told(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.txt").write_bytes(f"0 {MIDDLE}\n".encode() + b"0 \xff\xfe 0.5 0.5 0.5\n")
    problems: list[str] = []
    (sample,) = read_yolo(tmp_path, {"0": "face"}, problems)
    assert len(sample.boxes) == 1
    assert len(problems) == 1
