"""The first page: live video."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import streamlit as st

from maskwatch.annotate import STYLES, UNCERTAIN, UNCLASSIFIED, Style
from maskwatch.app import visitor
from maskwatch.app.corrections.freeze import correct_live
from maskwatch.app.corrections.storage import CorrectionStorage
from maskwatch.app.error_line import show_error
from maskwatch.app.live.element import live_element
from maskwatch.app.live.server_source import DEMO, DEMO_CLIP, ServerSource
from maskwatch.app.live.tickets import Ticket
from maskwatch.app.pages import source_address
from maskwatch.app.pages.page_zones import PageZones
from maskwatch.app.pages.sidebar import Choices
from maskwatch.app.pages.source_address import BROWSER, kind_in, source_in
from maskwatch.app.pages.source_picker import choose_demo, choose_source, typed
from maskwatch.app.pages.wording import TILES
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.errors import ConfigError, SourceError
from maskwatch.factory import rules
from maskwatch.people.zones import Zone
from maskwatch.zone_files import dump_zones

# Longest side in pixels of the pictures that the browser sends: enough for faces across a room.
_SEND_SIDE = 800
_RETRY = 5  # seconds, after which a kiosk tries a source again that could not be used
_PRIVACY = "The picture goes to the computer that runs maskwatch, and is not stored."


def _style(style: Style) -> dict[str, Any]:
    return {
        "text": style.text,
        "symbol": style.symbol,
        "colour": style.css,
        "weight": style.weight,
        "dashed": style.dashed,
    }


def _privacy(source: ServerSource | None, storage: CorrectionStorage | None) -> str:
    """Returns the sentence about what happens to the pictures."""
    if storage is not None and storage.is_on:
        return "Pictures are stored only if you freeze and correct them."
    return _PRIVACY if source is None else "Nothing is stored."


def _lead(kind: str, source: ServerSource | None) -> str:
    """Returns what stands above the Start button."""
    if kind == BROWSER:
        return "Press Start and allow the camera."
    if source is None:
        return f"Enter {typed(kind)} above, then press Start."
    return f"Press Start to watch {source.name}."


def _update_ticket(setup: StreamSetup, source: ServerSource | None) -> Ticket:
    """Returns the ticket of this page, with the current settings."""
    ticket: Ticket | None = st.session_state.get("ticket")
    if ticket is None:
        ticket = st.session_state.ticket = Ticket(setup)
    ticket.setup = setup
    ticket.source = source
    return ticket


def _source(is_kiosk: bool) -> tuple[str, ServerSource | None]:
    """Returns the kind of source and the source: of a kiosk from the address, else as the visitor chooses."""
    may_open = choices.settings.app.share_sources or visitor.is_local()
    if not is_kiosk:
        with st.container(horizontal=True, vertical_alignment="center", key="source"):
            st.title("Who wears a mask?", anchor=False, width="content")
            return choose_source(may_open)
    source = source_in(st.query_params)
    kind = kind_in(st.query_params) or BROWSER
    if kind not in (BROWSER, source_address.DEMO_CLIP) and not may_open:
        raise SourceError("the sources of this computer are not shared with visitors from elsewhere")
    return kind, source


@st.fragment(run_every=_RETRY)
def _try_again() -> None:
    """Runs the page again after a while: a kiosk has nobody who reloads it."""
    tried = st.session_state.setdefault("kiosk_failed_at", time.monotonic())
    if time.monotonic() - tried >= _RETRY / 2:
        del st.session_state.kiosk_failed_at
        st.rerun()


def _with_zones(setup: StreamSetup, zones: tuple[Zone, ...]) -> StreamSetup:
    """Returns the setup with these zones.

    Where an alert is to watch a zone that is none of them, this is said, and the whole picture is watched:
    the page has to stay, for there the zone can be drawn.
    """
    settings = setup.settings.model_copy(update={"zones": zones})
    try:
        rules(settings.alerts, zones)
    except ConfigError as error:
        show_error(f"{error}. Until it is drawn, the alerts watch the whole picture.")
        alerts = settings.alerts.model_copy(update={"zones": ()})
        settings = settings.model_copy(update={"alerts": alerts})
    return replace(setup, settings=settings)


st.session_state.pop("uploads_seen", None)  # the list of uploads is gone, but their results stay
choices: Choices = st.session_state.choices
kiosk = st.query_params.get("kiosk") == "1"
try:
    kind, source = _source(kiosk)
except SourceError as error:
    if not kiosk:
        raise
    show_error(f"{error}. Trying again every {_RETRY} seconds.")
    _try_again()
    st.stop()
zones = PageZones(kind if source is None else source.name, choices.settings.zones)
ticket = _update_ticket(_with_zones(choices.live_setup(), zones.current), source)
storage: CorrectionStorage | None = st.session_state.storage
live_element(
    {
        "token": ticket.token,
        "source": "camera" if kind == BROWSER else "chosen",
        "source_key": "" if source is None else source.name,
        # What is typed reaches the server when the field loses the focus: by the click on Start itself.
        "typed": "" if kiosk else typed(kind),
        "lead": _lead(kind, source),
        "badge": "" if source is None else source.name,
        "privacy": _privacy(source, storage),
        "demo": DEMO_CLIP.is_file(),
        "demo_key": DEMO.name,
        "send_side": _SEND_SIDE,
        "kiosk": kiosk,
        "zones": [zone.record() for zone in zones.current],
        "zones_key": zones.key,
        "zones_toml": dump_zones(zones.current),
        "zone_error": zones.error,
        "zone_answer": zones.answer,
        "start": st.query_params.get("start") == "1",
        "styles": {
            **{label: _style(style) for label, style in STYLES.items()},
            "uncertain": _style(UNCERTAIN),
            "face": _style(UNCLASSIFIED),
        },
        "tiles": [
            {"key": key, "text": text, "symbol": style.symbol, "colour": style.css}
            for key, text, style in TILES
        ],
    },
    on_demo=choose_demo,
    on_zones=zones.take,
    on_zone_file=zones.take_file,
)
if not kiosk:
    if storage is not None:
        correct_live(ticket, "live picture" if source is None else source.name, storage)
    st.markdown("maskwatch finds every face and says whether its mask is on, missing or worn wrongly.")
    st.page_link(
        "files.py", label="Photos or videos instead? Check them here.", icon=":material/photo_library:"
    )
