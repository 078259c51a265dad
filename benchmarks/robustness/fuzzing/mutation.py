"""Damages inputs at random: bytes, texts and the values of a JSON document. Pure, given the chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

VALUES: Final[tuple[Any, ...]] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1e300,
        -1e300,
        10**400,
        0.5,
        "",
        "1",
        "nan",
        "a\x00b",
        "\x1b[2J\n",
        "ü" * 300,
    ),
    *([], [[]], {}, [1, [2, [3]]], {"id": {"id": []}}, "x" * 5000, "../..", "/", float("nan"), float("inf")),
    *(2**31, 2**63, -(2**31), 1e-320, "\ud800", "\u202e", "=1+1", "NaN", "null"),
)
"""What a value of a document is replaced by."""

PIECES: Final = (
    *(b"", b"\x00", b"\xff\xfe", b"\n", b" ", b"-", b"nan", b"1e999", b"9" * 5000, b"[" * 3000, b"{", b"}"),
    *(b"\xef\xbb\xbf", b"&a *a", b'"', b"'", b"<", b"</object>", b"<!--", b"\x1b[31m", "é".encode("cp1252")),
)
"""What is put into the bytes of a text."""

_NUMBERS: Final = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    60_000,
)
"""Numbers at which programs that count break."""


def mutated_bytes(data: bytes, chance: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """Returns a binary file with a few faults: flipped bits, odd numbers, lost, doubled or foreign parts.

    Args:
        data: The file; headers come first in most formats, so half of the faults are in its first part.
        chance: Decides.
        others: Files of which a part may be put in.
    """
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 12))):
        if not out:
            break
        reach = min(len(out), 300) if chance.random() < 0.5 else len(out)
        place = chance.randrange(reach)
        kind = chance.randrange(8)
        length = min(len(out) - place, chance.choice((1, 2, 4, 16, 64, 1000)))
        if kind <= 1:
            out[place] ^= 1 << chance.randrange(8)
        elif kind == 2:
            out[place] = chance.randrange(256)
        elif kind == 3:
            size = chance.choice((1, 2, 4, 8))
            number = chance.choice(_NUMBERS) & (256**size - 1)
            out[place : place + size] = number.to_bytes(size, chance.choice(("big", "little")))
        elif kind == 4:
            del out[place : place + length]
        elif kind == 5:
            out[place:place] = out[place : place + length] * chance.choice((1, 1, 2, 20))
        elif kind == 6:
            del out[place + 1 :]  # cut off
        else:
            foreign = chance.choice(others) if others else bytes(chance.randrange(256) for _ in range(length))
            start = chance.randrange(len(foreign) + 1)
            out[place : place + length] = foreign[start : start + length]
    return bytes(out)


def mutated_text(data: bytes, chance: random.Random) -> bytes:
    """Returns the bytes of a text of which a few stretches are replaced, doubled or taken away."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 4, 20)))
        piece = chance.choice((*PIECES, data[start:end] * 2, bytes([chance.randrange(256)])))
        data = data[:start] + piece + data[end:]
    return data


def mutated_values(content: Any, chance: random.Random) -> Any:
    """Returns a JSON value of which a few parts are replaced or taken away."""
    if chance.random() < 0.08:
        return chance.choice(VALUES)
    if isinstance(content, dict):
        items = [(key, mutated_values(value, chance)) for key, value in content.items()]
        return dict(item for item in items if chance.random() > 0.04)
    if isinstance(content, list):
        items = [mutated_values(value, chance) for value in content]
        return [item for item in items if chance.random() > 0.04] * chance.choice((1, 1, 1, 2))
    return content
