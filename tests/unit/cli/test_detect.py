"""`maskwatch detect` as users run it: a process of its own, on real files."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image as PIL

from clips import write_clip
from conftest import Cli, FakeModels, command_environment
from fakes import BLUE, GREEN, RED, box, scene
from made.scenes import Place
from made.scenes import scene as made_scene
from maskwatch.annotate import STYLES
from maskwatch.image_files import save_image

ONE = {(2, 1): BLUE}
THREE = {(1, 1): BLUE, (4, 2): GREEN, (7, 4): RED}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    save_image(folder / "b2.png", scene(ONE))
    save_image(folder / "b10.png", scene(THREE))
    save_image(folder / "deep" / "c.png", scene({}))
    (folder / "notes.txt").write_text("nothing")
    return folder


def lines(out: str, kind: str | None = None) -> list[dict[str, Any]]:
    """The records of one type; pictures and frames have none."""
    found = [json.loads(line) for line in out.splitlines()]
    return [record for record in found if record.get("type") == kind]


def found(line: dict[str, Any]) -> list[tuple[list[float], str]]:
    return sorted((face["box"], face["label"]) for face in line["faces"])


def test_pictures_folders_patterns_and_videos_in_one_go(
    cli: Cli, fake_models: FakeModels, pictures: Path, tmp_path: Path
) -> None:
    write_clip(tmp_path / "clip.mp4", [scene(ONE), scene(THREE)])
    done = cli("detect", "pictures", "pictures/deep/*.png", "./clip.mp4", fake_models.options)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    got = lines(done.stdout)
    assert [(line["source"], line["index"], line["t"]) for line in got] == [
        ("pictures/b2.png", 0, 0.0),
        ("pictures/b10.png", 0, 0.0),
        ("pictures/deep/c.png", 0, 0.0),
        ("./clip.mp4", 0, 0.0),
        ("./clip.mp4", 1, 0.1),
    ]
    assert [len(line["faces"]) for line in got] == [1, 3, 0, 1, 3]
    assert found(got[1]) == [
        (box(1, 1), "with_mask"),
        (box(4, 2), "without_mask"),
        (box(7, 4), "mask_worn_incorrectly"),
    ]
    assert found(got[4]) == found(got[1])
    assert (got[0]["width"], got[0]["height"]) == (320, 240)
    assert "3 pictures, 4 faces: 2 masked, 1 unmasked, 1 worn wrongly, 0 uncertain" in done.stderr
    assert "1 video of 2 frames, 1 person: 1 masked" in done.stderr, "two of the three are too new"


def test_people_of_a_video_count_once(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", [scene(THREE)] * 40)
    write_clip(tmp_path / "b.mp4", [scene(ONE)] * 20)
    done = cli("detect", "a.mp4", "b.mp4", fake_models.options)
    assert (
        "2 videos of 60 frames, 4 people: 2 masked, 1 unmasked, 1 worn wrongly, 0 uncertain; 1 alert"
        in done.stderr
    )
    frames = lines(done.stdout)
    assert [len(frame["people"]) for frame in frames[39:60:20]] == [3, 1]
    assert {face["track_id"] for face in frames[39]["faces"]} == {1, 2, 3}
    (event,) = lines(done.stdout, "event")
    assert (event["source"], event["kind"], event["state"]) == ("a.mp4", "no_mask", "without_mask")
    sums = lines(done.stdout, "summary")
    assert [(record["source"], record["people"]["total"]) for record in sums] == [("a.mp4", 3), ("b.mp4", 1)]


def test_detect_and_watch_say_the_same_of_a_video(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene(THREE)] * 40)
    commands = (cli(name, "clip.mp4", fake_models.options).stdout for name in ("detect", "watch"))
    first, second = commands
    assert first == second


def test_recursive(cli: Cli, fake_models: FakeModels, pictures: Path) -> None:
    done = cli("detect", pictures, "--recursive", fake_models.options)
    assert len(lines(done.stdout)) == 3


def test_boxes_are_those_of_the_upright_picture(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    exif = PIL.Exif()
    exif[0x0112] = 6
    upright = scene(ONE, 224, 320)
    lying = np.rot90(upright, 1)[..., ::-1]
    PIL.fromarray(lying).save(tmp_path / "a.png", exif=exif)
    (line,) = lines(cli("detect", "a.png", fake_models.options).stdout)
    assert (line["width"], line["height"]) == (224, 320)
    assert found(line) == [(box(2, 1), "with_mask")]


def test_threshold(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", scene({(2, 1): BLUE, (5, 2): (165, 105, 105)}))
    numbers = {}
    for threshold in ("0.1", "0.9", "1"):
        (line,) = lines(cli("detect", "a.png", fake_models.options, "--threshold", threshold).stdout)
        assert all(face["score"] >= float(threshold) for face in line["faces"])
        numbers[threshold] = len(line["faces"])
    assert numbers == {"0.1": 2, "0.9": 1, "1": 0}


def test_csv(cli: Cli, fake_models: FakeModels, pictures: Path) -> None:
    done = cli("detect", pictures, "--format", "csv", fake_models.options)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["source"] for row in rows] == [str(pictures / "b2.png")] + 3 * [str(pictures / "b10.png")]
    assert rows[0]["label"] == "with_mask"
    assert [float(rows[0][key]) for key in ("x1", "y1", "x2", "y2")] == box(2, 1)


def test_output_file(cli: Cli, fake_models: FakeModels, pictures: Path, tmp_path: Path) -> None:
    done = cli("detect", pictures, "-o", "new/out.jsonl", fake_models.options)
    assert done.stdout == ""
    assert len(lines((tmp_path / "new" / "out.jsonl").read_text())) == 2


def test_rows_are_never_written_over_a_picture(cli: Cli, fake_models: FakeModels, pictures: Path) -> None:
    picture = pictures / "b2.png"
    before = picture.read_bytes()
    done = cli("detect", picture, "-o", picture, fake_models.options)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "b2.png: --output takes the rows, jsonl; for marked pictures and videos use --save FOLDER"
    )
    assert len(done.stderr.strip().splitlines()) == 1
    assert picture.read_bytes() == before


def test_saves_marked_pictures_and_videos(
    cli: Cli, fake_models: FakeModels, pictures: Path, tmp_path: Path
) -> None:
    write_clip(tmp_path / "clip.mkv", [scene(ONE)] * 10, sound="aac")
    done = cli("detect", pictures / "b2.png", "clip.mkv", "--save", "out", fake_models.options)
    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b2.png", "clip.mp4"]
    with PIL.open(tmp_path / "out" / "b2.png") as picture:
        marks = (np.asarray(picture)[..., ::-1] == STYLES["with_mask"].colour).all(axis=2)
    assert marks[:, 62:67].any()
    with av.open(str(tmp_path / "out" / "clip.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"
        assert sum(1 for _ in container.decode(video=0)) == 10


def test_saving_never_overwrites_the_input(cli: Cli, fake_models: FakeModels, pictures: Path) -> None:
    before = (pictures / "b2.png").read_bytes()
    done = cli("detect", pictures / "b2.png", "--save", pictures, fake_models.options)
    assert done.returncode == 1
    assert "the input itself" in done.stderr
    assert (pictures / "b2.png").read_bytes() == before


def test_settings_file_and_environment(
    cli: Cli, fake_models: FakeModels, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "my.toml").write_text(
        f"[detect]\ndetector = '{fake_models.detector}'\nsize = 320\nthreshold = 0.999999\n"
        f"[classify]\nclassifier = 'none'\n"
    )
    plain = cli("--config", "my.toml", "detect", pictures / "b2.png")
    assert [face["label"] for face in lines(plain.stdout)[0]["faces"]] == [None]
    judged = cli(
        "--config",
        "my.toml",
        "detect",
        pictures / "b2.png",
        MASKWATCH_CLASSIFY__CLASSIFIER=str(fake_models.classifier),
        MASKWATCH_DETECT__THRESHOLD="0.5",
    )
    assert [face["label"] for face in lines(judged.stdout)[0]["faces"]] == ["with_mask"]


def test_same_result_every_time(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene(ONE), scene(THREE), scene({})])
    first, second = (cli("detect", "clip.mp4", fake_models.options).stdout for _ in range(2))
    assert first == second
    assert len(lines(first, "summary")) == 1
    assert len(lines(first)) == 3


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX systems")
def test_closed_pipe_is_silent(fake_models: FakeModels, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [scene(THREE)] * 200)
    command = [sys.executable, "-m", "maskwatch", "detect", "clip.mp4", *fake_models.options]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=command_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"source": "clip.mp4", "index": 0')
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(60)


def test_upright_pictures_are_not_turned(cli: Cli, tmp_path: Path) -> None:
    portrait = made_scene([Place("correct", x=160, y=130, face=110)], size=(320, 320))
    save_image(tmp_path / "over.png", np.ascontiguousarray(portrait.image[::-1, ::-1]))
    (usual,) = lines(cli("detect", "over.png").stdout)
    (face,) = usual["faces"]
    assert (face["label"], face["certain"], face["reason"]) == ("with_mask", True, None)
    x1, y1, x2, y2 = portrait.boxes[0]
    np.testing.assert_allclose(face["box"], [320 - x2, 320 - y2, 320 - x1, 320 - y1], atol=30)
    for given in (["--upright"], []):
        environment = {} if given else {"MASKWATCH_DETECT__UPRIGHT": "true"}
        (result,) = lines(cli("detect", "over.png", given, **environment).stdout)
        assert not any(face["certain"] for face in result["faces"])


def test_fast_searches_each_picture_once(cli: Cli, tmp_path: Path) -> None:
    """As live video: nothing is turned, and pictures of one run are no frames of a stream."""
    portrait = made_scene([Place("correct", x=160, y=130, face=110)], size=(320, 320))
    save_image(tmp_path / "a.png", portrait.image)
    save_image(tmp_path / "b.png", portrait.image)
    save_image(tmp_path / "over.png", np.ascontiguousarray(portrait.image[::-1, ::-1]))
    upright, again, over = lines(cli("detect", "--fast", "a.png", "b.png", "over.png").stdout)
    (face,) = upright["faces"]
    assert (face["label"], face["certain"], face["track_id"]) == ("with_mask", True, None)
    assert again["faces"] == upright["faces"]
    assert not any(face["certain"] for face in over["faces"])
