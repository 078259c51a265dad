"""Who is in the part of the picture that a rule watches."""

from __future__ import annotations

import pytest

from maskwatch.rules.scope import inside, place
from people import person


@pytest.mark.parametrize(
    ("zones", "zone", "expected"),
    [
        ((), "", True),
        (("door",), "", True),
        ((), "door", False),
        (("hall",), "door", False),
        (("hall", "door"), "door", True),
    ],
)
def test_inside(zones: tuple[str, ...], zone: str, expected: bool) -> None:
    assert inside(person(zones=zones), zone) is expected


def test_place() -> None:
    assert (place("door"), place("")) == (" in zone door", "")
