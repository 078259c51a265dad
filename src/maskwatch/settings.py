"""All settings, in one frozen tree.

The command line wins over the environment (`MASKWATCH_DETECT__THRESHOLD=0.6`), the
environment over a TOML file, the file over the models in use (`maskwatch models use`) and the other
defaults. The file is the one given, the one that MASKWATCH_CONFIG names, or `maskwatch.toml` in the current
folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from maskwatch.errors import ConfigError, one_line, shorten
from maskwatch.models.catalog import default
from maskwatch.models.providers import CPU, Provider
from maskwatch.people.zones import Zone
from maskwatch.toml_file import read_toml
from maskwatch.types import SearchMode
from maskwatch.zone_files import zones_from

_PREFIX: Final = "MASKWATCH_"
_DELIMITER: Final = "__"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Detect(_Section):
    """How faces are found."""

    detector: str = Field(
        default_factory=lambda: default("detector"), description="Name, ONNX file, name=file or module:Class"
    )
    size: int | None = Field(
        default=None, ge=64, le=8192, description="Longer side in pixels; none: the model's"
    )
    threshold: float | None = Field(default=None, ge=0, le=1, description="Face score; none: the model's")
    search: SearchMode = Field(
        default="every-frame",
        description="Of video: every frame; or tracked: around known people, and widely ten times a second",
    )
    upright: bool = Field(default=False, description="Still pictures are upright: do not search them turned")
    threads: int | None = Field(
        default=None, ge=1, le=64, description="Of one model run; none: 1 live, 2 for files"
    )
    provider: Provider = Field(
        default=CPU,
        description="What runs our networks: cpu, cuda, directml, coreml, openvino; auto: a graphics card"
        " where there is one",
    )


class Classify(_Section):
    """How masks are classified."""

    classifier: str = Field(
        default_factory=lambda: default("classifier"), description='Name, ONNX file, module:Class, or "none"'
    )


class PeopleSection(_Section):
    """How people are followed."""

    hidden: float = Field(
        default=2.0,
        gt=0,
        le=60,
        description="Seconds that somebody may be out of sight and stay the same person",
    )
    every: float = Field(
        default=0.5, gt=0, le=10, description="Seconds after which a settled person is looked at again"
    )


class Alerts(_Section):
    """What is worth an alert. A person without a mask is told once, not in every frame."""

    no_mask: bool = Field(default=True, description="Tell of each person without a mask")
    after: float = Field(default=3.0, ge=0, description="Seconds without a mask before the alert")
    worn_wrongly: bool = Field(
        default=False, description="Tell of each person whose mask leaves nose or mouth uncovered"
    )
    wrong_after: float = Field(
        default=5.0, ge=0, description="Seconds with the mask worn wrongly before the alert"
    )
    gap: float = Field(
        default=1.0,
        ge=0,
        description="Seconds for which it may be unseen or otherwise and still counts as lasting",
    )
    again_after: float = Field(
        default=60.0,
        ge=0,
        le=86400,
        description="Seconds for which a person must have been away, or masked, to be told again",
    )
    remind: float | None = Field(
        default=None,
        gt=0,
        description="Minutes after which an alert is told again while it lasts; none: never",
    )
    share_below: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="Tell when fewer per cent of the people wear the mask right; none: never",
    )
    share_minutes: float = Field(
        default=10.0, gt=0, le=1440, description="Minutes over which that share is taken"
    )
    share_people: int = Field(
        default=10, ge=1, le=100_000, description="Different people who must have been seen for a share"
    )
    most_people: int | None = Field(
        default=None, ge=0, description="Tell when more people are in view; none: never"
    )
    lost_after: float = Field(
        default=10.0, ge=0, description="Seconds without a picture before a camera is told as lost; 0: never"
    )
    zones: tuple[str, ...] = Field(
        default=(),
        description="Names of the zones that are watched, each by itself; empty: the whole picture",
    )


class Sources(_Section):
    """What is read."""

    max_megapixels: float = Field(
        default=100.0,
        gt=0,
        allow_inf_nan=False,
        description="Larger pictures, videos and streams are refused",
    )
    timeout: float = Field(default=3.0, gt=0, le=3600, description="Seconds that a stream may be silent")


class App(_Section):
    """The web page."""

    share_sources: bool = Field(
        default=False,
        description="Offer this computer's cameras, streams and files to visitors from elsewhere, too",
    )
    base_path: str = Field(
        default="",
        pattern=r"^[\w./~-]*$",
        description="Path below which `maskwatch app` serves the page, such as masks",
    )


class Collect(_Section):
    """Pictures that are corrected in the app, kept to train on."""

    enabled: bool = Field(default=False, description="Keep them; otherwise the page asks first")
    folder: Path | None = Field(
        default=None,
        description="Where they are kept; none: `maskwatch/corrections` in the user's folder for data",
    )
    share: bool = Field(default=False, description="Let visitors from elsewhere correct and add, too")

    @property
    def path(self) -> Path:
        """The folder as an absolute path."""
        if self.folder is None:
            return user_data_path("maskwatch", appauthor=False) / "corrections"
        return self.folder.expanduser().resolve()


class Settings(BaseSettings):
    """All settings, by section."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=_PREFIX, env_nested_delimiter=_DELIMITER
    )

    # Made anew each time: which models are in use may change while the app runs.
    detect: Detect = Field(default_factory=Detect)
    classify: Classify = Field(default_factory=Classify)
    people: PeopleSection = PeopleSection()
    zones: Annotated[tuple[Zone, ...], BeforeValidator(zones_from)] = ()
    alerts: Alerts = Alerts()
    sources: Sources = Sources()
    app: App = App()
    collect: Collect = Collect()


