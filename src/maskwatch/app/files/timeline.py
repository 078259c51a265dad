"""The timeline below a video: a lane a person with the states over time; a click there moves the video."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import streamlit as st

from maskwatch.annotate import STYLES, UNCERTAIN
from maskwatch.app.pages.wording import exact_duration, percent
from maskwatch.people.summary import STATES, PeopleSummary

_HERE: Final = Path(__file__).parent

# The element moves the video that Streamlit shows: Streamlit serves the file wherever the app is served, and
# nothing has to run anew.
_ELEMENT: Final = st.components.v2.component(
    "maskwatch_timeline",
    html=(_HERE / "timeline.html").read_text(encoding="utf-8"),
    css=(_HERE / "timeline.css").read_text(encoding="utf-8"),
    js=(_HERE / "timeline.js").read_text(encoding="utf-8"),
)


def video_with_timeline(video: Path, people: PeopleSummary, mime: str, key: str) -> None:
    """Shows a video with the timeline of its people.

    Args:
        video: A file that browsers play.
        people: Who was seen in it.
        mime: Type of the file.
        key: Makes the keys of the elements of different files distinct.
    """
    player = f"{key}-player"
    with st.container(key=player):
        st.video(str(video), format=mime)
    _ELEMENT(key=f"{key}-timeline", data=timeline_data(people, _selector(player)))


def timeline_data(people: PeopleSummary, player: str) -> dict[str, Any]:
    """Returns what timeline.js reads, ready for JSON.

    Args:
        people: Who was seen in the video.
        player: CSS selector of what holds the video.
    """
    states = []
    for state in STATES:
        style = UNCERTAIN if state is None else STYLES[state]
        states.append(
            {
                "key": state or "undecided",
                "text": style.text,
                "symbol": style.symbol,
                "colour": style.css,
                "share": people.share_in(state) or 0.0,
                "words": f"{percent(people.share_in(state))} ({exact_duration(people.seconds_in(state))})",
            }
        )
    return {
        "player": player,
        "length": round(people.length, 3),
        "states": states,
        "people": [
            {
                "number": person.track_id,
                "spans": [
                    [round(span.start, 3), round(span.end, 3), STATES.index(span.state)]
                    for span in person.spans
                ],
            }
            for person in people.persons
        ],
        "events": [
            {"t": round(event.t, 3), "message": event.message, "number": event.track_id}
            for event in people.events
        ],
    }


def _selector(key: str) -> str:
    """Returns the selector of a container by its key, as Streamlit writes its class."""
    return f".st-key-{re.sub(r'[^a-zA-Z0-9_-]', '-', key.strip())}"
