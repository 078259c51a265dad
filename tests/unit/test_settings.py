from pathlib import Path

import pytest
from pydantic import ValidationError

from maskwatch.errors import ConfigError
from maskwatch.people.zones import Zone
from maskwatch.settings import load_settings


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASKWATCH_CONFIG", raising=False)
    return tmp_path


def write(folder: Path, text: str, name: str = "maskwatch.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults() -> None:
    settings = load_settings()
    assert settings.detect.detector == "ssd"
    assert settings.detect.threshold is None
    assert settings.alerts.after == 3.0


def test_given_beats_environment_beats_file_beats_default(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(empty_folder, "[detect]\nthreshold = 0.1\nsize = 320\ndetector = 'yunet'\n[alerts]\nafter = 9")
    monkeypatch.setenv("MASKWATCH_DETECT__THRESHOLD", "0.2")
    monkeypatch.setenv("MASKWATCH_DETECT__SIZE", "640")
    settings = load_settings(given={"detect": {"threshold": 0.3, "size": None}})
    assert settings.detect.threshold == 0.3
    assert settings.detect.size == 640
    assert settings.detect.detector == "yunet"
    assert settings.alerts.after == 9
    assert settings.alerts.gap == 1.0


def test_named_files_win_over_the_usual_one(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(empty_folder, "[detect]\nsize = 100")
    by_name = write(empty_folder, "[detect]\nsize = 200", "other.toml")
    by_environment = write(empty_folder, "[detect]\nsize = 300", "third.toml")
    assert load_settings().detect.size == 100
    monkeypatch.setenv("MASKWATCH_CONFIG", str(by_environment))
    assert load_settings().detect.size == 300
    assert load_settings(by_name).detect.size == 200


def test_read_twice_they_are_equal() -> None:
    first, second = load_settings(), load_settings()
    assert first == second
    assert hash(first) == hash(second)
    assert first != load_settings(given={"alerts": {"after": 9}})


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        load_settings().detect.size = 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[detect]\ntreshold = 0.5", "unknown setting detect.treshold"),
        ("[detekt]\nthreshold = 0.5", "unknown setting detekt"),
        ("[detect]\nthreshold = 1.5", "detect.threshold: .* less than or equal to 1.*1.5"),
        ("[detect]\nthreshold = 'much'", "detect.threshold: .*much"),
        ("[detect\n", "not a readable TOML file"),
        ("\xff", "unknown setting|not a readable TOML file"),
    ],
)
def test_wrong_files_are_told_in_one_line(empty_folder: Path, text: str, message: str) -> None:
    write(empty_folder, text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MASKWATCH_DETECT__TRESHOLD", "0.5", "unknown setting detect.treshold"),
        ("MASKWATCH_DETEKT__SIZE", "5", "MASKWATCH_DETEKT__SIZE"),
        ("MASKWATCH_DETECT__SIZE", "big", "detect.size: .*big"),
        ("MASKWATCH_DETECT", "big", "environment"),
        ("MASKWATCH_SOURCES__TIMEOUT", "inf", "sources.timeout: .*inf"),
        ("MASKWATCH_SOURCES__TIMEOUT", "nan", "sources.timeout: .*nan"),
        ("MASKWATCH_SOURCES__TIMEOUT", "1e300", "sources.timeout: .*1e300"),
        ("MASKWATCH_SOURCES__MAX_MEGAPIXELS", "inf", "sources.max_megapixels: .*inf"),
    ],
)
def test_wrong_environment(name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=message) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        load_settings(tmp_path / "nowhere.toml")


ALERTS = "after wrong_after gap again_after remind share_below share_minutes lost_after".split()


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999"])
@pytest.mark.parametrize(
    "name", ["sources.timeout", "sources.max_megapixels", *(f"alerts.{name}" for name in ALERTS)]
)
def test_numbers_are_finite(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    section, key = name.split(".")
    path = write(empty_folder, f"[{section}]\n{key} = {value}")
    with pytest.raises(ConfigError, match=f"setting {name}: "):
        load_settings()
    path.unlink()
    monkeypatch.setenv(f"MASKWATCH_{section.upper()}__{key.upper()}", value)
    with pytest.raises(ConfigError, match=f"setting {name}: "):
        load_settings()


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "9" * 10_000,
        "[detect]\nthreshold = " + "[" * 300 + "]" * 300,
        "a = '\x00'",
        "=",
    ],
    ids=["deep", "digits", "nested", "zero", "no TOML"],
)
def test_a_hostile_file_is_one_line(empty_folder: Path, text: str) -> None:
    write(empty_folder, text)
    with pytest.raises(ConfigError) as error:
        load_settings()
    assert len(str(error.value)) < 1000


