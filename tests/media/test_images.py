"""Pictures of all forms as files, written by Pillow, OpenCV or by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PIL

from clips import huge_png
from maskwatch.errors import SourceError
from maskwatch.sources.images import Images, decode_image, read_image
from maskwatch.types import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)  # as Pillow writes them


def quarters() -> NDArray[np.uint8]:
    """RGB, 90 x 60: red, green over blue, white."""
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[:30, :45], pixels[:30, 45:], pixels[30:, :45], pixels[30:, 45:] = RED, GREEN, BLUE, WHITE
    return pixels


def corners(image: Image) -> list[tuple[int, ...]]:
    """Colours (RGB) in the middle of the four quarters, line by line."""
    h, w = image.shape[:2]
    return [
        tuple(int(v) for v in image[y, x, ::-1]) for y in (h // 4, 3 * h // 4) for x in (w // 4, 3 * w // 4)
    ]


def near(got: list[tuple[int, ...]], wanted: list[tuple[int, ...]], by: int = 8) -> bool:
    return bool(np.abs(np.array(got) - np.array(wanted)).max() <= by)


SAVERS: dict[str, Callable[[PIL.Image, Path], object]] = {
    "rgb.jpg": lambda p, to: p.save(to, quality=95),
    "progressive.jpg": lambda p, to: p.save(to, quality=95, progressive=True),
    "cmyk.jpg": lambda p, to: p.convert("CMYK").save(to, quality=95),
    "rgb.png": lambda p, to: p.save(to),
    "palette.png": lambda p, to: p.quantize(8).save(to),
    "rgb.webp": lambda p, to: p.save(to, lossless=True),
    "rgb.bmp": lambda p, to: p.save(to),
    "rgb.tif": lambda p, to: p.save(to),
    "cmyk.tif": lambda p, to: p.convert("CMYK").save(to),
    "rgb.gif": lambda p, to: p.save(to),
    "moving.gif": lambda p, to: p.save(to, save_all=True, append_images=[p.rotate(180)], duration=50),
    "moving.webp": lambda p, to: p.save(
        to, save_all=True, append_images=[p.rotate(180)], duration=50, lossless=True
    ),
    "16 bit.png": lambda p, to: to.write_bytes(sixteen_bits(p, ".png")),
    "16 bit.tif": lambda p, to: to.write_bytes(sixteen_bits(p, ".tif")),
}


def sixteen_bits(picture: PIL.Image, suffix: str) -> bytes:
    return cv2.imencode(suffix, np.asarray(picture)[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


@pytest.mark.parametrize("name", SAVERS)
def test_colours_and_form(tmp_path: Path, name: str) -> None:
    SAVERS[name](PIL.fromarray(quarters()), tmp_path / name)
    image = read_image(tmp_path / name)
    assert image.shape == (60, 90, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert near(corners(image), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("name", ["grey.jpg", "grey.png", "grey.webp"])
def test_grey_is_spread_over_the_colours(tmp_path: Path, name: str) -> None:
    PIL.fromarray(quarters()).convert("L").save(tmp_path / name)
    image = read_image(str(tmp_path / name))
    assert (np.ptp(image, axis=2) <= 2).all()
    assert near(corners(image), [(76,) * 3, (150,) * 3, (29,) * 3, WHITE])


def test_black_and_white(tmp_path: Path) -> None:
    PIL.fromarray(quarters()).convert("1", dither=PIL.Dither.NONE).save(tmp_path / "a.png")
    assert near(corners(read_image(tmp_path / "a.png")), [(0,) * 3, WHITE, (0,) * 3, WHITE])


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_grey_is_reduced_evenly(tmp_path: Path, suffix: str) -> None:
    ramp = np.arange(0, 65536, 256, dtype=np.uint16).reshape(1, 256).repeat(4, axis=0)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(cv2.imencode(suffix, ramp)[1].tobytes())
    np.testing.assert_array_equal(read_image(path)[0, :, 1], np.arange(256))


def test_floating_point_tiff(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 256).repeat(4, axis=0)
    PIL.fromarray(ramp).save(tmp_path / "a.tif")
    assert np.abs(read_image(tmp_path / "a.tif")[0, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_transparent_parts_lie_on_white(tmp_path: Path, name: str) -> None:
    alpha = np.full((60, 90, 1), 255, np.uint8)
    alpha[:30, :45], alpha[:30, 45:] = 0, 128
    PIL.fromarray(np.dstack([quarters(), alpha])).save(tmp_path / name, lossless=True)
    assert near(corners(read_image(tmp_path / name)), [WHITE, (127, 255, 127), BLUE, WHITE])


def test_transparent_palette(tmp_path: Path) -> None:
    picture = PIL.fromarray(quarters()).quantize(4)
    red = picture.getpixel((5, 5))
    picture.save(tmp_path / "a.png", transparency=red)
    assert near(corners(read_image(tmp_path / "a.png")), [WHITE, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_exif_turns_the_picture_upright(
    tmp_path: Path, suffix: str, orientation: int, wanted: list[tuple[int, ...]]
) -> None:
    exif = PIL.Exif()
    exif[0x0112] = orientation
    PIL.fromarray(quarters()).save(tmp_path / f"a{suffix}", exif=exif, quality=95)
    image = read_image(tmp_path / f"a{suffix}")
    assert image.shape == ((60, 90, 3) if orientation < 5 else (90, 60, 3))
    assert near(corners(image), wanted, by=12)


@pytest.fixture
def jpeg(tmp_path: Path) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    PIL.fromarray(noise).save(tmp_path / "noise.jpg")
    return (tmp_path / "noise.jpg").read_bytes()


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_truncated_pictures_are_refused(tmp_path: Path, jpeg: bytes, share: float) -> None:
    assert_refused(tmp_path / "a.jpg", jpeg[: int(len(jpeg) * share)], "damaged picture .*truncated")


def test_broken_png(tmp_path: Path) -> None:
    PIL.fromarray(quarters()).save(tmp_path / "good.png")
    data = bytearray((tmp_path / "good.png").read_bytes())
    data[60:70] = b"\0" * 10
    assert_refused(tmp_path / "a.png", bytes(data), "damaged picture")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"Dear diary, today\n" * 20, "not a picture"),
        (b"\xff\xd8\xff", "not a picture|damaged picture"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 60, "HEIC .* save it as JPEG"),
    ],
)
def test_no_pictures(tmp_path: Path, data: bytes, message: str) -> None:
    assert_refused(tmp_path / "a.jpg", data, message)


def test_huge_pictures_are_refused_by_their_header(tmp_path: Path) -> None:
    assert_refused(tmp_path / "a.png", huge_png(), "20000 x 20000 pixels are more than the 100")


def test_limit_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PIL.new("RGB", (2000, 1500)).save(path)
    assert read_image(path, max_megapixels=3).shape == (1500, 2000, 3)
    with pytest.raises(SourceError, match=r"more than the 2\.9 million"):
        read_image(path, max_megapixels=2.9)


def test_pillows_own_limit_is_left_as_it_was(tmp_path: Path) -> None:
    """Between 89 and 100 million pixels Pillow would warn."""
    limit = PIL.MAX_IMAGE_PIXELS
    PIL.new("1", (9500, 9500)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").shape == (9500, 9500, 3)
    assert limit == PIL.MAX_IMAGE_PIXELS
    assert limit is not None


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere.jpg: no such file"):
        read_image(tmp_path / "nowhere.jpg")
    with pytest.raises(SourceError, match="a folder, not a picture"):
        read_image(tmp_path)


def test_from_memory(jpeg: bytes, tmp_path: Path) -> None:
    np.testing.assert_array_equal(decode_image(jpeg), read_image(tmp_path / "noise.jpg"))
    with pytest.raises(SourceError, match="upload: the file is empty"):
        decode_image(b"", "upload")


def test_one_pixel(tmp_path: Path) -> None:
    PIL.new("RGB", (1, 1), RED).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").tolist() == [[[0, 0, 255]]]


def test_spoilt_bytes_never_get_further_than_an_error(tmp_path: Path) -> None:
    """Whatever is wrong with a file, what comes out is a picture or a SourceError."""
    rng = np.random.default_rng(7)
    outcomes = {"picture": 0, "error": 0}
    for name in SAVERS:
        SAVERS[name](PIL.fromarray(quarters()), tmp_path / name)
        good = (tmp_path / name).read_bytes()
        for _ in range(15):
            data = bytearray(good)
            for place in rng.integers(0, min(len(data), 300), rng.integers(1, 6)):
                data[place] = rng.integers(256)
            try:
                decode_image(bytes(data), name, max_megapixels=1)
                outcomes["picture"] += 1
            except SourceError:
                outcomes["error"] += 1
    assert min(outcomes.values()) > 10


def test_as_a_source(tmp_path: Path) -> None:
    PIL.new("RGB", (8, 6), RED).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    frames = iter(Images([str(tmp_path / "a.png"), str(tmp_path / "b.png")]))
    assert next(frames).source == str(tmp_path / "a.png")
    with pytest.raises(SourceError, match=r"b\.png"):
        next(frames)


def assert_refused(path: Path, data: bytes, message: str) -> None:
    path.write_bytes(data)
    with pytest.raises(SourceError, match=message) as caught:
        read_image(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
