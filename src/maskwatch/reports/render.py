"""Renders the templates of pages (HTML) and model cards (Markdown)."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: Any) -> str:
    """Renders a template of `maskwatch/reports/templates`.

    In HTML every value is escaped; in Markdown none is.

    Args:
        template: Name of the file, for example "evaluation.html.j2".
        values: What the template shows, by name.

    Raises:
        jinja2.UndefinedError: The template needs a value that is not given.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("maskwatch.reports"),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["one_line"] = one_line
    environment.filters["markdown_cell"] = lambda text: one_line(text).replace("|", "\\|")
    return environment


def one_line(text: str) -> str:
    """Joins the lines of a text, and makes every gap one space."""
    return " ".join(text.split())
