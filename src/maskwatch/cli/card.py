"""`maskwatch card`: writes the card of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maskwatch.errors import ConfigError


def card(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="A model's name (ssd, ssd-large, mobilenet ...) or ONNX file."),
    ],
    figures: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="What `maskwatch evaluate --json` wrote; may be repeated."),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The card (Markdown); plots go beside it.")],
    speed: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `maskwatch bench --json` wrote.")
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML: summary, intended, not_intended, weaknesses, sources."),
    ] = None,
) -> None:
    """Write the card of a model from measured figures; figures of another file are refused.

    `maskwatch evaluate --mistakes --json` adds a table of failures by kind.
    """
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise ConfigError("a model card needs onnx: pip install 'maskwatch[train]'") from None
    from maskwatch.atomic_file import protected, write_text
    from maskwatch.cli.messages import say
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.factory import model_file
    from maskwatch.reports.model_card.facts import gather
    from maskwatch.reports.model_card.page import to_markdown

    refuse_inputs([out], (), [model, *figures, speed, words])
    text, plots = to_markdown(gather(model_file(model), figures, speed, words), out.stem)
    with protected([model, *figures, speed, words]):
        for name, plot in plots.items():
            write_text(out.parent / name, plot)
        write_text(out, text)
    say(f"card: {', '.join(str(out.parent / name) for name in (out.name, *plots))}")
