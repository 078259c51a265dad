"""`maskwatch evaluate`, `compare` and `data check`, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Cli, FakeModels
from labelled import Square, write_coco, write_crops, write_negatives

FACES = [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 2, 2)]


def test_figures_on_stdout_a_page_and_json(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES, [*FACES[:2], Square((7, 2), None, 2)]])
    crops = write_crops(tmp_path / "people", [(0, 0), (1, 0)])
    none = write_negatives(tmp_path / "none", [True, False])
    done = cli(
        *("evaluate", street, "--crops", crops, "--negatives", none),
        *("--report", "out/report.html", "--json", "out/figures.json", fake_models.options),
    )
    assert done.returncode == 0
    lines = dict(line.rsplit("  ", 1) for line in done.stdout.splitlines())
    figures = {name.strip(): value for name, value in lines.items()}
    assert figures["faces found"] == "83.3 %"
    assert figures["labels right"] == "100.0 %"
    assert figures["false faces in 100 pictures without"] == "50.0"
    assert figures["pictures of one person right"] == "50.0 %"
    assert done.stderr == "report: out/report.html\n"
    assert "<h2>Finding faces</h2>" in (tmp_path / "out" / "report.html").read_text()
    content = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert content["figures"]["detection"]["street"]["recall"]["hits"] == 5


def test_json_on_stdout(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES])
    for option, used in (((), "still"), (("--live",), "live")):
        done = cli("evaluate", street, "--json", "-", fake_models.options, *option)
        content = json.loads(done.stdout)
        assert content["figures"]["labels"]["all"]["right"]["value"] == 1
        assert content["engine"]["used"] == used


def test_other_class_names_and_broken_pictures(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES, FACES])
    street.write_text(street.read_text().replace('"with_mask"', '"masque"'))
    refused = cli("evaluate", street, fake_models.options)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"maskwatch: {street}: no idea what the class 'masque' means; map it,")
    (tmp_path / "street" / "1.png").write_text("no picture")
    done = cli("evaluate", street, "--names", "masque=with_mask", fake_models.options)
    assert done.returncode == 0
    assert done.stderr.startswith("1 left out:\n")
    assert "1.png: not a picture" in done.stderr


def test_nothing_to_look_at(cli: Cli, tmp_path: Path) -> None:
    done = cli("evaluate")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "maskwatch: nothing to look at: name a data set, or --negatives or --crops\n"
    done = cli("evaluate", tmp_path)
    assert done.stderr.startswith(f"maskwatch: {tmp_path}: no data set recognised; looked for COCO")


def test_compare(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES] * 3)
    detector, classifier = fake_models.detector, fake_models.classifier
    (tmp_path / "maskwatch.toml").write_text("[detect]\nsize = 320\n")
    done = cli("compare", f"{detector}+{classifier}", f"ssd={detector}+{classifier}", "--data", street)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["A  detector.onnx + classifier.onnx", "B  ssd=detector.onnx + classifier.onnx"]
    assert any(line.startswith("faces found ") and "no clear difference (p = 1.00)" in line for line in lines)
    assert "pictures with fewer mistakes in B: 0, more: 0" in lines


def test_compare_corrects_labels(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES])
    models = f"{fake_models.detector}+{fake_models.classifier}"
    (tmp_path / "maskwatch.toml").write_text("[detect]\nsize = 320\n")
    (tmp_path / "wrong.csv").write_text("picture,box,state\n0.png,0,without_mask\n")
    right = []
    for options in ((), ("--corrections", "wrong.csv")):
        done = cli("compare", models, models, "--data", street, "--json", "-", *options)
        right.append(json.loads(done.stdout)["figures"][0]["labels"]["all"]["right"]["hits"])
    assert right[0] - right[1] == 1
    refused = cli("compare", models, models, "--data", street, "--corrections", "nosuch.csv")
    assert refused.returncode == 1
    assert "nosuch.csv" in refused.stderr


def test_compare_gives_the_figures_of_the_model_that_can_be_had(
    cli: Cli, fake_models: FakeModels, tmp_path: Path
) -> None:
    street = write_coco(tmp_path / "street", [FACES] * 3)
    models = f"{fake_models.detector}+{fake_models.classifier}"
    (tmp_path / "maskwatch.toml").write_text("[detect]\nsize = 320\n")
    alone = cli(
        "evaluate", street, "--detector", fake_models.detector, "--classifier", fake_models.classifier
    )
    figures, _, time = alone.stdout.rpartition("time a picture")
    assert "faces found" in figures
    assert time.endswith(" ms\n")
    for pair in ([models, "nosuch+none"], ["nosuch+none", models]):
        done = cli("compare", pair, "--data", street, "--report", "page.html")
        assert done.returncode == 1
        assert done.stderr.startswith("left out: unknown detector 'nosuch'")
        assert done.stdout.startswith("detector.onnx + classifier.onnx\n" + figures)
        assert not (tmp_path / "page.html").exists()
    done = cli("compare", models, "nosuch", "--data", street, "--json", "-")
    assert (done.returncode, done.stdout) == (1, "")
    assert figures in done.stderr
    done = cli("compare", "nosuch", "neither", "--data", street)
    assert done.returncode == 1
    assert done.stderr.startswith("maskwatch: unknown ")


def test_compare_writes_a_page(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES] * 2)
    (tmp_path / "maskwatch.toml").write_text("[detect]\nsize = 320\n")
    models = [f"{fake_models.detector}+{fake_models.classifier}", "ssd+none"]
    refused = cli("compare", models, "--data", street)
    assert "compare like with like" in refused.stderr
    models[1] = f"ssd-fast+{fake_models.classifier}"  # finds no face in squares
    options = ["--report", "out/page.html", "--json", "out/c.json"]
    done = cli("compare", models, "--data", street, options)
    assert done.stderr == "report: out/page.html\n"
    assert "<img" not in (tmp_path / "out" / "page.html").read_text()
    assert json.loads((tmp_path / "out" / "c.json").read_text())["broken"] is None
    cli("compare", models, "--data", street, options, "--mistakes")
    assert (tmp_path / "out" / "page.html").read_text().count("<img") == 6
    assert len(json.loads((tmp_path / "out" / "c.json").read_text())["broken"]) == 6


def test_data_check(cli: Cli, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES, FACES[:1], []])
    done = cli("data", "check", street, "--sheet", "sheet.html")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [
        "COCO: 3 pictures, 4 faces",
        "faces: 2 with_mask, 1 without_mask, 1 mask_worn_incorrectly",
    ]
    assert done.stderr == "contact sheet: sheet.html (it holds pictures of your data)\n"
    assert "<h2>mask_worn_incorrectly</h2>" in (tmp_path / "sheet.html").read_text()


def test_data_check_fails_where_something_is_to_be_mended(cli: Cli, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [FACES, FACES[:1]])
    (tmp_path / "street" / "1.png").write_text("no picture")
    done = cli("data", "check", street)
    assert done.returncode == 1
    assert "pictures that cannot be read: 1" in done.stdout
    assert "1.png: not a picture" in done.stderr
