"""Tables in memory that keep copies, check versions and refuse duplicates as the database does."""

import asyncio
import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

from asperguide.shared.errors import DatabaseUnavailable, DomainError, EditedMeanwhile

T = TypeVar("T")

TURN_SECONDS = 5.0
RETRY_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[T]):
    """What a table holds. `unique` gives the error for each attribute, or several together, that may not repeat.

    Where one of them is None they may always repeat.
    """

    name: str
    entity: type[T]
    key: str = "id"
    unique: Mapping[str | tuple[str, ...], type[DomainError]] = field(default_factory=dict)


class Rows(Generic[T]):
    """The rows of one table as one transaction sees them. What goes in or comes out is a copy."""

    def __init__(self, table: Table[T], rows: dict[Any, T]) -> None:
        self._table, self._rows = table, rows

    def add(self, entity: T) -> None:
        """Insert. Raises the table's error when it is not unique; KeyError, as a defect, when the key is taken."""
        key = getattr(entity, self._table.key)
        if key in self._rows:
            raise KeyError(f"{self._table.name}: {key} is there already")
        self._put(key, entity)

    def save(self, entity: T) -> T:
        """Update if the version is still the entity's, else EditedMeanwhile; the entity with the next version."""
        key = getattr(entity, self._table.key)
        if key not in self._rows or self._version(self._rows[key]) != self._version(entity):
            raise EditedMeanwhile
        saved: T = replace(entity, version=self._version(entity) + 1)  # type: ignore[type-var]
        self._put(key, saved)
        return saved

    def patch(self, key: object, /, **fields: object) -> None:
        """Set some fields and no version; nothing when there is no such row."""
        if (found := self._rows.get(key)) is not None:
            self._put(key, replace(found, **fields))  # type: ignore[type-var]

    def get(self, key: object) -> T | None:
        """The row with this key."""
        return copy.deepcopy(self._rows.get(key))

    def all(self, where: Callable[[T], bool] = lambda _: True) -> list[T]:
        """The rows that meet the condition, in the order of insertion."""
        return [copy.deepcopy(row) for row in self._rows.values() if where(row)]

    def first(self, where: Callable[[T], bool]) -> T | None:
        """The first row that meets the condition."""
        return next((copy.deepcopy(row) for row in self._rows.values() if where(row)), None)

    def remove(self, where: Callable[[T], bool], limit: int | None = None) -> int:
        """Delete the rows that meet the condition, at most `limit`. How many."""
        keys = [key for key, row in self._rows.items() if where(row)][:limit]
        for key in keys:
            del self._rows[key]
        return len(keys)

    def _put(self, key: object, entity: T) -> None:
        for names, error in self._table.unique.items():
            value = _values(entity, names)
            if None not in value and any(
                _values(row, names) == value for other, row in self._rows.items() if other != key
            ):
                raise error
        self._rows[key] = copy.deepcopy(entity)

    @staticmethod
    def _version(entity: object) -> int:
        return int(entity.version)  # type: ignore[attr-defined]


def _values(entity: object, names: str | tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(entity, name) for name in ((names,) if isinstance(names, str) else names))


class MemoryDatabase:
    """What is committed. One transaction at a time may change it, and those that wait queue in order."""

    def __init__(self) -> None:
        self._committed: dict[str, dict[Any, Any]] = {}
        self._turn = asyncio.Lock()

    @property
    def tables(self) -> Mapping[str, Mapping[Any, Any]]:
        """Everything committed, as it is at this moment: commits replace tables and change none."""
        return dict(self._committed)

    def put_back(self, tables: Mapping[str, Mapping[Any, Any]]) -> None:
        """Be as it was when `tables` were taken, whatever was committed since."""
        self._committed.clear()
        self._committed.update({name: dict(rows) for name, rows in tables.items()})

    def rows(self, table: Table[T]) -> Rows[T]:
        """The committed rows, to read from outside of any transaction."""
        return Rows(table, dict(self._committed.get(table.name, {})))

    async def begin(self) -> "MemoryTransaction":
        """The right to change things. DatabaseUnavailable when another transaction keeps it for 5 s."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise DatabaseUnavailable(retry_after=RETRY_AFTER) from None
        return MemoryTransaction(self._committed, self._turn)


class MemoryTransaction:
    """A view of every table that becomes the committed one, or vanishes."""

    def __init__(self, committed: dict[str, dict[Any, Any]], turn: asyncio.Lock) -> None:
        self._committed, self._turn = committed, turn
        self._changed: dict[str, dict[Any, Any]] = {}

    def rows(self, table: Table[T]) -> Rows[T]:
        """The rows with this transaction's changes."""
        if table.name not in self._changed:
            self._changed[table.name] = dict(self._committed.get(table.name, {}))
        return Rows(table, self._changed[table.name])

    def commit(self) -> None:
        """Every change at once."""
        self._committed.update(self._changed)

    def close(self) -> None:
        """Let the next one begin."""
        self._turn.release()
