"""Pages of a list of 100 000 files on MariaDB: whatever the order and the filter, and however deep."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.media import SqlMediaUnitOfWork
from asperguide.adapters.sql.media_reads import SqlMediaReads
from asperguide.adapters.sql.media_rows import FileRow, FileTagRow
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.media.model import File, FileId, FileState, OwnerId, Visibility
from asperguide.shared.pages import PageRequest
from benchmarks.figures import Check, Report
from benchmarks.jobs import opened
from benchmarks.ledger import database
from benchmarks.rigs import Run
from benchmarks.servers import Backends

SEEDED, TIMES = 1000, 100
"""Files that are made one by one, and how many there are of each in the end."""
OWNER = OwnerId(UUID(int=7))
TYPES = ("video/mp4", "image/png", "image/jpeg", "application/pdf")
RARE = "audio/flac"
NAME = "bench_files"
BAR = 20.0
"""Milliseconds."""
EVERY = 10
"""Pages of 100, one after the other, between two that are timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A list from its first place on, as far as so many places where a page is timed, or to its end."""

    name: str
    sort: str = "-created_at"
    filters: Mapping[str, str]
    places: int = 10


ORDERS = tuple(
    Walk(name=f"all files by {sort}", sort=sort, filters={}, places=SEEDED * TIMES)
    for sort in ("-created_at", "created_at", "name", "-name", "size", "-size")
)
COMMON = (
    Walk(name="videos", filters={"type": "video"}),
    Walk(name="of one type", filters={"type": "image/png"}),
    Walk(name="with a tag", filters={"tag": "garden"}),
    Walk(name="public ones", filters={"visibility": "public"}),
    Walk(name="ready ones by name", sort="name", filters={"state": "ready"}),
    Walk(name="with a word in the name", filters={"name": "tour"}),
)
FAR = (
    Walk(name="ten of a rare type, by time", filters={"type": RARE}),
    Walk(name="ten of a rare type, by name", sort="name", filters={"type": RARE}),
    Walk(name="ten of a rare type, by size", sort="-size", filters={"type": RARE}),
    Walk(name="a word that is in no name", filters={"name": "nowhere"}),
)


def file_pages(run: Run) -> Report:
    """How long a page of 20 takes at every thousandth place, our part in Python included; of three times the least."""
    return Report("file-pages", checks=asyncio.run(_measured(run.servers)))


async def _measured(servers: Backends) -> list[Check]:
    found = opened(await _filled(servers))
    reads, checks = SqlMediaReads(found), list[Check]()
    for walk in (*ORDERS, *COMMON, *FAR):
        taken = await _walked(reads, walk)
        note = f"at {len(taken)} places, median {median(taken):.1f}, first {taken[0]:.1f}, last {taken[-1]:.1f} ms"
        checks.append(Check(name=f"{walk.name}: slowest page", value=max(taken), unit="ms", at_most=BAR, note=note))
    await found.close()
    return checks


async def _walked(reads: SqlMediaReads, walk: Walk) -> list[float]:
    """Milliseconds of each page that was timed."""
    taken, cursor, page = list[float](), None, 0
    while len(taken) < walk.places:
        if page % EVERY == 0:
            taken.append(min([await _timed(reads, walk, cursor) for _ in range(3)]))
        wanted = PageRequest(cursor=cursor, limit=100, sort=walk.sort, filters=walk.filters)
        page, cursor = page + 1, (await reads.files(OWNER, wanted)).next_cursor
        if cursor is None:
            break
    return taken


async def _timed(reads: SqlMediaReads, walk: Walk, cursor: str | None) -> float:
    started = time.perf_counter()
    await reads.files(OWNER, PageRequest(cursor=cursor, limit=20, sort=walk.sort, filters=walk.filters))
    return (time.perf_counter() - started) * 1000


async def _filled(servers: Backends) -> str:
    """Where the files are: some made by our own adapter, and each of them again and again by the server."""
    url = database(servers, NAME)
    found, clock, ids = opened(url), SystemClock(), SystemIds()
    await migrations.up(found)
    now = clock.now()
    async with SqlMediaUnitOfWork(found, clock=clock, ids=ids) as uow:
        for number in range(SEEDED):
            await uow.files.add(
                File(
                    id=FileId(ids.new()), owner=OWNER, name=f"{'tour' if number % 3 else 'walk'} {number:04}.bin",
                    key=f"files/{number}", size=number * 1000, sha256=bytes(32), state=FileState.READY,
                    media_type=RARE if number == 0 else TYPES[number % 4],
                    visibility=Visibility.PUBLIC if number % 5 == 0 else Visibility.PRIVATE,
                    tags=("garden",) if number % 4 == 0 else (),
                    created_at=now - timedelta(days=1000 - number), updated_at=now,
                )
            )  # fmt: skip
        await uow.commit()
    await found.close()
    for row in (FileRow, FileTagRow):
        _multiplied(servers, str(row.__tablename__), [column.name for column in row.__table__.columns])
    return url


def _multiplied(servers: Backends, table: str, columns: Sequence[str]) -> None:
    """Every row but those of the rare type 99 times more, each with an id, a name and a time of its own."""
    changed = {
        "id": "UNHEX(MD5(CONCAT(HEX(f.id), seq)))",
        "name": "CONCAT(f.name, seq)",
        "name_key": "CONCAT(f.name_key, seq)",
        "created_at": "DATE_ADD(f.created_at, INTERVAL seq MINUTE)",
    }
    names = ", ".join(f"`{name}`" for name in columns)
    values = ", ".join(changed.get(name, f"f.`{name}`") for name in columns)
    count = f"IF(f.media_type = '{RARE}', 10, {TIMES})"
    servers.execute(
        NAME,
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} f, seq_1_to_{TIMES} WHERE seq < {count}",
        f"ANALYZE TABLE {table}",
    )
