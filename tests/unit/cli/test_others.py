"""Detectors of others, given as files: they find the one face there is, and none where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from conftest import Cli
from maskwatch.image_files import save_image
from maskwatch.models.download import FILES

FACE = [178, 70, 94, 122]  # x, y, width, height, in skimage's astronaut (public domain)


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    folder = tmp_path / "portrait"
    folder.mkdir()
    save_image(folder / "a.png", np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8))
    content = {
        "images": [{"id": 0, "file_name": "a.png", "width": 512, "height": 512}],
        "annotations": [{"id": 0, "image_id": 0, "category_id": 1, "bbox": FACE}],
        "categories": [{"id": 1, "name": "without_mask"}],
    }
    (folder / "labels.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def none(tmp_path: Path) -> Path:
    folder = tmp_path / "none"
    folder.mkdir()
    save_image(folder / "grey.png", np.full((240, 320, 3), 127, np.uint8))
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    save_image(folder / "noise.png", noise)
    return folder


@pytest.fixture(params=["yunet", "opencv-ssd"])
def other(request: pytest.FixtureRequest, shared: Path) -> str:
    file = {"yunet": "face_detection_yunet_2026may.onnx", "opencv-ssd": "opencv_face_detector_uint8.pb"}
    return f"{request.param}={shared / 'weights' / 'others' / file[request.param]}"


def test_evaluate(cli: Cli, other: str, portrait: Path, none: Path) -> None:
    done = cli("evaluate", portrait, "--negatives", none, "--detector", other, "--json", "-")
    figures = json.loads(done.stdout)["figures"]
    found = figures["detection"]["portrait"]
    assert (found["recall"]["hits"], found["recall"]["total"], found["precision"]["value"]) == (1, 1, 1)
    assert figures["negatives"]["false_faces"] == 0


def test_compare(cli: Cli, other: str, portrait: Path) -> None:
    done = cli("compare", "ssd", other, "--data", portrait)
    assert done.returncode == 0
    (line,) = (
        line for line in done.stdout.splitlines() if line.startswith("faces found  ") and "only" in line
    )
    assert "A 100.0 %  B 100.0 %  only A 0, only B 0" in line


def test_bench(cli: Cli, other: str) -> None:
    done = cli("bench", other, "ssd-fast", "--rounds", "1", "--json")
    name, _, path = other.partition("=")
    row = json.loads(done.stdout)["models"][0]
    assert row["file"] == {"path": path, "sha256": FILES[Path(path).name].sha256}
    assert (row["name"].partition("=")[0], row["kind"]) == (name, "detector")


@pytest.mark.parametrize("command", ["evaluate", "compare", "bench"])
def test_a_fetched_file_that_is_another_is_refused(
    cli: Cli, portrait: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "face_detection_yunet_2026may.onnx").write_bytes(b"something else")
    arguments = {
        "evaluate": [portrait, "--detector", "yunet"],
        "compare": ["yunet", "yunet", "--data", portrait],
        "bench": ["yunet"],
    }
    done = cli(command, *arguments[command], MASKWATCH_CACHE=str(tmp_path / "cache"))  # type: ignore[misc]
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "its hash differs" in line
