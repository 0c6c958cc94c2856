"""A world that can be set up again and again, on memory or on SQLite, and what of it is there for all to see."""

import contextlib
import itertools
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from dependency_injector.providers import Object

from asperguide.adapters.jinja.letters import JinjaLetters
from asperguide.adapters.memory.ledger import MemoryJob
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.sql import migrations
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Mail
from asperguide.testing import World
from asperguide.testing.world import LINK, SETTINGS
from asperguide.worker import worker_of
from tests.faults.letter_cases import vault
from tests.faults.view_cases import SHOWCASE
from tests.on_databases import ROWS

State = dict[str, list[str]]
"""The rows of each table, the mails, the keys of mails as often as they were handed over, and those of objects."""

LETTERS = JinjaLetters()
"""Shared, because templates take longer to compile than most use cases to run."""

BOOKKEEPING = {"alembic_version", "idempotency_claims"}
NAMES = re.compile(
    r"[0-9a-f]{65,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=#)[\w-]{43}|memory\$\d+\$\d+\$[0-9a-f]{64}|[0-9a-f]{64}|[0-9a-f]{32}"
)
"""What is encrypted, ids, codes in links, hashes of passwords, digests, ids without dashes."""

VERSION = re.compile(r'"version": ?\d+')


class Post(MemoryMailer):
    """Remembers how often each mail was handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_over: list[str] = []

    async def send(self, mail: Mail) -> None:
        """Once more."""
        await super().send(mail)
        self.handed_over.append(mail.key)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """All that makes two worlds alike."""

    tables: Mapping[str, Mapping[Any, Any]]
    file: bytes
    jobs: dict[UUID, MemoryJob]
    pauses: dict[str, tuple[datetime, UserId]]
    mails: tuple[Mail, ...]
    objects: Any
    drawn: int
    now: datetime


class Stage:
    """A world in a folder of its own; on SQLite only what has to be there (clock, ids, mails, objects) is in memory."""

    def __init__(self, folder: Path, *, on_sqlite: bool) -> None:
        self.world = World(msgspec.structs.replace(SETTINGS, data_dir=folder))
        self.file = folder / "asperguide.sqlite3" if on_sqlite else None
        self.post = self.world.mailer = Post()
        c = self.world.container
        c.mailer.override(Object(self.post))
        c.letters.override(Object(LETTERS))
        c.vault.override(Object(vault(self.world)))
        c.watched.override(Object(SHOWCASE))
        if on_sqlite:
            for name in ROWS - {"watch"}:  # it looks for migrations, which have not made these tables
                getattr(c, name).reset_override()
            self.world._worker = worker_of(c)

    async def create_tables(self) -> None:
        """On SQLite."""
        if self.file:
            async with self.world.container.database().engine.begin() as connection:
                await connection.run_sync(migrations.metadata().create_all)

    def keep(self) -> Kept:
        """What `put_back` takes, of this stage or another of its kind."""
        world = self.world
        return Kept(
            tables=world.database.tables,
            file=_contents(self.file) if self.file else b"",
            jobs=dict(world.ledger.rows),
            pauses=dict(world.ledger.pauses),
            mails=tuple(self.post.sent),
            objects=world.storage.state(),
            drawn=world.ids.drawn,
            now=world.clock.now(),
        )

    def put_back(self, kept: Kept) -> None:
        """Be as that stage was; on SQLite before the first use."""
        world = self.world
        world.database.put_back(kept.tables)
        if self.file:
            self.file.write_bytes(kept.file)
        world.ledger.rows.update(kept.jobs)
        world.ledger.pauses.update(kept.pauses)
        self.post.sent.extend(kept.mails)
        world.storage.put_back(kept.objects)
        world.ids.drawn = kept.drawn
        world.clock.set(kept.now)
        world.container.hasher()._salts = itertools.count(1000)

    def state(self) -> State:
        """What is committed, sent and waiting."""
        tables = _of_file(self.file) if self.file else self._of_memory()
        mails = [_mail(mail) for mail in self.post.sent]
        objects = sorted(self.world.storage.objects)
        return {**tables, "mails": mails, "handed over": list(self.post.handed_over), "objects": objects}

    def _of_memory(self) -> State:
        rows = {name: [_text(row) for row in table.values()] for name, table in self.world.database.tables.items()}
        ledger = self.world.ledger
        jobs, pauses = [_text(row) for row in ledger.rows.values()], [_text(pause) for pause in ledger.pauses.items()]
        return {**rows, "ledger_jobs": jobs, "ledger_pauses": pauses}

    async def close(self) -> None:
        """Give the database back: in memory too there are those who look at it, such as the doctor."""
        await self.world.container.database().close()


@contextlib.asynccontextmanager
async def stage(folder: Path, kept: Kept | None = None, *, on_sqlite: bool) -> AsyncIterator[Stage]:
    """A stage, as another one was left."""
    opened = Stage(folder, on_sqlite=on_sqlite)
    if kept:
        opened.put_back(kept)
    else:
        await opened.create_tables()
    try:
        yield opened
    finally:
        await opened.close()


def named_alike(state: State, *, but: Collection[str] = ()) -> State:
    """The state with ids, codes and hashes told apart and no longer told, without versions and without some parts.

    Of two runs that draw different ids the results are the same when these are.
    """
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        cost = re.match(r"memory\$\d+", found[0])
        return names.setdefault(found[0], f"<{cost[0] if cost else ''}{len(names)}>")

    return {
        part: [VERSION.sub("", NAMES.sub(name, row)) for row in rows]
        for part, rows in sorted(state.items())
        if part not in but and rows
    }


def _text(row: object) -> str:
    return json.dumps(
        msgspec.to_builtins(row, enc_hook=repr, builtin_types=(bytes,)), default=bytes.hex, sort_keys=True
    )


def _mail(mail: Mail) -> str:
    code = LINK.search(mail.text)
    return f"{mail.key} {mail.to} {mail.subject} {code[0] if code else len(mail.text)}"


def _contents(file: Path) -> bytes:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.serialize()


def _of_file(file: Path) -> State:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        tables = [str(row["name"]) for row in named if row["name"] not in BOOKKEEPING]
        return {
            name: [_row(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid")] for name in tables
        }


def _row(row: sqlite3.Row) -> str:
    return json.dumps({name: _shown(row[name]) for name in row.keys()})  # noqa: SIM118 - iterating gives values


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == 16 else value.hex()
    return value
