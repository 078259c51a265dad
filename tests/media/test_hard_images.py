"""Pictures that are rare, deep, large or made to do harm."""

from __future__ import annotations

import io
import logging
import struct
import sys
import types
import zlib
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageFile
import PIL.PngImagePlugin
import pytest

from made import files
from maskwatch import load
from maskwatch.data.picture_files import picture_size
from maskwatch.errors import DataError, SourceError
from maskwatch.sources.images import decode_image, read_image
from maskwatch.sources.jpeg_scans import MAX_SCANS, count_scans, too_much_work


def quarters(mode: str = "RGB") -> PIL.Image.Image:
    """A picture of 90 x 60: red, green over blue, white."""
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[:30, :45], pixels[:30, 45:] = (255, 0, 0), (0, 255, 0)
    pixels[30:, :45], pixels[30:, 45:] = (0, 0, 255), (255, 255, 255)
    return PIL.Image.fromarray(pixels).convert(mode)


def saved(picture: PIL.Image.Image, form: str, **options: object) -> bytes:
    memory = io.BytesIO()
    picture.save(memory, form, **options)
    return memory.getvalue()


def progressive() -> bytes:
    return saved(quarters(), "JPEG", progressive=True, quality=90)


# AVIF and HEIC


@pytest.mark.parametrize("brand", [b"avif", b"mif1"])
def test_avif_with_any_main_brand_is_read(brand: bytes, tmp_path: Path) -> None:
    data = bytearray(saved(quarters(), "AVIF", quality=95))
    assert data[4:12] == b"ftypavif"
    data[8:12] = brand
    image = decode_image(bytes(data))
    assert image.shape == (60, 90, 3)
    assert np.abs(image[5, 5].astype(int) - (0, 0, 255)).max() < 12
    (tmp_path / "a.avif").write_bytes(data)
    assert picture_size(tmp_path / "a.avif") == (90, 60)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1", b"hevc"])
def test_heic_without_its_package_is_told_with_the_command(
    brand: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + b"\0" * 90
    with pytest.raises(SourceError, match=r"pip install 'maskwatch\[heif\]'") as caught:
        decode_image(data, "a.heic")
    assert "\n" not in str(caught.value)
    (tmp_path / "a.heic").write_bytes(data)
    with pytest.raises(DataError, match="pip install"):
        picture_size(tmp_path / "a.heic")


class FakeHeif(PIL.ImageFile.ImageFile):
    format = "HEIF"

    def _open(self) -> None:
        self._mode, self._size = "RGB", (6, 4)
        self.im = PIL.Image.new("RGB", (6, 4), (255, 0, 0)).im

    def load(self) -> None:
        return None


def test_heic_is_read_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL.Image, "OPEN", {**PIL.Image.OPEN})
    package = types.ModuleType("pillow_heif")
    package.register_heif_opener = lambda: PIL.Image.OPEN.update(HEIF=(FakeHeif, None))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pillow_heif", package)
    image = decode_image(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 90)
    assert image.shape == (4, 6, 3)
    assert (image == (0, 0, 255)).all()


# Deep pictures


def read_grey(values: np.ndarray, tmp_path: Path, suffix: str = ".png") -> np.ndarray:
    path = tmp_path / f"deep{suffix}"
    path.write_bytes(cv2.imencode(suffix, values)[1].tobytes())
    return read_image(path)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize(("low", "high"), [(0, 1023), (0, 4095), (29_000, 31_000)])
