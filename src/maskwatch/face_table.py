"""The faces of a picture as the rows of a table, in words, and as a small HTML table for notebooks."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from maskwatch.labels import FACE, NAMES, SYMBOLS

_REASONS: Final[dict[str | None, str]] = {
    None: "yes",
    "too_small": "no: too small",
    "blurred": "no: blurred",
    "dark": "no: too dark",
    "turned_away": "no: turned away",
    "turned_over": "no: turned over",
    "maybe_no_face": "no: maybe not a face",
    "undecided": "no: could be either",
}
_MAX_ROWS: Final = 50  # of the HTML table


def face_rows(records: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Returns one row of a table for each face, numbered from 1.

    Args:
        records: What `Faces.records` yields.

    Returns:
        For each face its number, its class as symbol and word, the probability of the class, whether it is
        certain, and the face score.
    """
    return [_row(number, record) for number, record in enumerate(records, start=1)]


def html_table(records: list[dict[str, Any]], summary: str) -> str:
    """Returns a table of faces as HTML.

    Classes are shown by symbol and word, never by colour alone. Only the first 50 faces get a row.

    Args:
        records: What `Faces.records` yields.
        summary: The caption.
    """
    rows = face_rows(records[:_MAX_ROWS])
    caption = f"<caption>{escape(summary)}</caption>"
    if not rows:
        return f"<table>{caption}</table>"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row.values()) + "</tr>" for row in rows
    )
    hidden = len(records) - len(rows)
    more = f'<tr><td colspan="{len(rows[0])}">and {hidden} more</td></tr>' if hidden else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}{more}</tbody></table>"


def _row(number: int, record: dict[str, Any]) -> dict[str, str]:
    label = record["label"]
    probabilities = record["probabilities"]
    return {
        "Face": str(number),
        "Mask": FACE if label is None else f"{SYMBOLS[label]} {NAMES[label]}",
        "Confidence": "" if probabilities is None else f"{probabilities[label]:.0%}",
        "Certain": "not judged" if label is None else _REASONS.get(record["reason"], "no"),
        "Face score": f"{record['score']:.0%}",
    }
