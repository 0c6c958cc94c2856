"""Bodies of requests and answers as JSON Schema: msgspec, which checks them, also describes them, so both agree."""

from collections.abc import Iterable, Iterator
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from msgspec import inspect

from asperguide.adapters.http.problems import Problem
from asperguide.adapters.http.routes import FORM, declared_by

WHERE = "#/components/schemas/{name}"
UNDESCRIBED = (NoneType, bytes, ASGIResponse, Response)

Bodies = dict[HTTPRouteHandler, tuple[Any, Any]]


def describe(handlers: Iterable[HTTPRouteHandler]) -> tuple[dict[str, Any], Bodies]:
    """Component schemas, and for each handler the schemas of request and answer (None where there is no body)."""
    wanted = {handler: (_members(_asked(handler)), _members(_told(handler))) for handler in handlers}
    kinds = [Problem, *(kind for bodies in wanted.values() for members in bodies for kind in members)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=WHERE)
    _add_times(components, kinds)
    _tidy(components)
    in_order = iter(schemas[1:])
    described = {
        handler: (_any_of(asked, in_order), _any_of(told, in_order)) for handler, (asked, told) in wanted.items()
    }
    return components, described


def _members(kind: Any) -> list[Any]:
    """The types that a body may have: a union of Structs without tags is no type that msgspec could describe."""
    if get_origin(kind) in (Union, UnionType):
        return [member for member in get_args(kind) if member is not NoneType]
    return [] if kind is None else [kind]


def _any_of(kinds: list[Any], schemas: Iterator[Any]) -> Any:
    found = [next(schemas) for _ in kinds]
    return {"anyOf": found} if len(found) > 1 else found[0] if found else None


def may_be_empty(handler: HTTPRouteHandler) -> bool:
    """Whether the request may have no body at all, which null stands for too."""
    return NoneType in get_args(_asked(handler))


def media_type_of(handler: HTTPRouteHandler) -> str:
    """What the request body is written in."""
    return FORM.decode() if declared_by(handler).form else "application/json"


def _asked(handler: HTTPRouteHandler) -> Any:
    data = handler.parsed_fn_signature.parameters.get("data")
    return declared_by(handler).form or declared_by(handler).json if data is None else data.annotation


def _told(handler: HTTPRouteHandler) -> Any:
    kind = handler.parsed_fn_signature.return_type
    if kind.is_subclass_of(Response):
        annotation = kind.inner_types[0].annotation if kind.inner_types else None
    else:
        annotation = kind.annotation
    return None if annotation in UNDESCRIBED or annotation is Any else annotation


def _add_times(components: dict[str, Any], kinds: list[Any]) -> None:
    """Say `date-time` of every time, which msgspec does only for those that are bound to a time zone.

    Of those that must not have an offset say `date-time-local`.
    """
    for struct in {id(node.cls): node for node in _nodes(inspect.multi_type_info(kinds), set())}.values():
        cls = struct.cls  # types that are called alike are told apart by their modules
        described = components.get(cls.__name__) or components.get(f"{cls.__module__}.{cls.__qualname__}", {})
        properties = described.get("properties", {})
        for field in struct.fields:
            if (format := _format_of_time(field.type)) is not None:
                found = properties.get(field.encode_name, {})
                for schema in (found, *found.get("anyOf", ())):
                    if schema.get("type") == "string":
                        schema["format"] = format


def _tidy(value: Any) -> None:
    """Say `string` of every enumeration of strings, and `["string", "null"]` instead of a choice between the two.

    The standard asks for neither; several documentation tools do. Descriptions lose the indentation of docstrings,
    which Python keeps before 3.13.
    """
    if isinstance(value, list):
        for item in value:
            _tidy(item)
    if not isinstance(value, dict):
        return
    for item in value.values():
        _tidy(item)
    if isinstance(text := value.get("description"), str):
        value["description"] = cleandoc(text)
    names, choice = value.get("enum"), value.get("anyOf")
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        value["type"] = "string"
    if (
        isinstance(choice, list)
        and choice[1:] == [{"type": "null"}]
        and "type" in choice[0]
        and "enum" not in choice[0]
    ):
        del value["anyOf"]
        value.update(choice[0], type=[choice[0]["type"], "null"])


def _format_of_time(kind: inspect.Type) -> str | None:
    """As the registry of formats of OpenAPI has it; None when it is no time."""
    if isinstance(kind, inspect.Metadata):
        return _format_of_time(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next(filter(None, map(_format_of_time, kind.types)), None)
    if not isinstance(kind, inspect.DateTimeType):
        return None
    return "date-time-local" if kind.tz is False else "date-time"


def _nodes(value: Any, seen: set[int]) -> Iterator[inspect.StructType | inspect.DataclassType]:
    """All Structs and dataclasses that can be reached from some types."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, inspect.StructType | inspect.DataclassType):
        yield value
    if isinstance(value, list | tuple):
        for item in value:
            yield from _nodes(item, seen)
    elif isinstance(value, inspect.Type | inspect.Field):
        for name in value.__struct_fields__:
            yield from _nodes(getattr(value, name), seen)
