"""The zones of a visit: drawn on the page or read from a file, else those of the settings."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final

import streamlit as st

from maskwatch.errors import ConfigError
from maskwatch.people.zones import Zone
from maskwatch.zone_files import load_zones, zones_from

_LARGEST: Final = 100_000
"""Characters of a file or of what the page sends."""


class PageZones:
    """The zones of one source.

    Args:
        key: Of the source, without secrets.
        configured: Those of the settings, which stand until others are drawn.
    """

    def __init__(self, key: str, configured: tuple[Zone, ...]) -> None:
        self.key = key
        self._configured = configured
        self._drawn: dict[str, tuple[Zone, ...]] = st.session_state.setdefault("zones", {})

    @property
    def current(self) -> tuple[Zone, ...]:
        """The zones to use."""
        return self._drawn.get(self.key, self._configured)

    @property
    def error(self) -> str:
        """One line about zones that were just refused; "" for none."""
        return str(st.session_state.get("zone_error", ""))

    @property
    def answer(self) -> int:
        """Number of the answers so far: the page sees by it that it was answered, even if nothing changed."""
        return int(st.session_state.get("zone_answers", 0))

    def take(self, value: object) -> None:
        """Takes what was drawn on the page, if it makes sense."""
        st.session_state.zone_answers = self.answer + 1
        try:
            if len(json.dumps(value)) > _LARGEST:
                raise ConfigError("the zones are too many to be sent")
            self._keep(zones_from(value))
        except ConfigError as error:
            st.session_state.zone_error = str(error)

    def take_file(self, value: object) -> None:
        """Takes the zones of a file: its name and its text."""
        st.session_state.zone_answers = self.answer + 1
        try:
            self._keep(_read(value))
        except ConfigError as error:
            st.session_state.zone_error = str(error)

    def _keep(self, zones: tuple[Zone, ...]) -> None:
        self._drawn[self.key] = zones
        st.session_state.zone_error = ""


def _read(value: object) -> tuple[Zone, ...]:
    """Returns the zones of a file that was loaded in the browser.

    Raises:
        ConfigError: It is too large or no file of zones.
    """
    name, text = (
        (str(value.get(key, "")) for key in ("name", "text")) if isinstance(value, dict) else ("", "")
    )
    if len(text) > _LARGEST:
        raise ConfigError(f"{Path(name).name}: too large for a file of zones")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "zones.json" if name.lower().endswith(".json") else "zones.toml")
        file.write_text(text, encoding="utf-8")
        try:
            return load_zones(file)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(file), Path(name).name)) from None
