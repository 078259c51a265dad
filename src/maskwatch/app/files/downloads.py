"""Buttons that download a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

JSONL: Final = "application/jsonl"
CSV: Final = "text/csv"
MP4: Final = "video/mp4"


def download(label: str, data: str | bytes | Callable[[], bytes], name: str, mime: str, key: str) -> None:
    """Shows a button that downloads a file; the page is not run again.

    Args:
        label: The text of the button.
        data: What is in the file; a function is asked for it at the click.
        name: Name of the file.
        mime: Its type.
        key: Makes the keys of the buttons of different files distinct.
    """
    st.download_button(
        label, data, name, mime, on_click="ignore", icon=":material/download:", key=f"{key}-download"
    )
