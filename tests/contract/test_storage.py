"""Object storages: in memory, in a folder, on a SeaweedFS and behind MinIO's own front."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from asperguide.adapters.memory.objects import MemoryBuckets, MemoryStorage
from asperguide.adapters.minio.buckets import MinioBuckets
from asperguide.adapters.minio.objects import MinioStorage
from asperguide.adapters.system import SystemClock
from asperguide.shared.ports import Clock
from asperguide.shared.storage import BucketAdmin, Storage
from asperguide.testing import MovableClock
from asperguide.testing.contracts import (
    BucketAdminContract,
    ObjectStorageContract,
    PartedUploadsContract,
    PassTime,
    SignedLinksContract,
    StorageAwayContract,
    moving,
    waiting,
)
from tests.servers import free_port
from tests.storages import SERVERS, in_folder, on_server, opened, reaching, s3


@pytest.fixture(params=["memory", "folder", *SERVERS])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of storage."""
    return str(request.param)


@pytest.fixture
def time(kind: str) -> tuple[Clock, PassTime]:
    """A clock that the storage goes by, and how its time passes: servers have their own."""
    if kind in SERVERS:
        return SystemClock(), waiting
    clock = MovableClock()
    return clock, moving(clock)


@pytest.fixture
async def storage(kind: str, time: tuple[Clock, PassTime], request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    async with opened(kind, request, time[0]) as ready:
        yield ready


@pytest.fixture
def pass_time(time: tuple[Clock, PassTime]) -> PassTime:
    return time[1]


@pytest.fixture
async def http(storage: Storage, time: tuple[Clock, PassTime]) -> AsyncIterator[httpx.AsyncClient]:
    async with reaching(storage, time[0]) as client:
        yield client


@pytest.fixture(params=["memory", *SERVERS])
async def filled(request: pytest.FixtureRequest) -> AsyncIterator[tuple[BucketAdmin, str]]:
    """What administers buckets, and the name of one with an object in it."""
    async with opened(request.param, request) as storage:
        await storage.put("something", b"")
        if isinstance(storage, MinioStorage):
            connection = storage.bucket.connection
            yield MinioBuckets(connection), connection.server.bucket
        else:
            assert isinstance(storage, MemoryStorage)
            yield MemoryBuckets(storage, "asperguide"), "asperguide"


@pytest.fixture
def buckets(filled: tuple[BucketAdmin, str]) -> BucketAdmin:
    return filled[0]


@pytest.fixture
def full_bucket(filled: tuple[BucketAdmin, str]) -> str:
    return filled[1]


@pytest.fixture(params=["folder", "no server", "wrong secret", "no bucket"])
async def away(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    """What cannot be used, each for another reason."""
    if request.param == "folder":
        path = request.getfixturevalue("tmp_path") / "objects"
        path.write_text("no folder")
        async with in_folder(path) as storage:
            yield storage
        return
    server = request.getfixturevalue("seaweedfs")
    different = {
        "no server": {"endpoint": f"127.0.0.1:{free_port()}"},
        "wrong secret": {"secret_key": "wrong"},
        "no bucket": {"bucket": "no-such-bucket", "make_bucket": False},
    }
    async with on_server(s3(server, **different[request.param])) as storage:
        yield storage


class TestStorages(ObjectStorageContract):
    """Each of them."""


class TestLinks(SignedLinksContract):
    """Of each of them."""


class TestUploadsInParts(PartedUploadsContract):
    """To each of them."""


class TestBuckets(BucketAdminContract):
    """Where there are any."""


class TestStoragesAway(StorageAwayContract):
    """Each way to be away."""


@pytest.mark.parametrize("server", SERVERS)
async def test_of_several_processes_that_put_what_is_absent_one_wins(
    server: str, request: pytest.FixtureRequest
) -> None:
    where = s3(request.getfixturevalue(server))
    async with contextlib.AsyncExitStack() as stack:
        storages = [await stack.enter_async_context(on_server(where)) for _ in range(5)]
        for number in range(3):
            puts = (storage.put(f"only/{number}", b"x", if_absent=True) for storage in storages)
            answers = await asyncio.gather(*puts, return_exceptions=True)
            assert sorted(type(answer).__name__ for answer in answers) == [*["ObjectExists"] * 4, "StoredObject"]
