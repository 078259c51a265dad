from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import scene
from maskwatch.data.dataset import read_dataset
from maskwatch.data.formats.coco import is_coco, read_coco
from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import DataError
from maskwatch.image_files import save_image

CONTENT: dict[str, Any] = {
    "images": [
        {"id": 7, "file_name": "a.png", "source": "street", "group": "g1"},
        {"id": 9, "file_name": "b.png"},
    ],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40], "iscrowd": 0},
        {"id": 2, "image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "iscrowd": 1},
        {"id": 3, "image_id": 7, "category_id": 3, "bbox": [5, 5, 5, 5], "ignore": 1},
    ],
    "categories": [
        {"id": 1, "name": "with_mask"},
        {"id": 2, "name": "without_mask"},
        {"id": 3, "name": "face"},
    ],
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(
        content: object, name: str = "labels.json", pictures: tuple[str, ...] = ("a.png", "b.png")
    ) -> Path:
        (tmp_path / "images").mkdir(exist_ok=True)
        for picture in pictures:
            save_image(tmp_path / "images" / picture, scene({}))
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return make


def test_boxes_states_and_ignored_ones(write: Write) -> None:
    first, second = read_coco(write(CONTENT))
    assert first.path.name == "a.png"
    assert first.boxes.tolist() == [[10, 20, 40, 60], [1, 2, 4, 6], [5, 5, 10, 10]]
    assert first.boxes.dtype == np.float32
    assert first.states.tolist() == [0, 1, UNKNOWN]
    assert first.ignore.tolist() == [False, True, True]
    assert (first.source, first.group, first.split) == ("street", "g1", "")
    assert second.boxes.shape == (0, 4)
    assert second.ignore.shape == (0,)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.json", "train"),
        ("instances_val2017.json", "val"),
        ("contest.json", ""),
        ("_validation.json", "val"),
    ],
)
def test_the_file_name_tells_the_split(write: Write, name: str, split: str) -> None:
    assert [sample.split for sample in read_coco(write(CONTENT, name))] == [split, split]


def test_the_category_ignore(write: Write) -> None:
    sample = read_coco(write(CONTENT), names={"without_mask": "ignore", "face": "without_mask"})[0]
    assert sample.ignore.tolist() == [False, True, True]
    assert sample.states.tolist() == [0, UNKNOWN, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bbox": [1, 2, 0, 4]}, "annotation 1 in labels.json has no valid box"),
        ({"bbox": [1, 2, 3]}, "annotation 1 in labels.json has no valid box"),
        ({"bbox": [1, 2, float("nan"), 4]}, "annotation 1 in labels.json has no valid box"),
        ({"bbox": None}, "annotation 1 in labels.json has no valid box"),
        ({"category_id": 99}, "annotation 1 in labels.json has no valid category"),
        ({"image_id": 99}, "1 boxes belong to no picture"),
    ],
)
def test_a_bad_box_is_left_out_and_told(write: Write, change: dict[str, Any], message: str) -> None:
    first, *others = CONTENT["annotations"]
    problems: list[str] = []
    samples = read_coco(write({**CONTENT, "annotations": [{**first, **change}, *others]}), problems=problems)
    assert len(samples[0].boxes) == 2
    assert len(problems) == 1
    assert message in problems[0]


def test_a_missing_picture_is_left_out_and_told(write: Write) -> None:
    problems: list[str] = []
    samples = read_coco(write(CONTENT, pictures=("b.png",)), problems=problems)
    assert [sample.path.name for sample in samples] == ["b.png"]
    assert len(problems) == 1
    assert "a.png: no such picture" in problems[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a readable JSON file"),
        ([], "not a COCO file"),
        ({"images": [], "annotations": []}, "not a COCO file"),
        ({"images": [1], "annotations": [], "categories": []}, "must hold objects"),
        ({"images": [], "annotations": [], "categories": [{"id": 1}]}, "a category without id or name"),
    ],
)
def test_no_coco(write: Write, content: object, message: str) -> None:
    path = write(content)
    with pytest.raises(DataError, match=message):
        read_coco(path)


def test_an_unknown_class_says_how_to_map_it(write: Write) -> None:
    path = write({**CONTENT, "categories": [{"id": 1, "name": "bandana"}]})
    with pytest.raises(DataError, match=r"the class 'bandana' means.*--names \"bandana=with_mask\""):
        read_coco(path)


def test_is_coco(write: Write) -> None:
    assert is_coco(write(CONTENT))
    assert not is_coco(write({"images": []}, "other.json"))
    assert not is_coco(write("{", "broken.json"))


def test_a_category_that_no_box_uses_needs_no_meaning(write: Write) -> None:
    # Roboflow puts the name of the project there, with the id 0.
    content = {**CONTENT, "categories": [{"id": 0, "name": "street-jx3k"}, *CONTENT["categories"]]}
    assert read_coco(write(content))[0].states.tolist() == [0, 1, UNKNOWN]


