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
    """A table to list. Each sort field needs an index of it and the id; `filters` says what a filter's value means.

    With `chosen_in` conditions and order are those of that table, whose `id` is the row's: first a page of ids is
    chosen there, out of an index that has all of it, and then no more rows are read than are shown.
    """

    row: type[Row]
    entity: type[T]
    filters: Mapping[str, Callable[[Any], Condition]]
    chosen_in: type[Row] | None = None

    @property
    def places(self) -> sa.Table:
        """The table that conditions are about."""
        return (self.chosen_in or self.row).__table__

    async def page(self, store: Store, wanted: Wanted, *always: Condition, among: str | None = None) -> Page[T]:
        """One statement, and one more when a total is wanted.

        `among` names the indexes that servers may choose from, where they are known to judge wrongly.
        """
        chosen = [*always, *(self.filters[name](value) for name, value in wanted.filters.items())]
        select = self._select if self.chosen_in is None else self._select_chosen
        found = await store.all(select(wanted, chosen, among), self.entity)
        count = sa.select(sa.func.count()).select_from(self.places).where(*chosen)
        return wanted.page(found, int(await store.scalar(count)) if wanted.count else None)

    def _select(self, wanted: Wanted, chosen: list[Condition], among: str | None) -> sa.Select[Any]:
        return _cut(self._hinted(sa.select(*self._columns()), among), self.places, wanted, chosen)

    def _select_chosen(self, wanted: Wanted, chosen: list[Condition], among: str | None) -> sa.Select[Any]:
        table = self.row.__table__
        ids = _cut(self._hinted(sa.select(self.places.c.id), among), self.places, wanted, chosen).subquery("chosen")
        return sa.select(*self._columns()).join(ids, ids.c.id == table.c.id).order_by(*_order(table, wanted))

    def _hinted(self, select: sa.Select[Any], among: str | None) -> sa.Select[Any]:
        return select if among is None else select.with_hint(self.places, f"FORCE INDEX ({among})", "mysql")

    def _columns(self) -> list[sa.Column[Any]]:
        return [column for column in self.row.__table__.c if column.key in entity_fields(self.entity)]


def _cut(select: sa.Select[Any], table: sa.Table, wanted: Wanted, chosen: list[Condition]) -> sa.Select[Any]:
    """One row more than the page has, in order, of those that meet the conditions."""
    keys = _keys(table, wanted.field)
    behind = () if wanted.after is None else (_behind(keys, wanted.after, descending=wanted.descending),)
    return select.where(*chosen, *behind).order_by(*_order(table, wanted)).limit(wanted.limit + 1)


def _order(table: sa.Table, wanted: Wanted) -> Sequence[Any]:
    keys = _keys(table, wanted.field)
    return [key.desc() for key in keys] if wanted.descending else keys


def _keys(table: sa.Table, field: str) -> Sequence[Any]:
    return [table.c[field]] if _repeats_never(table, field) else [table.c[field], table.c.id]


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
