import pytest

from maskwatch.data.formats.class_names import meaning_of, parse_names, split_named, state_of
from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("with_mask", 0),
        ("With Mask", 0),
        ("no-mask", 1),
        ("mask_weared_incorrect", 2),
        ("face", UNKNOWN),
        ("ignore", None),
    ],
)
def test_common_names_need_no_map(name: str, state: int | None) -> None:
    assert state_of(name, {}, "here") == state


def test_the_map_wins() -> None:
    assert state_of("mask", {"mask": "ignore"}, "here") is None
    assert state_of("0", {"0": "mask_worn_incorrectly"}, "here") == 2


def test_a_map_to_nothing_known_is_refused() -> None:
    with pytest.raises(DataError, match="here: no idea what the class 'mask' means"):
        state_of("mask", {"mask": "masked"}, "here")


def test_parse_names() -> None:
    assert parse_names(" masque = with_mask, sans=without_mask,") == {
        "masque": "with_mask",
        "sans": "without_mask",
    }
    assert parse_names("") == {}


@pytest.mark.parametrize("text", ["masque", "masque=", "=with_mask", "masque=masked"])
def test_names_that_make_no_sense(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--names: .* is not of the form NAME=MEANING"):
        parse_names(text)


@pytest.mark.parametrize(
    ("name", "anywhere", "split"),
    [
        ("train", False, "train"),
        ("Validation", False, "val"),
        ("test2017", False, "test"),
        ("test_pictures", False, ""),
        ("instances_train2017", True, "train"),
        ("my-test", True, "test"),
        ("carnival", True, ""),
        ("contest", True, ""),
    ],
)
def test_splits_by_name(name: str, anywhere: bool, split: str) -> None:
    assert split_named(name, anywhere) == split


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("mask", "with_mask"),
        ("Masked", "with_mask"),
        ("withmask", "with_mask"),
        ("face-mask", "with_mask"),
        ("no mask", "without_mask"),
        ("NoMask", "without_mask"),
        ("unmasked", "without_mask"),
        ("WithoutMask", "without_mask"),
        ("mask_worn_incorrect", "mask_worn_incorrectly"),
        ("Incorrect Mask", "mask_worn_incorrectly"),
        ("incorrectly-masked", "mask_worn_incorrectly"),
        ("wrong_mask", "mask_worn_incorrectly"),
        (" ignore ", "ignore"),
        ("faces", None),
        ("", None),
    ],
)
def test_spellings_of_public_data_sets(name: str, meaning: str | None) -> None:
    assert meaning_of(name, {}) == meaning


def test_a_bad_map_says_what_it_might_mean() -> None:
    with pytest.raises(DataError) as error:
        state_of("scarf", {}, "file.xml:3")
    assert str(error.value) == (
        "file.xml:3: no idea what the class 'scarf' means; map it, for example"
        ' --names "scarf=with_mask" (or without_mask, mask_worn_incorrectly, face or ignore)'
    )


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("TRAINING", "train"),
        ("train2", "train"),
        ("val", "val"),
        ("valid", "val"),
        ("validation3", "val"),
        ("test", "test"),
        ("testing", "test"),
        ("trains", ""),
        ("mytrain", ""),
        ("my_train", ""),
        ("", ""),
    ],
)
def test_a_folder_is_a_split_by_its_whole_name(name: str, split: str) -> None:
    assert split_named(name) == split
