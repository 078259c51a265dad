"""Addresses of streams as people write them: taken apart, mended, and shown without their secrets. Pure.

RFC 3986, section 3.2, wants `#`, `/`, `?`, `@`, `:`, `%` and brackets of a password written as `%23` and so
on. Cameras' passwords hold them, and people paste them as they are: what can be understood is understood.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import quote

from maskwatch.errors import SourceError

SCHEMES: Final = frozenset("rtsp rtsps http https rtmp rtmps udp tcp srt".split())
"""Kinds of addresses that are streams."""

HIDDEN: Final = "***"
"""What stands in place of a secret."""

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s\[\]@/?#:]+)(?::[0-9]{1,5})?(?=[/?#]|$)")
_KEPT: Final = "!$&'()*+,;=-._~"  # RFC 3986 allows them in user names and passwords as they are
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
# Parameters that cameras take in the path or the query: user=admin&password=1234&channel=1
_SECRET: Final = re.compile(
    r"(?i)\b(user|usr|username|login|pass|passwd|password|pwd|psw|pw|token|access_token|auth|authorization|key"
    r"|api_?key|secret|sig|signature|session|sid|ticket|credentials?)=([^&;/?#\s]*)"
)


class Address(NamedTuple):
    """An address in parts.

    Attributes:
        scheme: In lower case, such as "rtsp".
        login: User name and password as they stand before the "@"; "" without.
        host: Host and port.
        rest: Path, query and fragment.
    """

    scheme: str
    login: str
    host: str
    rest: str

    @property
    def url(self) -> str:
        """The address with user name and password written as RFC 3986 wants them."""
        if not self.login:
            return f"{self.scheme}://{self.host}{self.rest}"
        user, colon, password = self.login.partition(":")
        return f"{self.scheme}://{_encoded(user)}{colon}{_encoded(password)}@{self.host}{self.rest}"

    @property
    def shown(self) -> str:
        """The address without user name, password and query, and without secrets in its path."""
        return f"{self.scheme}://{self.host}{_public(self.rest)}"


def is_address(text: str) -> bool:
    """Whether a text is an address and no path: it begins with a scheme and "://"."""
    return _SCHEME.match(text) is not None


def read_address(text: str) -> Address:
    """Takes an address apart.

    Raises:
        SourceError: It cannot be understood, or is of no known kind; the message holds no secret.
    """
    scheme, _, rest = text.strip().partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise SourceError(
            f"{without_secrets(text)}: unknown kind of address; known are {', '.join(sorted(SCHEMES))}"
        )
    split = _split_login(rest)
    if split is None:
        raise SourceError(
            f"{scheme}://...: not an address that can be understood. Write special characters of the user"
            " name and the password as codes: # is %23, % is %25, / is %2F, : is %3A, ? is %3F, @ is %40,"
            " [ is %5B, ] is %5D"
        )
    login, after = split
    match = _HOST.match(after)
    assert match is not None
    return Address(scheme, login, match.group(), after[match.end() :])


def without_secrets(text: str) -> str:
    """A source as it may be shown and stored: an address without user name, password, query and tokens."""
    scheme, mark, rest = text.partition("://")
    if not mark or _SCHEME.match(text) is None:
        return text
    split = _split_login(rest)
    # What cannot be understood is cut at the last "@": rather too much is hidden than a part of a password.
    after = rest.rpartition("@")[2] if split is None else split[1]
    return f"{scheme.lower()}://{_public(after)}"


def _public(rest: str) -> str:
    """The part of an address before its query, secrets of its path hidden."""
    return _SECRET.sub(rf"\1={HIDDEN}", re.split(r"[?#]", rest, maxsplit=1)[0])


def _split_login(rest: str) -> tuple[str, str] | None:
    """What stands before and after the "@" of the login; None where no host can be found."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, mark, _ = authority.rpartition("@")
    if mark and _HOST.match(rest[len(login) + 1 :]):
        return login, rest[len(login) + 1 :]
    if not mark and _HOST.match(rest):
        return "", rest
    # A password with / ? or # in it: the first "@" that a host follows ends it.
    for at in (match.start() for match in re.finditer("@", rest)):
        if _HOST.match(rest[at + 1 :]):
            return rest[:at], rest[at + 1 :]
    return None


def _encoded(part: str) -> str:
    """Encodes what is not encoded yet."""
    kept: list[str] = []
    end = 0
    for match in _ENCODED.finditer(part):
        kept += [quote(part[end : match.start()], safe=_KEPT), match.group()]
        end = match.end()
    return "".join(kept) + quote(part[end:], safe=_KEPT)
