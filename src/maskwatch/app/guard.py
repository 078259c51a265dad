"""Checks where a request comes from: the page's own origin, and a visitor at this computer."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def same_origin(headers: Mapping[str, str]) -> bool:
    """Returns whether a WebSocket was opened by a page of this server.

    Browsers let any page open WebSockets to any server, but they send the origin of the page. A request
    without an origin does not come from a page in a browser; it is admitted by its token alone.

    Args:
        headers: Headers of the request, with names in lower case.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # brackets that are not closed
        return False


def is_local_user(headers: Mapping[str, str], address: str | None, bound_to: str) -> bool:
    """Returns whether the visitor sits at this computer and so may use its cameras and files.

    False behind a proxy on this computer, and when a foreign host name was made to point here (DNS
    rebinding).

    Args:
        headers: Headers of the request, with names in lower case.
        address: IP address of the visitor; None for this computer.
        bound_to: Address that the server listens on.
    """
    if any(name in headers for name in _FORWARDED) or not same_origin(headers):
        return False
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return all(is_loopback(name) for name in (host, address or "127.0.0.1", bound_to))


def is_loopback(host: str) -> bool:
    """Returns whether a host name or IP address is a loopback address of this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
