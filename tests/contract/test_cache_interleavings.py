"""Whatever order readers, writers, deleters and slow fills come in, nobody who begins to read after a change sees less.

Each interleaving is forced: whoever comes first to a point that is held waits there until let go. The read-through,
both caches and both databases are those of production; of two processes each has its own objects and its own futures.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

import pytest

from asperguide.adapters.caching.identity import CachedIdentityReads
from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.redis.cache import RedisCache
from asperguide.adapters.redis.connection import Breaker, connect
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity import SqlIdentityReads, SqlIdentityUnitOfWork
from asperguide.identity.ports import SESSION_KEYS, USER_KEYS, IdentityReads, LiveSession, user_key
from asperguide.identity.rotation import EndReason
from asperguide.identity.views import Profile
from asperguide.shared.actor import UserId
from asperguide.shared.ports import Cache, Cached
from asperguide.testing import MovableClock
from asperguide.testing.contracts.people import DAY, IDS, NOW, active, credential, person, session
from tests.servers import RedisServer, eventually

T = TypeVar("T")

TTL = timedelta(minutes=1)
"""Longer than any test: time alone makes nothing fresh again."""

GONE = 1_000_000
"""Later than any version."""

PATIENCE = 20.0


class Stale(AssertionError):
    """Somebody saw less than was true when they began, or less than they had seen before."""


class Points:
    """Where whoever comes first can be held."""

    def __init__(self) -> None:
        self._held: dict[str, Gate] = {}
        self._gates: list[Gate] = []

    def hold(self, point: str) -> "Gate":
        """The next one to come here waits; those who come later do not."""
        self._held[point] = gate = Gate()
        self._gates.append(gate)
        return gate

    def open(self) -> None:
        """Hold nobody any more."""
        for gate in self._gates:
            gate.opened.set()

    async def at(self, point: str) -> None:
        """Somebody is here."""
        if gate := self._held.pop(point, None):
            gate.reached.set()
            await gate.opened.wait()


class Gate:
    """Tells that somebody came, and lets them go on."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()


@dataclass
class Held:
    """Somebody who waits at a gate."""

    task: "asyncio.Task[Any]"
    gate: Gate

    async def go(self) -> Any:
        """Let go on, to the end."""
        self.gate.opened.set()
        return await within(self.task)


async def within(waiting: Awaitable[T]) -> T:
    """What it gives; TimeoutError when it hangs."""
    async with asyncio.timeout(PATIENCE):
        return await waiting


async def held(points: Points, point: str, doing: Awaitable[Any]) -> Held:
    """Whoever does this, once they have come to the point."""
    gate = points.hold(point)
    task = asyncio.ensure_future(doing)
    await within(gate.reached.wait())
    return Held(task, gate)


class GatedCache(Cache):
    """Points: `answered`, with what the shared cache said; `share` and `purge`, before they are done."""

    def __init__(self, inner: Cache, points: Points) -> None:
        self.inner, self._points = inner, points

    async def get(self, key: str) -> Cached | None:
        found = await self.inner.get(key)
        await self._points.at("answered")
        return found

    async def put(self, key: str, entry: Cached, ttl: timedelta) -> None:
        await self._points.at("share")
        await self.inner.put(key, entry, ttl)

    async def purge(self, versions: Mapping[str, int]) -> None:
        await self._points.at("purge")
        await self.inner.purge(versions)

    def on_purge(self, listener: Callable[[Mapping[str, int] | None], None]) -> None:
        self.inner.on_purge(listener)

    async def listen(self) -> None:
        await self.inner.listen()


