"""Starts the app: the Streamlit server, with the live routes on the same port."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from typing import Any

from maskwatch.app.guard import is_loopback
from maskwatch.app.streamlit_options import OPTIONS
from maskwatch.errors import ConfigError
from maskwatch.settings import load_settings


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
    base = load_settings().app.base_path.strip("/")  # a wrong setting is reported here, not in the page
    check_port(host, port)
    import uvicorn.config

    from maskwatch.app.asgi import create_app

    # The log of the server would hide the line with the address.
    uvicorn.config.LOGGING_CONFIG["loggers"]["uvicorn"]["level"] = "WARNING"
    url = f"http://{_url_host(host)}:{port}{base and f'/{base}/'}"

    def started() -> None:
        print(f"maskwatch runs at {url}   (Ctrl-C ends it)", file=sys.stderr, flush=True)
        if open_browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    _end_with_the_terminal()
    try:
        create_app(base, started).run(config=_config(host, port, base))
    except KeyboardInterrupt:
        logging.getLogger(__name__).debug("ended by Ctrl-C")


def _end_with_the_terminal() -> None:
    """Ends the server as Ctrl-C does when its terminal is closed, unless that is ignored (`nohup`)."""
    if os.name == "nt" or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


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


def _config(host: str, port: int, base: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        **OPTIONS,
        "server.address": host,
        "server.port": port,
        "server.baseUrlPath": base,
        "server.headless": True,
        "logger.hideWelcomeMessage": True,
    }
    if is_loopback(host):
        options["browser.serverAddress"] = "localhost"
    return options
