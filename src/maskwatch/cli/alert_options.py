"""The option --alert: rules without a settings file, such as `--alert no-mask=5 --alert crowded=10`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from maskwatch.errors import ConfigError

_OFF: Final = "off"

AlertRules = Annotated[
    list[str] | None,
    typer.Option(
        "--alert",
        metavar="RULE",
        help="no-mask=SECONDS, worn-wrongly=SECONDS, remind=MINUTES, low-share=PERCENT, crowded=PEOPLE,"
        " lost=SECONDS or zone=NAME; RULE=off ends one. May be repeated; what is not named stays as the"
        " settings say.",
    ),
]


@dataclass(frozen=True)
class _Rule:
    """How a rule is set.

    Attributes:
        value: Setting of the section `alerts` that takes the number.
        switch: Setting that puts the rule to use; "" for one that the number itself puts to use.
        whole: Whether the number is a whole one.
        never: What the number's setting is for a rule without a switch that is not to be used.
    """

    value: str
    switch: str = ""
    whole: bool = False
    never: float | None = None


_RULES: Final[Mapping[str, _Rule]] = {
    "no-mask": _Rule("after", "no_mask"),
    "worn-wrongly": _Rule("wrong_after", "worn_wrongly"),
    "remind": _Rule("remind"),
    "low-share": _Rule("share_below"),
    "crowded": _Rule("most_people", whole=True),
    "lost": _Rule("lost_after", never=0.0),
}
_ZONE: Final = "zone"


def alert_settings(given: Sequence[str]) -> dict[str, Any]:
    """Returns the settings of the section `alerts` that options stand for; None: taken away.

    Args:
        given: The options, each as NAME or NAME=VALUE.

    Raises:
        ConfigError: There is no such rule, or its value is no number.
    """
    settings: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name == _ZONE and value:
            settings["zones"] = (*settings.get("zones", ()), value)
        elif name in _RULES:
            settings |= _of_rule(name, _RULES[name], value, bool(equals))
        else:
            close = difflib.get_close_matches(name, [*_RULES, _ZONE], n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise ConfigError(f"--alert {text}: {hint}Rules are {', '.join(_RULES)}, and zone=NAME")
    return settings


def _of_rule(name: str, rule: _Rule, value: str, has_value: bool) -> dict[str, Any]:
    """Returns the settings that one option stands for."""
    if value == _OFF:
        return {rule.switch: False} if rule.switch else {rule.value: rule.never}
    switched = {rule.switch: True} if rule.switch else {}
    if not has_value and switched:
        return switched
    try:
        number = int(value) if rule.whole else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        kind = "a whole number" if rule.whole else "a number"
        raise ConfigError(f"--alert {name}={value}: needs {kind}, such as {name}=10, or {name}={_OFF}")
    return {**switched, rule.value: number}
