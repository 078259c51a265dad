"""The live element of the page: picture, controls, counts and alert. Its scripts are plain modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import streamlit as st

SCRIPT_FOLDER: Final = "/maskwatch/live"
"""Path under which the server serves the scripts."""

_HERE: Final = Path(__file__).parent

# Streamlit takes one script as text. This one only loads the real scripts, which import each other.
_LOADER: Final = """
export default async function (component) {
  const address = new URL(component.data.script, document.baseURI);
  const { update } = await import(address.href);
  return update(component);
}
"""

_ELEMENT: Final = st.components.v2.component(
    "maskwatch_live",
    html=(_HERE / "index.html").read_text(encoding="utf-8"),
    css=(_HERE / "style.css").read_text(encoding="utf-8"),
    js=_LOADER,
)


def live_element(data: dict[str, Any]) -> None:
    """Shows the live element, or updates it at the next run of the page.

    Args:
        data: Settings of the element, ready for JSON; scripts/element.js reads them.
    """
    _ELEMENT(
        key="live",
        data={"script": f"{SCRIPT_FOLDER}/element.js", **data},
        # The element asks for a new run of the page when its token is unknown: the server was restarted.
        on_renew_change=lambda: None,
    )
