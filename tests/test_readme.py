"""What the README promises works as printed."""

import re
from pathlib import Path

import pytest

from made.scenes import Place, scene
from maskwatch.cli import COMMANDS
from maskwatch.image_files import save_image

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_python_lines_work_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = scene([Place("correct", 180, 220), Place("none", 460, 220)], size=(640, 480), seed=1)
    save_image(tmp_path / "people.jpg", made.image)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == len(made.boxes) == 2


def test_the_commands_that_it_names_exist() -> None:
    named = set(re.findall(r"^maskwatch (\w+)", README, re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


def test_its_links_lead_somewhere() -> None:
    root = Path(__file__).parents[1]
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (root / link).exists()] == []