def test_a_byte_order_mark(empty_folder: Path) -> None:
    write(empty_folder, "\ufeff[alerts]\nafter = 5")
    assert load_settings().alerts.after == 5


@pytest.mark.parametrize("name", ["x" * 5000, "/dev/null", "a\0b"], ids=["long", "device", "zero"])
def test_a_name_that_no_settings_file_can_have(name: str) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        load_settings(Path(name))


def test_a_deep_section_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKWATCH_DETECT", "[" * 100_000)
    with pytest.raises(ConfigError, match="the environment's settings cannot be read"):
        load_settings()


def test_alerts_as_shipped() -> None:
    assert load_settings().alerts.model_dump() == {
        "no_mask": True,
        "after": 3.0,
        "worn_wrongly": False,
        "wrong_after": 5.0,
        "gap": 1.0,
        "again_after": 60.0,
        "remind": None,
        "share_below": None,
        "share_minutes": 10.0,
        "share_people": 10,
        "most_people": None,
        "lost_after": 10.0,
        "zones": (),
    }


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        *(("after", 0, -0.1), ("wrong_after", 0, -0.1), ("gap", 0, -0.1), ("lost_after", 0, -0.1)),
        *(("again_after", 0, -0.1), ("again_after", 86400, 86401)),
        *(("remind", 0.1, 0), ("share_minutes", 0.1, 0), ("share_minutes", 1440, 1441)),
        *(("share_below", 0.1, 0), ("share_below", 100, 100.1)),
        *(("share_people", 1, 0), ("share_people", 100_000, 100_001)),
        *(("most_people", 0, -1), ("most_people", 1000, 1.5)),
        *(("worn_wrongly", True, "perhaps"), ("no_mask", False, 2), ("zones", ["a", "b"], "a")),
    ],
)
def test_bounds_of_alerts(name: str, allowed: object, refused: object) -> None:
    alerts = load_settings(given={"alerts": {name: allowed}}).alerts
    assert getattr(alerts, name) == (tuple(allowed) if isinstance(allowed, list) else allowed)
    with pytest.raises(ConfigError, match=rf"^setting alerts\.{name}"):
        load_settings(given={"alerts": {name: refused}})


def test_zones_of_alerts_from_the_environment(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKWATCH_ALERTS__ZONES", '["door", "hall"]')
    assert load_settings().alerts.zones == ("door", "hall")


ZONES = '[[zones]]\nname = "door"\nkind = "line"\npoints = [[0.2, 0.5], [0.8, 0.5]]\n'


def test_zones(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().zones == ()
    write(empty_folder, ZONES)
    assert load_settings().zones == (Zone("door", "line", ((0.2, 0.5), (0.8, 0.5))),)
    monkeypatch.setenv("MASKWATCH_ZONES", '[{"name": "hall", "points": [[0, 0], [1, 0], [1, 1]]}]')
    assert load_settings().zones == (Zone("hall", "zone", ((0, 0), (1, 0), (1, 1))),)
    assert hash(load_settings().zones) == hash(load_settings().zones)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ZONES.replace(", [0.8, 0.5]", ""), "^zone 'door': a line needs at least 2 points, got 1$"),
        (ZONES.replace("0.8", "8"), "^zone 'door': point 2 lies outside the picture"),
        (ZONES.replace("0.8", "nan"), "^zone 'door': point 2 lies outside the picture"),
        (ZONES + ZONES, "^zone 'door': 2 zones have this name"),
        ("[zones]\nname = 'door'", "^zones are a list"),
        (ZONES.replace("zones", "zonen"), r"unknown setting zonen.*people\.hidden.*\[\[zones\]\]"),
    ],
)
def test_bad_zones_are_named(empty_folder: Path, text: str, message: str) -> None:
    write(empty_folder, text)
    with pytest.raises(ConfigError, match=message):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MASKWATCH_ZONES", "door", "the environment's settings cannot be read: MASKWATCH_ZONES is no JSON"),
        ("MASKWATCH_ZONES", '{"name": "door"}', "zones are a list"),
        ("MASKWATCH_ZONES", '[{"name": "door", "points": [[0, 0]]}]', "zone 'door': a zone needs at least 3"),
        ("MASKWATCH_ZONES__0__NAME", "door", "zones are given as a whole, as JSON: MASKWATCH_ZONES='"),
        ("MASKWATCH_ZONES__NAME", "door", "zones are given as a whole"),
        ("MASKWATCH_PEOPLE__HIDDEN", "0", "people.hidden: .*greater than 0"),
    ],
)
def test_bad_zones_in_the_environment(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=message) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
