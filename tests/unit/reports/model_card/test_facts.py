"""From an evaluation to a model card, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import Cli, FakeModels
from fakes import write_classifier
from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.models import download

PICTURES = [
    [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 2, 2)],
    [Square((1, 1), 0, 2), Square((4, 4), None, 1), Square((7, 2), 1, None)],
]


@pytest.fixture
def measured(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> Path:
    street = write_coco(tmp_path / "street", PICTURES)
    people = write_crops(tmp_path / "people", [(0, 0), (1, 0)])
    none = write_negatives(tmp_path / "none", [True, False])
    (tmp_path / "wrong.csv").write_text("picture,box,state\nstreet/1.png,0,with_mask\n")
    (tmp_path / "looks.csv").write_text("picture,box,slice\n0.png,0,glasses\nstreet/1.png,0,glasses\n")
    done = cli(
        *("evaluate", street, "--crops", people, "--negatives", none, "--corrections", "wrong.csv"),
        *("--slices", "looks.csv"),
        *("--mistakes", "--json", "figures.json", fake_models.options),
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "figures.json"


def rows(card: str, first: str) -> list[list[str]]:
    """The rows of the table whose head begins with `first`."""
    lines = card.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return table


def test_the_card_of_a_classifier(cli: Cli, fake_models: FakeModels, measured: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text(
        'summary = "Tells colours."\nintended = ["tests"]\nweaknesses = ["grey"]\n'
        '[[sources]]\nname = "squares"\nwhat = "5 squares"\nlicence = "CC0"\n'
    )
    asked = ("card", fake_models.classifier, "--figures", measured, "--words", words, "--out")
    done = cli(*asked, "out/CARD.md")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "card: out/CARD.md, out/CARD-reliability.svg\n"
    card = (tmp_path / "out" / "CARD.md").read_text()
    assert card.startswith("# Model card: fake classifier\n\nTells colours.\n")
    assert "## Intended use\n\n- tests\n" in card
    assert "## Not intended\n\nNot stated.\n" in card
    assert "## Figures as still pictures: none, people, street\n" in card
    assert rows(card, "source") == [["squares", "5 squares", "-", "CC0"]]
    labels = {row[0]: row[1] for row in rows(card, "faces found")}
    assert labels["all"] == "75.0 % (30 to 95, n=4)"
    assert labels["all, corrected"] == "100.0 % (51 to 100, n=4)"
    assert rows(card, "true state, found faces")[2] == ["mask_worn_incorrectly", "1", "0", "1"]
    assert rows(card, "faces")[0][:4] == [
        "glasses",
        "2",
        "100.0 % (34 to 100, n=2)",
        "100.0 % (34 to 100, n=2)",
    ]
    assert ["32-64", "1", "2", "2", "2"] in rows(card, "face height, px")
    assert ["none", "0", "1", "0", "0"] in [r for r in table_after(card, "### Failures by kind") if r]
    assert "![Stated probability against the share that was right](CARD-reliability.svg)" in card
    assert (tmp_path / "out" / "CARD-reliability.svg").read_text().startswith("<svg ")
    assert ".png" not in card  # no picture is named
    again = cli(*asked, "again/CARD.md")
    assert again.returncode == 0
    assert (tmp_path / "again" / "CARD.md").read_text() == card


def table_after(card: str, heading: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in card.partition(heading)[2].splitlines()
        if line.startswith("|")
    ]


def test_the_card_of_a_detector_with_its_speed(
    cli: Cli, fake_models: FakeModels, measured: Path, tmp_path: Path
) -> None:
    sha256 = download.sha256(fake_models.detector)
    speed: dict[str, Any] = {
        "machine": {"processor": "an abacus", "threads": 1},
        "models": [
            {"name": "fast", "median": 1.5, "best": 1.25, "file": {"sha256": sha256}},
            {"name": "other", "median": 9, "best": 9, "file": {"sha256": "0"}},
            {"name": "another", "median": 9, "best": 9, "file": None},
        ],
    }
    (tmp_path / "speed.json").write_text(json.dumps(speed))
    asked = ("card", f"ssd={fake_models.detector}", "--figures", measured, "--out", "card.md")
    assert cli(*asked, "--speed", "speed.json").returncode == 0
    card = (tmp_path / "card.md").read_text()
    assert f"`{sha256}`" in card
    assert "| Cost of a 16:9 picture, size fast: 320x192 | 0.6 million multiply-adds (0.001 GFLOPs) |" in card
    assert "Measured on: processor an abacus, threads 1.\n\n|  | median, ms | best, ms |" in card
    assert "| fast | 1.50 | 1.25 |" in card
    assert "other" not in card
    assert rows(card, "source")[0][:4] == ["street", "2", "5", "80.0 % (38 to 96, n=5)"]
    assert "1 in 2 pictures without a face" in card
    speed["models"] = speed["models"][1:]
    (tmp_path / "speed.json").write_text(json.dumps(speed))
    done = cli(*asked, "--speed", "speed.json")
    assert done.stderr == (
        "maskwatch: speed.json: this model file took no part in the benchmark; run it again with it\n"
    )


def test_figures_of_another_file_are_refused(
    cli: Cli, fake_models: FakeModels, measured: Path, tmp_path: Path
) -> None:
    other = write_classifier(tmp_path / "other.onnx", name="other")
    done = cli("card", other, "--figures", measured, "--out", "card.md")
    assert done.returncode == 1
    assert (
        "the classifier measured there (detector.onnx + classifier.onnx) is another file than" in done.stderr
    )
    content = json.loads(measured.read_text())
    del content["engine"]["classifier sha256"]
    measured.write_text(json.dumps(content))
    done = cli("card", fake_models.classifier, "--figures", measured, "--out", "card.md")
    assert "does not say which classifier file was measured; measure " in done.stderr
    assert not (tmp_path / "card.md").exists()


def test_what_cannot_be_read_is_told_in_one_line(
    cli: Cli, fake_models: FakeModels, measured: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "words.toml").write_text('sumary = "typo"\n')
    model = fake_models.classifier
    for options, text in (
        (["nosuch", "--figures", measured], "unknown model 'nosuch'"),
        ([model, "--figures", "list.json"], "list.json: not what `maskwatch evaluate --json` writes"),
        ([model, "--figures", "none.json"], "none.json: not a readable JSON file"),
        ([model, "--figures", measured, "--words", "words.toml"], "words.toml: no field 'sumary'"),
    ):
        done = cli("card", *options, "--out", "card.md")
        assert done.returncode == 1
        assert done.stderr.startswith(f"maskwatch: {text}")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["ssd", "ssd-large", "mobilenet", "mobilenet-fast"])
def test_the_shipped_models_have_words(name: str) -> None:
    from maskwatch.factory import model_file
    from maskwatch.reports.model_card.facts import gather

    description = gather(model_file(name), []).description
    assert description.summary
    assert description.intended
    assert description.not_intended
    assert description.weaknesses
    assert all(set(row) == {"name", "what", "where", "licence"} for row in description.sources)
