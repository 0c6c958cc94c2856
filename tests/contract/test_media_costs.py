"""What media costs a database: how many statements a use case sends, each of them answered by an index."""

from collections.abc import Awaitable
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from dependency_injector.providers import Object

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.media_rows import FileRow, FileTagRow, LinkRow, UploadRow, UsageRow, VideoRow
from asperguide.adapters.sql.store import to_row
from asperguide.container import Container
from asperguide.media import FileState, MediaPolicy, NewLink, Transport, Usage, Visibility
from asperguide.media.errors import QuotaExceeded
from asperguide.media.model import File
from asperguide.shared.pages import PageRequest
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.filing import file, link, owner, upload, video
from asperguide.testing.contracts.media.quotas import ROOM
from asperguide.testing.contracts.people import HOUR, NOW
from tests.contract.filing import NEW, TEXT, filing, send, sent, somebody
from tests.contract.persistences import sql_persistence
from tests.contract.test_identity_costs import MANY, slow, verbs, watching

START = "BEGIN UPDATE INSERT INSERT COMMIT"


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


@pytest.fixture
def container(database: Database, clock: MovableClock) -> Container:
    return filing(database, clock)


async def cost(database: Database, use_case: Awaitable[Any]) -> tuple[Any, str]:
    """What a use case gives, and the first words of its statements."""
    with watching(database) as seen:
        answer = await use_case
    return answer, " ".join(verbs(seen)).replace("BEGIN IMMEDIATE", "BEGIN")


async def test_reading_costs_one_statement_and_a_total_one_more(
    container: Container, database: Database, clock: MovableClock
) -> None:
    me = somebody(clock)
    id = await sent(container, me)
    made = await container.make_link()(me, id, NewLink())
    assert (await cost(database, container.get_file()(me, id)))[1] == "SELECT"
    assert (await cost(database, container.read_file()(me, id)))[1] == "SELECT"
    assert (await cost(database, container.get_quota()(me)))[1] == "SELECT"
    assert (await cost(database, container.follow_link()(made.token)))[1] == "SELECT"
    for filters in ({}, {"tag": "garden"}, {"type": "text", "name": "gard"}):
        assert (await cost(database, container.list_files()(me, PageRequest(filters=filters))))[1] == "SELECT"
        counted = PageRequest(filters=filters, count=True)
        assert (await cost(database, container.list_files()(me, counted)))[1] == "SELECT SELECT"
    assert (await cost(database, container.list_uploads()(me, PageRequest())))[1] == "SELECT"


async def test_sending_costs_few_statements(container: Container, database: Database, clock: MovableClock) -> None:
    me = somebody(clock)
    first, first_cost = await cost(database, container.start_upload()(me, NEW))
    assert first_cost == "BEGIN UPDATE INSERT UPDATE INSERT INSERT COMMIT"
    assert (await cost(database, container.start_upload()(me, NEW)))[1] == START
    tagged = await cost(database, container.start_upload()(me, msgspec.structs.replace(NEW, tags=("a", "b"))))
    assert tagged[1] == "BEGIN UPDATE INSERT INSERT INSERT COMMIT"
    await send(container, first.file.id)
    finished = (await cost(database, container.finish_upload()(me, first.file.id)))[1]
    # The upload, the file to look into; then: upload over, file read, ready, its tags, room settled.
    assert finished == "SELECT SELECT BEGIN DELETE SELECT UPDATE DELETE UPDATE COMMIT"
    deleted = (await cost(database, container.delete_file()(me, first.file.id)))[1]
    assert deleted == "BEGIN SELECT UPDATE DELETE COMMIT"


async def test_who_has_no_room_learns_it_before_anything_is_written(
    container: Container, database: Database, clock: MovableClock
) -> None:
    me = somebody(clock)
    await sent(container, me)
    container.media_policy.override(Object(MediaPolicy(quota_bytes=len(TEXT))))
    with watching(database) as seen, pytest.raises(QuotaExceeded):
        await container.start_upload()(me, NEW)
    assert verbs(seen) == ["BEGIN", "UPDATE", "INSERT", "UPDATE", "ROLLBACK"]


# plans


async def fill(database: Database) -> list[File]:
    """Many rows of everything: half of all files are one owner's."""
    random, mine = Random(5), owner()
    others = [owner() for _ in range(50)]
    files = [
        file(
            mine if n % 2 else random.choice(others),
            f"file {random.randrange(MANY):05}",
            size=random.randrange(10**9),
            tags=(("most",) if n % 3 else ()) + (("few",) if n % 200 == 1 else ()),
            state=FileState.DELETED if n % 100 in (1, 2, 4) else FileState.READY,
            visibility=Visibility.PUBLIC if n % 100 == 3 else Visibility.PRIVATE,
            media_type="audio/ogg" if n % 100 == 5 else "video/mp4",
            created_at=NOW + n * HOUR,
            updated_at=NOW + n * HOUR,
        )
        for n in range(2 * MANY)
    ]
    tags = [{**to_row(FileTagRow, one), "tag": tag} for one in files for tag in one.tags]
    rows: dict[Any, list[dict[str, Any]]] = {
        FileRow: [to_row(FileRow, one) for one in files],
        FileTagRow: tags,
        UploadRow: [to_row(UploadRow, upload(one, Transport.DIRECT)) for one in files],
        UsageRow: [to_row(UsageRow, Usage(owner=owner())) for _ in files],
        LinkRow: [to_row(LinkRow, link(one, expires_at=one.created_at)) for one in files],
        VideoRow: [to_row(VideoRow, video(one)) for one in files],
    }
    async with database.transaction() as store:
        for row, values in rows.items():
            await store.execute(sa.insert(row.__table__), values)
    if not database.embedded:  # nobody ever analyses an embedded database
        for row in rows:
            async with database.writing() as store:
                await store.execute(sa.text(f"ANALYZE TABLE {row.__tablename__}"))
    return files


