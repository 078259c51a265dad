import tomllib
from pathlib import Path

import pytest

from maskwatch.errors import ConfigError
from maskwatch.training.classifier import ClassifierRecipe
from maskwatch.training.data.classifier_dataset import FaceRecipe
from maskwatch.training.data.detector_dataset import CropRecipe
from maskwatch.training.detector import DetectorRecipe
from maskwatch.training.recipes.load import SHIPPED, load_recipe, to_toml
from maskwatch.training.recipes.schema import Recipe, Settings, Stage
from maskwatch.types import ModelKind

STAGES = """
batch = 4
width = 0.35
[faces]
size = 32
[[stages]]
name = "first"
start = "imagenet"
steps = 7
[[stages]]
name = "second"
rate = 1e-5
teacher = "previous"
faces = { margin = 1.2 }
[[stages]]
name = "third"
start = ["first", "second"]
[model_soup]
first = 1
third = 3
[metadata]
name = "mine"
[export]
calibrate = true
"""


def settings(*args: object) -> ClassifierRecipe:
    recipe = load_recipe("classifier", *args)  # type: ignore[arg-type]
    (stage,) = recipe.stages
    assert isinstance(stage.settings, ClassifierRecipe)
    return stage.settings


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_valid(file: Path) -> None:
    kind: ModelKind = tomllib.loads(file.read_text())["kind"]
    recipe = load_recipe(kind, file.stem)
    assert recipe == load_recipe(kind, file)
    assert recipe.stages[0].settings != (DetectorRecipe if kind == "detector" else ClassifierRecipe)()
    other: ModelKind = "classifier" if kind == "detector" else "detector"
    with pytest.raises(ConfigError, match=f"a recipe for a {kind}; use maskwatch train {kind}"):
        load_recipe(other, file)


def test_fine_tune_is_a_recipe_for_both_kinds() -> None:
    kinds: tuple[ModelKind, ...] = ("detector", "classifier")
    for kind in kinds:
        assert load_recipe(kind, "fine-tune") == load_recipe(kind, f"fine-tune-{kind}")
        assert load_recipe(kind, "fine-tune").stages[0].start == "shipped"


def test_changes_win_over_the_file(tmp_path: Path) -> None:
    """A file without stages is a recipe of one stage."""
    (tmp_path / "mine.toml").write_text("steps = 7\nbatch = 4\n[faces]\nsize = 64\n")
    recipe = settings(tmp_path / "mine.toml", ["batch=8", "faces.margin = 2"])
    assert (recipe.steps, recipe.batch, recipe.faces.size, recipe.faces.margin) == (7, 8, 64, 2.0)


def test_a_stage_differs_in_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STAGES)
    recipe = load_recipe("classifier", tmp_path / "mine.toml")
    assert [stage.name for stage in recipe.stages] == ["first", "second", "third"]
    assert [stage.start for stage in recipe.stages] == ["imagenet", "previous", ("first", "second")]
    assert [stage.teacher for stage in recipe.stages] == [None, "previous", None]
    first, second, third = (stage.settings for stage in recipe.stages)
    assert (first.steps, second.steps, second.rate) == (7, ClassifierRecipe().steps, 1e-5)
    assert {stage.settings.batch for stage in recipe.stages} == {4}
    assert isinstance(second, ClassifierRecipe)
    assert isinstance(third, ClassifierRecipe)
    assert (second.faces.size, second.faces.margin, third.faces.margin) == (32, 1.2, 1.4)
    assert recipe.soup == {"first": 1.0, "third": 3.0}
    assert (recipe.metadata, recipe.export.calibrate) == ({"name": "mine"}, True)


def test_changes_hold_for_all_stages_or_for_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STAGES)
    changes = ["rate=0.5", "stages.first.rate=0.25", "metadata.licence=none", "model_soup.second=2"]
    recipe = load_recipe("classifier", tmp_path / "mine.toml", changes, {"width": 1.0, "seed": 5})
    assert [stage.settings.rate for stage in recipe.stages] == [0.25, 0.5, 0.5]
    assert [stage.settings.seed for stage in recipe.stages] == [5, 5, 5]  # what a start decides, beneath all
    assert {stage.settings.width for stage in recipe.stages} == {0.35}
    assert recipe.metadata == {"name": "mine", "licence": "none"}
    assert recipe.soup == {"first": 1.0, "second": 2.0, "third": 3.0}


