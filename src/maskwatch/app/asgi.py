"""The app as a web application (ASGI): the pages of Streamlit, and the live routes on the same port.

`maskwatch app` serves it, and so does `streamlit run streamlit_app.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from streamlit import App, config, net_util

from maskwatch.app.files.upload_folder import remove_abandoned
from maskwatch.app.files.visitor_session import use_loop
from maskwatch.app.files.workspace import close_all
from maskwatch.app.live.routes import live_routes

PAGE: Final = Path(__file__).parent / "pages" / "main.py"
"""The script that Streamlit runs for each visitor."""


def arguments(base: str | None = None, started: Callable[[], None] | None = None) -> dict[str, Any]:
    """Returns the arguments of `streamlit.App`.

    `streamlit run` finds an app only where a script calls `App` itself, so `streamlit_app.py` does.

    Args:
        base: Path below which the app is served, such as "masks"; None for Streamlit's own setting.
        started: Called when the server is ready for visitors.
    """
    # For a foreign Origin, Streamlit would ask a server on the internet for the address of this computer.
    for question in ("get_external_ip", "get_internal_ip"):
        setattr(net_util, question, lambda: None)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        use_loop(asyncio.get_running_loop())
        await asyncio.to_thread(remove_abandoned)
        if started is not None:
            started()
        try:
            yield
        finally:
            use_loop(None)
            close_all()

    path = str(config.get_option("server.baseUrlPath") if base is None else base).strip("/")
    return {"script_path": PAGE, "routes": live_routes(f"/{path}" if path else ""), "lifespan": lifespan}


def create_app(base: str, started: Callable[[], None]) -> App:
    """Returns the app, as `streamlit_app.py` makes it; see `arguments`."""
    return App(**arguments(base, started))
