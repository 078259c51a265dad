"""A model card as Markdown. Pure: facts in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from maskwatch.evaluation.metrics import BINS
from maskwatch.reports.markdown import bullets, listing, rows_table
from maskwatch.reports.model_card.facts import Facts
from maskwatch.reports.model_card.figures import (
    by_slice,
    finding,
    labelling,
    mistaken,
    one_person,
    where_no_face_is,
)
from maskwatch.reports.svg import Series, lines, standalone

_UNSAID: Final = "Not stated."
_USED: Final = {"still": " as still pictures", "live": " as live video"}
_SOURCE: Final = ("name", "what", "where", "licence")


def to_markdown(facts: Facts, stem: str) -> tuple[str, dict[str, str]]:
    """The card, and the plots that belong beside it.

    Args:
        facts: What it is made from.
        stem: Beginning of the plots' file names.

    Returns:
        The Markdown text, and for each plot its file name and its SVG text.
    """
    words, plots = facts.words, {}
    parts = [f"# Model card: {facts.metadata.get('name', facts.file)}", words.summary.strip()]
    parts += [_about(facts)]
    parts += ["## Intended use", bullets(words.intended) or _UNSAID]
    parts += ["## Not intended", bullets(words.not_intended) or _UNSAID]
    parts += ["## Known weaknesses", bullets(words.weaknesses) or _UNSAID]
    parts += ["## Training data", str(facts.metadata.get("training_data") or _UNSAID)]
    if words.sources:
        rows = [[str(row.get(key, "-")) for key in _SOURCE] for row in words.sources]
        parts.append(rows_table(["source", *_SOURCE[1:]], rows))
    if made := words.how_it_was_made.get(str(facts.metadata.get("name"))):
        parts += ["## How it was made", made]
    parts += ["## Recipe", listing(facts.metadata.get("recipe") or {}) or _UNSAID]
    if facts.speed:
        parts += ["## Speed", _speed(facts)]
    for number, content in enumerate(facts.evaluations):
        whole = next(iter(content["figures"]["labels"].values()), None)
        name = None
        if facts.kind == "classifier" and whole and whole["calibration"]:
            name = f"{stem}-reliability{number + 1 if number else ''}.svg"
            plots[name] = _reliability(whole["calibration"])
        parts += [*_measured(content), *_figures(facts, content, name), *mistaken(content)]
    return "\n\n".join(part for part in parts if part) + "\n", plots


def _about(facts: Facts) -> str:
    about = facts.metadata
    # When the file was exported, not when the card was written.
    made = ", ".join(f"{key} {about[key]}" for key in ("created", "commit") if about.get(key))
    parameters = about.get("parameters")
    costs = [
        [f"Cost of {what}", f"{count / 1e6:,.1f} million multiply-adds ({2 * count / 1e9:.3f} GFLOPs)"]
        for what, count in facts.costs
    ]
    rows = [
        ["File", f"`{facts.file}`, {facts.size / 1e6:.2f} MB"],
        ["SHA-256", f"`{facts.sha256}`"],
        ["Kind", f"{facts.kind}: {about.get('architecture', 'architecture not stated')}"],
        ["Licence", str(about.get("licence", "not stated"))],
        ["Parameters", f"{parameters:,}" if isinstance(parameters, int) else "not stated"],
        *costs,
        ["Made", made or "not stated"],
    ]
    return rows_table(["", ""], rows)


def _speed(facts: Facts) -> str:
    rows = [[row["name"], f"{row['median']:.2f}", f"{row['best']:.2f}"] for row in facts.speed]
    return f"Measured on: {facts.machine}.\n\n" + rows_table(["", "median, ms", "best, ms"], rows)


def _measured(content: Mapping[str, Any]) -> list[str]:
    engine, data = content["engine"], content["data"]
    names = ", ".join(str(name) for name in data.get("names", ()))
    kinds = ("pictures with boxes", "pictures without a face", "pictures of one person")
    shown = [f"{data[key]} {key}" for key in kinds if data.get(key)]
    chosen = data.get("held-out negatives only") and data.get("pictures without a face")
    notes = [f"splits {data['splits']}"] if data.get("splits") else []
    notes += ["only negatives that training left out"] if chosen else []
    notes += [f"at most {data['limit']} pictures of each kind"] if data.get("limit") else []
    if data.get("partly labelled"):
        notes.append(f"not every face has a box in {data['partly labelled']}: no precision there")
    if data.get("corrected labels"):
        notes.append(f"{data['corrected labels']} labels corrected where it says so")
    return [
        f"## Figures{_USED.get(engine.get('used'), '')}: {names}",
        f"Measured with {engine['name']} as `maskwatch evaluate` runs it, maskwatch {content['maskwatch']},"
        f" on {', '.join(shown)} ({'; '.join(notes)}). In brackets 95 % intervals: Wilson's for shares, a"
        " bootstrap over pictures for average precision (AP). A face counts as found at an IoU of 0.5.",
    ]


def _figures(facts: Facts, content: Mapping[str, Any], plot: str | None) -> list[str]:
    raw, mended = content["figures"], content.get("corrected")
    if facts.kind == "detector":
        return [*finding(raw), *where_no_face_is(raw), *one_person(raw, mended), *by_slice(raw, mended)]
    return [
        *labelling(raw, mended, plot),
        *by_slice(raw, mended),
        *one_person(raw, mended),
        *where_no_face_is(raw),
    ]


def _reliability(calibration: Mapping[str, Any]) -> str:
    points = list(zip(calibration["confidence"], calibration["accuracy"], strict=True))
    title = f"Reliability: {BINS} bins, ECE {calibration['error']:.3f}"
    plot = lines(
        title, [Series("answers", points, marks=True)], "stated probability", "share right", diagonal=True
    )
    return standalone(plot)
