"""Lists: one grammar for cursor, limit, sort, filters and count, and one envelope."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType

from asperguide.shared.errors import FieldError, InvalidFields
from asperguide.shared.pages import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest

T = TypeVar("T")
V = TypeVar("V")

MOST_FIELDS = 50
LONGEST_VALUE = 1024
UNKNOWN = "UNKNOWN_PARAMETER", "There is no such parameter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list can be asked: names to sort and filter by, and other query parameters that its handler reads.

    `instants` are those of the filters that are instants, and what is said of them.
    """

    sort: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    instants: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    countable: bool = True


class Items(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a list; `next_cursor` is null on the last one, `total` only there when asked for."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int | UnsetType = UNSET


def page_request(query: bytes, listing: Listing) -> PageRequest:
    """Read a query string. Raises InvalidFields, naming every parameter that is unknown, doubled or malformed."""
    wrong: list[FieldError] = []
    given = _once_each(query, wrong)
    ready: dict[str, Any] = {"filters": {}}
    for name, value in given.items():
        _read(name, value, listing, ready, wrong)
    if wrong:
        raise InvalidFields(fields=tuple(wrong))
    return PageRequest(**ready)


def check_names(query: bytes, known: Set[str]) -> None:
    """Raises InvalidFields, naming every parameter that is not known, or given twice."""
    wrong: list[FieldError] = []
    given = _once_each(query, wrong)
    wrong += [_error(name, *UNKNOWN) for name in given if name not in known]
    if wrong:
        raise InvalidFields(fields=tuple(wrong))


def listed(request: Any, page: Page[T], show: Callable[[T], V]) -> Response[Items[V]]:
    """The envelope of a page, with the address of the next one in a Link field."""
    total = UNSET if page.total is None else page.total
    items = Items(items=tuple(show(item) for item in page.items), next_cursor=page.next_cursor, total=total)
    headers = {"link": _next_link(request.scope, page.next_cursor)} if page.next_cursor else {}
    return Response(items, headers=headers)


def _read(name: str, value: str, listing: Listing, ready: dict[str, Any], wrong: list[FieldError]) -> None:
    if len(value) > LONGEST_VALUE or "\x00" in value:
        wrong.append(_error(name, "INVALID", "Not acceptable."))
    elif name == "cursor":
        ready["cursor"] = value
    elif name == "limit":
        if not (value.isascii() and value.isdigit() and len(value) < 4 and 1 <= int(value) <= MAX_LIMIT):
            wrong.append(
                _error(name, "OUT_OF_RANGE", f"A whole number from 1 to {MAX_LIMIT}; {DEFAULT_LIMIT} if absent.")
            )
        else:
            ready["limit"] = int(value)
    elif name == "count" and listing.countable:
        if value not in ("true", "false"):
            wrong.append(_error(name, "WRONG_TYPE", "Either true or false."))
        ready["count"] = value == "true"
    elif name == "sort" and listing.sort:
        if value.removeprefix("-") not in listing.sort:
            wrong.append(_error(name, "NOT_ALLOWED", f"One of {', '.join(listing.sort)}; `-` in front descends."))
        ready["sort"] = value
    elif name.startswith("filter[") and name.endswith("]") and name[7:-1] in listing.filters:
        ready["filters"][name[7:-1]] = value
    elif name not in listing.also:
        wrong.append(_error(name, *UNKNOWN))


def _once_each(query: bytes, wrong: list[FieldError]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in _pairs(query):
        if name in given:
            wrong.append(_error(name, "DUPLICATE", "Give this once."))
        given[name] = value
    return given


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidFields("The query string is malformed or too long.") from None


def _error(name: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=f"?{name[:64]}", code=code, detail=detail)


def _next_link(scope: Any, cursor: str) -> str:
    kept = [(name, value) for name, value in _pairs(scope["query_string"]) if name != "cursor"]
    return f'<{quote(scope["path"])}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
