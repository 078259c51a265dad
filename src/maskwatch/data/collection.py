"""Collects corrected pictures as a data set for training: `labels.json` (COCO) and `images/`.

    collection = Collection(Path("corrections"))
    collection.add(image, [LabelledFace((10, 20, 40, 60), "without_mask", by="person")], source="a.jpg")

A picture has labels for all its faces. Each annotation has a field `by`: "person" for a label of a person,
"model" for an answer of the model that nobody changed. Score and answer of the model are stored as well.
Other tools read the file like any COCO file.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np

from maskwatch.atomic_file import write_text
from maskwatch.data.formats.class_names import MEANINGS
from maskwatch.data.formats.coco import id_of, load_coco
from maskwatch.data.sample import Box as Box
from maskwatch.errors import DataError, SinkError
from maskwatch.folder_lock import locked
from maskwatch.image_files import save_image
from maskwatch.types import Faces, Image

STATES: Final = MEANINGS[:-1]
"""States of a stored face: the three states, or "face" where the state cannot be seen."""

LabelledBy = Literal["person", "model"]
"""Who gave a label."""

_LABELS: Final = "labels.json"
_IMAGES: Final = "images"
_PICTURE_NAME: Final = re.compile(r"[0-9a-f]{32}\.png")


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A face of a picture.

    Attributes:
        box: x1, y1, x2, y2 in pixels of the picture.
        state: One of `STATES`.
        by: Who gave the label.
        score: Face score of the model in [0, 1]; None for a face that it did not detect.
        answer: State that the model gives; None if it gave none.
    """

    box: Box
    state: str
    by: LabelledBy
    score: float | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class CollectionCounts:
    """Contents of a collection in numbers.

    Attributes:
        pictures: Number of pictures.
        by_person: State -> number of faces that a person labelled.
        by_model: State -> number of faces with the answer of the model.
        not_faces: Number of detections that a person marked as no face.
    """

    pictures: int = 0
    by_person: Counter[str] = field(default_factory=Counter)
    by_model: Counter[str] = field(default_factory=Counter)
    not_faces: int = 0


def faces_from_model(faces: Faces) -> list[LabelledFace]:
    """Makes labelled faces of the model's answers, for faces that nobody corrects.

    An uncertain answer is no label: such a face gets the state "face".
    """
    certain = faces.certain
    return [
        LabelledFace(
            _to_box(box), label if label and certain[i] else "face", "model", float(faces.scores[i]), label
        )
        for i, (box, label) in enumerate(zip(faces.boxes, faces.labels, strict=True))
    ]


class Collection:
    """A folder of corrected pictures. Threads may share it, but only one program at a time may write to it.

    Args:
        folder: The folder. It is made with the first picture, and only its owner may read it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __contains__(self, name: object) -> bool:
        return (self.folder / _IMAGES / str(name)).is_file()

    def add(
        self,
        image: Image,
        faces: Sequence[LabelledFace],
        not_faces: Sequence[Box] = (),
        source: str = "",
        group: str = "",
    ) -> str:
        """Stores a picture with all its faces. If the picture is already stored, its labels are replaced.

        Args:
            image: (h, w, 3) uint8, BGR, at full resolution; it is stored as PNG, without EXIF data.
            faces: All faces in it. Boxes are cut at the edge of the picture.
            not_faces: Detected boxes that show no face.
            source: Where the picture comes from, for people: a file name.
            group: Name that pictures of one video share, so that they stay in one split.

        Returns:
            The name of the picture in the collection.

        Raises:
            DataError: A state is unknown, a box is outside the picture, or the labels cannot be read.
            SinkError: The folder cannot be written to.
        """
        name = name_of(image)
        height, width = image.shape[:2]
        rows = [_annotation(face, width, height) for face in faces]
        picture = {
            "file_name": name,
            "width": width,
            "height": height,
            "group": group,
            "taken_from": source,
            "not_faces": [_xywh(box) for box in not_faces],
        }
        self._make_folder()
        with self._alone():
            content = self._read()
            path = self.folder / _IMAGES / name
            if not path.is_file():
                save_image(path, image)
            self._write(_with_picture(_without_picture(content, name), picture, rows))
        return name

    def remove(self, name: str) -> None:
        """Removes a picture; nothing happens if it is not in the collection.

        Raises:
            DataError: The labels cannot be read.
            SinkError: The folder cannot be written to.
        """
        with self._alone():
            content = self._read()
            if any(picture.get("file_name") == name for picture in content["images"]):
                _delete(self.folder / _IMAGES / name)
                self._write(_without_picture(content, name))

    def counts(self) -> CollectionCounts:
        """Counts pictures and faces.

        Raises:
            DataError: The labels cannot be read.
        """
        content = self._read()
        names = {id_of(category["id"]): str(category["name"]) for category in content["categories"]}
        counts: dict[str, Counter[str]] = {"person": Counter(), "model": Counter()}
        for row in content["annotations"]:
            by = "model" if row.get("by") == "model" else "person"
            counts[by][names.get(id_of(row.get("category_id")), "face")] += 1
        boxes = (picture.get("not_faces") for picture in content["images"])
        not_faces = sum(len(entry) for entry in boxes if isinstance(entry, list))
        return CollectionCounts(len(content["images"]), counts["person"], counts["model"], not_faces)

    def export(self, file: IO[bytes]) -> None:
        """Writes the collection as a ZIP file. Unpacked, it is a data set for training.

        Raises:
            DataError: The labels or a picture cannot be read.
        """
        with self._alone(), zipfile.ZipFile(file, "w") as archive:  # pictures are compressed already
            content = self._read()
            archive.writestr(f"corrections/{_LABELS}", _json(content), zipfile.ZIP_DEFLATED)
            for picture in content["images"]:
                path = self.folder / _IMAGES / str(picture.get("file_name"))
                try:
                    archive.write(path, f"corrections/{_IMAGES}/{path.name}")
                except OSError as error:
                    raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error

    def clear(self) -> None:
        """Deletes the collection, but no other files that may be in the folder.

        Raises:
            SinkError: A file cannot be deleted.
        """
        with self._alone():
            # By their names, not by the labels: a picture whose labels were never written is deleted as well.
            for path in (self.folder / _IMAGES).glob("*.png"):
                if _PICTURE_NAME.fullmatch(path.name):
                    _delete(path)
            _delete(self.folder / _LABELS)
            for folder in (self.folder / _IMAGES, self.folder):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

    def _alone(self) -> AbstractContextManager[None]:
        """Keeps others out, other servers with the same folder too; without a folder nobody is there."""
        return locked(self.folder) if self.folder.is_dir() else nullcontext()

    def _read(self) -> dict[str, list[dict[str, Any]]]:
        path = self.folder / _LABELS
        if not path.exists():
            return {
                "images": [],
                "annotations": [],
                "categories": [{"id": number, "name": name} for number, name in enumerate(STATES, start=1)],
            }
        return load_coco(path)

    def _write(self, content: dict[str, list[dict[str, Any]]]) -> None:
        write_text(self.folder / _LABELS, _json(content))

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(
                f"{self.folder}: cannot be made ({error.strerror or error}); choose another folder"
                " (setting collect.folder)"
            ) from error


def group_of(source: str) -> str:
    """Returns the group of all pictures from one video or camera."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def name_of(image: Image) -> str:
    """Returns the file name of a picture: a hash of its pixels, so that a picture is stored once."""
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(np.ascontiguousarray(image).data)
    return f"{digest.hexdigest()[:32]}.png"


