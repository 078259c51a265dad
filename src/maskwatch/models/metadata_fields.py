"""Lists the fields of the metadata schema for people: `maskwatch models show`, the reference page."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from maskwatch.models.metadata import ClassifierMetadata, DetectorMetadata, MetadataPart


class SchemaRow(NamedTuple):
    """One field of the schema, for people."""

    model: str
    """Name of the class that holds the field; nested objects are classes of their own."""
    field: str
    """The JSON key."""
    type: str
    """The type in words of JSON, such as "list of Level"."""
    required: bool
    """Whether a file must have it."""
    description: str


def schema_rows() -> Iterator[SchemaRow]:
    """Yields the fields of the schema, class by class: the detector's, the classifier's, then nested ones."""
    queue: list[type[MetadataPart]] = [DetectorMetadata, ClassifierMetadata]
    for model in queue:  # grows while it is read
        order = {key: number for number, key in enumerate(model.key_order)}
        for name in sorted(model.model_fields, key=lambda name: order.get(name, len(order))):
            field = model.model_fields[name]
            queue += [part for part in _models_in(field.annotation) if part not in queue]
            required, description = field.is_required(), field.description or ""
            yield SchemaRow(model.__name__, name, _type_name(field.annotation), required, description)


def _models_in(annotation: Any) -> Iterator[type[MetadataPart]]:
    if isinstance(annotation, type) and issubclass(annotation, MetadataPart):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


_NAMES: Final[dict[Any, str]] = {
    int: "integer",
    float: "number",
    str: "text",
    Any: "anything",
    type(None): "null",
}


def _type_name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_name(arguments[0])
    if origin in (Union, types.UnionType):
        names = [_type_name(argument) for argument in arguments if argument is not type(None)]
        if "number" in names:
            names = [name for name in names if name != "integer"]
        return " or ".join(names)
    if origin is Literal:
        return " or ".join(f'"{argument}"' for argument in arguments)
    if origin is list:
        return f"list of {_type_name(arguments[0])}"
    if origin is tuple:
        return f"[{', '.join(_type_name(argument) for argument in arguments)}]"
    if origin is dict:
        return f"object of {_type_name(arguments[1])}"
    return _NAMES.get(annotation) or str(annotation.__name__)
