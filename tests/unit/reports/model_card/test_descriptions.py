"""What the shipped models' cards say of how their files were made."""

import tomllib
from pathlib import Path

import pytest

import maskwatch.models
from maskwatch.reports.model_card.facts import DESCRIPTIONS

MODELS = Path(maskwatch.models.__file__).parent
FILES = sorted(DESCRIPTIONS.glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.stem))
def test_the_shipped_cards_tell_how_their_files_were_made(file: Path) -> None:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    assert content["how_it_was_made"].keys() == set(content["models"])
    for name, text in content["how_it_was_made"].items():
        card = (MODELS / f"{name.replace('-', '_')}.CARD.md").read_text(encoding="utf-8")
        assert f"\n## How it was made\n\n{text}\n\n## Recipe\n" in card
