"""Shows what went wrong as one line."""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

from maskwatch import crash_log
from maskwatch.app import visitor
from maskwatch.app.pages.wording import escape_markdown

# "/srv/maskwatch/" of "/srv/maskwatch/face.onnx", but nothing of an address such as "rtsp://cam/live".
_FOLDERS: Final = re.compile(r"""(?<![\w:/\\.])(?:[A-Za-z]:[\\/]|~?/)(?:[^\s\\/:;,'"]+[\\/])+""")


def show_error(error: Exception | str) -> None:
    """Shows an error. Visitors from elsewhere do not read in which folders of this computer files lie."""
    text = str(error)
    st.error(escape_markdown(text if visitor.is_local() else without_folders(text)), icon=":material/error:")


def show_unforeseen(error: Exception) -> None:
    """Shows that something failed that nobody foresaw; its traceback goes to the log.

    Visitors from elsewhere read no more: what failed may name files and folders of this computer.
    """
    line = crash_log.unforeseen(error)
    if not visitor.is_local():
        line = "an error that maskwatch did not foresee; its log tells more to whoever runs it"
    st.error(escape_markdown(f"This page met {line}. Reload it to go on."), icon=":material/error:")


def without_folders(text: str) -> str:
    """Returns a message with the names of files alone where it names their paths."""
    return _FOLDERS.sub("", text)
