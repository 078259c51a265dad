"""Starts the app: the Streamlit server, with the live routes on the same port."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
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
from maskwatch.errors import ConfigError, one_line
from maskwatch.settings import load_settings


def serve(
    host: str = "127.0.0.1", port: int = 8501, open_browser: bool = True, insecure: bool = False
) -> None:
    """Runs the app until Ctrl-C.

    Args:
        host: Address to listen on; 0.0.0.0 for all addresses of this computer.
        port: Port to listen on.
        open_browser: Whether to open the page in the browser.
        insecure: Whether an address that other computers can reach is allowed, although there is no login.

    Raises:
        ConfigError: The port is in use or reserved, the address is empty, does not belong to this computer
            or is open to other computers, or a setting is unknown or out of range.
    """
    base = load_settings().app.base_path.strip("/")  # a wrong setting is reported here, not in the page
    check_host(host)
    check_port(host, port)
    if not insecure:
        refuse_open_host(host, port)
    import uvicorn.config

    from maskwatch.app.asgi import create_app

    # The log of the server would hide the line with the address.
    uvicorn.config.LOGGING_CONFIG["loggers"]["uvicorn"]["level"] = "WARNING"
    url = f"http://{_url_host(host)}:{port}{base and f'/{base}/'}"

    def started() -> None:
        print(f"maskwatch runs at {url}   (Ctrl-C ends it)", file=sys.stderr, flush=True)
        for line in network_lines(host, port):
            print(line, file=sys.stderr, flush=True)
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


def check_host(host: str) -> None:
    """Checks that an address was given at all.

    Raises:
        ConfigError: The address is empty: the system would listen on every address of this computer.
    """
    if not host.strip():
        raise ConfigError("--host is empty; use 127.0.0.1, which only this computer can reach")


def refuse_open_host(host: str, port: int) -> None:
    """Refuses an address that other computers can reach: the app has no login.

    Raises:
        ConfigError: The address is not a loopback address.
    """
    if all(is_loopback(address) for address in _resolved(host, port)):
        return
    raise ConfigError(
        f"--host {host} lets everybody in the network use the app: there is no login and no encryption. Keep"
        f" 127.0.0.1 and use an SSH tunnel (ssh -L {port}:localhost:{port} THIS-COMPUTER) or a proxy with a"
        " login (docs/guides/deploy.md), or add --insecure"
    )


def network_lines(host: str, port: int) -> list[str]:
    """Returns what the user has to know of an address that other computers can reach, one item a line."""
    addresses = [address for address in _resolved(host, port) if not is_loopback(address)]
    if not addresses:
        return []
    if any(ipaddress.ip_address(address).is_unspecified for address in addresses):
        addresses = lan_addresses(ipv6=":" in host)
    urls = " or ".join(f"http://{_url_host(address)}:{port}" for address in addresses)
    return [
        f"from other computers: {urls or 'no network found'}",
        "anybody there can use it: no login, no encryption; browsers give a page from another computer the"
        " camera only over https (docs/guides/deploy.md)",
    ]


def lan_addresses(ipv6: bool = False) -> list[str]:
    """Returns the addresses of this computer in its networks, the one of the default route first.

    Args:
        ipv6: Whether IPv6 addresses are listed, too.
    """
    found: list[str] = []
    # Connecting a UDP socket sends nothing: the system only chooses the address it would send from. The
    # targets are addresses for documentation (RFC 5737, RFC 3849).
    targets = [(socket.AF_INET, "192.0.2.1")] + ([(socket.AF_INET6, "2001:db8::1")] if ipv6 else [])
    for family, target in targets:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):
        found += _resolved(socket.gethostname(), 0)
    usable = [a for a in dict.fromkeys(found) if not is_loopback(a) and "%" not in a]
    return [address for address in usable if ipv6 or ":" not in address]


def _resolved(host: str, port: int) -> list[str]:
    """Returns the IP addresses that a name or an address in any notation stands for.

    Raises:
        ConfigError: The name is unknown.
    """
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise ConfigError(_bind_error(error, host, port)) from error


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
        except (OSError, UnicodeError) as error:
            raise ConfigError(_bind_error(error, host, port)) from error


def _bind_error(error: Exception, host: str, port: int) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return (
            f"port {port} is in use (is maskwatch running already?); "
            f"end that program or choose another port: maskwatch app --port {port + 1}"
        )
    if number == errno.EACCES:
        return f"port {port} is reserved by the system; choose another: maskwatch app --port 8501"
    why = getattr(error, "strerror", None) or one_line(error)
    return f"cannot listen on {host}: {why}; use 127.0.0.1, or 0.0.0.0 for the whole network"


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