async def test_every_hot_statement_of_media_is_answered_by_an_index(
    persistence: Persistence, database: Database
) -> None:
    kept = (await fill(database))[1]
    reads, mine = persistence.media_reads, kept.owner
    way = link(kept, expires_at=NOW + 99 * HOUR)
    await persistence.keep_media(way)
    with watching(database) as seen:
        await reads.file(kept.id)
        await reads.upload(kept.id)
        await reads.video(kept.id)
        await reads.usage(mine)
        await reads.links(kept.id, NOW)
        await reads.linked(way.digest, NOW)
        await reads.all_files(kept.id, 100)
        await reads.by_ids([kept.id, way.file])
        await reads.owners(mine, 100)
        page = await reads.uploads(mine, PageRequest())
        await reads.uploads(mine, PageRequest(cursor=page.next_cursor))
        async with persistence.begin_media() as uow:
            await uow.quotas.reserve(mine, 1, most_bytes=ROOM, most_files=ROOM)
            await uow.quotas.settle(mine, 1, 1)
            await uow.quotas.release(mine, 1)
            await uow.quotas.free(mine, 1)
            await uow.quotas.usage(mine)
            await uow.files.in_state_since(FileState.DELETED, NOW + 50 * HOUR, 100)
            await uow.uploads.expired(NOW + 50 * HOUR, 100)
            await uow.uploads.save(upload(kept, Transport.DIRECT))
            await uow.uploads.remove(upload(kept, Transport.DIRECT, version=2))
            await uow.videos.save(video(kept))
            await uow.links.remove(way.id, kept.id)
            await uow.links.delete_over(NOW + 50 * HOUR, 100)
            await uow.files.save(replace(kept, name="other"))
            await uow.files.remove(replace(kept, version=2))
    explained = [(text, values) for text, values in seen if text.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert len(explained) > 25
    found = {text: plan for text, values in explained if (plan := await slow(database, text, values))}
    assert found == {}


SORTS = ("created_at", "-created_at", "name", "-name", "size", "-size")
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"state": "ready"},
    {"state": "deleted"},
    {"visibility": "public"},
    {"type": "video"},
    {"type": "audio/ogg"},
    {"type": "font"},
    {"tag": "most"},
    {"tag": "few"},
    {"tag": "most", "state": "deleted", "type": "video"},
    {"name": "file 00"},
    {"tag": "most", "name": "file 00"},
)


OF_NO_OWNER = "ix_files_state"


async def chosen_elsewhere(database: Database, statement: str, parameters: Any) -> list[str]:
    """The steps that look for rows of a page otherwise than in an index of the owner's, in words of the database."""
    explain = "EXPLAIN QUERY PLAN " if database.embedded else "EXPLAIN "
    async with database.engine.connect() as connection:
        plan = (await connection.exec_driver_sql(explain + statement, parameters)).mappings().all()
    if database.embedded:
        inner = [step["detail"] for step in plan if "owner=?" in step["detail"]]
        return [detail for detail in inner if "INDEX ix_file" not in detail] or ([] if inner else ["no index"])
    steps = [step for step in plan if step["table"] in ("files", "file_tags") and step["type"] != "eq_ref"]
    return [
        f"{step}" for step in steps if not (step["key"] or "").startswith("ix_file") or step["key"] == "ix_files_state"
    ]


async def test_every_page_of_files_is_chosen_in_an_index_of_its_owner(
    persistence: Persistence, database: Database
) -> None:
    mine = (await fill(database))[1].owner
    reads = persistence.media_reads
    wrong: dict[Any, list[str]] = {}
    for sort in SORTS:
        for filters in FILTERS:
            first = await reads.files(mine, PageRequest(sort=sort, filters=filters, limit=20))
            for cursor in {None, first.next_cursor}:
                wanted = PageRequest(sort=sort, filters=filters, limit=20, cursor=cursor, count=True)
                with watching(database) as seen:
                    await reads.files(mine, wanted)
                assert len(seen) == 2
                for statement, values in seen:
                    if found := await chosen_elsewhere(database, statement, values):
                        wrong[sort, *filters.items(), cursor is None] = found
    assert wrong == {}


async def test_a_deep_page_reads_no_more_rows_than_the_first(server_database: Database, clock: MovableClock) -> None:
    persistence = sql_persistence(server_database, clock)
    mine = (await fill(server_database))[1].owner

    async def rows_read(wanted: PageRequest) -> int:
        with watching(server_database) as seen:
            await persistence.media_reads.files(mine, wanted)
        async with server_database.engine.connect() as connection:
            await connection.exec_driver_sql("FLUSH STATUS")
            await connection.exec_driver_sql(*seen[0])
            status = (await connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")).all()
        return sum(int(value) for _, value in status)

    for sort in SORTS:
        for filters in ({}, {"state": "ready"}, {"type": "video/mp4"}, {"tag": "most"}):
            files, cursor = 0, None
            counts = []
            while files < MANY / 2:
                wanted = PageRequest(sort=sort, filters=filters, limit=100, cursor=cursor)
                counts.append(await rows_read(wanted))
                page = await persistence.media_reads.files(mine, wanted)
                files, cursor = files + len(page.items), page.next_cursor
            assert max(counts) < 1000, (sort, filters, counts)
            assert counts[-1] < 2 * counts[0] + 100, (sort, filters, counts)