_CONTENT: ContextVar[dict[str, Any]] = ContextVar("content of the settings file")


def load_settings(path: Path | None = None, given: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """Reads the settings.

    Args:
        path: A TOML file; None looks for one as the module's docstring says.
        given: Values that win over all others, by section; None counts as not given.

    Raises:
        ConfigError: The file cannot be read, a key is unknown, or a value makes no sense.
    """
    _refuse_unknown_environment()
    file = _find_file(path)
    content = _read_file(file)
    chosen = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in (given or {}).items()
    }

    reset = _CONTENT.set(content)
    try:
        loaded = _loading_class()(**chosen)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"unknown setting {where}{_known_settings(file)}") from None
        raise ConfigError(f"setting {where}: {first['msg']}, got {shorten(first['input'])}") from None
    except RecursionError:
        raise ConfigError("the environment's settings cannot be read: nested too deeply") from None
    except ValueError as error:  # pydantic-settings: a section in the environment that is no JSON
        sections = [f"{_PREFIX}{name.upper()}" for name in Settings.model_fields]
        given_whole = " or ".join(name for name in os.environ if name.upper() in sections)
        problem = f"{given_whole} is no JSON" if given_whole else one_line(error)
        raise ConfigError(f"the environment's settings cannot be read: {problem}") from error
    finally:
        _CONTENT.reset(reset)
    # Settings of two classes are never equal: streams would begin anew although nothing has changed.
    return Settings.model_construct(loaded.model_fields_set, **dict(loaded))


@cache
def _loading_class() -> type[Settings]:
    """Returns the class that reads environment and file, too; made once: the page asks at each run."""

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, _CONTENT.get())

    return Loaded


def _read_file(file: Path | None) -> dict[str, Any]:
    """Reads the settings file; empty where there is none."""
    if file is None:
        return {}
    try:
        return read_toml(file)
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such settings file") from None


def _known_settings(file: Path | None) -> str:
    """Returns where an unknown setting stands, and the settings that are known."""
    known = ", ".join([*(f"{name}.{key}" for name, keys in _sections().items() for key in keys), "[[zones]]"])
    return f" (in {file} or the environment); known are {known}" if file else f"; known are {known}"


def _sections() -> dict[str, list[str]]:
    """Returns the keys of each section; zones are a list, and none."""
    return {
        name: list(field.annotation.model_fields)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def _find_file(path: Path | None) -> Path | None:
    if path is None and (named := os.environ.get(f"{_PREFIX}CONFIG")):
        path = Path(named)
    if path is None:
        usual = Path("maskwatch.toml")
        return usual if _is_file(usual) else None
    if not _is_file(path):
        raise ConfigError(f"{path}: no such settings file")
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _refuse_unknown_environment() -> None:
    """Refuses unknown sections in the environment, which pydantic-settings would ignore."""
    for name in os.environ:
        section, found, _ = name.removeprefix(_PREFIX).partition(_DELIMITER)
        if name.startswith(_PREFIX) and found and section.lower() not in Settings.model_fields:
            raise ConfigError(
                f"unknown setting {name} in the environment; sections are"
                f" {', '.join(key.upper() for key in Settings.model_fields)}"
            )
        if name.startswith(_PREFIX) and found and section.lower() not in _sections():
            raise ConfigError(
                f"{name}: in the environment, {section.lower()} are given as a whole, as JSON:"
                f' {_PREFIX}{section.upper()}=\'[{{"name": ..., "kind": ..., "points": [...]}}]\''
            )
