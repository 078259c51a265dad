"""Ends the visit of somebody who left: gives the memory of results and uploads back."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
from typing import Final

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SECONDS: Final = 10.0
_loop: asyncio.AbstractEventLoop | None = None


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
    gc.collect()
    _trim()


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


def _trim() -> None:
    """Gives freed memory back to the system, where the C library (glibc) would keep it for later."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
