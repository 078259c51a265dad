"""Meanings of class names and of split names in data sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import ConfigError, DataError
from maskwatch.types import LABELS

MEANINGS: Final = (*LABELS, "face", "ignore")
"""Meanings of a class: a state, a face whose state is unknown, or a box to ignore."""

STATES: Final[Mapping[str, int]] = {label: state for state, label in enumerate(LABELS)}
"""Label -> state (index into `LABELS`)."""

# Spellings in public data sets. None of them can mean anything else.
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
    """Parses the `--names` option: "theirs=ours,theirs=ours".

    Returns:
        Class name in the data set -> one of `MEANINGS`.

    Raises:
        ConfigError: A part is no such pair, or its meaning is unknown.
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
    """Returns one of `MEANINGS`, or None if neither `names` nor maskwatch knows the class name."""
    if name in names:
        return names[name] if names[name] in MEANINGS else None
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    plain = _ALIASES.get(plain, plain)
    return plain if plain in MEANINGS else None


def state_of(name: str, names: Mapping[str, str], where: str) -> int | None:
    """Returns the state that a class name means.

    Args:
        name: Class name in the data set.
        names: Meanings given by the user: class name -> one of `MEANINGS`.
        where: The file, for the error message.

    Returns:
        Index into `LABELS`, `UNKNOWN` for a face of unknown state, or None for "ignore".

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
    """Returns the split that a name means: "train", "val", "test", or "" for none.

    Args:
        name: Of a folder, or of a file without its suffix.
        anywhere: Whether the split may be a part of the name, as in "instances_train2017".
    """
    plain = name.lower()
    match = (_SPLIT_PART.search if anywhere else _SPLIT.fullmatch)(plain)
    return next((split for split, text in match.groupdict().items() if text), "") if match else ""
