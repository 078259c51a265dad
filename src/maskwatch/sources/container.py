"""Opens files and addresses with FFmpeg, within limits: protocols, formats and sizes that are safe.

FFmpeg reads far more than videos. A text file can be drawn as a terminal, a play list can name other files of
this computer or open connections, and a header of a few bytes can ask for gigabytes. All are refused.
"""

from __future__ import annotations

import errno
import math
import os
import stat
import time
from typing import Final

import av

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import is_address, without_secrets
from maskwatch.sources.images import MAX_MEGAPIXELS
from maskwatch.sources.play_lists import is_play_list

_FILE_FORMATS: Final = frozenset(
    """
    3gp 3g2 aac ac3 amr asf asf_o au av1 avi bink cavsvideo cine dhav dirac dnxhd dv dvbsub eac3 flac
    film_cpk flv gif gxf h261 h263 h264 hevc ingenient ipu ivf ivr live_flv lxf m4v matroska mjpeg mjpeg_2000
    mlv mov mp3 mp4 mpeg mpegts mpegvideo mpjpeg msnwctcp mtv mv mvi mxf mxg nsv nut nuv obu ogg pmp r3d rm
    roq ser smjpeg smk swf ty vc1 vc1test vivo vvc wav webm wtv xmv yop yuv4mpegpipe
    """.split()
)
_PICTURE_FORMATS: Final = frozenset(
    "image2 bmp_pipe jpeg_pipe png_pipe webp_pipe tiff_pipe jpegxl_pipe".split()
)
_STREAM_FORMATS: Final = _FILE_FORMATS | _PICTURE_FORMATS | {"dash", "hls", "rtp", "rtsp", "webvtt"}

# What each kind of address may open on its way: never "file", so that a play list cannot read this computer.
_WEB: Final = "http,https,httpproxy,tls,tcp,crypto"
_PROTOCOLS: Final = {
    "http": _WEB,
    "https": _WEB,
    "rtsp": "rtsp,rtp,udp,tcp,http,https,tls",
    "rtsps": "rtsp,rtsps,rtp,udp,tcp,http,https,tls",
    "rtmp": "rtmp,rtmpe,rtmpt,ffrtmphttp,ffrtmpcrypt,http,tcp",
    "rtmps": "rtmps,rtmp,rtmpts,ffrtmphttp,ffrtmpcrypt,http,https,tls,tcp",
    "udp": "udp",
    "tcp": "tcp",
    "srt": "srt,udp",
}

_COVER: Final = av.stream.Disposition.attached_pic
_DEFAULT: Final = av.stream.Disposition.default


def open_container(
    path: str,
    name: str,
    options: dict[str, str] | None = None,
    timeout: float | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
) -> av.container.InputContainer:
    """Opens a file or an address that contains video.

    Args:
        path: Path or address.
        name: Name for messages; of an address without its password.
        options: Options for FFmpeg.
        timeout: Seconds after which opening, and each read, is given up; None waits without limit.
        max_megapixels: Videos with larger pictures are refused before one is decoded.

    Raises:
        SourceError: It cannot be opened, contains no video, or its pictures are too large.
    """
    container = open_media(path, name, options, timeout, max_megapixels)
    try:
        stream = _known_video(container, name)
        if not stream.codec_context.width:  # some formats give no size where it is over the limit: ask for it
            container.close()
            container = open_media(path, name, options, timeout)
            stream = _known_video(container, name)
        _check_size(stream, name, max_megapixels)
    except BaseException:
        container.close()
        raise
    # One thread decodes 720p in 2 ms; more of them would take the cores from the networks.
    stream.thread_count = 1
    stream.codec_context.options = _size_limit(
        max_megapixels
    )  # for sizes that are not in the header, or change
    return container


def open_media(
    path: str,
    name: str,
    options: dict[str, str] | None = None,
    timeout: float | None = None,
    max_megapixels: float = math.inf,
) -> av.container.InputContainer:
    """Opens a file or an address with FFmpeg, whatever it contains; see `open_container`.

    Raises:
        SourceError: It cannot be opened.
    """
    limits = _size_limit(max_megapixels)
    if is_address(path):
        scheme = path.partition("://")[0].lower()
        limits["protocol_whitelist"] = _PROTOCOLS.get(scheme, "none")
        limits["format_whitelist"] = ",".join(sorted(_STREAM_FORMATS))
        target = path
    else:
        _check_file(path, name)
        limits["protocol_whitelist"] = "file"
        limits["format_whitelist"] = ",".join(sorted(_FILE_FORMATS))
        target = f"file:{path}"  # a colon in the name is not the end of a protocol
    started = time.monotonic()
    try:
        return av.open(target, options=limits | (options or {}), timeout=timeout, metadata_errors="replace")
    except av.error.FFmpegError as error:
        # Some protocols call it damaged when nothing came at all.
        if timeout is not None and time.monotonic() - started >= timeout:
            raise SourceError(f"{name}: no answer within {timeout:g} seconds") from None
        raise SourceError(f"{name}: {_explain(error)}") from None  # the error repeats the address
    except (ValueError, UnicodeError, OverflowError) as error:
        raise SourceError(f"{name}: cannot be opened as a video") from error


