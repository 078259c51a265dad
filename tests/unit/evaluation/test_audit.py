from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from conftest import Cli, FakeModels
from labelled import Square, write_coco, write_crops
from maskwatch.data.corrections import apply_corrections, read_corrections
from maskwatch.data.dataset import read_dataset
from maskwatch.evaluation.audit import Assessor, Audit, audit, to_csv
from maskwatch.factory import load
from maskwatch.pipeline import Engine
from maskwatch.reports.audit_page import audit_page

PICTURES = [
    [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 2, 2)],
    # Looks masked, is labelled wrongly worn; nothing to be seen; dull, looks unmasked.
    [Square((4, 1), 0, 2), Square((1, 4), None, 1), Square((7, 2), 1, 0, dull=True)],
]


@pytest.fixture(scope="module")
def engine(fake_models: FakeModels) -> Engine:
    return load(str(fake_models.detector), str(fake_models.classifier), 320)


def run_audit(engine: Engine, *paths: Path, min_confidence: float = 0.0) -> Audit:
    items = [
        item for path in paths for data in [read_dataset(path)] for item in (*data.samples, *data.portraits)
    ]
    assert isinstance(engine.classifier, Assessor)
    return audit(items, engine.classifier, engine.detector, min_confidence)


def test_contradicted_labels_are_listed_the_most_confident_first(engine: Engine, tmp_path: Path) -> None:
    found = run_audit(engine, write_coco(tmp_path / "street", PICTURES))
    assert found.faces == 6
    assert [(d.path.name, d.row, d.labelled, d.suggested) for d in found.suspects] == [
        ("1.png", 0, "mask_worn_incorrectly", "with_mask"),
        ("1.png", 2, "with_mask", "without_mask"),
        ("1.png", 1, "without_mask", "ignore"),
    ]
    confidences = [d.confidence for d in found.suspects]
    assert confidences == sorted(confidences, reverse=True)
    surest, dull, none = found.suspects
    assert surest.confidence == max(surest.probabilities) > 0.9
    assert max(dull.probabilities) == dull.confidence
    assert none.confidence == pytest.approx(1 - none.face)
    assert none.face < 0.5
    assert surest.box == (128, 32, 160, 64)
    strict = run_audit(engine, tmp_path / "street", min_confidence=surest.confidence)
    assert [d.row for d in strict.suspects] == [0]


def test_pictures_of_one_person_are_searched_for_their_face(engine: Engine, tmp_path: Path) -> None:
    found = run_audit(engine, write_crops(tmp_path / "people", [(0, 0), (1, 0), (1, None)]))
    assert (found.faces, found.without_face) == (2, 1)
    assert [(d.path.name, d.row, d.suggested) for d in found.suspects] == [("1.png", None, "with_mask")]


def test_the_list_mends_what_it_names(engine: Engine, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", PICTURES)
    people = write_crops(tmp_path / "people", [(0, 0), (1, 0)])
    found = run_audit(engine, street, people)
    (tmp_path / "list.csv").write_text(to_csv(found))
    (_, second), portraits, changed = apply_corrections(
        read_dataset(street).samples, read_dataset(people).portraits, read_corrections(tmp_path / "list.csv")
    )
    assert changed == 4
    assert second.states[[0, 2]].tolist() == [0, 1]
    assert second.ignore.tolist() == [False, True, False]
    assert [portrait.state for portrait in portraits] == [0, 0]
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert {row["picture"] for row in rows} == {"street/1.png", "without_mask/1.png"}
    assert rows[0]["note"] == "labelled mask_worn_incorrectly"
    assert float(rows[0]["with_mask"]) == pytest.approx(float(rows[0]["confidence"]))


def test_the_page_shows_each_face_with_its_line(engine: Engine, tmp_path: Path) -> None:
    found = run_audit(engine, write_coco(tmp_path / "a<b", PICTURES))
    page = audit_page(found, "Labels")
    assert page.count("<img") == 3
    assert "<h2>Labelled without_mask, seems no face: 1</h2>" in page
    lines = to_csv(found).splitlines()
    for number, suspect in enumerate(found.suspects, 2):
        assert f"line {number}: {suspect.confidence:.2f}, 1.png, box {suspect.row}" in page
        assert lines[number - 1].startswith(f"1.png,{suspect.row},{suspect.suggested},")


def test_the_command(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", PICTURES)
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.onnx").write_bytes(fake_models.classifier.read_bytes())
    (tmp_path / "known.csv").write_text("picture,box,state\n1.png,1,ignore\n")
    done = cli(
        *("data", "audit", street, "--model", run, "--detector", fake_models.detector),
        *("--corrections", "known.csv", "--sheet", "sheet.html"),
    )
    assert done.returncode == 0
    assert [line.split(",")[:3] for line in done.stdout.splitlines()] == [
        ["picture", "box", "state"],
        ["1.png", "0", "with_mask"],
        ["1.png", "2", "without_mask"],
    ]
    assert done.stderr == (
        "contact sheet: sheet.html (it holds pictures of your data)\n2 of 5 labels contradicted\n"
    )
    assert "<img" in (tmp_path / "sheet.html").read_text()
    done = cli("data", "audit", street, "--model", fake_models.classifier, "--out", "out/list.csv")
    assert (done.returncode, done.stdout) == (0, "")
    assert len((tmp_path / "out" / "list.csv").read_text().splitlines()) == 4


def test_what_cannot_audit_is_refused(cli: Cli, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", PICTURES)
    done = cli("data", "audit", street, "--model", "none")
    assert done.returncode == 1
    assert done.stderr == "maskwatch: none: an audit needs a classifier of maskwatch, see --model\n"
    done = cli("data", "audit", street, "--model", tmp_path)
    assert done.stderr == f"maskwatch: {tmp_path}/model.onnx: no such model file\n"
