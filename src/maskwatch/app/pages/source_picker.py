"""The controls by which the visitor chooses the source of the live picture."""

from __future__ import annotations

import streamlit as st

from maskwatch.app.live import server_source
from maskwatch.app.live.server_source import DEMO, DEMO_CLIP, ServerSource
from maskwatch.app.pages.wording import escape_markdown
from maskwatch.errors import SourceError

BROWSER = "My camera"
_DEMO = "Demo"
_STREAM = "Network stream"
_CAMERA = "Camera of the server"
_FILE = "Video file"
_WIDTH = 480  # pixels; less where there is less


def choose_source(may_open: bool) -> tuple[str, ServerSource | None]:
    """Shows the controls and returns the chosen source.

    Args:
        may_open: Whether to offer the cameras, the network and the files of the server, too.

    Returns:
        The chosen kind, and the source on the server; None for the camera of the browser, and as long as
        the address or path is missing.
    """
    kinds = [BROWSER, *([_DEMO] if DEMO_CLIP.is_file() else [])]
    if may_open:
        kinds += [_STREAM, _CAMERA, _FILE]
    kind = st.segmented_control("Picture from", kinds, default=BROWSER, key="source_kind", required=True)
    try:
        return kind, _details(kind)
    except SourceError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return kind, None


def _details(kind: str) -> ServerSource | None:
    if kind == _DEMO:
        return DEMO
    if kind == _STREAM:
        address = st.text_input(
            "Address of the stream",
            placeholder="rtsp://user:password@camera.local/live",
            type="password",
            help="RTSP or HTTP. It may hold a user name and a password; they are shown nowhere.",
            width=_WIDTH,
            key="stream",
        )
        if address:
            return server_source.stream(address)
        st.caption("Enter the address, then press Start.")
    if kind == _CAMERA:
        number = st.number_input(
            "Number of the camera",
            0,
            63,
            0,
            help="0 is the first camera of this computer.",
            width=_WIDTH // 2,
            key="camera",
        )
        return server_source.camera(int(number))
    if kind == _FILE:
        path = st.text_input(
            "Path of the video",
            placeholder="/home/me/entrance.mp4",
            help="A video on this computer. It is played over and over.",
            width=_WIDTH,
            key="file",
        )
        if path:
            return server_source.video_file(path)
        st.caption("Enter the path, then press Start.")
    return None
