from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PIL

from fakes import BLUE, GREEN, box, scene
from maskwatch.data.collection import STATES, Collection, LabelledFace, faces_from_model, name_of
from maskwatch.data.dataset import read_dataset
from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import DataError, SinkError
from maskwatch.sources.images import read_image
from maskwatch.types import Faces

TWO = scene({(1, 1): BLUE, (4, 2): GREEN})
ONE = scene({(1, 1): BLUE})


def face(column: int, row: int, state: str, by: Any = "person") -> LabelledFace:
    x1, y1, x2, y2 = box(column, row)
    return LabelledFace((x1, y1, x2, y2), state, by, score=0.9)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "kept")


def labels(collection: Collection) -> dict[str, list[dict[str, Any]]]:
    content: dict[str, list[dict[str, Any]]] = json.loads((collection.folder / "labels.json").read_text())
    return content


def test_training_reads_it_as_it_is(collection: Collection) -> None:
    collection.add(TWO, [face(1, 1, "with_mask", "model"), face(4, 2, "mask_worn_incorrectly")])
    collection.add(ONE, [face(1, 1, "face")], not_faces=[(200, 10, 240, 60)])
    data = read_dataset(collection.folder)
    assert (data.form, data.problems, data.splits) == ("COCO", (), [])
    first, second = data.samples
    assert first.states.tolist() == [0, 2]
    assert first.boxes.tolist() == [box(1, 1), box(4, 2)]
    assert second.states.tolist() == [UNKNOWN]
    assert len(second.boxes) == 1, "what is no face is background"
    assert not first.ignore.any()
    np.testing.assert_array_equal(read_image(first.path), TWO)


def test_labels_say_whose_they_are(collection: Collection) -> None:
    collection.add(TWO, [face(1, 1, "with_mask", "model"), face(4, 2, "without_mask")], source="a.jpg")
    assert [row["by"] for row in labels(collection)["annotations"]] == ["model", "person"]
    assert labels(collection)["images"][0]["taken_from"] == "a.jpg"


def test_the_same_picture_is_kept_once_and_the_last_word_counts(collection: Collection) -> None:
    name = collection.add(TWO, [face(1, 1, "with_mask"), face(4, 2, "with_mask")])
    collection.add(ONE, [face(1, 1, "with_mask")])
    assert collection.add(TWO.copy(), [face(4, 2, "without_mask")]) == name
    assert len(list((collection.folder / "images").iterdir())) == 2
    tally = collection.counts()
    assert tally.pictures == 2
    assert tally.by_person == {"with_mask": 1, "without_mask": 1}
    content = labels(collection)
    for key in ("images", "annotations"):
        ids = [entry["id"] for entry in content[key]]
        assert len(set(ids)) == len(ids)


def test_names_come_from_the_pixels_and_their_shape() -> None:
    flat = np.zeros((4, 6, 3), np.uint8)
    assert name_of(flat) == name_of(flat.copy())
    assert name_of(flat) == name_of(np.zeros((4, 12, 3), np.uint8)[:, ::2]), "wherever it lies in memory"
    assert name_of(flat) != name_of(flat.reshape(6, 4, 3))
    assert name_of(flat) != name_of(flat + np.uint8(1))


def test_counts_tell_people_from_models(collection: Collection) -> None:
    assert collection.counts().pictures == 0
    collection.add(
        TWO, [face(1, 1, "with_mask", "model"), face(4, 2, "without_mask")], [(0, 0, 9, 9), (20, 0, 29, 9)]
    )
    tally = collection.counts()
    assert (tally.by_person, tally.by_model) == ({"without_mask": 1}, {"with_mask": 1})
    assert tally.not_faces == 2


def test_a_picture_can_be_forgotten(collection: Collection) -> None:
    name = collection.add(TWO, [face(1, 1, "with_mask")])
    collection.add(ONE, [face(1, 1, "with_mask")])
    assert name in collection
    collection.remove(name)
    collection.remove("nothing.png")
    assert name not in collection
    assert [picture["file_name"] for picture in labels(collection)["images"]] == [name_of(ONE)]
    assert len(labels(collection)["annotations"]) == 1
    assert [path.name for path in (collection.folder / "images").iterdir()] == [name_of(ONE)]


