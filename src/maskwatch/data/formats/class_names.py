"""What class names mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import ConfigError, DataError
from maskwatch.types import LABELS

MEANINGS: Final = (*LABELS, "face", "ignore")
"""What a class can mean: a state, a face whose state is unknown, or a box to leave alone."""

STATES: Final[Mapping[str, int]] = {label: state for state, label in enumerate(LABELS)}
"""The state (index into `LABELS`) that each label names."""

# Spellings found in public data sets, none of which can mean anything else.
_ALIASES: Final[Mapping[str, str]] = {
    "mask": "with_mask",
    "masked": "with_mask",
    "withmask": "with_mask",
    "face_mask": "with_mask",
    "no_mask": "without_mask",
    "nomask": "without_mask",
    "unmasked": "without_mask",
    "withoutmask": "without_mask",
    "mask_weared_incorrect": "mask_worn_incorrectly",
    "mask_worn_incorrect": "mask_worn_incorrectly",
    "incorrect_mask": "mask_worn_incorrectly",
    "incorrectly_masked": "mask_worn_incorrectly",
    "wrong_mask": "mask_worn_incorrectly",
}

_SPLIT: Final = re.compile(
    r"(?:(?P<train>train(?:ing)?)|(?P<val>val(?:id(?:ation)?)?)|(?P<test>test(?:ing)?))\d*"
)
_SPLIT_PART: Final = re.compile(rf"(?<![a-z]){_SPLIT.pattern}(?![a-z])")


def parse_names(text: str) -> dict[str, str]:
    """Reads the `--names` option: "theirs=ours,theirs=ours".

    Raises:
        ConfigError: A part is no such pair, or names no meaning that maskwatch knows.
    """
    names = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        theirs, equals, ours = (piece.strip() for piece in part.partition("="))
        if not (theirs and equals and ours in MEANINGS):
            raise ConfigError(
                f"--names: {part!r} is not of the form NAME=MEANING, where MEANING is one of"
                f" {', '.join(MEANINGS)}"
            )
        names[theirs] = ours
    return names


def meaning_of(name: str, names: Mapping[str, str]) -> str | None:
    """One of `MEANINGS`, or None if neither `names` nor maskwatch knows the name."""
    if name in names:
        return names[name] if names[name] in MEANINGS else None
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    plain = _ALIASES.get(plain, plain)
    return plain if plain in MEANINGS else None


def state_of(name: str, names: Mapping[str, str], where: str) -> int | None:
    """The state that a class name means: an index into `LABELS`, `UNKNOWN`, or None for "ignore".

    Args:
        name: As the data set writes it.
        names: What the user says that names mean: name -> one of `MEANINGS`.
        where: The file, for the message.

    Raises:
        DataError: Neither `names` nor maskwatch knows the name.
    """
    meaning = meaning_of(name, names)
    if meaning is None:
        raise DataError(
            f"{where}: no idea what the class {name!r} means; map it, for example"
            f' --names "{name}=with_mask" (or {", ".join(MEANINGS[1:-1])} or ignore)'
        )
    if meaning == "ignore":
        return None
    return STATES.get(meaning, UNKNOWN)


def split_named(name: str, anywhere: bool = False) -> str:
    """The split that a name speaks of: "train", "val", "test", or "".

    Args:
        name: Of a folder, or of a file without its suffix.
        anywhere: Whether the word may be a part of the name, as in "instances_train2017".
    """
    plain = name.lower()
    match = (_SPLIT_PART.search if anywhere else _SPLIT.fullmatch)(plain)
    return next((split for split, text in match.groupdict().items() if text), "") if match else ""