def test_pictures_that_share_an_id_are_left_out_and_told(write: Write) -> None:
    images = [
        {"id": 9, "file_name": "a.png"},
        {"id": 9, "file_name": "b.png"},
        {"id": 7, "file_name": "c.png"},
    ]
    problems: list[str] = []
    path = write({**CONTENT, "images": images}, pictures=("a.png", "b.png", "c.png"))
    (sample,) = read_coco(path, problems=problems)
    assert sample.path.name == "c.png"
    (problem,) = problems
    assert problem.startswith(f"{path}: 2 pictures share an id with another one and are left out")
    assert problem.endswith("id 9 of a.png and b.png")


def test_an_entry_given_twice_is_one_picture(write: Write) -> None:
    assert len(read_coco(write({**CONTENT, "images": CONTENT["images"] * 2}))) == 2


def test_a_category_id_with_two_meanings(write: Write) -> None:
    content = {**CONTENT, "categories": [*CONTENT["categories"], {"id": 1, "name": "no_mask"}]}
    with pytest.raises(DataError, match="category id 1 is given twice, to 'with_mask' and 'no_mask'"):
        read_coco(write(content))


def test_ids_as_texts_and_numbers(write: Write) -> None:
    annotations = [{**row, "image_id": str(row["image_id"])} for row in CONTENT["annotations"]]
    assert len(read_coco(write({**CONTENT, "annotations": annotations}))[0].boxes) == 3


@pytest.mark.parametrize(
    ("labels", "pictures", "name"),
    [
        ("annotations/instances_train2017.json", "train2017", "a.png"),
        ("annotations/instances_train2017.json", "images/train2017", "a.png"),
        ("annotations/instances_train2017.json", "images/train2017", "train2017/a.png"),
        ("annotations/instances_train2017.json", "images", "train2017/a.png"),
        ("labels.json", "images", "images\\a.png"),
        ("labels.json", "images", "C:\\data\\set\\images\\a.png"),
        ("labels.json", "train2017", "a.png"),
        ("train2017/labels.json", "train2017", "train2017/a.png"),
    ],
)
def test_pictures_in_split_folders_and_names_with_folders(
    tmp_path: Path, labels: str, pictures: str, name: str
) -> None:
    content = {**CONTENT, "images": [{"id": 7, "file_name": name}]}
    (tmp_path / pictures).mkdir(parents=True)
    save_image(tmp_path / pictures / "a.png", scene({}))
    (tmp_path / labels).parent.mkdir(exist_ok=True)
    (tmp_path / labels).write_text(json.dumps(content))
    assert [sample.path for sample in read_coco(tmp_path / labels)] == [tmp_path / pictures / "a.png"]


def test_the_year_decides_between_split_folders(tmp_path: Path) -> None:
    for year in ("train2014", "train2017"):
        (tmp_path / year).mkdir()
        save_image(tmp_path / year / "a.png", scene({}))
    (tmp_path / "annotations").mkdir()
    path = tmp_path / "annotations" / "instances_train2017.json"
    path.write_text(json.dumps({**CONTENT, "images": [{"id": 7, "file_name": "a.png"}]}))
    assert [sample.path.parent.name for sample in read_coco(path)] == ["train2017"]


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [1, 2, 10**400, 4]},
        {"bbox": [1, 2, 1e300, 4]},
        {"bbox": ["a", 2, 3, 4]},
        {"bbox": [True, 2, 3, 4]},
        {"bbox": {"x": 1}},
        {"category_id": [1]},
        {"category_id": {}},
        {"category_id": None},
        {"image_id": [7]},
        {"image_id": {}},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_hostile_annotation_harms_nothing_else(write: Write, change: dict[str, Any]) -> None:
    first, *others = CONTENT["annotations"]
    text = json.dumps({**CONTENT, "annotations": [{**first, **change}, *others]})
    problems: list[str] = []
    sample = read_coco(write(text), problems=problems)[0]
    assert len(sample.boxes) + len(problems) == 3
    assert np.isfinite(sample.boxes).all()


def test_a_picture_whose_boxes_are_all_unusable_is_no_picture_without_faces(write: Write) -> None:
    content = {**CONTENT, "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": []}]}
    problems: list[str] = []
    unusable: set[Path] = set()
    path = write(content)
    read_coco(path, problems=problems, unusable=unusable)
    assert [path.name for path in unusable] == ["a.png"]
    assert [sample.path.name for sample in read_dataset(path).samples] == ["b.png"]
    assert len(problems) == 1


