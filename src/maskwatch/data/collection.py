"""Corrected pictures, collected in the form that training reads: `labels.json` (COCO) and `images/`.

    collection = Collection(Path("corrections"))
    collection.add(image, [LabelledFace((10, 20, 40, 60), "without_mask", by="person")], source="a.jpg")

Each picture holds all its faces. An annotation says `by` whom its label is: "person", or "model" for an
answer that nobody touched, with the face score and the model's answer beside it; tools that know nothing of
this read it as any other COCO file.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np

from maskwatch.atomic_file import AtomicFile
from maskwatch.data.formats.class_names import MEANINGS
from maskwatch.data.formats.coco import load_coco
from maskwatch.errors import DataError, SinkError
from maskwatch.sinks.pictures import save_image
from maskwatch.types import Faces, Image

STATES: Final = MEANINGS[:-1]
"""What a stored face can be: one of the three states, or "face" where the state cannot be told."""

By = Literal["person", "model"]
Box = tuple[float, float, float, float]

_LABELS: Final = "labels.json"
_IMAGES: Final = "images"
_OURS: Final = re.compile(r"[0-9a-f]{32}\.png")
_LOCK: Final = threading.Lock()  # one for all folders: a write takes milliseconds


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """A face of a picture.

    Attributes:
        box: x1, y1, x2, y2 in pixels of the picture.
        state: One of `STATES`.
        by: Who says so.
        score: The model's face score in [0, 1]; None for a face that it did not find.
        answer: What the model took it for; None if it did not say.
    """

    box: Box
    state: str
    by: By
    score: float | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a collection holds.

    Attributes:
        pictures: Number of pictures.
        by_person: State -> faces that a person labelled.
        by_model: State -> faces with the model's answer.
        not_faces: Places that the model took for a face and a person did not.
    """

    pictures: int = 0
    by_person: Counter[str] = field(default_factory=Counter)
    by_model: Counter[str] = field(default_factory=Counter)
    not_faces: int = 0


def from_model(faces: Faces) -> list[LabelledFace]:
    """What the models found, as it is kept where nobody corrects it.

    An answer that is not certain is not taught as a truth: such a face is kept as a "face" alone.
    """
    certain = faces.certain
    return [
        LabelledFace(
            _plain(box), label if label and certain[i] else "face", "model", float(faces.scores[i]), label
        )
        for i, (box, label) in enumerate(zip(faces.boxes, faces.labels, strict=True))
    ]


