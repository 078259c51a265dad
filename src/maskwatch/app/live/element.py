"""The live element of the page: picture, controls, counts and alert. Its scripts are plain modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import streamlit as st

SCRIPT_FOLDER: Final = "/maskwatch/live"
"""Path under which the server serves the scripts."""

_KEY: Final = "live"
_HERE: Final = Path(__file__).parent

# Streamlit takes one script as text. This one only loads the real scripts, which import each other. The app
# may be served below a path ("/masks/"), by itself or by a proxy, so that only the page's own address tells
# where they are. Pages are one level deep: usually the first attempt is right.
_LOADER: Final = """
const load = async (script) => {
  const parts = location.pathname.split("/");
  const bases = [parts.slice(0, -1), parts];
  for (let n = parts.length - 2; n > 0; n--) bases.push(parts.slice(0, n));
  for (const base of bases) {
    try {
      return await import(new URL(`${base.join("/")}${script}`, location.origin).href);
    } catch (error) {
      console.debug("maskwatch:", error.message);
    }
  }
  throw new Error(
    `The scripts of the live picture (${script}) are not served here. ` +
      "Start the app by: maskwatch app, or: streamlit run streamlit_app.py"
  );
};
let scripts;
export default async function (component) {
  scripts ??= load(component.data.script);
  try {
    return (await scripts).update(component);
  } catch (error) {
    scripts = undefined;
    throw error;
  }
}
"""

_ELEMENT: Final = st.components.v2.component(
    "maskwatch_live",
    html=(_HERE / "index.html").read_text(encoding="utf-8"),
    css=(_HERE / "style.css").read_text(encoding="utf-8"),
    js=_LOADER,
)


def live_element(
    data: dict[str, Any],
    on_demo: Callable[[], None],
    on_zones: Callable[[object], None],
    on_zone_file: Callable[[object], None],
) -> None:
    """Shows the live element, or updates it at the next run of the page.

    Args:
        data: Settings of the element, ready for JSON; scripts/element.js reads them.
        on_demo: Called when the visitor starts the demo from the element.
        on_zones: Called with the zones that were drawn, as lists of records.
        on_zone_file: Called with the name and the text of a file of zones.
    """
    requests = st.session_state.setdefault("start_requests", 0)

    def count_request() -> None:
        st.session_state.start_requests = requests + 1

    _ELEMENT(
        key=_KEY,
        data={"script": f"{SCRIPT_FOLDER}/element.js", "start_request": requests, **data},
        # The element asks for a new run of the page when its token is unknown: the server was restarted...
        on_renew_change=lambda: None,
        # ...and when Start was clicked: what was just typed is known in that run.
        on_start_change=count_request,
        on_demo_change=on_demo,
        on_zones_change=lambda: on_zones(_told("zones")),
        on_zone_file_change=lambda: on_zone_file(_told("zone_file")),
    )


def _told(name: str) -> object:
    """Returns the value that came with a request of the element."""
    return st.session_state[_KEY].get(name)
