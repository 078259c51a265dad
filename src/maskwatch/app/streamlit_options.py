"""The options of Streamlit that the app needs, however it is started.

`maskwatch app` passes them; `streamlit run` reads the same from `.streamlit/config.toml`, which
`scripts/generate_streamlit_config.py` writes from here.
"""

from __future__ import annotations

import json
from typing import Final

from maskwatch.app.pages.theme import THEME

_UPLOAD_MB: Final = 1024
_MESSAGE_MB: Final = 32  # also the limit of a WebSocket message

OPTIONS: Final[dict[str, object]] = {
    "server.fileWatcherType": "none",
    "server.maxUploadSize": _UPLOAD_MB,
    "server.maxMessageSize": _MESSAGE_MB,
    "server.disconnectedSessionTTL": 120,  # a visitor who left is waited for less long: files/workspace.py
    "server.showEmailPrompt": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "client.showSidebarNavigation": False,
    "runner.magicEnabled": False,
    **THEME,
}


def options_toml() -> str:
    """Returns the text of `.streamlit/config.toml`."""
    sections: dict[str, list[str]] = {}
    for name, value in OPTIONS.items():
        section, _, key = name.rpartition(".")
        # Strings, numbers, booleans and lists of them are written alike in JSON and in TOML.
        sections.setdefault(section, []).append(f"{key} = {json.dumps(value)}")
    parts = ["\n".join([f"[{section}]", *lines]) for section, lines in sections.items()]
    note = "# Written by scripts/generate_streamlit_config.py: change the code, then `make reference`."
    return "\n\n".join([note, *parts]) + "\n"
