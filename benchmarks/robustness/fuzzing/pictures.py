"""Pictures of every kind that is read."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from benchmarks.robustness.fuzzing.kind import Kind
from benchmarks.robustness.fuzzing.mutation import mutated_bytes
from maskwatch.data.picture_files import read_header
from maskwatch.errors import DataError
from maskwatch.sources.images import decode_image
from maskwatch.sources.media_kinds import is_video_data


def picture_seeds(folder: Path) -> list[bytes]:
    """Returns small good pictures: all formats, colour modes and ways to compress them."""
    values = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    colour = PIL.Image.fromarray(values).resize((48, 36), PIL.Image.Resampling.BICUBIC)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    frames: dict[str, Any] = {"save_all": True, "append_images": [colour.rotate(90), colour.rotate(180)]}
    deep = PIL.Image.fromarray((np.arange(36 * 48).reshape(36, 48) * 31 % 65536).astype(np.uint16))
    made: list[tuple[PIL.Image.Image, str, dict[str, Any]]] = [
        (colour, "JPEG", {"exif": exif}),
        (colour, "JPEG", {"progressive": True}),
        (colour.convert("CMYK"), "JPEG", {}),
        (colour.convert("L"), "JPEG", {"quality": 30}),
        (colour, "PNG", {"exif": exif}),
        (colour.convert("P"), "PNG", {"transparency": 0}),
        (colour.convert("RGBA"), "PNG", {}),
        (colour.convert("1"), "PNG", {}),
        (deep, "PNG", {}),
        (colour, "PNG", frames),
        (colour, "WEBP", {"quality": 60}),
        (colour, "WEBP", {"lossless": True, "exif": exif.tobytes()}),
        (colour, "WEBP", frames),
        (colour.convert("P"), "GIF", frames),
        (colour, "TIFF", {"exif": exif}),
        (colour, "TIFF", {"compression": "tiff_lzw"}),
        (colour, "TIFF", {"compression": "tiff_adobe_deflate"}),
        (colour, "TIFF", {"compression": "jpeg"}),
        (colour.convert("1"), "TIFF", {"compression": "group4"}),
        (deep, "TIFF", {}),
        (colour, "TIFF", frames),
        (colour, "BMP", {}),
        (colour.convert("P"), "BMP", {}),
        (colour, "PPM", {}),
        (colour.convert("L"), "PPM", {}),
    ]
    seeds = []
    for picture, form, options in made:
        out = io.BytesIO()
        picture.save(out, form, **options)
        seeds.append(out.getvalue())
    if "AVIF" in PIL.Image.SAVE:
        out = io.BytesIO()
        colour.save(out, "AVIF")
        seeds.append(out.getvalue())
        # The boxes of HEIC are those of AVIF; only the brand is another.
        seeds.append(out.getvalue().replace(b"avif", b"heic"))
    seeds.append(b"P3\n2 2\n255\n" + b" ".join(b"%d" % (20 * i) for i in range(12)) + b"\n")
    seeds.append(struct.pack(">I4s4sI4s", 24, b"ftyp", b"heic", 0, b"mif1") + bytes(4) + seeds[0][:200])
    return seeds


def read_picture(data: bytes, folder: Path) -> None:
    """Decodes a picture, reads its header as data sets do, and asks whether it is a video."""
    is_video_data(data[:4096], "picture.jpg")
    path = folder / "picture"
    path.write_bytes(data)
    try:
        header = read_header(path)
        assert min(header.upright) >= 0
    except DataError:
        pass
    image = decode_image(data, max_megapixels=20)
    assert image.dtype == np.uint8, image.dtype
    assert image.ndim == 3, image.shape
    assert image.shape[2] == 3, image.shape
    assert 0 < image.shape[0] * image.shape[1] <= 20e6, image.shape


def _mutate(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return mutated_bytes(data, chance, others)


PICTURES = Kind("pictures", picture_seeds, _mutate, read_picture, share=4.0)
"""Picture files of all formats."""
