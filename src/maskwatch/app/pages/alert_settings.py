"""The alert settings that matter, in the sidebar."""

from __future__ import annotations

from typing import Final

import streamlit as st

from maskwatch.settings import Alerts

_LONGEST: Final = 15.0
_NEVER: Final = 0.0
_REMINDERS: Final = (_NEVER, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Minutes."""


def alert_settings(configured: Alerts) -> Alerts:
    """Shows the controls; returns the settings with what the visitor chose.

    Args:
        configured: The settings of the file and the environment: the controls begin there.
    """
    st.subheader("Alerts")
    after = _seconds("No mask, after (seconds)", configured.after, "alert_after", "be without a mask")
    wrongly = st.toggle("Masks worn wrongly, too", value=configured.worn_wrongly, key="alert_wrongly")
    wrong_after = configured.wrong_after
    if wrongly:
        wrong_after = _seconds(
            "Worn wrongly, after (seconds)", wrong_after, "alert_wrong_after", "wear the mask wrongly"
        )
    usual = _NEVER if configured.remind is None else configured.remind
    reminders = sorted({*_REMINDERS, usual})
    remind = st.selectbox(
        "Remind while it lasts",
        reminders,
        reminders.index(usual),
        format_func=lambda minutes: f"every {minutes:g} min" if minutes else "never",
        key="alert_remind",
    )
    return configured.model_copy(
        update={"after": after, "worn_wrongly": wrongly, "wrong_after": wrong_after, "remind": remind or None}
    )


def _seconds(label: str, start: float, key: str, what: str) -> float:
    return st.slider(
        label,
        0.0,
        _LONGEST,
        min(start, _LONGEST),
        0.5,
        format="%g s",
        help=f"How long somebody must {what} before sound and alert come.",
        key=key,
    )
