from __future__ import annotations

from typing import Any

import pytest

from maskwatch.cli.alert_options import alert_settings
from maskwatch.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ([], {}),
        (["no-mask=2.5"], {"no_mask": True, "after": 2.5}),
        (["no-mask"], {"no_mask": True}),
        (["no-mask=off"], {"no_mask": False}),
        (["worn-wrongly"], {"worn_wrongly": True}),
        (["worn-wrongly = 5"], {"worn_wrongly": True, "wrong_after": 5.0}),
        (["remind=10"], {"remind": 10.0}),
        (["remind=off"], {"remind": None}),
        (["low-share=80"], {"share_below": 80.0}),
        (["crowded=12"], {"most_people": 12}),
        (["lost=off"], {"lost_after": 0.0}),
        (["zone=Door", "zone=Back door"], {"zones": ("Door", "Back door")}),
        (["no-mask=off", "no-mask=4"], {"no_mask": True, "after": 4.0}),
        (["crowded=3", "remind=1"], {"most_people": 3, "remind": 1.0}),
    ],
)
def test_rules_become_settings(given: list[str], settings: dict[str, Any]) -> None:
    assert alert_settings(given) == settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nomask=3", "did you mean no-mask?"),
        ("", "Rules are no-mask"),
        ("zone=", "Rules are"),
        ("crowded", "needs a whole number, such as crowded=10, or crowded=off"),
        ("crowded=2.5", "needs a whole number"),
        ("no-mask=", "needs a number"),
        ("no-mask=nan", "needs a number"),
        ("lost=1e999", "needs a number"),
    ],
)
def test_nonsense_is_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        alert_settings([text])
    assert message in str(caught.value)
    assert str(caught.value).startswith("--alert")
    assert "\n" not in str(caught.value)
