"""An S3 server behind a bad network: whatever breaks, nothing half is kept, given out or leaked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from time import monotonic

import pytest

from asperguide.adapters.minio import connection
from asperguide.adapters.minio.connection import S3
from asperguide.adapters.minio.objects import MinioStorage
from asperguide.shared.errors import StorageUnavailable
from asperguide.testing.contracts.storage import LARGE, MIB, flowing, read
from asperguide.testing.tcp import Bandwidth, Blackhole, Cut, Reset, TcpFault, TcpProxy
from tests.servers import ObjectServer, eventually
from tests.storages import on_server, s3


@pytest.fixture
async def network(seaweedfs: ObjectServer) -> AsyncIterator[TcpProxy]:
    async with TcpProxy(seaweedfs.host, seaweedfs.port) as proxy:
        yield proxy


@pytest.fixture
def where(seaweedfs: ObjectServer) -> S3:
    return s3(seaweedfs)


@pytest.fixture
async def outside(where: S3) -> AsyncIterator[MinioStorage]:
    """The same place, seen past the bad network."""
    async with on_server(where) as ready:
        await ready.put("old", b"old")
        await ready.put("large", LARGE)
        yield ready


@pytest.fixture
async def storage(
    where: S3, outside: MinioStorage, network: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MinioStorage]:
    """A storage behind the network that has seen better days, and waits a second for an answer."""
    monkeypatch.setattr(connection, "READ_SECONDS", 1)
    monkeypatch.setattr(connection, "QUEUE_SECONDS", 0.5)
    async with on_server(replace(where, endpoint=f"127.0.0.1:{network.port}")) as ready:
        assert await read(ready, "old") == b"old"
        yield ready


async def is_sound(storage: MinioStorage, outside: MinioStorage) -> None:
    """Nothing of what failed goes on or was left behind, and the storage works."""
    await eventually(lambda: storage.bucket.connection.is_idle, 30)

    async def none_is_open() -> bool:
        return await outside.open_uploads() == []

    await eventually(none_is_open)
    await storage.put("after", b"after")
    assert await read(storage, "after") == b"after"


@pytest.mark.parametrize("fault", [Cut(after=3 * MIB), Reset()], ids=str)
@pytest.mark.parametrize("content", [b"short", LARGE], ids=["short", "large"])
async def test_a_put_that_breaks_keeps_nothing(
    storage: MinioStorage, outside: MinioStorage, network: TcpProxy, fault: TcpFault, content: bytes
) -> None:
    if content == b"short" and isinstance(fault, Cut):
        fault = Cut(after=100)
    network.fault = fault
    for key in ("new", "old"):
        with pytest.raises(StorageUnavailable):
            await storage.put(key, flowing(content), size=len(content))
    network.fault = None
    assert await outside.stat("new") is None
    assert await read(outside, "old") == b"old"
    await is_sound(storage, outside)


async def test_a_put_whose_answer_is_lost_is_there_whole_or_not_at_all(
    storage: MinioStorage, outside: MinioStorage, network: TcpProxy
) -> None:
    network.fault = Blackhole()
    with pytest.raises(StorageUnavailable):
        await storage.put("new", b"whole", metadata={"a": "1"})
    network.fault = None
    await is_sound(storage, outside)
    found = await outside.stat("new")
    assert found is None or (found.size, found.metadata) == (5, {"a": "1"})


@pytest.mark.parametrize("fault", [Cut(after=2 * MIB), Reset(), Blackhole()], ids=str)
async def test_a_read_that_breaks_raises_and_never_ends_as_if_that_were_all(
    storage: MinioStorage, outside: MinioStorage, network: TcpProxy, fault: TcpFault
) -> None:
    got = b""
    with pytest.raises(StorageUnavailable):
        async with storage.open("large") as opened:
            got += await anext(opened.chunks)
            network.fault = fault
            async for piece in opened.chunks:
                got += piece
    assert LARGE.startswith(got)
    assert len(got) < len(LARGE)
    network.fault = None
    await is_sound(storage, outside)


async def test_a_server_that_hangs_costs_its_time_and_no_more(
    storage: MinioStorage, outside: MinioStorage, network: TcpProxy
) -> None:
    network.fault = Blackhole()
    began = monotonic()
    answers = await asyncio.gather(*(storage.stat("old") for _ in range(40)), return_exceptions=True)
    assert {type(answer) for answer in answers} == {StorageUnavailable}
    assert monotonic() - began < 10
    network.fault = None
    await is_sound(storage, outside)


async def test_who_is_cancelled_on_a_slow_line_is_free_at_once(
    storage: MinioStorage, outside: MinioStorage, network: TcpProxy
) -> None:
    network.fault = Bandwidth(200_000)
    for start in (lambda: read(storage, "large"), lambda: storage.put("new", LARGE)):
        tasks = [asyncio.create_task(start()) for _ in range(5)]
        await asyncio.sleep(0.3)
        began = monotonic()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert monotonic() - began < 1
        assert all(task.cancelled() for task in tasks)
    network.fault = None
    await is_sound(storage, outside)


async def test_a_server_that_comes_back_is_used_again(own_seaweedfs: ObjectServer) -> None:
    async with on_server(s3(own_seaweedfs)) as storage:
        await storage.put("kept", b"kept")
        own_seaweedfs.stop()
        for call in (storage.stat("kept"), storage.put("kept", b"new"), storage.delete("kept")):
            with pytest.raises(StorageUnavailable):
                await call
        own_seaweedfs.start()
        assert await read(storage, "kept") == b"kept"
