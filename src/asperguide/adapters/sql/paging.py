"""Lists by keyset: a page begins behind the last row of the page before, found by an index and not by counting."""

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store, entity_fields
from asperguide.shared.pages import Page, Wanted

T = TypeVar("T")

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyset(Generic[T]):
    """A table to list. Each sort field needs an index of it and the id; `filters` says what a filter's value means."""

    row: type[Row]
    entity: type[T]
    filters: Mapping[str, Callable[[Any], Condition]]

    async def page(self, store: Store, wanted: Wanted, *always: Condition) -> Page[T]:
        """One statement, and one more when a total is wanted."""
        table = self.row.__table__
        chosen = [*always, *(self.filters[name](value) for name, value in wanted.filters.items())]
        found = await store.all(self._select(wanted, chosen), self.entity)
        count = sa.select(sa.func.count()).select_from(table).where(*chosen)
        return wanted.page(found, int(await store.scalar(count)) if wanted.count else None)

    def _select(self, wanted: Wanted, chosen: list[Condition]) -> sa.Select[Any]:
        table = self.row.__table__
        keys = [table.c[wanted.field]] if _repeats_never(table, wanted.field) else [table.c[wanted.field], table.c.id]
        order = [key.desc() for key in keys] if wanted.descending else keys
        behind = () if wanted.after is None else (_behind(keys, wanted.after, descending=wanted.descending),)
        columns = [column for column in table.c if column.key in entity_fields(self.entity)]
        return sa.select(*columns).where(*chosen, *behind).order_by(*order).limit(wanted.limit + 1)


@functools.cache
def _repeats_never(table: sa.Table, field: str) -> bool:
    """Whether the id need not decide between equals: MariaDB does not see that for itself, and would sort."""
    unique = (one for one in table.constraints if isinstance(one, sa.UniqueConstraint))
    return any(one.columns.keys() == [field] for one in unique)


def _behind(keys: Sequence[Any], after: Sequence[Any], *, descending: bool) -> Condition:
    """Behind that place, in words that MariaDB and MySQL make a range of an index from."""
    beyond, from_here = (operator.lt, operator.le) if descending else (operator.gt, operator.ge)
    each = [beyond(key, value) for key, value in zip(keys, after, strict=False)]
    return sa.and_(from_here(keys[0], after[0]), sa.or_(*each))
