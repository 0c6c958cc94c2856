"""What databases and Redis tell of statements and commands: the text without a value, the name without a key."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from asperguide.adapters.counting import StorageCalls
from asperguide.adapters.opentelemetry.tracer import OpenTelemetryTracer
from asperguide.adapters.redis.cache import RedisCache
from asperguide.adapters.redis.connection import Breaker, connect
from asperguide.adapters.sql.engine import Database, open_mysql, open_sqlite
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Cached
from asperguide.shared.storage import ObjectMissing
from asperguide.shared.tracing import Trace, trace
from tests.collecting import Receiver
from tests.contract.conftest import create_tables
from tests.contract.notes import NoteRow, TitleTaken, note
from tests.figures import figure
from tests.servers import MariaDB, ObjectServer, RedisServer
from tests.storages import in_folder, on_server, s3

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(params=["sqlite", "mariadb"])
async def followed(request: pytest.FixtureRequest, tracer: OpenTelemetryTracer) -> AsyncIterator[Database]:
    """A database whose statements are told, with our tables."""
    if request.param == "sqlite":
        database = open_sqlite(request.getfixturevalue("tmp_path") / "asperguide.sqlite3", tracer=tracer)
    else:
        server: MariaDB = request.getfixturevalue("mariadb")
        schema: str = request.getfixturevalue("mariadb_database")
        where = {"host": server.host, "username": server.user, "password": server.password, "database": schema}
        database = open_mysql(**where, port=server.port, tracer=tracer)
    await create_tables(database)
    yield database
    await database.close()


async def test_statements_are_spans_with_their_text_and_without_values(
    followed: Database, tracer: OpenTelemetryTracer, collector: Receiver
) -> None:
    written = note("a canary of a title")
    async with followed.transaction() as store:  # nothing is under way
        await store.add(NoteRow, note("another canary"))
    token = trace.set(Trace(traceparent=PARENT))
    async with followed.transaction() as store:
        await store.add(NoteRow, written)
    async with followed.reading() as store:
        await store.execute(sa.select(NoteRow.title).where(NoteRow.title == written.title))
    async with followed.writing() as store:
        with pytest.raises(TitleTaken):
            await store.add(NoteRow, note(written.title))
    trace.reset(token)
    tracer.close()
    begin = "BEGIN IMMEDIATE" if followed.embedded else "BEGIN"
    spans = collector.spans()
    assert [span.name for span in spans] == [
        "BEGIN",
        "INSERT test_notes",
        "COMMIT",
        "SELECT test_notes",
        "INSERT test_notes",
    ]
    texts = [span.attributes["db.query.text"] for span in spans]
    assert (texts[0], texts[2]) == (begin, "COMMIT")
    assert texts[1].startswith("INSERT INTO test_notes (")
    assert texts[3].startswith("SELECT test_notes.title FROM test_notes WHERE test_notes.title = ")
    assert {span.attributes["db.system.name"] for span in spans} == {"sqlite" if followed.embedded else "mariadb"}
    assert {span.parent for span in spans} == {PARENT[36:52]}
    assert [span.attributes.get("error.type", "") for span in spans] == ["", "", "", "", "IntegrityError"]
    assert "canary" not in collector.text_of()


@pytest.mark.parametrize("kind", ["folder", "seaweedfs"])
async def test_calls_of_a_storage_are_spans_and_counted_without_keys(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, tracer: OpenTelemetryTracer, collector: Receiver
) -> None:
    calls = StorageCalls("default", tracer)
    async with AsyncExitStack() as stack:
        if kind == "folder":
            storage: Any = await stack.enter_async_context(in_folder(tmp_path, calls=calls))
        else:
            where = s3(request.getfixturevalue("seaweedfs"))
            storage = await stack.enter_async_context(on_server(where, calls=calls))
        await storage.put("canary/before", b"nothing is under way")
        token = trace.set(Trace(traceparent=PARENT))
        await storage.put("canary/a", b"canary")
        with pytest.raises(ZeroDivisionError):
            async with storage.open("canary/a") as opened:
                assert [chunk async for chunk in opened.chunks] == [b"canary"]
                raise ZeroDivisionError  # ours, and not the storage's
        with pytest.raises(ObjectMissing):
            async with storage.open("canary/b"):
                pass
        upload = await storage.start("canary/c")
        await storage.put_part("canary/c", upload, 1, b"part")
        await storage.abort("canary/c", upload)
        trace.reset(token)
        outcomes = [("put", "done", 2), ("open", "done", 1), ("open", "refused", 1), ("put_part", "done", 1)]
        for operation, outcome, count in outcomes:
            labels = {"store": "default", "operation": operation, "outcome": outcome}
            assert figure(storage, "asperguide_storage_seconds_count", **labels) == count
    tracer.close()
    spans = collector.spans()
    names = ["put", "open", "open", "start", "put_part", "abort"]
    assert [span.name for span in spans] == [f"storage {name}" for name in names]
    assert [span.attributes["asperguide.outcome"] for span in spans] == ["done", "done", "refused", *["done"] * 3]
    assert {span.parent for span in spans} == {PARENT[36:52]}
    assert not any("error.type" in span.attributes for span in spans)
    assert "canary" not in collector.text_of()


async def test_a_storage_out_of_reach_is_counted_as_that(tmp_path: Path) -> None:
    calls = StorageCalls()
    server = ObjectServer(port=1, daemon=None)  # type: ignore[arg-type]
    async with on_server(s3(server), calls=calls) as storage:
        with pytest.raises(StorageUnavailable):
            await storage.stat("a")
        labels = {"store": "default", "operation": "stat", "outcome": "unavailable"}
        assert figure(storage, "asperguide_storage_seconds_count", **labels) == 1


async def test_commands_of_redis_are_spans_without_keys(
    redis_server: RedisServer, tracer: OpenTelemetryTracer, collector: Receiver
) -> None:
    client = connect(host=redis_server.host, port=redis_server.port, password=redis_server.password, tracer=tracer)
    cache = RedisCache(client, Breaker(), "tracing:")
    await cache.get("nothing is under way")
    token = trace.set(Trace(traceparent=PARENT))
    await cache.put("canary", Cached(version=1, value=b"canary"), timedelta(seconds=5))
    assert await cache.get("canary") is not None
    trace.reset(token)
    await client.aclose()
    tracer.close()
    spans = collector.spans()
    assert spans[-1].name == "EVALSHA"
    assert spans[-1].attributes == {"db.system.name": "redis", "db.operation.name": "EVALSHA"}
    assert {span.parent for span in spans} == {PARENT[36:52]}
    assert "canary" not in collector.text_of()
