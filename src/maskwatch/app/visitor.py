"""The visitor of the page."""

from __future__ import annotations

import streamlit as st

from maskwatch.app.guard import is_local_user


def is_local() -> bool:
    """Returns whether the visitor sits at the computer that runs maskwatch."""
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    bound_to = st.get_option("server.address") or "0.0.0.0"
    return is_local_user(headers, st.context.ip_address, bound_to)