@pytest.mark.parametrize(
    "content",
    ['{"images": ' + "[" * 200_000, '{"images": ' + "9" * 10_000 + "}"],
    ids=["deep", "digits"],
)
def test_a_hostile_file(write: Write, content: str) -> None:
    path = write(content)
    with pytest.raises(DataError, match="not a readable JSON file"):
        read_coco(path)
    assert not is_coco(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    content = {**CONTENT, "images": [{"id": 7, "file_name": "gré.png"}]}
    save_image(tmp_path / "gré.png", scene({}))
    (tmp_path / "labels.json").write_bytes(json.dumps(content, ensure_ascii=False).encode(encoding))
    assert [sample.path.name for sample in read_coco(tmp_path / "labels.json")] == ["gré.png"]


def test_a_flag_written_as_text(write: Write) -> None:
    rows = [{**CONTENT["annotations"][0], "iscrowd": flag} for flag in (0, "0", 1, "1", True, None)]
    sample = read_coco(write({**CONTENT, "annotations": rows}))[0]
    assert sample.ignore.tolist() == [False, False, True, True, True, False]


def test_no_value_is_no_text(write: Write) -> None:
    images = [{"id": 7, "file_name": "a.png", "source": None, "group": None, "split": None}]
    sample = read_coco(write({**CONTENT, "images": images}))[0]
    assert (sample.source, sample.group, sample.split) == ("", "", "")


def test_the_split_of_an_entry_wins_over_the_file_name(write: Write) -> None:
    first, second = CONTENT["images"]
    content = {**CONTENT, "images": [{**first, "split": "test"}, second]}
    assert [s.split for s in read_coco(write(content, "train.json"))] == ["test", "train"]
    assert [s.split for s in read_coco(write(content))] == ["test", ""]


def test_the_file_name_wins_over_the_folder(write: Write, tmp_path: Path) -> None:
    for folder, name, split in (("val", "labels.json", "val"), ("val", "train.json", "train")):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        path = write(CONTENT).rename(place / name)
        assert [s.split for s in read_coco(path, tmp_path / "images")] == [split, split]


@pytest.mark.parametrize(
    ("bbox", "box"),
    [
        ([1, 2, 0.5, 0.25], [1, 2, 1.5, 2.25]),
        (["1", "2", "3", "4"], [1, 2, 4, 6]),
        ([-5, -5, 10, 10], [-5, -5, 5, 5]),
        ([1, 2, 3, 0], None),
        ([1, 2, -3, 4], None),
        ([1, 2, 3, float("inf")], None),
        ([1, 2, 3, 4, 5], None),
        ([1, 2, 3, None], None),
        ({"x": 1}, None),
        ("1234", None),
    ],
)
def test_which_boxes_can_be_used(write: Write, bbox: object, box: list[float] | None) -> None:
    annotations = [{"id": 1, "image_id": 7, "category_id": 1, "bbox": bbox}]
    problems: list[str] = []
    first, _ = read_coco(write({**CONTENT, "annotations": annotations}), problems=problems)
    assert first.boxes.tolist() == ([] if box is None else [box])
    assert len(problems) == (box is None)


def test_without_a_list_for_problems_they_are_left_out_all_the_same(write: Write) -> None:
    path = write(
        {**CONTENT, "annotations": [{"id": 1, "image_id": 7, "category_id": 9, "bbox": [1, 2, 3, 4]}]}
    )
    assert [len(sample.boxes) for sample in read_coco(path)] == [0, 0]


def test_boxes_of_no_picture_are_counted(write: Write) -> None:
    stray = [{"id": n, "image_id": 70 + n // 2, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in range(3)]
    problems: list[str] = []
    path = write({**CONTENT, "annotations": stray})
    read_coco(path, problems=problems)
    assert problems == [f"{path}: 3 boxes belong to no picture of the file"]


@pytest.mark.parametrize("place", ["images", ".", "../images"])
def test_where_the_pictures_are(tmp_path: Path, place: str) -> None:
    (tmp_path / "labels" / place).mkdir(parents=True)
    path = tmp_path / "labels" / "labels.json"
    path.write_text(json.dumps(CONTENT))
    for name in ("a.png", "b.png"):
        save_image(tmp_path / "labels" / place / name, scene({}))
    assert len(read_coco(path)) == 2
    (tmp_path / "elsewhere").mkdir()
    save_image(tmp_path / "elsewhere" / "b.png", scene({}))
    assert [s.path for s in read_coco(path, tmp_path / "elsewhere")] == [tmp_path / "elsewhere" / "b.png"]


@pytest.mark.parametrize("missing", ["images", "annotations", "categories"])
def test_a_list_that_is_missing_or_none(write: Write, missing: str) -> None:
    values: tuple[object, ...] = (None, {}, "text")
    for value in values:
        with pytest.raises(
            DataError, match="not a COCO file; it needs the lists images, annotations, categories"
        ):
            read_coco(write({**CONTENT, missing: value}))
    for broken in ({"id": 1}, {"name": "face"}):
        with pytest.raises(DataError, match="a category without id or name"):
            read_coco(write({**CONTENT, "categories": [*CONTENT["categories"], broken]}))


def test_what_is_no_coco_at_all(write: Write, tmp_path: Path) -> None:
    assert not is_coco(write([1, 2], "list.json"))
    assert not is_coco(tmp_path / "absent.json")
    for missing in ("images", "annotations", "categories"):
        assert not is_coco(write({k: v for k, v in CONTENT.items() if k != missing}))


def test_what_an_entry_does_not_say_stays_empty(write: Write) -> None:
    second = read_coco(write(CONTENT))[1]
    assert (second.source, second.group, second.split) == ("", "", "")
