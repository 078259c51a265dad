import os
from pathlib import Path

import pytest

from maskwatch.errors import SourceError
from maskwatch.sources.files import find, is_video


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        *("a/img10.jpg", "a/img2.jpg", "a/IMG1.JPG", "a/clip.mp4", "a/notes.txt", "a/.hidden.jpg"),
        *("a/deep/z.png", "a/deep/er/y.webp", "a/.git/x.jpg", "empty/readme.md", "odd[1].jpg"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "recursive", "wanted"),
    [
        ("a/img2.jpg", False, ["a/img2.jpg"]),
        ("a/notes.txt", False, ["a/notes.txt"]),  # named by the user: it is tried
        ("./a/img2.jpg", False, ["./a/img2.jpg"]),
        ("a", False, ["a/clip.mp4", "a/IMG1.JPG", "a/img2.jpg", "a/img10.jpg"]),
        ("a/", False, ["a/clip.mp4", "a/IMG1.JPG", "a/img2.jpg", "a/img10.jpg"]),
        ("a/deep", True, ["a/deep/z.png", "a/deep/er/y.webp"]),
        ("a/*.jpg", False, ["a/img2.jpg", "a/img10.jpg"]),
        ("a/*", False, ["a/clip.mp4", "a/IMG1.JPG", "a/img2.jpg", "a/img10.jpg"]),
        ("a/**/*.png", False, ["a/deep/z.png"]),
        ("a/img?.jpg", False, ["a/img2.jpg"]),
        ("odd[1].jpg", False, ["odd[1].jpg"]),  # a file before a pattern
    ],
)
@pytest.mark.usefixtures("tree")
def test_finds(path: str, recursive: bool, wanted: list[str]) -> None:
    assert find(path, recursive) == wanted


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.jpg", "no such file or folder"),
        ("empty", "no pictures or videos.*--recursive"),
        ("a/*.bmp", "no picture or video matches"),
        ("a/*.txt", "no picture or video matches"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_finds_nothing(path: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        find(path)


def test_links_in_circles_end(tree: Path) -> None:
    (tree / "a" / "deep" / "round").symlink_to(tree / "a", target_is_directory=True)
    assert len(find("a", recursive=True)) == 6


def test_is_video() -> None:
    assert is_video("a/B.MP4")
    assert not is_video("a/b.jpg")
    assert not is_video("mp4")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Fotos [2021]/*.jpg", ["Fotos [2021]/a.jpg"]),
        ("./Fotos [2021]/?.jpg", ["./Fotos [2021]/a.jpg"]),
        ("*/sub [x]/*.jpg", ["Fotos [2021]/sub [x]/c.jpg"]),
        ("Fotos [2021]/**/*.jpg", ["Fotos [2021]/a.jpg", "Fotos [2021]/sub [x]/c.jpg"]),
        ("Fotos[12]/*.jpg", ["Fotos1/b.jpg"]),
        ("Fotos 2/*.jpg", []),
    ],
)
def test_brackets_in_the_name_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, expected: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Fotos [2021]/a.jpg", "Fotos1/b.jpg", "Fotos 2/b.txt", "Fotos [2021]/sub [x]/c.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    if expected:
        assert find(pattern) == expected
        assert find(str(tmp_path / pattern)) == [str(tmp_path / name) for name in expected]
    else:
        with pytest.raises(SourceError, match="no picture or video matches"):
            find(pattern)


@pytest.mark.usefixtures("tree")
def test_an_address_is_no_file_and_shows_no_password() -> None:
    for address in ("rtsp://admin:geheim@cam/live", "http://u:geheim@[::1/x"):
        with pytest.raises(SourceError, match="an address, not a file") as caught:
            find(address)
        assert "geheim" not in str(caught.value)


def test_a_folder_that_must_not_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(SourceError, match="a: not allowed to read it"):
        find("a")
