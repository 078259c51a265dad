"""The controls by which the visitor chooses the source of the live picture."""

from __future__ import annotations

import cv2
import streamlit as st

from maskwatch.app.error_line import show_error
from maskwatch.app.live import cameras, server_source
from maskwatch.app.live.server_source import DEMO, ServerSource
from maskwatch.app.pages import source_address
from maskwatch.app.pages.source_address import BROWSER, CAMERA, DEMO_CLIP, FILE, STREAM
from maskwatch.errors import SourceError
from maskwatch.geometry import letterbox_size
from maskwatch.sources.addresses import without_secrets

_WIDTH = 480  # pixels; less where there is less
_KIND = "source_kind"
_TYPED = {STREAM: "the address of the stream", FILE: "the path of the video"}
_LAST_CAMERA = 63


def choose_source(may_open: bool) -> tuple[str, ServerSource | None]:
    """Shows the controls and returns the chosen source.

    Args:
        may_open: Whether to offer the cameras, the network and the files of the server, too.

    Returns:
        The chosen kind, and the source on the server; None for the camera of the browser, and as long as
        the address or path is missing.
    """
    kinds = [BROWSER, *([DEMO_CLIP] if server_source.DEMO_CLIP.is_file() else [])]
    if may_open:
        kinds += [STREAM, CAMERA, FILE]
    if st.session_state.get(_KIND) not in kinds:
        _recall(kinds)
    chosen = st.segmented_control(
        "Picture from", kinds, key=_KIND, required=True, label_visibility="collapsed", wrap=True
    )
    kind = chosen or BROWSER
    source = None
    try:
        source = _details(kind)
    except SourceError as error:
        show_error(error)
    _note(kind, source)
    return kind, source


def _recall(kinds: list[str]) -> None:
    """Chooses what the address of the page names, if it may be chosen."""
    kind = source_address.kind_in(st.query_params)
    st.session_state[_KIND] = kind if kind in kinds else BROWSER
    field = source_address.field_in(st.query_params, kind or "") if kind in kinds else ""
    if kind == STREAM and field:
        _keep_address(field)
    elif kind == FILE and field:
        st.session_state.file = field
    elif kind == CAMERA and field.isdecimal():
        st.session_state.camera = st.session_state.camera_wanted = min(int(field), _LAST_CAMERA)


def _note(kind: str, source: ServerSource | None) -> None:
    """Writes the source into the address of the page: a reload comes back to it. Passwords stay out."""
    field = "" if source is None else source.address
    if kind == STREAM and without_secrets(field) != field:
        field = ""
    wanted = source_address.parameters_of(kind, field)
    for name in source_address.names():
        if name not in wanted and name in st.query_params:
            del st.query_params[name]
        elif name in wanted and st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]


def choose_demo() -> None:
    """Chooses the demo, as a click on its name would; a callback."""
    st.session_state[_KIND] = DEMO_CLIP


def typed(kind: str) -> str:
    """Returns what has to be typed for this kind of source, in words; "" for nothing."""
    return _TYPED.get(kind, "")


def _details(kind: str) -> ServerSource | None:
    if kind == DEMO_CLIP:
        return DEMO
    if kind == STREAM:
        address = _address()
        return server_source.stream(address) if address else None
    if kind == CAMERA:
        return _camera()
    if kind == FILE:
        path = st.text_input(
            "Path of the video",
            placeholder="/home/me/entrance.mp4",
            help="A video on this computer. It is played over and over.",
            width=_WIDTH,
            key="file",
        )
        return server_source.video_file(path) if path.strip() else None
    return None


def _address() -> str:
    """Shows the field for the address; returns the address with its password, which the field then hides."""
    shown = st.text_input(
        "Address of the stream",
        placeholder="rtsp://user:password@camera.local/live",
        help="RTSP or HTTP. It may hold a user name and a password; they are hidden as soon as you have typed"
        " them.",
        width=_WIDTH,
        key="stream",
        on_change=_hide_secrets,
    ).strip()
    hidden, address = st.session_state.get("stream_secret", ("", ""))
    if not shown or shown != hidden:
        return shown
    st.caption(
        "User name, password and options are kept, but not shown. Type the whole address to change it."
    )
    return str(address)


def _hide_secrets() -> None:
    """Leaves in the field only what everybody may read. A callback: only there a field may be changed."""
    address = st.session_state.stream.strip()
    hidden, _ = st.session_state.get("stream_secret", ("", ""))
    if address == hidden:
        return
    _keep_address(address)


def _keep_address(address: str) -> None:
    """Puts an address into the field without its secrets, which are kept beside it."""
    shown = without_secrets(address)
    st.session_state.stream_secret = (shown, address) if shown != address else ("", "")
    st.session_state.stream = shown


def _camera() -> ServerSource:
    names = {camera.number: camera.name for camera in cameras.server_cameras()}
    if names:
        if (wanted := st.session_state.pop("camera_wanted", None)) in names:
            st.session_state.named_camera = wanted
        number = st.selectbox(
            "Camera",
            list(names),
            format_func=lambda number: f"{names[number]} (camera {number})",
            width=_WIDTH,
            key="named_camera",
        )
    else:
        number = int(
            st.number_input(
                "Number of the camera",
                0,
                _LAST_CAMERA,
                help="0 is the first camera of this computer.",
                width=_WIDTH // 2,
                key="camera",
            )
        )
    source = server_source.camera(number, names.get(number, ""))
    if st.button("Show one picture", icon=":material/photo_camera:", key="camera_preview"):
        with st.spinner("Opening the camera …"):
            image = server_source.first_picture(source)
        height, width = image.shape[:2]
        small = cv2.resize(image, letterbox_size(width, height, _WIDTH), interpolation=cv2.INTER_AREA)
        st.image(small, channels="BGR", alt=f"What {source.name} shows", width=small.shape[1])
    return source
