"""Tables of a model card from the JSON form of an evaluation. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from maskwatch.evaluation.figures import plain
from maskwatch.evaluation.metrics import HEIGHTS
from maskwatch.evaluation.mistake_counts import count_mistakes
from maskwatch.proportion import Proportion
from maskwatch.reports.tables import Table
from maskwatch.types import LABELS

FiguresJson = Mapping[str, Any]
"""The JSON form of `maskwatch.evaluation.figures.Figures`."""

_GROUPS: Final = {"height": "face height, px", "state": "true state", "source": "source"}


def detection_tables(figures: FiguresJson) -> list[Table]:
    """Returns how well faces are found: by source, by height and by state; none if it was not measured."""
    detection = figures["detection"]
    if not detection:
        return []
    head = [
        *("source", "pictures", "faces", "found", "found, IoU 0.4", "from 24 px"),
        *("AP", "AP, IoU 0.4", "precision"),
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
    by_height = [
        [name, *(_share(d["recall_by_height"].get(height)) for height in HEIGHTS)]
        for name, d in detection.items()
    ]
    by_state = [
        [name, *(_share(d["recall_by_state"].get(state)) for state in (*LABELS, "face"))]
        for name, d in detection.items()
    ]
    return [
        Table(head, rows),
        Table(["found, by face height, px", *HEIGHTS], by_height),
        Table(["found, by true state", *LABELS, "unlabelled"], by_state),
    ]


def negatives_section(figures: FiguresJson) -> dict[str, Any] | None:
    """Returns false faces in pictures without a face; None if there were no such pictures."""
    negatives = figures["negatives"]
    if not negatives:
        return None
    points = negatives["points"]
    table = None
    if points and points[0]["recall"]:
        rows = [
            [f"{p['false_per_100']:g}", f"{p['threshold']:.3f}", *map(_share, p["recall"].values())]
            for p in points
        ]
        head = ["false faces in 100 pictures, at most", "face score from", *points[0]["recall"]]
        table = Table(head, rows)
    return {
        "false_faces": negatives["false_faces"],
        "pictures": negatives["pictures"],
        "pictures_with": _share(negatives["pictures_with"]),
        "table": table,
    }


def label_tables(figures: FiguresJson, corrected: FiguresJson | None) -> list[Table]:
    """Returns how well states are classified, with the labels as they are and as corrected, and confusion."""
    labels = figures["labels"]
    if not labels:
        return []
    rows, by_height, by_state = [], [], []
    for name, item in _both("labels", figures, corrected):
        rows.append(
            [
                name,
                *(_share(item[key]) for key in ("right", "masked_or_not")),
                *(_share(item[key]) for key in ("wrongly_worn_precision", "wrongly_worn_recall")),
                *(_share(item[key]) for key in ("certain", "certain_right", "uncertain_right")),
            ]
        )
        by_height.append([name, *(_share(item["right_by_height"].get(height)) for height in HEIGHTS)])
        by_state.append([name, *_right_by_state(item["confusion"])])
    head = [
        *("faces found", "label right", "masked or not right"),
        *("wrongly worn: precision", "wrongly worn: recall"),
        *("certain", "certain and right", "uncertain and right"),
    ]
    counts = next(iter(labels.values()))["confusion"]
    confusion = [[label, *map(str, row)] for label, row in zip(LABELS, counts, strict=True)]
    tables = [
        Table(head, rows),
        Table(["label right, by face height, px", *HEIGHTS], by_height),
        Table(["label right, by true state", *LABELS], by_state),
        Table(["true state, found faces", *(f"said {label}" for label in LABELS)], confusion),
    ]
    classes = [
        [
            name,
            *(_number(item["average_precision"][label]) for label in LABELS),
            _number(item["mean"], item["interval"]),
        ]
        for name, item in figures["classes"].items()
    ]
    if classes:
        tables.append(Table(["AP, finding and labelling", *LABELS, "mean (mAP50)"], classes))
    return tables


def calibration_table(figures: FiguresJson, corrected: FiguresJson | None) -> Table | None:
    """Returns the expected calibration errors; None if there are none."""
    rows = [
        [name, f"{item['calibration']['error']:.3f}"]
        for name, item in _both("labels", figures, corrected)
        if item["calibration"]
    ]
    return Table(["faces found", "expected calibration error"], rows) if rows and figures["labels"] else None


def slices_table(figures: FiguresJson, corrected: FiguresJson | None) -> Table | None:
    """Returns the figures of slices, with corrected labels if there are any; None without slices."""
    slices = (corrected or figures)["slices"]
    if not slices:
        return None
    keys = ("found", "right", "certain", "certain_right")
    rows = [
        [name, str(item["found"]["total"]), *(_share(item[key]) for key in keys)]
        for name, item in slices.items()
    ]
    return Table(["faces", "number", "found", "label right", "certain", "certain and right"], rows)


def portraits_table(figures: FiguresJson, corrected: FiguresJson | None) -> Table | None:
    """Returns the figures of pictures of one person, from picture to label; None if there were none."""
    keys = ("found", "right", "masked_or_not", "certain", "certain_right")
    rows = [
        [
            name,
            *(_share(item[key]) for key in keys),
            *(_share(item["right_by_state"].get(label)) for label in LABELS),
        ]
        for name, item in _both("crops", figures, corrected)
    ]
    head = ["source", "face found", "right", "masked or not right", "certain", "certain and right", *LABELS]
    return Table(head, rows) if rows else None


def mistake_tables(content: Mapping[str, Any]) -> list[Table] | None:
    """Returns mistakes by height, state and source; None if the mistakes were not listed.

    Args:
        content: The whole JSON form of an evaluation.
    """
    if content.get("mistakes") is None:
        return None
    counts = count_mistakes(content["mistakes"])
    tables = []
    for by, name in _GROUPS.items():
        rows = [
            [
                c.name,
                str(c.missed),
                # A false face has no true state.
                "-" if by == "state" else str(c.false),
                str(c.wrong),
                str(c.wrong_certain),
            ]
            for c in counts
            if c.by == by
        ]
        if rows:
            tables.append(Table([name, "missed", "false", "wrong label", "of these said as certain"], rows))
    return tables


def _both(
    part: str, figures: FiguresJson, corrected: FiguresJson | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the figures of a part by name, first with the labels as they are, then as corrected."""
    for suffix, either in (("", figures), (", corrected", corrected)):
        for name, item in (either or {}).get(part, {}).items():
            yield f"{name}{suffix}", item


def _right_by_state(confusion: list[list[int]]) -> list[str]:
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
