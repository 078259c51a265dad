import json
from pathlib import Path
from typing import Any

import pytest

from fakes import CLASSIFIER, DETECTOR, write_classifier, write_detector
from maskwatch.errors import ModelError
from maskwatch.models.download import FILES
from maskwatch.models.metadata import ClassifierMetadata, DetectorMetadata, parse, read_json
from maskwatch.models.metadata_fields import schema_rows
from maskwatch.models.runtime import open_model, open_session
from maskwatch.types import LABELS, ModelKind

SHIPPED = [file for file in FILES.values() if file.url is None]
WEIGHTS = {"detector": 1.0, "face": 0.25, "bias": 0.0, "threshold": 0.5}


def detector(**changes: Any) -> DetectorMetadata:
    described = parse({**DETECTOR, **changes}, "detector", "x.onnx")
    assert isinstance(described, DetectorMetadata)
    return described


def classifier(**changes: Any) -> ClassifierMetadata:
    described = parse({**CLASSIFIER, **changes}, "classifier", "x.onnx")
    assert isinstance(described, ClassifierMetadata)
    return described


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_file_is_written_again_as_it_was_read(file: Any) -> None:
    model = open_model(file.path)
    assert json.dumps(model.described.to_json()) == json.dumps(model.metadata)


def test_opened_whatever_its_kind(tmp_path: Path) -> None:
    for write, kind in ((write_detector, "detector"), (write_classifier, "classifier")):
        model = open_model(write(tmp_path / f"{kind}.onnx"))
        assert model.kind == model.described.kind == kind
        assert model.metadata["name"] == model.described.name == f"fake {kind}"


def test_the_first_files_had_one_fusion_for_both_uses() -> None:
    score = classifier(score={"combine": "logistic", **WEIGHTS}).score
    assert score.weights(still=True) == score.weights(still=False)
    weights = score.weights(still=True)
    assert weights is not None
    assert weights.model_dump() == WEIGHTS


def test_a_use_without_weights_of_its_own_takes_those_for_both() -> None:
    score = classifier(score={"combine": "logistic", **WEIGHTS, "still": WEIGHTS | {"bias": 3.0}}).score
    assert [score.weights(still).bias for still in (True, False)] == [3.0, 0.0]  # type: ignore[union-attr]


def test_weights_of_the_other_use_are_none() -> None:
    score = classifier(score={"combine": "logistic", "still": WEIGHTS}).score
    with pytest.raises(ValueError, match="no weights for live video"):
        score.weights(still=False)


@pytest.mark.parametrize("score", [None, {}, {"combine": "none"}, {"combine": "none", "still": WEIGHTS}])
def test_without_fusion(score: object) -> None:
    assert classifier(score=score).score.weights(still=True) is None


def test_what_the_schema_does_not_know_is_kept() -> None:
    described = detector(mood="good", companion={"name": "x", "colour": "red"})
    written = described.to_json()
    assert written["mood"] == "good"
    assert written["companion"] == {"name": "x", "colour": "red"}
    assert list(written)[-1] == "mood"


def test_what_was_not_given_is_not_written() -> None:
    assert set(detector().to_json()) == set(DETECTOR)
    assert set(classifier().to_json()) == set(CLASSIFIER)


def test_whole_numbers_stay_whole() -> None:
    written = classifier(thresholds={"face": 0.3, "too_small": 14, "dark": 20.0, "undecided": 0.6}).to_json()
    assert (
        json.dumps(written["thresholds"]) == '{"face": 0.3, "undecided": 0.6, "too_small": 14, "dark": 20.0}'
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": "many"},
        {"licence": {"name": "MIT"}},
        {"recipe": "secret"},
        {"companion": 7},
        {"quantization": "int8"},
        {"created": ["2026"]},
    ],
)
def test_what_only_people_read_is_no_reason_to_refuse_a_file(changes: dict[str, object]) -> None:
    (key,) = changes
    assert getattr(detector(**changes), key) is None


