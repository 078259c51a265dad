"""An evaluation as one self-contained page for the browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from maskwatch import __version__
from maskwatch.annotate import STYLES
from maskwatch.evaluation.figures import (
    Classes,
    Detection,
    Figures,
    Labels,
    Negatives,
    PortraitFigures,
    Slice,
)
from maskwatch.evaluation.intervals import Interval, Proportion
from maskwatch.evaluation.metrics import BINS, HEIGHTS
from maskwatch.evaluation.mistakes import KINDS, Mistake, thumbnails
from maskwatch.evaluation.report import Evaluation, headline, percent
from maskwatch.reports.html import gallery, page, table
from maskwatch.reports.svg import Bar, Series, bars, lines
from maskwatch.types import LABELS

_SHOWN: Final = 60
"""Mistakes of each kind in the gallery."""


def to_html(evaluation: Evaluation) -> str:
    """One self-contained page. It holds pictures only if the evaluation holds mistakes."""
    figures = evaluation.figures
    parts = [_intro(evaluation), _cards(figures)]
    if figures.detection:
        parts += _finding(figures.detection)
    if figures.negatives:
        parts += _false_faces(figures.negatives, figures.detection)
    if figures.labels:
        parts += _labelling(figures.labels, "Telling the states apart")
    if evaluation.corrected is not None and evaluation.corrected.labels:
        parts += _labelling(evaluation.corrected.labels, "The same with corrected labels", plots=False)
    if figures.slices:
        parts += _slices((evaluation.corrected or figures).slices)
    if figures.classes:
        parts += _classes(figures.classes)
    if figures.crops:
        parts += _one_person(figures.crops)
    if evaluation.mistakes is not None:
        parts += _gallery(evaluation.mistakes)
    if evaluation.problems:
        entries = "".join(f"<li>{escape(line)}</li>" for line in evaluation.problems)
        parts.append(f"<h2>Left out: {len(evaluation.problems)}</h2><ul>{entries}</ul>")
    return page(f"How well {evaluation.engine.get('name', 'it')} does", parts)


def mistakes_page(evaluation: Evaluation) -> str:
    """One self-contained page of the mistakes alone, each kind from worst to mildest. It shows faces."""
    title = f"Where {evaluation.engine.get('name', 'it')} is wrong"
    return page(title, _gallery(evaluation.mistakes or []))


def _gallery(mistakes: Sequence[Mistake]) -> list[str]:
    parts = []
    for kind, heading in KINDS.items():
        chosen = [mistake for mistake in mistakes if mistake.kind == kind]
        parts.append(f"<h2>{escape(heading)}: {len(chosen)}</h2>")
        parts.append(gallery(thumbnails(chosen[:_SHOWN])))
    return parts


def _intro(evaluation: Evaluation) -> str:
    data = evaluation.data
    named = ", ".join(escape(str(name)) for name in data.get("names", ()))
    rows = [
        [escape(str(key)), escape(str(value))] for key, value in evaluation.engine.items() if _simple(value)
    ]
    rows += [[escape(str(key)), escape(str(value))] for key, value in data.items() if _simple(value)]
    return (
        f"<p>Measured on {named} with maskwatch {__version__}. Shares are followed by their 95 % intervals:"
        " Wilson's, and for average precision a bootstrap over pictures. A face counts as found when boxes"
        " overlap by an IoU of at least 0.5.</p>"
        f"<details><summary>What was measured</summary>{table(['', ''], rows)}</details>"
    )


def _simple(value: object) -> bool:
    return isinstance(value, str | int | float | bool) and value != ""


def _cards(figures: Figures) -> str:
    cards = "".join(f"<li><b>{value}</b>{escape(name)}</li>" for name, value in headline(figures))
    return f'<ul class="cards">{cards}</ul>'


def _finding(detection: dict[str, Detection]) -> list[str]:
    head = [
        *("source", "pictures", "faces", "AP, IoU 0.5", "AP, IoU 0.4", "found", "found, IoU 0.4"),
        *("found from 24 px", "precision", "false faces a picture"),
    ]
    rows = [
        [
            escape(name),
            str(d.pictures),
            str(d.faces),
            _number(d.average_precision, d.interval),
            _number(d.average_precision_40),
            _share(d.recall),
            _share(d.recall_40),
            _share(d.recall_from_24),
            _share(d.precision),
            _number(d.false_per_picture),
        ]
        for name, d in detection.items()
    ]
    sizes = [
        [escape(name), *(_share(d.recall_by_height[c]) for c in HEIGHTS)] for name, d in detection.items()
    ]
    by_size = [
        [escape(name), *(_number(d.average_precision_by_height[c]) for c in HEIGHTS)]
        for name, d in detection.items()
        if d.average_precision is not None
    ]
    states = [*LABELS, "face"]
    by_state = [
        [escape(name), *(_share(d.recall_by_state.get(state)) for state in states)]
        for name, d in detection.items()
    ]
    whole = next(iter(detection.values()))
    curves = [
        Series(name, [(recall, precision) for _, precision, recall in d.curve])
        for name, d in detection.items()
        if d.curve
    ]
    heights = [Bar(_height(name), *_value(whole.recall_by_height[name])) for name in HEIGHTS]
    state_bars = [
        Bar(_words(state), *_value(whole.recall_by_state[state]))
        for state in states
        if state in whole.recall_by_state
    ]
    plots = [lines("Precision over recall, IoU 0.5", curves, "recall", "precision")] if curves else []
    plots.append(bars("Faces found, by face height", heights, "face height", "share found"))
    plots.append(bars("Faces found, by state", state_bars, "true state", "share found"))
    return [
        "<h2>Finding faces</h2>",
        table(
            head,
            rows,
            "A dash under AP and precision: not every face of the source has a box; the first line leaves it"
            " out.",
        ),
        f'<div class="plots">{"".join(plots)}</div>',
        table(["found, by face height", *map(_height, HEIGHTS)], sizes),
        table(["AP, by face height", *map(_height, HEIGHTS)], by_size) if by_size else "",
        table(["found, by state", *map(_words, states)], by_state),
    ]


def _false_faces(negatives: Negatives, detection: dict[str, Detection]) -> list[str]:
    names = list(detection)
    rows = [
        [f"{p.false_per_100:g}", f"{p.threshold:.3f}", *(_share(p.recall[name]) for name in names)]
        for p in negatives.points
    ]
    most = negatives.points[-1].false_per_100 if negatives.points else 1
    series = [
        Series(name, [(p.false_per_100, p.recall[name].value or 0) for p in negatives.points], marks=True)
        for name in names
    ]
    parts = [
        "<h2>Pictures without a face</h2>",
        f"<p>{negatives.false_faces} false faces in {negatives.pictures} pictures without a face"
        f" ({negatives.false_per_100:.1f} in 100), in {percent(negatives.pictures_with)} of them.</p>",
    ]
    if names:
        title = "Faces found when so many false ones are allowed"
        label = "false faces in 100 pictures without a face"
        plot = lines(title, series, label, "share found", (0, most))
        parts.append(f'<div class="plots">{plot}</div>')
        head = ["false faces in 100, at most", "threshold", *names]
        parts.append(table(head, rows, "Faces found at equal false faces"))
    return parts


def _labelling(labels: dict[str, Labels], heading: str, plots: bool = True) -> list[str]:
    head = [
        *("faces", "right", "masked or not", "wrongly worn: precision", "recall", "found and right", "ECE"),
        *("certain", "certain and right", "uncertain and right"),
    ]
    rows = [
        [
            f"{escape(name)}: {item.right.total}".replace("&gt;=", "≥ "),
            _share(item.right),
            _share(item.masked_or_not),
            _share(item.wrongly_worn_precision),
            _share(item.wrongly_worn_recall),
            _number(item.found_and_right_mean),
            _number(item.calibration.error if item.calibration else None),
            _share(item.certain),
            _share(item.certain_right),
            _share(item.uncertain_right),
        ]
        for name, item in labels.items()
    ]
    whole = next(iter(labels.values()))
    parts = [
        f"<h2>{heading}</h2>",
        table(head, rows, "Labels of found faces whose true state is known"),
        _confusion(whole.confusion, list(LABELS), "found faces"),
    ]
    if not plots:
        return parts
    heights = [Bar(_height(name), *_value(whole.right_by_height[name])) for name in HEIGHTS]
    drawn = [bars("Labels right, by face height", heights, "face height", "share right")]
    if whole.calibration:
        points = list(zip(whole.calibration.confidence, whole.calibration.accuracy, strict=True))
        drawn.append(
            lines(
                f"Reliability: {BINS} bins, ECE {whole.calibration.error:.3f}",
                [Series("answers", points, marks=True)],
                "stated probability",
                "share right",
                diagonal=True,
            )
        )
    reasons = ", ".join(f"{escape(name)} {count}" for name, count in sorted(whole.reasons.items()))
    parts.append(f'<div class="plots">{"".join(drawn)}</div>')
    if reasons:
        parts.append(f"<p>Reasons given for uncertain answers: {reasons}.</p>")
    return parts


def _slices(slices: dict[str, Slice]) -> list[str]:
    rows = [
        [
            escape(name),
            str(item.found.total),
            *map(_share, (item.found, item.right, item.certain, item.certain_right)),
        ]
        for name, item in slices.items()
    ]
    head = ["faces", "number", "found", "label right", "certain", "certain and right"]
    return ["<h2>By what faces look like</h2>", table(head, rows, "A face may belong to several.")]


def _classes(classes: dict[str, Classes]) -> list[str]:
    rows = [
        [
            escape(name),
            *(_number(item.average_precision[label]) for label in LABELS),
            _number(item.mean, item.interval),
            _number(item.mean_by_answer),
        ]
        for name, item in classes.items()
    ]
    head = ["source", *map(_words, LABELS), "mAP50", "mAP50 of the answers"]
    caption = (
        "Finding and labelling as one task: average precision of each state at IoU 0.5; every face is a"
        " candidate for every state, ranked by face score times probability of the state (last column: it"
        " counts for the state it is given alone, ranked by face score)"
    )
    return ["<h2>Three classes</h2>", table(head, rows, caption)]


def _one_person(crops: dict[str, PortraitFigures]) -> list[str]:
    rows = [
        [
            escape(name),
            str(item.pictures),
            _share(item.right),
            _share(item.masked_or_not),
            _share(item.found),
            *(_share(item.right_by_state.get(label)) for label in LABELS),
            _share(item.certain),
            _share(item.certain_right),
        ]
        for name, item in crops.items()
    ]
    head = [
        *("source", "pictures", "right", "masked or not", "any face found", *map(_words, LABELS)),
        *("certain", "certain and right"),
    ]
    whole = next(iter(crops.values()))
    return [
        "<h2>Pictures of one person</h2>",
        table(head, rows, "End to end: the label of the largest face found; no face found is wrong."),
        _confusion(whole.confusion, [*LABELS, "no face"], "pictures") if whole.confusion else "",
    ]


def _confusion(counts: Sequence[Sequence[int]], columns: Sequence[str], what: str) -> str:
    def cell(count: int, total: int) -> str:
        share = count / total if total else 0
        # The number says it all; the shade only helps the eye.
        return (
            f'<span style="background:rgba(var(--shade),{share / 2:.2f});padding:.1rem .5rem">{count}</span>'
        )

    rows = [
        [_words(label), *(cell(count, sum(row)) for count in row)]
        for label, row in zip(LABELS, counts, strict=True)
    ]
    return table([f"true state, {what}", *(f"said: {_words(name)}" for name in columns)], rows)


def _height(name: str) -> str:
    """A class of face height for people."""
    return f"{name} px".replace(">=", "≥ ").replace("<", "under ").replace("-", " to ")


def _words(state: str) -> str:
    style = STYLES.get(state)  # type: ignore[call-overload]
    return str(style.text) if style else {"face": "unlabelled"}.get(state, state)


def _value(share: Proportion) -> tuple[float | None, Interval | None]:
    return share.value, share.interval


def _share(share: Proportion | None) -> str:
    if share is None or share.interval is None:
        return "-"
    low, high = share.interval
    return f"{percent(share)}<br><small>{100 * low:.0f} to {100 * high:.0f}, n={share.total}</small>"


def _number(value: float | None, interval: Interval | None = None) -> str:
    if value is None:
        return "-"
    more = f"<br><small>{interval[0]:.2f} to {interval[1]:.2f}</small>" if interval else ""
    return f"{value:.3f}{more}"
