"""Recipe files and checkpoints of before keep their meaning."""

from dataclasses import asdict
from pathlib import Path

import pytest

from maskwatch.training.classifier import ClassifierRecipe
from maskwatch.training.detector import DetectorRecipe
from maskwatch.training.recipes.former_keys import FORMER_KEYS, with_current_keys
from maskwatch.training.recipes.load import load_recipe

OLD_CLASSIFIER = """
frozen = 0.25
average = 0.5
incomplete = ["street"]
imitation = 0.25
[faces]
found = 0.1
donated = 0.2
spoilt = 0.3
capped = 0.4
things = 0.5
[faces.ways]
chin = 1.0
"""
OLD_DETECTOR = """
hard_ratio = 2.0
imitation = 3.0
[crops]
hard = 1.5
nearest = 4.5
bare_tiles = 0.25
spoilt = 0.3
capped = 0.4
"""


def test_an_old_classifier_recipe_is_understood(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text(OLD_CLASSIFIER)
    settings = load_recipe("classifier", tmp_path / "old.toml", ["faces.spoilt=0.35"]).stages[0].settings
    assert isinstance(settings, ClassifierRecipe)
    assert (settings.frozen_share, settings.ema_decay, settings.distillation) == (0.25, 0.5, 0.25)
    assert settings.partly_labelled == ("street",)
    faces = settings.faces
    assert (faces.detected_boxes, faces.real_fabric, faces.degraded) == (0.1, 0.2, 0.35)
    assert (faces.caps, faces.occluders, faces.wearing_styles) == (0.4, 0.5, {"chin": 1.0})


def test_an_old_detector_recipe_is_understood(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text(OLD_DETECTOR)
    settings = load_recipe("detector", tmp_path / "old.toml").stages[0].settings
    assert isinstance(settings, DetectorRecipe)
    assert (settings.hard_negative_ratio, settings.distillation) == (2.0, 3.0)
    crops = settings.crops
    assert (crops.hard_faces, crops.negative_zoom, crops.negative_tiles) == (1.5, 4.5, 0.25)
    assert (crops.degraded, crops.caps) == (0.3, 0.4)


@pytest.mark.parametrize("recipe", [ClassifierRecipe(), DetectorRecipe()])
def test_every_former_key_has_become_one_of_today(recipe: ClassifierRecipe | DetectorRecipe) -> None:
    settings = asdict(recipe)
    for table, keys in FORMER_KEYS.items():
        there = settings
        for name in table:
            there = there.get(name, {})
        assert not keys.keys() & there.keys()
        if table:
            assert not there or set(keys.values()) <= there.keys()
    assert with_current_keys(settings) == settings


def test_of_two_names_that_of_today_wins() -> None:
    assert with_current_keys({"frozen": 0.1, "frozen_share": 0.2}) == {"frozen_share": 0.2}
    assert with_current_keys({"frozen_share": 0.2, "frozen": 0.1}) == {"frozen_share": 0.2}
