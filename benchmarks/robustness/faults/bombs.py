"""Decompression bombs: small files that ask for gigabytes are refused before they are decoded."""

from __future__ import annotations

import io
import resource
import struct
import time
import zlib
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import av
import numpy as np
import PIL.Image

from benchmarks.robustness.faults.outcome import Outcome
from maskwatch.errors import SourceError
from maskwatch.sources.images import decode_image
from maskwatch.sources.video import VideoFile

_SIDE: Final = 60_000
_PAGES: Final = 1000


def png_bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels that says so."""
    out = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")):
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out


def many_pages(form: str) -> bytes:
    """A GIF or TIFF of a thousand pages."""
    noise = np.random.default_rng(0).integers(0, 256, (_PAGES, 64, 64), np.uint8)
    pages = [PIL.Image.fromarray(page) for page in noise]
    out = io.BytesIO()
    pages[0].save(out, form, save_all=True, append_images=pages[1:])
    return out.getvalue()


def claiming(form: str, at: bytes, offset: int, size: int, order: str) -> bytes:
    """A small picture whose header claims 60,000 x 60,000 pixels.

    Args:
        form: Pillow's name of the format.
        at: A mark in the header.
        offset: From its beginning to the two sides.
        size: Bytes of each side.
        order: Of these bytes: ">" or "<".
    """
    out = io.BytesIO()
    PIL.Image.new("RGB", (64, 64)).save(out, form)
    data = bytearray(out.getvalue())
    place = data.index(at) + offset
    data[place : place + 2 * size] = struct.pack(f"{order}2{'H' if size == 2 else 'I'}", _SIDE, _SIDE)
    return bytes(data)


def picture_bombs() -> list[Outcome]:
    """Decodes each bomb among pictures."""
    bombs: dict[str, tuple[Callable[[], bytes], bool]] = {
        "a PNG of 60,000 x 60,000 pixels": (png_bomb, True),
        "a JPEG that claims 60,000 x 60,000 pixels": (
            lambda: claiming("JPEG", b"\xff\xc0", 5, 2, ">"),
            True,
        ),
        "a BMP that claims 60,000 x 60,000 pixels": (lambda: claiming("BMP", b"BM", 18, 4, "<"), True),
        "a GIF of 1000 pictures": (lambda: many_pages("GIF"), False),
        "a TIFF of 1000 pages": (lambda: many_pages("TIFF"), False),
    }
    outcomes = []
    for name, (make, refused) in bombs.items():
        data = make()
        before, began = _peak_mb(), time.process_time()
        try:
            decode_image(data)
            answer = "its first picture"
        except SourceError:
            answer = "refused"
        grown, cpu = _peak_mb() - before, time.process_time() - began
        held = (answer == "refused") == refused and grown < 200 and cpu < 5
        figures = {
            "answer": answer,
            "file_kb": len(data) // 1000,
            "peak_grown_mb": round(grown),
            "cpu_s": round(cpu, 2),
        }
        outcomes.append(Outcome(name, 1, "one picture", "nothing", held, figures))
    return outcomes


def video_bombs() -> list[Outcome]:
    """Opens videos that claim 60,000 x 60,000 pixels, and reads one that never ends."""
    outcomes = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mkv")
        _write(path)
        data = path.read_bytes()
        for name, old, new in (
            ("a Matroska file that claims 60,000 x 60,000 pixels", b"\xb0\x81\x40\xba\x81\x30", None),
        ):
            wide = data.replace(old, b"\xb0\x82\xea\x60\xba\x82\xea\x60") if new is None else new
            path.write_bytes(wide)
            outcomes.append(_opened(name, path, changed=wide != data))
        endless = Path(folder, "endless.ts")
        _write(endless)
        piece = endless.read_bytes()
        with endless.open("ab") as file:
            for _ in range(3000):
                file.write(piece)
        before, began = _peak_mb(), time.process_time()
        frames, last = 0, -1.0
        grows = True
        for frame in islice(VideoFile(str(endless)), 20_000):
            grows = grows and frame.t > last
            frames, last = frames + 1, frame.t
        grown = _peak_mb() - before
        figures = {
            "frames": frames,
            "hours": round(last / 3600, 2),
            "peak_grown_mb": round(grown),
            "cpu_s": round(time.process_time() - began, 1),
        }
        held = grows and grown < 50 and frames == 20_000
        outcomes.append(
            Outcome("one clip joined to itself 3000 times", 3000, "one file read", "nothing", held, figures)
        )
    return outcomes


def _opened(name: str, path: Path, changed: bool) -> Outcome:
    before, began = _peak_mb(), time.process_time()
    frames = 0
    try:
        frames = sum(1 for _ in islice(VideoFile(str(path)), 50))
        answer = f"{frames} frames of the size that the codec says"
    except SourceError:
        answer = "refused"
    grown, cpu = _peak_mb() - before, time.process_time() - began
    figures = {"answer": answer, "peak_grown_mb": round(grown), "cpu_s": round(cpu, 2)}
    return Outcome(name, 1, "one file opened", "nothing", changed and grown < 200 and cpu < 5, figures)


def _write(path: Path) -> None:
    """Writes a clip of ten frames of 64 x 48 pixels."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = Fraction(1, 10)
        for number in range(10):
            out.mux(
                video.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * number, np.uint8), "bgr24"))
            )
        out.mux(video.encode(None))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