class Collection:
    """A folder of corrected pictures. Threads may share it; one program at a time may write to it.

    Args:
        folder: Where it is; made when the first picture comes, for its owner's eyes only.
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
        """Keeps a picture with all its faces. The same picture again replaces what was said of it.

        Args:
            image: (h, w, 3) uint8, BGR, at full resolution; it is kept without loss and without EXIF data.
            faces: Every face in it. Boxes are cut at the picture's edge.
            not_faces: Boxes that the model took for faces.
            source: Where the picture comes from, for people: a file name.
            group: Pictures of one video share one, so that no split tears them apart.

        Returns:
            The picture's name in the collection.

        Raises:
            DataError: A state that is none, a box outside the picture, or labels that cannot be read.
            SinkError: The folder cannot be written to.
        """
        name = name_of(image)
        height, width = image.shape[:2]
        rows = [_row(face, width, height) for face in faces]
        picture = {
            "file_name": name,
            "width": width,
            "height": height,
            "group": group,
            "taken_from": source,
            "not_faces": [_xywh(box) for box in not_faces],
        }
        with _LOCK:
            content = self._read()
            self._make_folder()
            path = self.folder / _IMAGES / name
            if not path.is_file():
                save_image(path, image)
            self._write(_with(_without(content, name), picture, rows))
        return name

    def remove(self, name: str) -> None:
        """Forgets a picture; nothing happens if there is no such.

        Raises:
            DataError: The labels cannot be read.
            SinkError: The folder cannot be written to.
        """
        with _LOCK:
            content = self._read()
            if any(picture.get("file_name") == name for picture in content["images"]):
                _delete(self.folder / _IMAGES / name)
                self._write(_without(content, name))

    def tally(self) -> Tally:
        """What is there.

        Raises:
            DataError: The labels cannot be read.
        """
        content = self._read()
        names = {category["id"]: str(category["name"]) for category in content["categories"]}
        counts: dict[str, Counter[str]] = {"person": Counter(), "model": Counter()}
        for row in content["annotations"]:
            by = "model" if row.get("by") == "model" else "person"
            counts[by][names.get(row.get("category_id"), "face")] += 1
        not_faces = sum(len(picture.get("not_faces", ())) for picture in content["images"])
        return Tally(len(content["images"]), counts["person"], counts["model"], not_faces)

    def export(self, file: IO[bytes]) -> None:
        """Writes everything as a ZIP file, which unpacks to a folder that training reads.

        Raises:
            DataError: The labels cannot be read, or a picture is gone.
        """
        with _LOCK, zipfile.ZipFile(file, "w") as archive:  # pictures are compressed already
            content = self._read()
            archive.writestr(f"corrections/{_LABELS}", _json(content), zipfile.ZIP_DEFLATED)
            for picture in content["images"]:
                path = self.folder / _IMAGES / str(picture["file_name"])
                try:
                    archive.write(path, f"corrections/{_IMAGES}/{path.name}")
                except OSError as error:
                    raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error

    def clear(self) -> None:
        """Deletes everything that was collected, and nothing else that may lie in the folder.

        Raises:
            SinkError: A file cannot be deleted.
        """
        with _LOCK:
            # By their names, not by the list: a picture whose labels were never written goes as well.
            for path in (self.folder / _IMAGES).glob("*.png"):
                if _OURS.fullmatch(path.name):
                    _delete(path)
            _delete(self.folder / _LABELS)
            for folder in (self.folder / _IMAGES, self.folder):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

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
        path = self.folder / _LABELS
        with AtomicFile(path) as target:
            try:
                target.path.write_text(_json(content), encoding="utf-8")
            except OSError as error:
                raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(
                f"{self.folder}: cannot be made ({error.strerror or error}); choose another folder"
                " (setting collect.folder)"
            ) from error


def group_of(source: str) -> str:
    """The group of all pictures that come from one video or camera."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def name_of(image: Image) -> str:
    """The name under which a picture is kept: what it shows decides, so that it is kept once."""
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(np.ascontiguousarray(image).data)
    return f"{digest.hexdigest()[:32]}.png"


def _row(face: LabelledFace, width: int, height: int) -> dict[str, Any]:
    """The annotation of a face, without the numbers that the file gives it."""
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


def _with(
    content: dict[str, list[dict[str, Any]]], picture: dict[str, Any], rows: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """The content with one more picture."""
    ids = {str(category["name"]): category["id"] for category in content["categories"]}
    number = 1 + max((int(p.get("id", 0)) for p in content["images"]), default=0)
    first = 1 + max((int(row.get("id", 0)) for row in content["annotations"]), default=0)
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


def _without(content: dict[str, list[dict[str, Any]]], name: str) -> dict[str, list[dict[str, Any]]]:
    """The content without a picture and its faces."""
    gone = {picture.get("id") for picture in content["images"] if picture.get("file_name") == name}
    return {
        **content,
        "images": [picture for picture in content["images"] if picture.get("id") not in gone],
        "annotations": [row for row in content["annotations"] if row.get("image_id") not in gone],
    }


def _xywh(box: Box) -> list[float]:
    x1, y1, x2, y2 = box
    return [round(x1, 1), round(y1, 1), round(x2 - x1, 1), round(y2 - y1, 1)]


def _plain(box: np.ndarray[Any, np.dtype[np.float32]]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in box)
    return x1, y1, x2, y2


def _json(content: dict[str, list[dict[str, Any]]]) -> str:
    return json.dumps(content, indent=1) + "\n"


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SinkError(f"{path}: cannot be deleted ({error.strerror or error})") from error
