import pytest

from maskwatch.data.formats.class_names import parse_names, split_named, state_of
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
