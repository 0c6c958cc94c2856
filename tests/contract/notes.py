"""A tiny context that exists for contracts only: notes with a unique title, on databases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.ledger import SqlLedger
from asperguide.adapters.sql.rows import NAMES, Row
from asperguide.adapters.sql.types import EnumText, JsonValue, KeyText
from asperguide.adapters.sql.unit_of_work import SqlUnitOfWork
from asperguide.adapters.system import SystemIds
from asperguide.shared.errors import Conflict
from asperguide.shared.ports import Clock, Message
from asperguide.testing.contracts import CountingDoorbell, Purges


class TitleTaken(Conflict):
    """Another note has this title."""


class SlugTaken(Conflict):
    """Another note has this slug."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    name: str
    floors: tuple[int, ...] = ()


class Mood(msgspec.Struct, frozen=True, kw_only=True):
    colour: Colour = Colour.RED
    percent: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: UUID
    title: str
    slug: str | None = None
    text: str = ""
    colour: Colour = Colour.RED
    tags: tuple[Colour, ...] = ()
    place: Place | None = None
    mood: Mood = field(default_factory=Mood)
    written_at: datetime = datetime(2031, 1, 2, 3, 4, 5, 678901, UTC)
    read_at: datetime | None = None
    done: bool = False
    version: int = 1

    @property
    def length(self) -> int:
        return len(self.text)


class NoteBase(Row):
    """Of a metadata of their own: no migration knows the tables of tests."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)


class NoteRow(NoteBase):
    __tablename__ = "test_notes"
    __errors__: ClassVar = {"uq_test_notes_title": TitleTaken, "ix_test_notes_slug": SlugTaken}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(KeyText(100))
    slug: Mapped[str | None] = mapped_column(KeyText(100), index=True, unique=True)
    text: Mapped[str] = mapped_column(sa.String(500))
    length: Mapped[int]
    colour: Mapped[Colour] = mapped_column(EnumText(Colour))
    tags: Mapped[tuple[Colour, ...]] = mapped_column(JsonValue(tuple[Colour, ...]))
    place: Mapped[Place | None] = mapped_column(JsonValue(Place))
    mood: Mapped[Mood] = mapped_column(JsonValue(Mood))
    written_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    done: Mapped[bool]
    version: Mapped[int]

    __table_args__ = (sa.UniqueConstraint("title"),)


class NoteWritten(Message):
    note: UUID


class SqlNotes:
    def __init__(self, work: SqlUnitOfWork) -> None:
        self._work = work

    async def add(self, note: Note) -> None:
        await self._work.store.add(NoteRow, note)

    async def get(self, id: UUID) -> Note | None:
        return await self._work.store.get(NoteRow, Note, id)

    async def save(self, note: Note) -> Note:
        saved = await self._work.store.save(NoteRow, note)
        self._work.touch(f"note:{note.id}", saved.version)
        return saved


class SqlNotesUnitOfWork(SqlUnitOfWork):
    @property
    def notes(self) -> SqlNotes:
        return SqlNotes(self)


@dataclass(kw_only=True)
class Notebook:
    """Units of work over notes with their ledger, and what they told others."""

    ledger: SqlLedger
    doorbell: CountingDoorbell
    purges: Purges
    begin: Callable[[], SqlNotesUnitOfWork]

    @property
    def purged(self) -> list[dict[str, int]]:
        return self.purges.told

    async def write(self, note: Note, *messages: Message, answer: object = None) -> None:
        """One committed unit of work that adds the note."""
        async with self.begin() as work:
            await work.notes.add(note)
            for message in messages:
                work.announce(message)
            await work.commit(answer)

    async def read(self, id: UUID) -> Note | None:
        async with self.begin() as work:
            return await work.notes.get(id)

    async def claim_all(self, lease: timedelta = timedelta(seconds=30)) -> list[Any]:
        """Every due job of the default queue."""
        return list(await self.ledger.claim("a worker", "default", 100, lease))


def sql_notebook(database: Database, clock: Clock) -> Notebook:
    doorbell, purges = CountingDoorbell(), Purges()
    return Notebook(
        ledger=SqlLedger(database, clock),
        doorbell=doorbell,
        purges=purges,
        begin=lambda: SqlNotesUnitOfWork(database, clock=clock, ids=SystemIds(), purge=purges, doorbell=doorbell),
    )


def note(title: str = "Tour", **fields: Any) -> Note:
    """A note with a new id."""
    return Note(id=SystemIds().new(), title=title, **fields)