def _annotation(face: LabelledFace, width: int, height: int) -> dict[str, Any]:
    """Makes the annotation of a face, without its ids.

    Raises:
        DataError: The state is unknown, or the box has no area in the picture.
    """
    if face.state not in STATES:
        raise DataError(f"{face.state!r} is no state of a face; choose one of {', '.join(STATES)}")
    x1, y1, x2, y2 = face.box
    inside = (max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height)))
    x, y, w, h = _xywh(inside)
    if not (w >= 1 and h >= 1):
        raise DataError(
            f"the box {[round(v, 1) for v in face.box]} has no area in a picture of {width} x {height} pixels"
        )
    row = {"bbox": [x, y, w, h], "area": round(w * h, 1), "iscrowd": 0, "state": face.state, "by": face.by}
    if face.score is not None:
        row["score"] = round(face.score, 4)
    if face.answer is not None:
        row["answer"] = face.answer
    return row


def _with_picture(
    content: dict[str, list[dict[str, Any]]], picture: dict[str, Any], rows: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Returns the content with one more picture and its annotations."""
    ids = {str(category["name"]): category["id"] for category in content["categories"]}
    number, first = _next_id(content["images"]), _next_id(content["annotations"])
    missing = [row["state"] for row in rows if row["state"] not in ids]
    if missing:
        raise DataError(f"the collection's {_LABELS} has no category {missing[0]!r}; choose another folder")
    added = [
        {"id": first + i, "image_id": number, "category_id": ids[row.pop("state")], **row}
        for i, row in enumerate(rows)
    ]
    return {
        **content,
        "images": [*content["images"], {"id": number, **picture}],
        "annotations": [*content["annotations"], *added],
    }


def _next_id(entries: list[dict[str, Any]]) -> int:
    """Returns the number after the largest id; ids that are texts are not counted."""
    ids = (id_of(entry.get("id")) for entry in entries)
    return 1 + max((number for number in ids if isinstance(number, int)), default=0)


def _without_picture(content: dict[str, list[dict[str, Any]]], name: str) -> dict[str, list[dict[str, Any]]]:
    """Returns the content without a picture and its annotations."""
    gone = {id_of(picture.get("id")) for picture in content["images"] if picture.get("file_name") == name}
    return {
        **content,
        "images": [picture for picture in content["images"] if id_of(picture.get("id")) not in gone],
        "annotations": [row for row in content["annotations"] if id_of(row.get("image_id")) not in gone],
    }


def _xywh(box: Box) -> list[float]:
    x1, y1, x2, y2 = box
    return [round(x1, 1), round(y1, 1), round(x2 - x1, 1), round(y2 - y1, 1)]


def _to_box(box: np.ndarray[Any, np.dtype[np.float32]]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in box)
    return x1, y1, x2, y2


def _json(content: dict[str, list[dict[str, Any]]]) -> str:
    return json.dumps(content, indent=1) + "\n"


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SinkError(f"{path}: cannot be deleted ({error.strerror or error})") from error
