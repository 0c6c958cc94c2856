"""Instants that come from outside: of years that every clock and every database can reckon with."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args

import msgspec

from asperguide.shared.errors import FieldError

FIRST_YEAR, LAST_YEAR = 2000, 2999
BEYOND = f"From {FIRST_YEAR} to {LAST_YEAR}."


def within_reach(day: date) -> bool:
    """Whether a day or an instant is one that can be reckoned with in any zone."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def instant(text: str) -> datetime:
    """The instant that is written there, in UTC. ValueError without an offset, and where UTC has no year for it."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def out_of_reach(value: object, pointer: str = "#") -> Iterator[FieldError]:
    """What in a value, a Struct or several, is an instant that nobody can reckon with; times without offset are none.

    Fields of Structs that cannot hold instants are not looked at.
    """
    if isinstance(value, datetime):
        if value.tzinfo is not None and not within_reach(value):
            yield FieldError(pointer=pointer, code="OUT_OF_RANGE", detail=BEYOND)
    elif isinstance(value, msgspec.Struct):
        for name, told in _timed(type(value)):
            yield from out_of_reach(getattr(value, name), f"{pointer}/{told}")
    elif isinstance(value, tuple | list):
        for place, one in enumerate(value):
            yield from out_of_reach(one, f"{pointer}/{place}")
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from out_of_reach(one, pointer)


@cache
def _timed(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """The fields that may hold instants, and what they are called in JSON."""
    fields = msgspec.structs.fields(kind)
    return tuple((field.name, field.encode_name) for field in fields if _may_hold(field.type, frozenset({kind})))


def _may_hold(kind: Any, seen: frozenset[Any]) -> bool:
    if kind is datetime:
        return True
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = () if kind in seen else msgspec.structs.fields(kind)
        return any(_may_hold(field.type, seen | {kind}) for field in fields)
    return any(_may_hold(inner, seen) for inner in get_args(kind))
