"""Storages of every kind for tests, each without objects."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from asperguide.adapters.counting import StorageCalls
from asperguide.adapters.filesystem.objects import FolderStorage
from asperguide.adapters.http.app import application, create_app
from asperguide.adapters.http.credentials import Authentication
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.http.gate import EdgeRules
from asperguide.adapters.http.problems import TokenNeeded
from asperguide.adapters.http.storage import StorageDoor
from asperguide.adapters.memory.idempotency import MemoryIdempotency
from asperguide.adapters.memory.objects import MemoryStorage
from asperguide.adapters.memory.rate_limiter import MemoryRateLimiter
from asperguide.adapters.minio.connection import S3, Connection
from asperguide.adapters.minio.objects import MinioStorage
from asperguide.adapters.signing import Door, DoorStorage
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Budget, Clock
from asperguide.shared.storage import Storage
from tests.servers import ObjectServer

SECRET = b"the secret of a door in the tests"
HOME = "http://127.0.0.1:5000"
SERVERS = ("seaweedfs", "juicefs")
made = iter(range(1_000_000))


def s3(server: ObjectServer, **different: object) -> S3:
    """The settings for a test server, under a prefix that nobody else has."""
    usual = {
        "endpoint": server.endpoint,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        "secure": False,
        "bucket": server.bucket,
        "prefix": f"test-{next(made)}/",
    }
    return S3(**{**usual, **different})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def on_server(
    where: S3, clock: Clock | None = None, calls: StorageCalls | None = None
) -> AsyncIterator[MinioStorage]:
    """A storage on a server, closed at the end."""
    storage = MinioStorage(Connection(where), clock or SystemClock(), SystemIds(), calls)
    try:
        yield storage
    finally:
        await storage.aclose()


@contextlib.asynccontextmanager
async def in_folder(
    folder: Path, clock: Clock | None = None, calls: StorageCalls | None = None
) -> AsyncIterator[FolderStorage]:
    """A storage in a folder, closed at the end."""
    clock = clock or SystemClock()
    storage = FolderStorage(folder, Door(SECRET, HOME, clock), clock, SystemIds(), calls)
    try:
        yield storage
    finally:
        await storage.aclose()


def in_memory(clock: Clock | None = None) -> MemoryStorage:
    """A storage in memory."""
    clock = clock or SystemClock()
    return MemoryStorage(Door(SECRET, HOME, clock), clock, SystemIds())


def door_app(storage: DoorStorage, clock: Clock) -> Edge:
    """An application with nothing in it but the door of this store."""
    never = Budget(name="door", limit=1, window=timedelta(days=1))
    return create_app(
        application([StorageDoor], ["object_store"]),
        use_cases={"object_store": lambda: storage},
        rules=EdgeRules(anonymous=never, user=never),
        authentication=Authentication(later=nobody),
        limiter=MemoryRateLimiter(clock),
        idempotency=MemoryIdempotency(clock),
        clock=clock,
        ids=SystemIds(),
    )


async def nobody(token: str) -> Actor:
    """Nobody has a token here."""
    raise TokenNeeded


@contextlib.asynccontextmanager
async def reaching(storage: Storage, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client that reaches the storage: over the network, or through our own door."""
    inside = isinstance(storage, MemoryStorage | FolderStorage)
    transport = httpx.ASGITransport(door_app(storage, clock)) if inside else None  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, timeout=30, trust_env=False) as client:
        yield client


@contextlib.asynccontextmanager
async def opened(kind: str, request: pytest.FixtureRequest, clock: Clock | None = None) -> AsyncIterator[Storage]:
    """A storage of this kind."""
    if kind == "memory":
        yield in_memory(clock)
    elif kind == "folder":
        async with in_folder(request.getfixturevalue("tmp_path") / "objects", clock) as storage:
            yield storage
    else:
        async with on_server(s3(request.getfixturevalue(kind)), clock) as storage:
            yield storage
