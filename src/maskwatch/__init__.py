"""maskwatch: finds every face and says whether its mask is worn.

from maskwatch import load, read_image
faces = load().detect(read_image("people.jpg"))
for face in faces.records():
    print(face["label"], face["score"], face["box"])
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maskwatch.errors import MaskwatchError
    from maskwatch.factory import load
    from maskwatch.pipeline import Engine, Session
    from maskwatch.sources.images import read_image
    from maskwatch.types import LABELS, Event, Faces, Frame, Result

__version__ = "0.1.0"

_HOMES = {
    "load": "maskwatch.factory",
    "Engine": "maskwatch.pipeline",
    "Session": "maskwatch.pipeline",
    "read_image": "maskwatch.sources.images",
    "MaskwatchError": "maskwatch.errors",
    "LABELS": "maskwatch.types",
    "Event": "maskwatch.types",
    "Faces": "maskwatch.types",
    "Frame": "maskwatch.types",
    "Result": "maskwatch.types",
}

__all__ = [
    "LABELS",
    "Engine",
    "Event",
    "Faces",
    "Frame",
    "MaskwatchError",
    "Result",
    "Session",
    "load",
    "read_image",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import maskwatch` and `maskwatch --help` stay fast.
    if name not in _HOMES:
        raise AttributeError(f"module 'maskwatch' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
