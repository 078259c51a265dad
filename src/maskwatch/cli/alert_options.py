"""The option --alert: rules without a settings file, such as `--alert no-mask=5 --alert crowded=10`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.settings import Settings

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


def with_alerts(settings: Settings, given: Sequence[str]) -> Settings:
    """Returns the settings with other rules.

    Args:
        settings: All settings.
        given: The options, each as NAME or NAME=VALUE.

    Raises:
        ConfigError: There is no such rule, or its value makes no sense.
    """
    from pydantic import ValidationError

    if not given:
        return settings
    changes: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if name == _ZONE and value:
            changes["zones"] = (*changes.get("zones", ()), value)
        elif name in _RULES:
            changes |= _of_rule(name, _RULES[name], value, bool(equals))
        else:
            close = difflib.get_close_matches(name, [*_RULES, _ZONE], n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise ConfigError(f"--alert {text}: {hint}Rules are {', '.join(_RULES)}, and zone=NAME")
    section = type(settings.alerts)
    try:
        alerts = section(**{**settings.alerts.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"--alert: setting alerts.{where}: {first['msg']}, got {first['input']!r}"
        ) from None
    return settings.model_copy(update={"alerts": alerts})


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