def test_the_zip_unpacks_to_a_data_set(collection: Collection, tmp_path: Path) -> None:
    collection.add(TWO, [face(1, 1, "with_mask"), face(4, 2, "without_mask")])
    packed = io.BytesIO()
    collection.export(packed)
    zipfile.ZipFile(packed).extractall(tmp_path / "out")
    (sample,) = read_dataset(tmp_path / "out" / "corrections").samples
    assert sample.states.tolist() == [0, 1]
    assert sample.path.is_file()


def test_deleting_takes_everything_that_is_ours_and_nothing_else(collection: Collection) -> None:
    collection.add(TWO, [face(1, 1, "with_mask")])
    images = collection.folder / "images"
    (images / f"{'0' * 32}.png").write_bytes(b"the labels of this one were never written")
    for path in (collection.folder / "notes.txt", images / "holiday.png"):
        path.write_text("mine")
    collection.clear()
    left = sorted(path.name for path in collection.folder.rglob("*") if path.is_file())
    assert left == ["holiday.png", "notes.txt"]
    assert collection.counts().pictures == 0


def test_deleting_leaves_no_empty_folder(collection: Collection) -> None:
    collection.clear()
    collection.add(TWO, [])
    collection.clear()
    assert not collection.folder.exists()


def test_nothing_half_written_stays(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.add(ONE, [face(1, 1, "with_mask")])
    before = labels(collection)

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SinkError, match="No space left"):
        collection.add(TWO, [face(1, 1, "with_mask")])
    monkeypatch.undo()
    assert labels(collection) == before
    assert [path.name for path in collection.folder.glob("*.json")] == ["labels.json"]
    assert not list(collection.folder.glob(".*"))


def test_boxes_end_at_the_edge(collection: Collection) -> None:
    collection.add(ONE, [LabelledFace((-5, -9.5, 20, 30), "with_mask", "person")])
    assert labels(collection)["annotations"][0]["bbox"] == [0, 0, 20, 30]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (LabelledFace((0, 0, 20, 20), "ignore", "person"), "no state"),
        (LabelledFace((400, 0, 420, 20), "face", "person"), "no area"),
        (LabelledFace((20, 0, 10, 20), "face", "person"), "no area"),
        (LabelledFace((float("nan"), 0, 10, 20), "face", "person"), "no area"),
    ],
)
def test_what_makes_no_sense_is_refused(collection: Collection, wrong: LabelledFace, said: str) -> None:
    with pytest.raises(DataError, match=said):
        collection.add(ONE, [wrong])
    assert not collection.folder.exists()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"images": 1}', '{"images": [], "annotations": [], "categories": []}']
)
def test_labels_that_are_not_ours_are_left_alone(collection: Collection, text: str) -> None:
    collection.folder.mkdir()
    (collection.folder / "labels.json").write_text(text)
    with pytest.raises(DataError) as caught:
        collection.add(ONE, [face(1, 1, "with_mask")])
    assert "\n" not in str(caught.value)
    assert (collection.folder / "labels.json").read_text() == text


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
def test_the_folder_is_for_its_owner_only(collection: Collection) -> None:
    collection.add(ONE, [])
    assert collection.folder.stat().st_mode & 0o077 == 0


def test_a_place_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SinkError, match=r"collect\.folder"):
        Collection(tmp_path / "file" / "kept").add(ONE, [])


def test_pictures_carry_nothing_but_what_they_show(collection: Collection) -> None:
    with PIL.open(collection.folder / "images" / collection.add(ONE, [])) as picture:
        assert not picture.getexif()


def test_answers_of_models() -> None:
    found = Faces(
        np.array([box(1, 1), box(4, 2)], np.float32),
        np.array([0.9, 0.5], np.float32),
        np.array([[0.9, 0.05, 0.05], [0.3, 0.4, 0.3]], np.float32),
        np.array([None, "undecided"], np.object_),
    )
    sure, unsure = faces_from_model(found)
    assert (sure.state, sure.by, sure.answer) == ("with_mask", "model", "with_mask")
    assert (unsure.state, unsure.by, unsure.answer) == ("face", "model", "without_mask"), "no guess is taught"
    assert faces_from_model(found.with_(probabilities=None, reasons=None))[0].state == "face"
    assert set(STATES) == {"with_mask", "without_mask", "mask_worn_incorrectly", "face"}
