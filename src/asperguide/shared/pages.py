"""Pages of a list: an opaque cursor, a limit, what comes back, and what a list can be asked."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from asperguide.shared.errors import FieldError, InvalidCursor, InvalidFields

T = TypeVar("T")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

Instant = Annotated[datetime, Meta(tz=True)]
"""The type of a sort by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a caller wants of a list.

    `cursor` is what an earlier page gave as `next_cursor`. `sort` names a field, `-` in front means descending.
    `filters` are exact matches by field name. A list refuses names that it does not know with `InvalidFields`.
    """

    cursor: str | None = None
    limit: int = DEFAULT_LIMIT
    sort: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    count: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page, stable under inserts. `next_cursor` is None on the last page; `total` only when it was asked for."""

    items: tuple[T, ...]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The field that a list is sorted by, never None, and its type: what a cursor holds is checked against it."""

    field: str
    type: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A page request that was understood: `after` is the sort field and the id of the last thing already seen.

    `mark` stands for the list, its order and its filters: cursors carry it.
    """

    mark: bytes
    field: str
    descending: bool
    after: tuple[Any, UUID] | None
    filters: Mapping[str, Any]
    limit: int
    count: bool

    def page(self, found: Sequence[T], total: int | None = None) -> Page[T]:
        """The page, given up to `limit` + 1 things in order: the one too many says that there is a next page."""
        items = tuple(found[: self.limit])
        more = len(found) > self.limit
        return Page(items=items, next_cursor=self._cursor(items[-1]) if more else None, total=total)

    def _cursor(self, last: Any) -> str:
        return _packed((self.mark, getattr(last, self.field), last.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRules:
    """What a list can be asked: names to sort by, and for each filter what reads its text (ValueError: no such value).

    Every adapter reads requests with the same rules, so that all of them give out and accept the same cursors. `name`
    is one that no other list has.
    """

    name: str
    sorts: Mapping[str, Sort]
    default: str
    filters: Mapping[str, Callable[[str], object]]

    def read(self, request: PageRequest, *of: object) -> Wanted:
        """Raises InvalidFields for names and values that the list does not know, InvalidCursor for a strange cursor.

        `of` is whose list it is. A cursor goes on with the very list that gave it out, in the same order, with the same
        filters.
        """
        sort = request.sort or self.default
        rule = self.sorts.get(sort.removeprefix("-"))
        wrong = [] if rule else [_unknown("?sort", f"One of {', '.join(self.sorts)}; `-` in front descends.")]
        filters = dict(self._filters(request.filters, wrong))
        if wrong or rule is None:
            raise InvalidFields(fields=tuple(wrong))
        mark = _mark(self.name, *of, sort, *sorted(request.filters.items()))
        return Wanted(
            mark=mark, field=rule.field, descending=sort.startswith("-"), filters=filters, count=request.count,
            after=None if request.cursor is None else _position(request.cursor, mark, rule.type),
            limit=min(max(request.limit, 1), MAX_LIMIT),
        )  # fmt: skip

    def _filters(self, given: Mapping[str, str], wrong: list[FieldError]) -> Iterator[tuple[str, object]]:
        for name, text in given.items():
            if name not in self.filters:
                wrong.append(_unknown(f"?filter[{name[:64]}]", "There is no such filter."))
                continue
            try:
                yield name, self.filters[name](text)
            except ValueError:
                wrong.append(_unknown(f"?filter[{name}]", "There is no such value."))


def _unknown(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code="NOT_ALLOWED", detail=detail)


def _mark(*told: object) -> bytes:
    """A short digest: nobody is kept from forging one, who would gain nothing by it."""
    return hashlib.blake2b(repr([*map(str, told)]).encode("utf-8", "surrogatepass"), digest_size=6).digest()


def _packed(position: tuple[bytes, Any, UUID]) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


def _position(cursor: str, mark: bytes, kind: Any) -> tuple[Any, UUID]:
    """Where the cursor points. Raises InvalidCursor unless this very text is what we would give out for it."""
    with suppress(ValueError, OverflowError, msgspec.DecodeError):
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found, value, id = msgspec.msgpack.decode(raw, type=tuple[bytes, kind, UUID])
        if found == mark and _packed((mark, value, id)) == cursor:
            return value, id
    raise InvalidCursor
