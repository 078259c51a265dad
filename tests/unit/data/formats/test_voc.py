from __future__ import annotations

from pathlib import Path

import pytest

from fakes import scene
from maskwatch.data.formats.voc import read_voc, voc_files
from maskwatch.errors import DataError
from maskwatch.image_files import save_image


def annotation(*objects: tuple[str, str, int], filename: str = "") -> str:
    items = "".join(
        f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox>"
        + "".join(
            f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), box.split(), strict=True)
        )
        + "</bndbox></object>"
        for name, box, difficult in objects
    )
    return f"<annotation><filename>{filename}</filename>{items}</annotation>"


def put(folder: Path, labels: str, pictures: str, **files: str) -> Path:
    (folder / labels).mkdir(parents=True, exist_ok=True)
    (folder / pictures).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / labels / f"{name}.xml").write_text(text)
        save_image(folder / pictures / f"{name}.png", scene({}))
    return folder


@pytest.mark.parametrize(
    ("labels", "pictures"), [("Annotations", "JPEGImages"), ("annotations", "images"), (".", ".")]
)
def test_boxes_and_states(tmp_path: Path, labels: str, pictures: str) -> None:
    text = annotation(("with_mask", "10 20 40 60", 0), ("mask_weared_incorrect", "1 2 3 4", 1))
    (sample,) = read_voc(put(tmp_path / "set", labels, pictures, a=text))
    assert sample.path.name == "a.png"
    assert sample.boxes.tolist() == [[10, 20, 40, 60], [1, 2, 3, 4]]
    assert sample.states.tolist() == [0, 2]
    assert sample.ignore.tolist() == [False, True]


