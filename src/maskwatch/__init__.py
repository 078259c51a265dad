"""maskwatch: finds every face in a picture and says whether its mask is worn.

from maskwatch import load

for face in load().detect("people.jpg").records():
    print(face["label"], face["score"], face["box"])

Everything in `__all__` is public and is loaded on first use, so that `import maskwatch` stays fast.
The guide is docs/guides/python.md.
"""

import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from maskwatch.annotate import annotate
    from maskwatch.classifiers.base import Classifier
    from maskwatch.detectors.base import Detector
    from maskwatch.errors import ConfigError, DataError, MaskwatchError, ModelError, SinkError, SourceError
    from maskwatch.factory import load
    from maskwatch.pipeline import Engine, Session, run
    from maskwatch.results import Result
    from maskwatch.settings import Settings, load_settings
    from maskwatch.sinks.base import Sink
    from maskwatch.sources.base import Source
    from maskwatch.sources.images import read_image
    from maskwatch.sources.opening import open_source
    from maskwatch.types import LABELS, Event, Faces, Frame

# ONNX Runtime sends usage events, which hold the names of model files, and stores an id in the home folder.
# It reads this when it is imported, and so do the processes that are started from here. Not optional: nothing
# leaves the computer. `models/runtime.py` is the second lock, for programs that imported it before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"

__all__ = [
    "LABELS",
    "Classifier",
    "ConfigError",
    "DataError",
    "Detector",
    "Engine",
    "Event",
    "Faces",
    "Frame",
    "MaskwatchError",
    "ModelError",
    "Result",
    "Session",
    "Settings",
    "Sink",
    "SinkError",
    "Source",
    "SourceError",
    "annotate",
    "load",
    "load_settings",
    "open_source",
    "read_image",
    "run",
]

_MODULES: Final = {
    "maskwatch.annotate": ("annotate",),
    "maskwatch.classifiers.base": ("Classifier",),
    "maskwatch.detectors.base": ("Detector",),
    "maskwatch.errors": (
        *("ConfigError", "DataError", "MaskwatchError", "ModelError", "SinkError", "SourceError"),
    ),
    "maskwatch.factory": ("load",),
    "maskwatch.pipeline": ("Engine", "Session", "run"),
    "maskwatch.settings": ("Settings", "load_settings"),
    "maskwatch.sinks.base": ("Sink",),
    "maskwatch.sources.base": ("Source",),
    "maskwatch.sources.images": ("read_image",),
    "maskwatch.sources.opening": ("open_source",),
    "maskwatch.types": ("LABELS", "Event", "Faces", "Frame"),
    "maskwatch.results": ("Result",),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imports a public name on its first use."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'maskwatch' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """This package, in which `annotate` is always the function, never the module of the same name."""

    @property
    def annotate(self) -> Callable[..., Any]:
        """The function of `maskwatch.annotate`."""
        function: Callable[..., Any] = importlib.import_module("maskwatch.annotate").annotate
        return function

    @annotate.setter
    def annotate(self, module: ModuleType) -> None:
        """Ignores the module: the import system binds every submodule to its package after loading it."""


sys.modules[__name__].__class__ = _Package
