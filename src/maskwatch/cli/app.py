"""`maskwatch app`: starts the app for the browser."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from maskwatch.errors import ConfigError


def app(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other computers in, see --insecure.")
    ] = "127.0.0.1",
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Allow a --host that other computers can reach: there is no login."),
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Open the app: camera, streams, pictures and videos in the browser."""
    if ctx.obj is not None:
        os.environ["MASKWATCH_CONFIG"] = str(ctx.obj)  # the page loads the settings itself
    try:
        import streamlit  # noqa: F401
    except ImportError:
        raise ConfigError("the app needs Streamlit: pip install 'maskwatch[app]'") from None
    from maskwatch.app.server import serve

    serve(host, port, browser, insecure)