def test_the_picture_goes_by_the_name_that_is_written_down(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", a=annotation(filename="other.png"))
    save_image(tmp_path / "JPEGImages" / "other.png", scene({}))
    assert [sample.path.name for sample in read_voc(tmp_path)] == ["other.png"]


def test_splits_from_image_sets(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", a=annotation(), b=annotation(), c=annotation())
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\n")
    (lists / "val.txt").write_text("b 1\n")
    assert {sample.path.stem: sample.split for sample in read_voc(tmp_path)} == {
        "a": "train",
        "b": "val",
        "c": "",
    }


def test_what_cannot_be_used_is_left_out_and_told(tmp_path: Path) -> None:
    good = annotation(("face", "1 1 9 9", 0), ("face", "9 9 1 1", 0), ("face", "a 1 2 2", 0))
    put(tmp_path, "Annotations", "JPEGImages", a=good, b="<annotation>", c=annotation())
    (tmp_path / "JPEGImages" / "c.png").unlink()
    problems: list[str] = []
    (sample,) = read_voc(tmp_path, problems=problems)
    assert len(sample.boxes) == 1
    reasons = [problem.partition(": ")[2] for problem in problems]
    assert reasons[:2] == ["a box without an area or with unreadable corners"] * 2
    assert reasons[2].startswith("not readable")
    assert reasons[3] == "its picture was not found"


def test_an_unknown_class(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", a=annotation(("scarf", "1 1 9 9", 0)))
    with pytest.raises(DataError, match="the class 'scarf'"):
        read_voc(tmp_path)
    assert read_voc(tmp_path, {"scarf": "mask_worn_incorrectly"})[0].states.tolist() == [2]


def test_nothing_there(tmp_path: Path) -> None:
    assert voc_files(tmp_path) == []
    with pytest.raises(DataError, match="no Pascal VOC annotations"):
        read_voc(tmp_path)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "戴口罩"),
        ("gb2312", "戴口罩"),
        ("big5", "戴口罩"),
        ("shift_jis", "マスク"),
        ("windows-1252", "masqué"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, name: str, declared: bool) -> None:
    text = annotation((name, "10 20 40 60", 0), filename=f"{name}.png")
    put(tmp_path, "Annotations", "JPEGImages", a="")
    save_image(tmp_path / "JPEGImages" / f"{name}.png", scene({}))
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n' if declared else ""
    (tmp_path / "Annotations" / "a.xml").write_bytes((head + text).encode(encoding))
    (sample,) = read_voc(tmp_path, {name: "with_mask"})
    assert sample.path.name == f"{name}.png"
    assert sample.states.tolist() == [0]


def test_a_byte_order_mark_and_a_wrong_declaration(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", a="", b="", c="")
    text = annotation(("face", "1 1 9 9", 0), filename="é")
    for name, data in {
        "a": ('<?xml version="1.0" encoding="utf-8"?>' + text).encode("utf-8-sig"),
        "b": ('<?xml version="1.0" encoding="utf-16"?>' + text).encode("utf-16"),
        "c": ('<?xml version="1.0" encoding="utf-8"?>' + text).encode("cp1252"),
    }.items():
        (tmp_path / "Annotations" / f"{name}.xml").write_bytes(data)
    problems: list[str] = []
    assert [len(sample.boxes) for sample in read_voc(tmp_path, problems=problems)] == [1, 1, 1]
    assert not problems


def test_an_unknown_encoding_is_one_line(tmp_path: Path) -> None:
    put(
        tmp_path,
        "Annotations",
        "JPEGImages",
        a=f'<?xml version="1.0" encoding="klingon"?>{annotation()}',
        b=annotation(),
    )
    problems: list[str] = []
    assert [sample.path.stem for sample in read_voc(tmp_path, problems=problems)] == ["b"]
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'Annotations' / 'a.xml'}: not readable (unknown encoding")


def test_roboflow_with_a_folder_for_each_split(tmp_path: Path) -> None:
    for split, state in (("train", "with_mask"), ("valid", "without_mask"), ("test", "face")):
        put(tmp_path / split, ".", ".", a_jpg=annotation((state, "1 1 9 9", 0), filename="a_jpg.png"))
    samples = read_voc(tmp_path)
    assert sorted((s.split, s.path.parent.name, int(s.states[0])) for s in samples) == [
        ("test", "test", -1),
        ("train", "train", 0),
        ("val", "valid", 1),
    ]


def sized(width: int, height: int) -> str:
    size = f"<size><width>{width}</width><height>{height}</height></size>"
    return annotation(("face", "1 1 9 9", 0)).replace("<object>", size + "<object>", 1)


def test_a_size_that_contradicts_the_picture_is_told(tmp_path: Path) -> None:
    files = {"a": sized(320, 240), "b": sized(0, 0), "c": sized(640, 480), "d": sized(64, 48)}
    put(tmp_path, "Annotations", "JPEGImages", **files)
    problems: list[str] = []
    assert len(read_voc(tmp_path, problems=problems)) == 4
    (problem,) = problems
    assert problem.startswith(f"{tmp_path}: 2 pictures have another size than their labels say")
    assert problem.endswith("c.png: 320 x 240 pixels, not 640 x 480")


def test_hostile_numbers(tmp_path: Path) -> None:
    boxes = [("face", box, 0) for box in ("1 1 1e300 9", "1 1 nan 9", "1 1 inf 9", "1 1 9 9")]
    put(tmp_path, "Annotations", "JPEGImages", a=annotation(*boxes))
    problems: list[str] = []
    (sample,) = read_voc(tmp_path, problems=problems)
    assert sample.boxes.tolist() == [[1, 1, 9, 9]]
    assert len(problems) == 3


def test_names_and_marks_with_blanks_around_them(tmp_path: Path) -> None:
    text = annotation((" with_mask ", "1 1 9 9", 1), filename=" a.png ").replace(">1<", "> 1 <", 1)
    (sample,) = read_voc(put(tmp_path, "Annotations", "JPEGImages", a=text))
    assert (sample.states.tolist(), sample.ignore.tolist()) == ([0], [True])


@pytest.mark.parametrize(
    ("box", "good"),
    [
        ("0 0 1 1", True),
        ("2.5 2.5 3 3", True),
        ("5 1 5 9", False),
        ("1 5 9 5", False),
        ("9 1 1 9", False),
        ("1 9 9 1", False),
        ("nan 1 9 9", False),
        ("1 1 inf 9", False),
        ("1 1 9 x", False),
    ],
)
def test_which_boxes_have_an_area(tmp_path: Path, box: str, good: bool) -> None:
    problems: list[str] = []
    put(tmp_path, "Annotations", "JPEGImages", a=annotation(("face", box, 0), ("face", "1 2 3 4", 0)))
    (sample,) = read_voc(tmp_path, problems=problems)
    corners = [[float(value) for value in box.split()]] if good else []
    assert sample.boxes.tolist() == [*corners, [1, 2, 3, 4]]
    assert len(problems) == (not good)


def test_without_a_list_for_problems_they_are_left_out_all_the_same(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", a="<annotation>", b=annotation(("face", "5 5 1 1", 0)))
    assert [len(sample.boxes) for sample in read_voc(tmp_path)] == [0]


def test_a_missing_corner_is_told(tmp_path: Path) -> None:
    text = annotation(("face", "1 1 9 9", 0)).replace("<ymax>9</ymax>", "")
    problems: list[str] = []
    read_voc(put(tmp_path, "Annotations", "JPEGImages", a=text), problems=problems)
    assert problems == [
        f"{tmp_path / 'Annotations' / 'a.xml'}: a box without an area or with unreadable corners"
    ]


@pytest.mark.parametrize(("folder", "split"), [("train", "train"), ("Validation", "val"), ("street", "")])
def test_the_folder_tells_the_split_of_what_no_list_names(tmp_path: Path, folder: str, split: str) -> None:
    place = put(tmp_path / folder, "Annotations", "JPEGImages", a=annotation(), b=annotation())
    lists = place / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "test.txt").write_text("\n  \nb.png a\n")
    assert {s.path.stem: s.split for s in read_voc(place)} == {"a": split, "b": "test"}


def test_the_first_folder_with_labels_counts(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", b=annotation(), a=annotation())
    put(tmp_path, "labels", "images", c=annotation())
    assert [sample.path.stem for sample in read_voc(tmp_path)] == ["a", "b"]
    for name in ("a", "b"):
        (tmp_path / "Annotations" / f"{name}.xml").unlink()
    assert [sample.path.stem for sample in read_voc(tmp_path)] == ["c"]


def test_a_picture_beside_its_labels_comes_after_one_in_a_folder_of_pictures(tmp_path: Path) -> None:
    put(tmp_path, "Annotations", "JPEGImages", a=annotation())
    save_image(tmp_path / "Annotations" / "a.png", scene({}))
    (sample,) = read_voc(tmp_path)
    assert sample.path.parent.name == "JPEGImages"
    sample.path.unlink()
    assert [sample.path.parent.name for sample in read_voc(tmp_path)] == ["Annotations"]