def video_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Returns the video that a player shows: the default one before others, then the largest; no cover."""

    def rank(stream: av.VideoStream) -> tuple[bool, bool, int]:
        known = getattr(stream, "codec_context", None) is not None
        pixels = stream.codec_context.width * stream.codec_context.height if known else -1
        return not stream.disposition & _COVER, bool(stream.disposition & _DEFAULT), pixels

    return max(container.streams.video, key=rank)


def start_of(container: av.container.InputContainer) -> float:
    """Returns the time in seconds of the first video or audio packet, from which all times are counted."""
    return (container.start_time or 0) / av.time_base


def _known_video(container: av.container.InputContainer, name: str) -> av.VideoStream:
    if not container.streams.video:
        raise SourceError(f"{name}: holds no video")
    stream = video_stream(container)
    if getattr(stream, "codec_context", None) is None:
        raise SourceError(f"{name}: its video is in a format that is not known")
    return stream


def _size_limit(max_megapixels: float) -> dict[str, str]:
    """Returns the option that keeps decoders from larger pictures; a little more, for they round sizes up."""
    return {"max_pixels": str(round(min(max_megapixels * 1.1e6 + 10_000, 2**31 - 1)))}


def _check_size(stream: av.VideoStream, name: str, max_megapixels: float) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    aspect = float(stream.sample_aspect_ratio or 1)
    shown = width * height * (max(aspect, 1 / aspect) if 1 / 8 <= aspect <= 8 else 1)
    if shown > max_megapixels * 1e6:
        raise SourceError(
            f"{name}: {width} x {height} pixels are more than the {max_megapixels:g} million that are read"
            " (setting sources.max_megapixels)"
        )


def _check_file(path: str, name: str) -> None:
    try:
        status = os.stat(path)
    except OSError as error:
        raise SourceError(f"{name}: {explain_missing(error)}") from None
    except ValueError:
        raise SourceError(f"{name}: not a path (it contains a zero byte)") from None
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(f"{name}: a folder, not a video")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{name}: {describe_special(path)}")
    if status.st_size == 0:
        raise SourceError(f"{name}: the file is empty")
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except OSError as error:
        raise SourceError(f"{name}: {explain_missing(error)}") from None
    if is_play_list(head):
        raise SourceError(f"{name}: a play list, not a video; give the files that it names")


def explain_missing(error: OSError) -> str:
    """Returns in a few words why a file cannot be opened."""
    if isinstance(error, PermissionError):
        return "not allowed to read it"
    if error.errno == errno.ENAMETOOLONG:
        return "the name is too long"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "no such file"
    return f"cannot be read ({error.strerror or error})"


def describe_special(path: str) -> str:
    """Returns why a path that is neither a file nor a folder is no source."""
    if os.path.basename(path).startswith("video") and os.path.dirname(path) == "/dev":
        return f"a camera; give its number, {path.removeprefix('/dev/video') or 0}"
    return "neither a file nor a folder; a camera is given by its number, a stream by its address"


_MESSAGES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (av.error.HTTPUnauthorizedError, "wrong or missing user name and password"),
    (av.error.HTTPForbiddenError, "access is forbidden"),
    (av.error.HTTPNotFoundError, "there is nothing at this address"),
    (av.error.ConnectionRefusedError, "nobody answers there (connection refused)"),
    (av.error.TimeoutError, "no answer in time"),
    (av.error.ProtocolNotFoundError, "this kind of address is not known"),
    (av.error.PermissionError, "not allowed to read it"),
    (av.error.InvalidDataError, "not a video, or a damaged one"),
    (av.error.ArgumentError, "not a video, or of a kind that is not read"),  # what is not in the lists above
)


def _explain(error: av.error.FFmpegError) -> str:
    for kind, text in _MESSAGES:
        if isinstance(error, kind):
            return text
    if error.errno == errno.EIO:  # what FFmpeg says of a host name that does not exist
        return "cannot be reached; is the address right?"
    return f"cannot be opened as a video ({without_secrets(str(error.strerror))})"