def test_grey_that_uses_little_of_16_bits_is_stretched(
    low: int, high: int, suffix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """10 and 12 bits, and hundredths of kelvin."""
    ramp = np.linspace(low, high, 400).astype(np.uint16).reshape(1, 400).repeat(20, axis=0)
    with caplog.at_level(logging.INFO, "maskwatch"):
        image = read_grey(ramp, tmp_path, suffix)
    assert image[0, 0].tolist() == [0, 0, 0]
    assert image[0, -1].tolist() == [255, 255, 255]
    assert 120 <= image[0, 200, 0] <= 135
    (told,) = [record.getMessage() for record in caplog.records]
    assert "deep" in told
    assert "stretched" in told


def test_a_flat_picture_and_a_full_one_stay_as_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "maskwatch"):
        assert (read_grey(np.full((9, 9), 30_000, np.uint16), tmp_path) == 30_000 // 256).all()
        ramp = np.arange(0, 65536, 256, dtype=np.uint16).reshape(1, 256).repeat(4, axis=0)
        np.testing.assert_array_equal(read_grey(ramp, tmp_path)[0, :, 1], np.arange(256))
    assert not caplog.records


@pytest.mark.parametrize("scale", [(20.0, 37.0), (290.0, 310.0), (-5.0, 30.0), (0.0, 0.1)])
def test_temperatures_in_floating_point_are_stretched(scale: tuple[float, float], tmp_path: Path) -> None:
    ramp = np.linspace(*scale, 400, dtype=np.float32).reshape(1, 400).repeat(20, axis=0)
    PIL.Image.fromarray(ramp).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert (image[0, 0, 0], image[0, -1, 0]) == (0, 255)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_colours_of_10_bits_are_stretched(suffix: str, tmp_path: Path) -> None:
    values = np.asarray(quarters())[..., ::-1].astype(np.uint16) * 4
    image = read_grey(values, tmp_path, suffix)
    assert image[5, 5].tolist() == [0, 0, 255]
    assert image[55, 80].tolist() == [255, 255, 255]


def test_the_face_in_a_thermal_or_10_bit_picture_is_found(tmp_path: Path) -> None:
    engine = load()
    grey = cv2.cvtColor(files.small(), cv2.COLOR_BGR2GRAY).astype(np.uint16)
    for values in (grey * 4, 29_000 + grey * 8):
        (tmp_path / "a.png").write_bytes(cv2.imencode(".png", values)[1].tobytes())
        assert engine.detect(tmp_path / "a.png").labels == ["without_mask"]


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_the_size_in_the_header_is_that_of_the_picture(suffix: str, orientation: int, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    quarters().save(path, exif=exif)
    height, width = read_image(path).shape[:2]
    assert picture_size(path) == (width, height)


# Harm


def test_other_formats_are_refused_whatever_the_name(tmp_path: Path) -> None:
    harmful = {
        "eps.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n",
        "pdf.png": b"%PDF-1.4\n" + b"0" * 99,
        "wmf.tif": b"\xd7\xcd\xc6\x9a\0\0" + b"\0" * 99,
        "fits.jpg": b"SIMPLE  =                    T" + b" " * 2850,
        "ico.png": saved(quarters(), "ICO"),
        "tga.bmp": saved(quarters(), "TGA"),
    }
    for name, data in harmful.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError, match="not a picture") as caught:
            read_image(tmp_path / name)
        assert "\n" not in str(caught.value)
        with pytest.raises(DataError):
            picture_size(tmp_path / name)


def with_scans(count: int) -> bytes:
    """A progressive JPEG with empty scans before its second one."""
    data = progressive()
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    return data[:second] + b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" * count + data[second:]


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    usual = count_scans(progressive())
    assert 2 <= usual <= 20
    assert count_scans(with_scans(50)) == usual + 50
    assert decode_image(with_scans(50)).shape == (60, 90, 3)
    data = with_scans(60_000)
    assert count_scans(data) == MAX_SCANS + 1
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with pytest.raises(SourceError, match="too many scans; save it again"):
        decode_image(data, "a.jpg")
    with pytest.raises(SourceError, match="too many scans; save it again"):
        read_image(path)


def test_large_pictures_may_have_fewer_scans() -> None:
    assert not too_much_work(with_scans(80), 1000, 1000)
    assert too_much_work(with_scans(80), 8000, 8000)
    assert not too_much_work(progressive(), 8000, 8000)


def test_what_follows_or_hides_in_a_jpeg_is_no_scan() -> None:
    marker = b"\xff\xda\x00\x08"
    assert count_scans(progressive() + 200 * marker) == count_scans(progressive())  # a short video at the end
    thumbnail = b"\xff\xe5" + (2 + 4 * 200).to_bytes(2, "big") + marker * 200
    data = progressive()
    assert count_scans(data[:2] + thumbnail + data[2:]) == count_scans(data)
    assert decode_image(data + 200 * marker).shape == (60, 90, 3)
    assert count_scans(b"\xff\xd8") == 0
    assert count_scans(b"\xff\xd8\xff\xda") == 1


@pytest.mark.parametrize(
    ("form", "options", "most"),
    [
        ("WEBP", {}, 0.4),
        ("AVIF", {}, 0.4),
        ("JPEG", {"progressive": True}, 0.7),
        ("JPEG", {}, 1),
        ("PNG", {}, 1),
    ],
)
def test_what_takes_more_memory_may_be_less_large(
    form: str, options: dict[str, object], most: float, tmp_path: Path
) -> None:
    megapixels = 90 * 60 / 1e6
    path = tmp_path / "a"
    path.write_bytes(saved(quarters(), form, **options))
    assert read_image(path, megapixels / most * 1.01).shape == (60, 90, 3)
    with pytest.raises(SourceError, match=r"more than the .* million that are read"):
        read_image(path, megapixels / most * 0.99)


@pytest.mark.parametrize("chunk", [b"zTXt", b"iCCP"])
def test_compressed_text_in_a_png_does_not_fill_the_memory(chunk: bytes) -> None:
    data = saved(quarters(), "PNG")
    body = b"name\0\0" + zlib.compress(b"\0" * 80_000_000)
    bomb = struct.pack(">I", len(body)) + chunk + body + struct.pack(">I", zlib.crc32(chunk + body))
    end = data.index(b"IDAT") - 4
    with pytest.raises(SourceError, match="damaged picture") as caught:
        decode_image(data[:end] + bomb + data[end:])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [files.cmyk, files.alpha, files.palette, files.animated, files.grey])
def test_large_pictures_are_converted_in_strips_as_small_ones(make: files.Maker, tmp_path: Path) -> None:
    """More rows than a strip has: what Pillow makes of the whole is what comes out."""
    tall = np.asarray(cv2.resize(files.small(), (64, 700)), np.uint8)
    path = make(tmp_path, image=tall)  # type: ignore[call-arg]
    image = read_image(path)
    with PIL.Image.open(path) as picture:
        whole = picture.convert("RGBA")
    white = PIL.Image.new("RGB", whole.size, (255, 255, 255))
    white.paste(whole, mask=whole)
    assert np.abs(image.astype(int) - np.asarray(white)[..., ::-1]).max() <= 1
