"""Files as users have them, good and bad: every function writes one into a folder and returns its path.

    path = exif_rotated(tmp_path, image)

Where no picture is given, `small()` is taken: one person without a mask, 320 x 240.
"""

from __future__ import annotations

import struct
import wave
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image as Pillow

from maskwatch.types import Image

from .scenes import Place, scene, walk, write_clip

Maker = Callable[[Path], Path]
"""Writes a file into a folder and says which."""


@cache
def small() -> Image:
    """One person without a mask, (240, 320, 3) uint8, BGR; not to be written to."""
    image = scene([Place("none", x=160, y=105, face=70)], size=(320, 240)).image
    image.setflags(write=False)
    return image


def _pillow(image: Image | None) -> Pillow.Image:
    return Pillow.fromarray(cv2.cvtColor(small() if image is None else image, cv2.COLOR_BGR2RGB))


# Good pictures.


def plain_jpeg(folder: Path, image: Image | None = None, name: str = "plain.jpg") -> Path:
    """A common JPEG."""
    path = folder / name
    _pillow(image).save(path, quality=95)
    return path


def exif_rotated(folder: Path, image: Image | None = None, orientation: int = 6) -> Path:
    """A JPEG whose pixels lie turned or mirrored and whose EXIF tag says so: upright it is `image`.

    Args:
        folder: Where to write.
        image: The picture as a person is to see it.
        orientation: EXIF's 1 to 8; telephones held upright write 6.
    """
    turn = {
        2: Pillow.Transpose.FLIP_LEFT_RIGHT,
        3: Pillow.Transpose.ROTATE_180,
        4: Pillow.Transpose.FLIP_TOP_BOTTOM,
        5: Pillow.Transpose.TRANSPOSE,
        6: Pillow.Transpose.ROTATE_90,
        7: Pillow.Transpose.TRANSVERSE,
        8: Pillow.Transpose.ROTATE_270,
    }
    picture = _pillow(image)
    if orientation in turn:
        picture = picture.transpose(turn[orientation])
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    path = folder / f"rotated_{orientation}.jpg"
    picture.save(path, quality=95, exif=exif)
    return path


def png16(folder: Path, image: Image | None = None) -> Path:
    """A colour PNG of 16 bits a channel."""
    deep = (small() if image is None else image).astype(np.uint16) * 257
    path = folder / "deep.png"
    path.write_bytes(cv2.imencode(".png", deep)[1].tobytes())
    return path


def grey16(folder: Path, image: Image | None = None) -> Path:
    """A grey PNG of 16 bits."""
    grey = cv2.cvtColor(small() if image is None else image, cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257
    path = folder / "grey16.png"
    path.write_bytes(cv2.imencode(".png", grey)[1].tobytes())
    return path


def grey(folder: Path, image: Image | None = None) -> Path:
    """A grey JPEG."""
    path = folder / "grey.jpg"
    _pillow(image).convert("L").save(path, quality=95)
    return path


def alpha(folder: Path, image: Image | None = None) -> Path:
    """A PNG with an alpha channel, half transparent in its left half."""
    picture = _pillow(image).convert("RGBA")
    cover = Pillow.new("L", picture.size, 255)
    cover.paste(128, (0, 0, picture.width // 2, picture.height))
    picture.putalpha(cover)
    path = folder / "alpha.png"
    picture.save(path)
    return path


def palette(folder: Path, image: Image | None = None) -> Path:
    """A PNG with a palette of 64 colours."""
    path = folder / "palette.png"
    _pillow(image).quantize(64).save(path)
    return path


def cmyk(folder: Path, image: Image | None = None) -> Path:
    """A JPEG in the four colours of print."""
    path = folder / "cmyk.jpg"
    _pillow(image).convert("CMYK").save(path, quality=95)
    return path


def animated(folder: Path, ending: str = ".gif", image: Image | None = None) -> Path:
    """Three frames that differ: the picture, then darker each time; `ending` is .gif, .webp or .png."""
    first = _pillow(image)
    others = [first.point([round(v * share) for v in range(256)] * 3) for share in (0.7, 0.4)]
    path = folder / f"animated{ending}"
    first.save(path, save_all=True, append_images=others, duration=100, loop=0)
    return path


# Bad pictures.


def truncated_jpeg(folder: Path, image: Image | None = None, keep: float = 0.5) -> Path:
    """A JPEG that ends too early, as after a broken download."""
    path = plain_jpeg(folder, image, "truncated.jpg")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    return path


def empty(folder: Path, name: str = "empty.jpg") -> Path:
    """A file of no bytes."""
    path = folder / name
    path.write_bytes(b"")
    return path


def text_as_jpeg(folder: Path) -> Path:
    """Text that is named like a picture."""
    path = folder / "text.jpg"
    path.write_text("This is not a picture.\n", encoding="utf-8")
    return path


def huge_png(folder: Path, width: int = 20_000, height: int = 20_000) -> Path:
    """A valid black PNG of a few kilobytes that would fill the memory: one bit a pixel, all zeros."""
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + (width + 7) // 8)
    block = row * 100
    data = b"".join(packer.compress(block) for _ in range(height // 100))
    data += packer.compress(row * (height % 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path = folder / "huge.png"
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks))
    return path


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# Videos, good and bad.


def clip(folder: Path, name: str = "clip.mp4", frames: int = 25, fps: int = 25) -> Path:
    """One person without and one with a mask, drifting; the name's ending says what is written."""
    path = folder / name
    places = [Place("none", x=95, y=95, face=60), Place("correct", x=225, y=100, face=64)]
    made = (made for _, made in zip(range(frames), walk(places, size=(320, 240), fps=fps), strict=False))
    write_clip(path, made, fps)
    return path


def frameless_video(folder: Path) -> Path:
    """A sound MP4 without any picture: there is no video stream in it."""
    path = folder / "frameless.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def undecodable_video(folder: Path) -> Path:
    """An MP4 whose index is whole and whose frames are noise: it opens, but nothing can be decoded."""
    path = clip(folder, "undecodable.mp4", frames=5)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    noise = np.random.default_rng(0).integers(0, 256, len(data) - start, dtype=np.uint8)
    data[start:] = noise.tobytes()
    path.write_bytes(data)
    return path


def truncated_video(folder: Path, keep: float = 0.6) -> Path:
    """An MP4 that ends too early: its first frames can be decoded."""
    path = clip(folder, "truncated.mp4")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def sound(folder: Path) -> Path:
    """A WAV file: a good file of a kind that holds no pictures."""
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", "not compressed"))
        file.writeframes(b"\0\0" * 800)
    return path
