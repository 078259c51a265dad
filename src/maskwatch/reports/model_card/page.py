"""Writes a model card as Markdown. Pure: facts in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from maskwatch.reports.model_card.facts import Facts
from maskwatch.reports.model_card.figures import (
    calibration_table,
    detection_tables,
    label_tables,
    mistake_tables,
    negatives_section,
    portraits_table,
    slices_table,
)
from maskwatch.reports.reliability import reliability_plot
from maskwatch.reports.render import render
from maskwatch.reports.svg import standalone
from maskwatch.reports.tables import Table

_USED_AS: Final = {"still": " as still pictures", "live": " as live video"}
_SOURCE: Final = ("name", "what", "where", "licence")


def to_markdown(facts: Facts, stem: str) -> tuple[str, dict[str, str]]:
    """Returns the card, and the plots that belong beside it.

    Args:
        facts: What the card says.
        stem: Beginning of the plots' file names.

    Returns:
        The Markdown text, and for each plot its file name and its SVG text.
    """
    description, metadata = facts.description, facts.metadata
    plots: dict[str, str] = {}
    evaluations = []
    for number, content in enumerate(facts.evaluations):
        name = None
        overall = next(iter(content["figures"]["labels"].values()), None)
        if facts.kind == "classifier" and overall and overall["calibration"]:
            name = f"{stem}-reliability{number + 1 if number else ''}.svg"
            plots[name] = _reliability(overall["calibration"])
        evaluations.append(_evaluation(content, name))
    sources = [[str(row.get(key, "-")) for key in _SOURCE] for row in description.sources]
    text = render(
        "model_card.md.j2",
        name=metadata.get("name", facts.file),
        kind=facts.kind,
        description=description,
        about=_about_table(facts),
        training_data=str(metadata.get("training_data") or ""),
        sources=Table(["source", *_SOURCE[1:]], sources) if sources else None,
        how_it_was_made=description.how_it_was_made.get(str(metadata.get("name")), "").strip(),
        recipe=list(_toml_lines(metadata.get("recipe") or {})),
        machine=facts.machine,
        speed=_speed_table(facts) if facts.speed else None,
        evaluations=evaluations,
    )
    return text, plots


def _about_table(facts: Facts) -> Table:
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
    return Table(["", ""], rows)


def _speed_table(facts: Facts) -> Table:
    rows = [[row["name"], f"{row['median']:.2f}", f"{row['best']:.2f}"] for row in facts.speed]
    return Table(["", "median, ms", "best, ms"], rows)


def _toml_lines(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yields nested values as lines of TOML with dotted keys."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _toml_lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key} = {_toml_value(value)}"


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _evaluation(content: Mapping[str, Any], plot: str | None) -> dict[str, Any]:
    engine, data = content["engine"], content["data"]
    figures, corrected = content["figures"], content.get("corrected")
    kinds = ("pictures with boxes", "pictures without a face", "pictures of one person")
    return {
        "used_as": _USED_AS.get(engine.get("used"), ""),
        "names": [str(name) for name in data.get("names", ())],
        "engine": engine["name"],
        "version": content["maskwatch"],
        "pictures": [f"{data[kind]} {kind}" for kind in kinds if data.get(kind)],
        "notes": _notes(data),
        "detection": detection_tables(figures),
        "labels": label_tables(figures, corrected),
        "calibration": calibration_table(figures, corrected),
        "plot": plot,
        "slices": slices_table(figures, corrected),
        "portraits": portraits_table(figures, corrected),
        "negatives": negatives_section(figures),
        "mistakes": mistake_tables(content),
    }


def _notes(data: Mapping[str, Any]) -> list[str]:
    """Returns what else is to be known about the pictures."""
    notes = [f"splits {data['splits']}"] if data.get("splits") else []
    if data.get("held-back negatives only") and data.get("pictures without a face"):
        notes.append("only negatives that training left out")
    if data.get("limit"):
        notes.append(f"at most {data['limit']} pictures of each kind")
    if data.get("partly labelled"):
        notes.append(f"not every face has a box in {data['partly labelled']}: no precision there")
    if data.get("corrected labels"):
        notes.append(f"{data['corrected labels']} labels corrected where it says so")
    return notes


def _reliability(calibration: Mapping[str, Any]) -> str:
    plot = reliability_plot(calibration["confidence"], calibration["accuracy"], calibration["error"])
    return standalone(plot)
