"""All that is wrong with a body at once: msgspec stops at the first error, so look again field by field."""

import re
from collections.abc import Iterator
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import UnsetType

from asperguide.shared.commands import AT, escaped, place_in
from asperguide.shared.errors import FieldError
from asperguide.shared.instants import out_of_reach

MOST = 50
LOOKED_AT = 1000
"""So many entries of each list and map: of those beyond the first that is wrong is told at most."""
OFFSET = re.compile(r"`datetime` with (a|no) timezone component")
BOUND = re.compile(r"(of length )?(>=|<=|==|<|>) (-?[\d.]+)$")

LENGTHS = {
    ">=": ("TOO_SHORT", "At least {} {}."),
    "<=": ("TOO_LONG", "At most {} {}."),
    "==": ("WRONG_LENGTH", "{} {}."),
}
SIZES = {
    ">=": ("TOO_SMALL", "At least {}."),
    ">": ("TOO_SMALL", "More than {}."),
    "<=": ("TOO_LARGE", "At most {}."),
    "<": ("TOO_LARGE", "Less than {}."),
}


def field_errors(kind: Any, value: object, pointer: str = "#") -> tuple[FieldError, ...]:
    """Everything that keeps `value` from being a `kind`, at most 50 entries, none of which repeats the value."""
    found: list[FieldError] = []
    for error in _errors(kind, value, pointer):
        found.append(error)
        if len(found) == MOST:
            break
    return tuple(found)


def explain(message: str) -> tuple[str, str]:
    """A code for programs and a sentence for people from a message of msgspec."""
    message = AT.sub("", message)
    if message.endswith("got `null`"):
        return "NULL", "Null is not possible here."
    if bound := BOUND.search(message):
        length, sign, limit = bound.groups()
        unit = "characters" if "`str`" in message else "entries"
        code, sentence = LENGTHS[sign] if length else SIZES[sign]
        return code, sentence.format(limit, unit)
    if offset := OFFSET.search(message):
        return "WRONG_FORMAT", f"A date and time with{'out' if offset[1] == 'no' else ''} an offset."
    if message.startswith("Expected") and ", got " in message:
        return "WRONG_TYPE", f"{message}."
    if "matching regex" in message:
        return "WRONG_FORMAT", "Not in the expected form."
    if message.startswith("Invalid enum value"):
        return "NOT_ALLOWED", "Not one of the allowed values."
    if message.startswith("Object missing"):
        return "REQUIRED", "Is required."
    if message.startswith("Object contains unknown field"):
        return "UNKNOWN_FIELD", "There is no such field."
    if message.startswith("Invalid "):
        return "WRONG_FORMAT", message.partition(" '")[0] + "."
    return "INVALID", "Not acceptable."


def _errors(kind: Any, value: object, pointer: str) -> Iterator[FieldError]:
    struct, item, entry = _struct_in(kind), _item_in(kind), _entry_in(kind)
    deeper: Iterator[FieldError] = iter(())
    if struct and isinstance(value, dict):
        deeper = _of_object(struct, value, pointer)
    elif item is not None and isinstance(value, list):
        deeper = (error for i, one in enumerate(value[:LOOKED_AT]) for error in _errors(item, one, f"{pointer}/{i}"))
    elif entry is not None and isinstance(value, dict):
        deeper = _of_map(*entry, value, pointer)
    first = next(deeper, None)
    if first is not None:
        yield first
        yield from deeper
        return
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield _field_error(str(error), pointer)
    else:
        yield from out_of_reach(found, pointer)


def _of_object(struct: type[msgspec.Struct], value: dict[str, object], pointer: str) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name, field in fields.items():
        if name in value:
            yield from _errors(field.type, value[name], f"{pointer}/{escaped(name)}")
        elif field.required:
            yield FieldError(pointer=f"{pointer}/{escaped(name)}", code="REQUIRED", detail="Is required.")
    config = struct.__struct_config__
    if config.forbid_unknown_fields:
        for name in value.keys() - fields.keys() - {config.tag_field}:
            code, detail = "UNKNOWN_FIELD", "There is no such field."
            yield FieldError(pointer=f"{pointer}/{escaped(name)}", code=code, detail=detail)


def _of_map(name_kind: Any, kind: Any, value: dict[str, object], pointer: str) -> Iterator[FieldError]:
    """What is wrong with the names and values of the entries."""
    for name, one in islice(value.items(), LOOKED_AT):
        place = f"{pointer}/{escaped(name)}"
        yield from _errors(name_kind, name, place)
        yield from _errors(kind, one, place)


def _field_error(message: str, pointer: str) -> FieldError:
    code, detail = explain(message)
    return FieldError(pointer=f"{pointer}{place_in(message)}", code=code, detail=detail)


def _alternatives(kind: Any) -> list[Any]:
    """The members of a union, without `Annotated`, None and UNSET."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [one for member in get_args(kind) for one in _alternatives(member)]
    return [] if kind in (NoneType, UnsetType) else [kind]


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    """The one Struct that an object could be; None when there are several or none."""
    found = [one for one in _alternatives(kind) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return found[0] if len(found) == 1 else None


def _item_in(kind: Any) -> Any:
    """The type of the entries when the kind is a list or a tuple of any length, else None."""
    for one in _alternatives(kind):
        arguments = get_args(one)
        if get_origin(one) is list or (get_origin(one) is tuple and arguments[1:] == (...,)):
            return arguments[0]
    return None


def _entry_in(kind: Any) -> tuple[Any, Any] | None:
    """The types of names and values when the kind is a map, else None."""
    for one in _alternatives(kind):
        if get_origin(one) is dict and len(get_args(one)) == 2:
            name, value = get_args(one)
            return name, value
    return None
