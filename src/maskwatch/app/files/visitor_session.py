"""Ends the visit of somebody who left: gives back memory of results and uploads, threads and handles."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
from collections.abc import Coroutine
from typing import Final

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SECONDS: Final = 10.0
_GRACE_SECONDS: Final = 100.0
"""Time in which a visitor may come back. Streamlit keeps the visit for a little longer
(`server.disconnectedSessionTTL`), so that it is still there to be ended; by itself it would forget it only
when another visitor leaves."""

_TIDY_SECONDS: Final = 2.0
"""Between the end of a visit and the collecting of its memory, in which others may end."""

_loop: asyncio.AbstractEventLoop | None = None
_ending: Final[set[asyncio.Task[None]]] = set()


def use_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Says in which event loop the server runs; None when it ends."""
    global _loop
    _loop = loop


def session_id() -> str:
    """Returns the id of the visit whose page is running; "" where there is none."""
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def end_session(session: str) -> None:
    """Ends a visit, unless the visitor is back: Streamlit would keep what was uploaded and shown for long.

    Must not be called from the event loop.
    """
    loop = _loop
    if loop is not None and session and runtime.exists():
        # The server may be ending: then everything goes.
        with contextlib.suppress(RuntimeError, TimeoutError):
            asyncio.run_coroutine_threadsafe(_close(session), loop).result(_SECONDS)
    _collect()


def end_when_left() -> None:
    """Has the visit whose page is running ended a while after the visitor has left."""
    if session := session_id():
        _presence(session)


def _end_later(session: str) -> None:
    loop = _loop
    if loop is not None:
        with contextlib.suppress(RuntimeError):  # the server is ending
            loop.call_soon_threadsafe(loop.call_later, _GRACE_SECONDS, _end, session)


def _end(session: str) -> None:
    """Ends a visit, in the event loop. The memory of all that end together is collected once."""
    if not runtime.exists():
        return
    if not _ending:
        _keep(_tidy())
    _keep(_close(session))


def _keep(work: Coroutine[None, None, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _ending.add(task)  # the event loop alone would let go of it
    task.add_done_callback(_ending.discard)


async def _tidy() -> None:
    await asyncio.sleep(_TIDY_SECONDS)
    await asyncio.to_thread(_collect)


# The only sign of a visitor leaving: Streamlit releases what is cached for the visit.
@st.cache_resource(scope="session", on_release=_end_later, show_spinner=False)
def _presence(session: str) -> str:
    return session


async def _close(session: str) -> None:
    server = runtime.get_instance()
    if server.is_active_session(session):
        return
    # Streamlit's loop holds the last visit until there is another one: what is in it goes now.
    manager = getattr(server, "_session_mgr", None)
    visit = None if manager is None else manager.get_session_info(session)
    server.close_session(session)
    if visit is not None:
        visit.session.session_state.clear()
    # The first round, at the end of the visit, only marked what could be downloaded.
    server.media_file_mgr.remove_orphaned_files()


def _collect() -> None:
    """Gives freed memory back to the system, where the C library (glibc) would keep it for later."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
