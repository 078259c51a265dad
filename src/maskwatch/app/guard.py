"""Who may do what: checks on where a request comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a WebSocket was opened by a page of this very server.

    Browsers let any page open WebSockets to any server and tell only the page's origin. A request
    without an origin does not come from a browser's page; the token alone decides about it.

    Args:
        headers: Of the request, with names in lower case.
    """
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def is_local_user(headers: Mapping[str, str], address: str | None, bound_to: str) -> bool:
    """Whether the person sits at this computer, so that its cameras and files are theirs.

    Not so behind a proxy on this computer, nor when a foreign name was made to point here.

    Args:
        headers: Of the page's request, with names in lower case.
        address: IP address of the other side; None for this computer.
        bound_to: Address that the server listens on.
    """
    if any(name in headers for name in _FORWARDED) or not same_origin(headers):
        return False
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return all(is_loopback(name) for name in (host, address or "127.0.0.1", bound_to))


def is_loopback(host: str) -> bool:
    """Whether a name or address is this computer's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