def test_several_licences() -> None:
    assert detector(licence=["MIT", "Apache-2.0"]).licence == ["MIT", "Apache-2.0"]


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("detector", {"kind": "classifier"}, r"a classifier, where a detector is needed"),
        ("detector", {"levels": ...}, r"metadata lacks levels$"),
        ("detector", {"sizes": ..., "levels": ...}, r"metadata lacks levels, sizes$"),
        ("detector", {"levels": [{"stride": 0, "anchors": []}]}, r"makes no sense \(levels.0.stride: "),
        ("detector", {"levels": [{"anchors": [[1, 2]]}]}, r"makes no sense \(levels.0.stride: "),
        ("detector", {"levels": [{"stride": 8, "anchors": [[1]]}]}, r"makes no sense \(levels.0.anchors"),
        ("detector", {"variances": [0.1]}, r"makes no sense \(variances: "),
        ("detector", {"threshold": "high"}, r"makes no sense \(threshold"),
        ("detector", {"stride_multiple": 0}, r"makes no sense \(stride_multiple: "),
        ("classifier", {"labels": ["a"]}, r"tells \['a'\] apart, where .* is needed"),
        ("classifier", {"thresholds": 5}, r"makes no sense \(thresholds: "),
        ("classifier", {"score": {"combine": "logistic"}}, r"makes no sense \(score: .*no weights"),
        ("classifier", {"score": {"combine": "logistic", "face": 1}}, r"makes no sense \(score.still"),
        ("classifier", {"score": {"combine": "sum", "still": 1}}, r"combine scores, 'sum'; upgrade"),
    ],
)
def test_what_is_refused_in_one_line(kind: ModelKind, changes: dict[str, object], message: str) -> None:
    entry = {**(DETECTOR if kind == "detector" else CLASSIFIER), **changes}
    entry = {key: value for key, value in entry.items() if value is not ...}
    with pytest.raises(ModelError, match=message) as caught:
        parse(entry, kind, "x.onnx")
    assert str(caught.value).startswith("x.onnx: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "no format number"),
        ('{"format": "1"}', "no format number"),
        ('{"format": 2}', r"made for a newer maskwatch \(format 2, this one reads up to 1\); upgrade"),
    ],
)
def test_json_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_json(text, "x.onnx")


def test_a_file_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    path = write_classifier(tmp_path / "c.onnx", size="big")
    with pytest.raises(ModelError, match=r"c\.onnx: its maskwatch metadata makes no sense \(size: "):
        open_session(path, "classifier")


def test_every_field_is_described() -> None:
    rows = list(schema_rows())
    assert all(row.description.endswith(".") and row.type for row in rows)
    keys = {(row.model, row.field) for row in rows}
    assert len(keys) == len(rows)
    for file in SHIPPED:
        metadata = open_model(file.path).metadata
        name = "DetectorMetadata" if metadata["kind"] == "detector" else "ClassifierMetadata"
        assert {(name, key) for key in metadata} <= keys
    required = {row.field for row in rows if row.model == "ClassifierMetadata" and row.required}
    assert required == {"format", "kind", "labels", "size", "margin", "thresholds"}
    assert ("FusionWeights", "bias") in keys
    assert LABELS[0] == classifier().labels[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"levels": []},
        {"levels": [{"stride": 32, "anchors": []}]},
        {"levels": [{"stride": 10**9, "anchors": [[32, 32]]}]},
        {"nms_iou": -0.1},
        {"variances": [1e300, 0.2]},
        {"variances": [10**400, 0.2]},
        {"sizes": {"fast": 10**12}},
        {"stride_multiple": 0},
    ],
)
def test_numbers_that_no_network_has_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """They would fail in the middle of a stream, or ask for all memory."""
    with pytest.raises(ModelError, match="makes no sense"):
        open_session(write_detector(tmp_path / "odd.onnx", **changes), "detector")


@pytest.mark.parametrize("changes", [{"margin": 0}, {"margin": 1e300}, {"size": 10**9}])
def test_crops_that_no_network_has_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="makes no sense"):
        open_session(write_classifier(tmp_path / "odd.onnx", **changes), "classifier")
