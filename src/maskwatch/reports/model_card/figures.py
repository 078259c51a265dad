"""The measured part of a model card: tables from the JSON form of an evaluation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from maskwatch.evaluation.figures import plain
from maskwatch.evaluation.intervals import Proportion
from maskwatch.evaluation.metrics import HEIGHTS
from maskwatch.evaluation.mistake_counts import count
from maskwatch.reports.markdown import rows_table
from maskwatch.types import LABELS

Figures = Mapping[str, Any]
"""The JSON form of `maskwatch.evaluation.figures.Figures`."""

_BY: Final = {"height": "face height, px", "state": "true state", "source": "source"}


def finding(raw: Figures) -> list[str]:
    """How well faces are found, by source, height and state."""
    detection = raw["detection"]
    if not detection:
        return []
    head = [
        "source",
        "pictures",
        "faces",
        "found",
        "found, IoU 0.4",
        "from 24 px",
        "AP",
        "AP, IoU 0.4",
        "precision",
    ]
    rows = [
        [
            name,
            str(d["pictures"]),
            str(d["faces"]),
            _share(d["recall"]),
            _share(d.get("recall_40")),
            _share(d["recall_from_24"]),
            _number(d["average_precision"], d["interval"]),
            _number(d["average_precision_40"]),
            _share(d["precision"]),
        ]
        for name, d in detection.items()
    ]
    heights = [[n, *(_share(d["recall_by_height"].get(h)) for h in HEIGHTS)] for n, d in detection.items()]
    states = [*LABELS, "face"]
    by_state = [[n, *(_share(d["recall_by_state"].get(s)) for s in states)] for n, d in detection.items()]
    return [
        "### Faces found",
        rows_table(head, rows),
        rows_table(["found, by face height, px", *HEIGHTS], heights),
        rows_table(["found, by true state", *LABELS, "unlabelled"], by_state),
    ]


def where_no_face_is(raw: Figures) -> list[str]:
    """False faces in pictures without any."""
    none = raw["negatives"]
    if not none:
        return []
    text = (
        f"{none['false_faces']} in {none['pictures']} pictures without a face;"
        f" any in {_share(none['pictures_with'])} of them."
    )
    points = [
        [f"{p['false_per_100']:g}", f"{p['threshold']:.3f}", *map(_share, p["recall"].values())]
        for p in none["points"]
    ]
    parts = ["### False faces", text]
    if points and points[0][2:]:
        head = ["false faces in 100 pictures, at most", "face score from", *none["points"][0]["recall"]]
        parts.append(rows_table(head, points))
    return parts


def labelling(raw: Figures, mended: Figures | None, plot: str | None = None) -> list[str]:
    """How well the states are told, with the labels as they are and as corrected.

    Args:
        raw: Figures with the labels as they are.
        mended: Figures with corrected labels.
        plot: File name of the reliability plot.
    """
    labels = raw["labels"]
    if not labels:
        return []
    whole = next(iter(labels.values()))
    rows, heights, states, errors = [], [], [], []
    for text, figures in (("", raw), (", corrected", mended)):
        for name, item in (figures or {}).get("labels", {}).items():
            rows.append(
                [
                    f"{name}{text}",
                    *(_share(item[key]) for key in ("right", "masked_or_not")),
                    *(_share(item[key]) for key in ("wrongly_worn_precision", "wrongly_worn_recall")),
                    *(_share(item[key]) for key in ("certain", "certain_right", "uncertain_right")),
                ]
            )
            heights.append([f"{name}{text}", *(_share(item["right_by_height"].get(h)) for h in HEIGHTS)])
            states.append([f"{name}{text}", *_by_state(item["confusion"])])
            if item["calibration"]:
                errors.append([f"{name}{text}", f"{item['calibration']['error']:.3f}"])
    head = [
        *(
            "faces found",
            "label right",
            "masked or not right",
            "wrongly worn: precision",
            "wrongly worn: recall",
        ),
        *("certain", "certain and right", "uncertain and right"),
    ]
    confusion = [[label, *map(str, row)] for label, row in zip(LABELS, whole["confusion"], strict=True)]
    parts = [
        "### States told apart",
        rows_table(head, rows),
        rows_table(["label right, by face height, px", *HEIGHTS], heights),
        rows_table(["label right, by true state", *LABELS], states),
        rows_table(["true state, found faces", *(f"said {label}" for label in LABELS)], confusion),
    ]
    classes = [
        [
            name,
            *(_number(item["average_precision"][label]) for label in LABELS),
            _number(item["mean"], item["interval"]),
        ]
        for name, item in raw["classes"].items()
    ]
    if classes:
        parts.append(rows_table(["AP, finding and labelling", *LABELS, "mean (mAP50)"], classes))
    if errors:
        parts += ["### Calibration", rows_table(["faces found", "expected calibration error"], errors)]
        parts += [f"![Stated probability against the share that was right]({plot})"] if plot else []
    return parts


def by_slice(raw: Figures, mended: Figures | None) -> list[str]:
    """How well faces of one kind are told, as a list says what they look like; corrected labels, if any."""
    slices = (mended or raw)["slices"]
    if not slices:
        return []
    keys = ("found", "right", "certain", "certain_right")
    rows = [
        [name, str(item["found"]["total"]), *(_share(item[key]) for key in keys)]
        for name, item in slices.items()
    ]
    head = ["faces", "number", "found", "label right", "certain", "certain and right"]
    text = "What faces look like, told by eye; a face may belong to several."
    return ["### By what faces look like", text, rows_table(head, rows)]


def one_person(raw: Figures, mended: Figures | None) -> list[str]:
    """Pictures of one person, from picture to label."""
    rows = []
    for text, figures in (("", raw), (", corrected", mended)):
        for name, item in (figures or {}).get("crops", {}).items():
            states = [_share(item["right_by_state"].get(label)) for label in LABELS]
            shares = [
                _share(item[key]) for key in ("found", "right", "masked_or_not", "certain", "certain_right")
            ]
            rows.append([f"{name}{text}", *shares, *states])
    if not rows:
        return []
    head = ["source", "face found", "right", "masked or not right", "certain", "certain and right", *LABELS]
    return ["### Pictures of one person", rows_table(head, rows)]


def mistaken(content: Mapping[str, Any]) -> list[str]:
    """What kinds of faces were mistaken, if the mistakes were listed."""
    if content.get("mistakes") is None:
        return []
    failures = count(content["mistakes"])
    parts = [
        "### Failures by kind",
        "Counts, against the labels as they are; a false face has no true state.",
    ]
    for by, name in _BY.items():
        rows = [
            [
                f.name,
                str(f.missed),
                "-" if by == "state" else str(f.false),
                str(f.wrong),
                str(f.wrong_certain),
            ]
            for f in failures
            if f.by == by
        ]
        if rows:
            parts.append(
                rows_table([name, "missed", "false", "wrong label", "of these said as certain"], rows)
            )
    return parts


def _by_state(confusion: list[list[int]]) -> list[str]:
    return [_share(plain(Proportion(row[state], sum(row)))) for state, row in enumerate(confusion)]


def _share(share: Mapping[str, Any] | None) -> str:
    if share is None or share["value"] is None:
        return "-"
    low, high = 100 * share["low"], 100 * share["high"]
    return f"{100 * share['value']:.1f} % ({low:.0f} to {high:.0f}, n={share['total']})"


def _number(value: float | None, interval: list[float] | None = None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")