class GatedBreaker(Breaker):
    """The point `redis` is before anything is said to Redis."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    async def call(self, operation: Callable[[], Awaitable[T]]) -> T:
        await self._points.at("redis")
        return await super().call(operation)


class GatedReads:
    """Points: `load`, before the database is asked, and `loaded`, with what it said."""

    def __init__(self, inner: IdentityReads, points: Points) -> None:
        self._inner, self._points = inner, points

    async def profile(self, id: UserId) -> Profile | None:
        await self._points.at("load")
        found = await self._inner.profile(id)
        await self._points.at("loaded")
        return found

    async def access(self, *whose: Any) -> tuple[LiveSession, Profile] | None:
        found = await self._inner.access(*whose)
        await self._points.at("loaded")
        return found


class Process:
    """A process of the service: its objects, its futures, and what it heard of purges."""

    def __init__(self, cache: Cache, points: Points, database: Database, clock: MovableClock) -> None:
        self.points, self.database, self.clock = points, database, clock
        self.cache = GatedCache(cache, points)
        self.heard: dict[str, int] = {}
        self.sessions = ReadThrough(self.cache, clock, SESSION_KEYS, LiveSession, lambda it: it.version, TTL, TTL)
        self.profiles = ReadThrough(self.cache, clock, USER_KEYS, Profile, lambda it: it.version, TTL, TTL)
        reads = cast(IdentityReads, GatedReads(SqlIdentityReads(database), points))
        self.reads = CachedIdentityReads(reads, self.sessions, self.profiles)
        self.cache.on_purge(self._hear)

    def begin(self) -> SqlIdentityUnitOfWork:
        return SqlIdentityUnitOfWork(self.database, clock=self.clock, ids=IDS, purge=self.cache.purge)

    def another(self) -> "Process":
        """One that begins now, with nothing in memory; nobody is held in it."""
        return Process(self.cache.inner, Points(), self.database, self.clock)

    def _hear(self, versions: Mapping[str, int] | None) -> None:
        for key, version in (versions or {}).items():
            self.heard[key] = max(version, self.heard.get(key, 0))

    async def quiet(self) -> None:
        """Nothing is being loaded or shared any more."""
        while flying := self.sessions._flying | self.profiles._flying:
            await within(asyncio.wait(flying))


@dataclass
class Reader:
    """One after the other, always of the same process; never goes back."""

    process: Process
    user: UserId
    seen: int = 0

    async def read(self) -> int:
        """The version that there is, or that it is gone."""
        found = await self.process.reads.profile(self.user)
        version = GONE if found is None else found.version
        if version < self.seen:
            raise Stale(f"went back from {self.seen} to {version}")
        self.seen = version
        return version


@dataclass
class Rig:
    """Two processes on a user, and the version that everybody must see from now on."""

    here: Process
    there: Process
    user: UserId
    eager: bool
    truth: int = 1
    readers: list[Reader] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.readers = [self.reader(self.here), self.reader(self.there)]

    def reader(self, process: Process) -> Reader:
        return Reader(process, self.user)

    async def fill(self) -> None:
        """Everybody has read, and holds it."""
        for reader in self.readers:
            assert await within(reader.read()) == self.truth
            await reader.process.quiet()

    async def hold(self, process: Process, point: str) -> Held:
        """Somebody new begins to read there and comes as far as this."""
        return await held(process.points, point, self.reader(process).read())

    async def hold_write(self, point: str) -> Held:
        """Somebody begins to write here and comes as far as this."""
        return await held(self.here.points, point, self.write())

    async def write(self) -> None:
        """Commit and purge here; from then on it is true."""
        async with self.here.begin() as uow:
            user = await uow.users.get(self.user)
            assert user is not None
            saved = await uow.users.save(replace(user, full_name=f"{user.full_name}+"))
            await uow.commit()
        self.truth = max(self.truth, saved.version)

    async def delete(self) -> None:
        """The same."""
        async with self.here.begin() as uow:
            assert await uow.users.delete_unconfirmed(NOW + DAY, 10) == 1
            await uow.commit()
        self.truth = GONE

    async def look(self) -> None:
        """Look now already; whoever does so also fills the caches anew, which hides what only the purge refuses."""
        if self.eager:
            await self.check()

    async def check(self) -> None:
        """Everybody who begins now sees what is true, also when what they see comes out of their own process.

        Newcomers believe the shared cache, which those who know better renew: somebody of each kind must look first.
        """
        for reader in self.readers:
            await self._hear(reader.process)
            newcomer = self.reader(reader.process.another())
            for each in (reader, newcomer) if self.eager else (newcomer, reader):
                for _ in range(2):
                    self._is_true(await within(each.read()))

    async def _hear(self, process: Process) -> None:
        """Another process is told within milliseconds; this one at once."""
        if process is not self.here and self.truth > 1:
            lowest = self.truth if self.truth < GONE else 2
            await eventually(lambda: process.heard.get(user_key(self.user), 0) >= lowest, PATIENCE)

    def _is_true(self, version: int) -> None:
        if version < self.truth:
            raise Stale(f"saw {version} when {self.truth} was true")


Case = Callable[[Rig], Awaitable[None]]


async def a_reader_that_missed_before_the_write_loads_after_it(rig: Rig) -> None:
    slow = await rig.hold(rig.here, "load")
    await rig.write()
    await rig.look()
    assert await slow.go() == 2


async def a_slow_fill_has_loaded_before_the_write(rig: Rig) -> None:
    slow = await rig.hold(rig.here, "loaded")
    await rig.write()
    await rig.look()
    assert await slow.go() == 1


async def a_slow_fill_is_about_to_share_what_it_loaded_before_the_write(rig: Rig) -> None:
    slow = await rig.hold(rig.here, "share")
    await rig.write()
    await rig.look()
    await slow.go()


async def a_slow_fill_of_another_process_has_loaded_before_the_write(rig: Rig) -> None:
    slow = await rig.hold(rig.there, "loaded")
    await rig.write()
    await rig.look()
    assert await slow.go() == 1


async def a_slow_fill_of_another_process_is_about_to_share_what_it_loaded_before_the_write(rig: Rig) -> None:
    slow = await rig.hold(rig.there, "share")
    await rig.write()
    await rig.look()
    await slow.go()


async def the_shared_cache_answered_before_the_write(rig: Rig) -> None:
    await rig.readers[1].read()
    await rig.there.quiet()
    slow = await rig.hold(rig.here, "answered")
    await rig.write()
    await rig.look()
    assert await slow.go() == 2


async def the_shared_cache_answered_another_process_before_the_write(rig: Rig) -> None:
    await rig.readers[0].read()
    await rig.here.quiet()
    slow = await rig.hold(rig.there, "answered")
    await rig.write()
    await rig.look()
    assert await slow.go() == 2


async def both_fills_of_two_processes_have_loaded_before_the_write(rig: Rig) -> None:
    slow = [await rig.hold(process, "loaded") for process in (rig.here, rig.there)]
    await rig.write()
    await rig.look()
    assert [await each.go() for each in slow] == [1, 1]


async def everybody_reads_between_the_commit_and_its_purge(rig: Rig) -> None:
    await rig.fill()
    writer = await rig.hold_write("purge")
    for process in (rig.here, rig.there):
        assert await within(rig.reader(process.another()).read()) in (1, 2)
    await writer.go()


async def a_fill_from_between_two_commits_comes_after_both_purges_which_come_in_reverse(rig: Rig) -> None:
    first = await rig.hold_write("purge")
    slow = await rig.hold(rig.there, "loaded")
    await rig.write()
    await rig.look()
    await first.go()
    await rig.look()
    assert await slow.go() == 2
    assert rig.truth == 3


async def a_slow_fill_has_loaded_before_the_deletion(rig: Rig) -> None:
    slow = await rig.hold(rig.here, "loaded")
    await rig.delete()
    await rig.look()
    assert await slow.go() == 1


async def a_slow_fill_of_another_process_is_about_to_share_what_was_deleted(rig: Rig) -> None:
    slow = await rig.hold(rig.there, "share")
    await rig.delete()
    await rig.look()
    await slow.go()


async def a_slow_fill_of_another_process_outlasts_a_write_and_the_deletion(rig: Rig) -> None:
    slow = await rig.hold(rig.there, "loaded")
    await rig.write()
    await rig.look()
    await rig.delete()
    await rig.look()
    assert await slow.go() == 1


async def a_slow_fill_goes_on_although_its_reader_has_left(rig: Rig) -> None:
    slow = await rig.hold(rig.here, "loaded")
    slow.task.cancel()
    await within(asyncio.wait([slow.task]))
    await rig.write()
    await rig.look()
    slow.gate.opened.set()


async def the_writer_is_cancelled_between_its_commit_and_its_purge(rig: Rig) -> None:
    await rig.fill()
    writer = await rig.hold_write("purge")
    writer.task.cancel()
    await within(asyncio.wait([writer.task]))
    writer.gate.opened.set()
    await eventually(lambda: rig.here.heard.get(user_key(rig.user)) == 2, PATIENCE)
    rig.truth = 2


CASES = [
    a_reader_that_missed_before_the_write_loads_after_it,
    a_slow_fill_has_loaded_before_the_write,
    a_slow_fill_is_about_to_share_what_it_loaded_before_the_write,
    a_slow_fill_of_another_process_has_loaded_before_the_write,
    a_slow_fill_of_another_process_is_about_to_share_what_it_loaded_before_the_write,
    the_shared_cache_answered_before_the_write,
    the_shared_cache_answered_another_process_before_the_write,
    both_fills_of_two_processes_have_loaded_before_the_write,
    everybody_reads_between_the_commit_and_its_purge,
    a_fill_from_between_two_commits_comes_after_both_purges_which_come_in_reverse,
    a_slow_fill_has_loaded_before_the_deletion,
    a_slow_fill_of_another_process_is_about_to_share_what_was_deleted,
    a_slow_fill_of_another_process_outlasts_a_write_and_the_deletion,
    a_slow_fill_goes_on_although_its_reader_has_left,
    the_writer_is_cancelled_between_its_commit_and_its_purge,
]


@contextlib.asynccontextmanager
async def redis_process(server: RedisServer, database: Database, clock: MovableClock) -> AsyncIterator[Process]:
    """A process that hears what others purge."""
    async with connect(socket_path=str(server.socket_path), password=server.password) as client:
        points = Points()
        cache = RedisCache(client, GatedBreaker(points), "test:")
        stands = asyncio.Event()
        process = Process(cache, points, database, clock)
        cache.on_purge(lambda versions: stands.set() if versions is None else None)
        listening = asyncio.create_task(cache.listen())
        try:
            await within(stands.wait())
            yield process
        finally:
            listening.cancel()
            await asyncio.wait([listening])


@pytest.fixture(params=["memory", "redis"])
async def processes(
    request: pytest.FixtureRequest, database: Database, clock: MovableClock
) -> AsyncIterator[tuple[Process, Process]]:
    """Two on the same cache: of a Redis two processes, in memory two readers of the only process."""
    if request.param == "memory":
        cache = MemoryCache(clock)
        yield Process(cache, Points(), database, clock), Process(cache, Points(), database, clock)
        return
    server = request.getfixturevalue("redis_server")
    async with redis_process(server, database, clock) as here, redis_process(server, database, clock) as there:
        yield here, there


async def play(processes: tuple[Process, Process], case: Case, *, eager: bool) -> None:
    """The interleaving, with somebody new."""
    here, there = processes
    user = person(f"person{IDS.new().hex[:12]}")
    async with here.begin() as uow:
        await uow.users.add(user, credential(user))
        await uow.commit()
    rig = Rig(here, there, user.id, eager)
    try:
        await case(rig)
        for process in processes:
            await process.quiet()
        await rig.check()
    finally:
        for process in processes:
            process.points.open()
            await process.quiet()
        if rig.truth < GONE:
            await rig.delete()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_whoever_begins_to_read_after_a_change_sees_it(processes: tuple[Process, Process], case: Case) -> None:
    for eager in (True, False):
        await play(processes, case, eager=eager)


@pytest.mark.parametrize("processes", ["redis"], indirect=True)
async def test_a_purge_that_redis_has_not_heard_yet_is_not_overtaken_by_a_reader(
    processes: tuple[Process, Process],
) -> None:
    async def told_here_but_not_to_redis(rig: Rig) -> None:
        await rig.fill()
        writer = await rig.hold_write("redis")
        reading = asyncio.create_task(rig.reader(rig.here).read())
        await asyncio.sleep(0)
        await writer.go()
        assert await within(reading) == 2

    for eager in (True, False):
        await play(processes, told_here_but_not_to_redis, eager=eager)


@pytest.mark.parametrize("point", ["loaded", "share"])
@pytest.mark.parametrize("place", [0, 1])
async def test_a_session_that_was_ended_lets_nobody_in_who_comes_afterwards(
    processes: tuple[Process, Process], place: int, point: str
) -> None:
    here, process = processes[0], processes[place]
    user = active("oneil")
    opened = session(user.id)
    async with here.begin() as uow:
        await uow.users.add(user, credential(user))
        await uow.sessions.add(opened)
        await uow.commit()
    slow = await held(process.points, point, process.reads.access(opened.id, user.id))
    async with here.begin() as uow:
        assert await uow.sessions.end_all(user.id, NOW, EndReason.SIGNED_OUT) == 1
        await uow.commit()
    assert await slow.go() is not None
    await process.quiet()
    await eventually(lambda: any(key.startswith(SESSION_KEYS) for key in process.heard))
    for each in (here, process, process.another(), here.another()):
        assert await within(each.reads.access(opened.id, user.id)) is None


class Unversioned(GatedCache):
    """A cache that takes whatever comes last."""

    async def put(self, key: str, entry: Cached, ttl: timedelta) -> None:
        await super().put(key, replace(entry, version=GONE), ttl)


async def nothing(*_: object) -> None:
    """Done."""


async def everybody_has_read_before_the_write(rig: Rig) -> None:
    await rig.fill()
    await rig.write()


async def test_a_purge_that_is_left_out_is_seen(processes: tuple[Process, Process]) -> None:
    for process in processes:
        process.cache.purge = nothing  # type: ignore[method-assign]
    with pytest.raises(Stale):
        await play(processes, everybody_has_read_before_the_write, eager=False)


async def test_a_cache_that_does_not_compare_versions_is_seen(processes: tuple[Process, Process]) -> None:
    for process in processes:
        process.profiles._cache = Unversioned(process.cache.inner, process.points)
    with pytest.raises(Stale):
        await play(
            processes,
            a_slow_fill_of_another_process_is_about_to_share_what_it_loaded_before_the_write,
            eager=False,
        )


async def test_a_fill_that_is_not_forgotten_is_seen(
    processes: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReadThrough, "forget", lambda *_: None)
    with pytest.raises(Stale):
        await play(processes, a_slow_fill_has_loaded_before_the_write, eager=False)
