"""Starts the app: the Streamlit server, with the live routes on the same port."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from maskwatch.app.guard import is_loopback
from maskwatch.app.pages.theme import THEME
from maskwatch.errors import ConfigError
from maskwatch.settings import load_settings

_PAGE: Final = Path(__file__).parent / "pages" / "main.py"
_UPLOAD_MB: Final = 1024
_MESSAGE_MB: Final = 32  # also the limit of a WebSocket message


def serve(host: str = "127.0.0.1", port: int = 8501, open_browser: bool = True) -> None:
    """Runs the app until Ctrl-C.

    Args:
        host: Address to listen on; 0.0.0.0 for all addresses of this computer.
        port: Port to listen on.
        open_browser: Whether to open the page in the browser.

    Raises:
        ConfigError: The port is in use or reserved, the address does not belong to this computer, or a
            setting is unknown or out of range.
    """
    load_settings()  # a wrong setting is reported here, not in the page
    check_port(host, port)
    import streamlit
    import uvicorn.config

    from maskwatch.app.files.workspace import close_all
    from maskwatch.app.live.routes import ROUTES

    # The log of the server would hide the line with the address.
    uvicorn.config.LOGGING_CONFIG["loggers"]["uvicorn"]["level"] = "WARNING"
    url = f"http://{_url_host(host)}:{port}"

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        print(f"maskwatch runs at {url}   (Ctrl-C ends it)", file=sys.stderr, flush=True)
        if open_browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        yield
        close_all()

    app = streamlit.App(_PAGE, routes=ROUTES, lifespan=lifespan)
    try:
        app.run(config=_config(host, port))
    except KeyboardInterrupt:
        logging.getLogger(__name__).debug("ended by Ctrl-C")


def check_port(host: str, port: int) -> None:
    """Checks that a server can listen on a port.

    Raises:
        ConfigError: The port is in use, reserved or out of range, or the address is not of this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":  # there it would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise ConfigError(f"port {port} does not exist; choose one from 1024 to 65535") from None
        except OSError as error:
            raise ConfigError(_bind_error(error, host, port)) from error


def _bind_error(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is in use (is maskwatch running already?); "
            f"end that program or choose another port: maskwatch app --port {port + 1}"
        )
    if error.errno == errno.EACCES:
        return f"port {port} is reserved by the system; choose another: maskwatch app --port 8501"
    return f"cannot listen on {host}: {error.strerror}; use 127.0.0.1, or 0.0.0.0 for the whole network"


def _url_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _has_screen() -> bool:
    """Returns whether a browser can be opened; on a Linux console a text browser would take the terminal."""
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _config(host: str, port: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": _UPLOAD_MB,
        "server.maxMessageSize": _MESSAGE_MB,
        "server.disconnectedSessionTTL": 60,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showSidebarNavigation": False,
        "runner.magicEnabled": False,
        "logger.hideWelcomeMessage": True,
        **THEME,
    }
    if is_loopback(host):
        options["browser.serverAddress"] = "localhost"
    return options