def test_another_start_is_that_of_the_first_stage(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STAGES)
    recipe = load_recipe("classifier", tmp_path / "mine.toml", ["start=none"])
    changed = recipe.with_sources("trunk.pth", "shipped")
    assert [stage.start for stage in recipe.stages] == ["none", "previous", ("first", "second")]
    assert [stage.start for stage in changed.stages] == ["trunk.pth", "previous", ("first", "second")]
    assert {stage.teacher for stage in changed.stages} == {"shipped"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["stepps=3"], "did you mean steps"),
        (["faces.sise=3"], r"faces\.sise"),
        (["faces.sise=3"], "did you mean size"),
        (["steps='many'"], "not of type int"),
        (["steps=true"], "not of type int"),
        (["rate='fast'"], r"rate = 'fast' is not of type float"),
        (["steps=-3"], "steps = -3: input should be greater than or equal to 1"),
        (["faces.real_fabric=1.5"], r"faces\.real_fabric = 1\.5: input should be less than or equal to 1"),
        (["faces.shares.face='x'"], r"faces\.shares\.face = 'x' is not of type float"),
        (["partly_labelled=3"], "not of type list"),
        (["faces=3"], "is a table"),
        (["export=3"], "recipe: export is a table, not 3"),
        (["export.calibrat=true"], r"no setting export\.calibrat; did you mean calibrate"),
        (["metadata=3"], "metadata is a table"),
        (["model_soup.other=1"], "model_soup: no stage other; the stages are stage1"),
        (["stages.other.steps=1"], "no stage other; the stages are stage1"),
        (["stages=3"], r"changed by stages\.NAME\.key=value"),
        (["start=3"], "start"),
        (["steps=3", "steps.many=3"], "is no table"),
        (["steps"], "expected key=value"),
    ],
)
def test_what_means_nothing_is_refused(changes: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_recipe("classifier", None, changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages = 3", "list of tables"),
        ("stages = []", "at least one"),
        ('[[stages]]\nname = "a"\n[[stages]]\nname = "a"', "stage a: there are two of this name"),
        ('[[stages]]\nname = "A b"', "stage A b: not a name for a stage"),
        ('[[stages]]\nname = "shipped"', "not a name for a stage"),
        ('[[stages]]\nstart = "previous"', "start: there is no stage before it"),
        ('[[stages]]\nname = "a"\nteacher = ["b"]', "teacher: a list names earlier stages"),
        ("[[stages]]\n[[stages]]\nhold_out = 0.3", "hold_out must be the same in all stages"),
        ("[[stages]]\nstepps = 3", "did you mean steps"),
        ("[model_soup]\nstage1 = 0", r"model_soup\.stage1 = 0: input should be greater than 0"),
    ],
)
def test_stages_that_do_not_fit_together_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_recipe("classifier", tmp_path / "mine.toml")
    assert "\n" not in str(caught.value)


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"shipped are .*classifier.*detector"):
        load_recipe("classifier", "nosuch")


def test_a_damaged_recipe_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("steps = = 3")
    with pytest.raises(ConfigError, match="not a readable recipe"):
        load_recipe("classifier", tmp_path / "bad.toml")


@pytest.mark.parametrize(
    "recipe",
    [
        ClassifierRecipe(rate=1e-5, partly_labelled=("a b", 'c"d'), faces=FaceRecipe(least=3)),
        DetectorRecipe(crops=CropRecipe(weights={"street 1": 2.5, "wider": 1.0}, faces=(8.0, 99.0))),
    ],
)
def test_a_recipe_is_read_back_as_it_was(recipe: Settings, tmp_path: Path) -> None:
    kind: ModelKind = "detector" if isinstance(recipe, DetectorRecipe) else "classifier"
    text = to_toml(Recipe(kind, (Stage("stage1", "none", None, recipe),)))
    (tmp_path / "recipe.toml").write_text(text)
    assert load_recipe(kind, tmp_path / "recipe.toml").stages[0].settings == recipe
    assert tomllib.loads(text).keys() == vars(recipe).keys() | {"kind", "start", "export"}


@pytest.mark.parametrize("name", ["classifier", "detector-large", "classic"])
def test_a_whole_recipe_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    kind: ModelKind = "detector" if name.startswith("detector") else "classifier"
    recipe = load_recipe(kind, name)
    (tmp_path / "recipe.toml").write_text(to_toml(recipe))
    assert load_recipe(kind, tmp_path / "recipe.toml") == recipe
