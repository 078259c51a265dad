"""The routes of the server besides those of Streamlit: the live WebSockets and the scripts."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles

from maskwatch.app.live.camera_route import CAMERA_PATH, camera
from maskwatch.app.live.element import SCRIPT_FOLDER
from maskwatch.app.live.view_route import VIEW_PATH, view


class _Scripts(StaticFiles):
    """Static files that browsers check each time, so that an update of maskwatch reaches them at once."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def live_routes(base: str = "") -> list[BaseRoute]:
    """Returns the routes.

    Args:
        base: Path below which the app is served, such as "/masks"; "" for the root.
    """
    return [
        WebSocketRoute(f"{base}{CAMERA_PATH}", camera),
        WebSocketRoute(f"{base}{VIEW_PATH}", view),
        Mount(f"{base}{SCRIPT_FOLDER}", _Scripts(directory=Path(__file__).parent / "scripts")),
    ]
