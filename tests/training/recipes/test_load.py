from pathlib import Path

import pytest

from maskwatch.errors import ConfigError
from maskwatch.training.classifier import ClassifierRecipe
from maskwatch.training.detector import DetectorRecipe
from maskwatch.training.recipes.load import SHIPPED, load_recipe


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_valid(file: Path) -> None:
    kind = DetectorRecipe if file.stem.startswith("detector") else ClassifierRecipe
    assert load_recipe(kind, file.stem) == load_recipe(kind, file)
    assert load_recipe(kind, file.stem) != kind()


def test_changes_win_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("steps = 7\nbatch = 4\n[faces]\nsize = 64\n")
    recipe = load_recipe(ClassifierRecipe, tmp_path / "mine.toml", ["batch=8", "faces.margin = 2"])
    assert (recipe.steps, recipe.batch, recipe.faces.size, recipe.faces.margin) == (7, 8, 64, 2.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["stepps=3"], "did you mean steps"),
        (["faces.sise=3"], r"faces\.sise"),
        (["steps='many'"], "not of type int"),
        (["steps=true"], "not of type int"),
        (["faces=3"], "is a table"),
        (["steps"], "expected key=value"),
    ],
)
def test_what_means_nothing_is_refused(changes: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe(ClassifierRecipe, None, changes)


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"shipped are .*classifier.*detector"):
        load_recipe(ClassifierRecipe, "nosuch")


def test_a_damaged_recipe_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("steps = = 3")
    with pytest.raises(ConfigError, match="not a readable recipe"):
        load_recipe(ClassifierRecipe, tmp_path / "bad.toml")
