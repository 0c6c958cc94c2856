"""Identity's cached reads: as fast as a dictionary, and never older than the commit that changed something."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from asperguide.adapters.caching.identity import CachedIdentityReads
from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.identity import MemoryIdentityReads, MemoryIdentityUnitOfWork
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.identity.guessing import subject_of_login
from asperguide.identity.model import User, UserState
from asperguide.identity.ports import SESSION_KEYS, USER_KEYS, IdentityReads, LiveSession
from asperguide.identity.rotation import EndReason, Session
from asperguide.identity.views import Profile, profile_of
from asperguide.shared.actor import Origin
from asperguide.shared.pages import PageRequest
from asperguide.testing import MovableClock
from asperguide.testing.contracts.people import DAY, IDS, NOW, active, credential, known, line, live, session

FIVE_SECONDS = timedelta(seconds=5)


class Service:
    """A process with a cache of its own over the common database; `deaf` ones hear of no purge."""

    def __init__(self, database: MemoryDatabase, clock: MovableClock, *, deaf: bool = False) -> None:
        cache = MemoryCache(clock)

        async def unheard(_: Mapping[str, int]) -> None:
            return

        self.purge: Any = unheard if deaf else cache.purge
        self.database, self.clock = database, clock
        self.inner: IdentityReads = MemoryIdentityReads(database)
        sessions = ReadThrough(cache, clock, SESSION_KEYS, LiveSession, lambda found: found.version, FIVE_SECONDS)
        profiles = ReadThrough(cache, clock, USER_KEYS, Profile, lambda found: found.version, FIVE_SECONDS)
        self.reads = CachedIdentityReads(self.inner, sessions, profiles)

    def begin(self) -> MemoryIdentityUnitOfWork:
        ledger = MemoryLedger(self.clock)
        return MemoryIdentityUnitOfWork(self.database, ledger, clock=self.clock, ids=IDS, purge=self.purge)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


async def filled(service: Service) -> tuple[User, Session]:
    """A user with a session, both read once."""
    user = active("oneil")
    opened = session(user.id)
    async with service.begin() as uow:
        await uow.users.add(user, credential(user))
        await uow.sessions.add(opened)
        await uow.audit.add(line(user.id))
        await uow.commit()
    assert await service.reads.access(opened.id, user.id) == (live(opened), profile_of(user))
    return user, opened


async def test_every_change_is_seen_at_once_where_it_was_made(database: MemoryDatabase, clock: MovableClock) -> None:
    service = Service(database, clock)
    user, opened = await filled(service)
    async with service.begin() as uow:
        await uow.sessions.rotate(opened.rotated(NOW, DAY), 0)
        suspended = await uow.users.save(user.suspended(NOW))
        await uow.commit()
    found = await service.reads.access(opened.id, user.id)
    assert found is not None
    assert found[0].version == 2
    assert found[1] == profile_of(suspended) == await service.reads.profile(user.id)
    async with service.begin() as uow:
        assert await uow.sessions.end_all(user.id, clock.now(), EndReason.SUSPENDED) == 1
        await uow.commit()
    assert await service.reads.access(opened.id, user.id) is None


async def test_a_change_is_seen_within_five_seconds_where_no_purge_is_heard(
    database: MemoryDatabase, clock: MovableClock
) -> None:
    service, deaf = Service(database, clock), Service(database, clock, deaf=True)
    user, opened = await filled(deaf)
    async with service.begin() as uow:
        await uow.users.save(user.suspended(NOW))
        await uow.sessions.end_all(user.id, clock.now(), EndReason.SUSPENDED)
        await uow.commit()
    clock.advance(FIVE_SECONDS - timedelta(milliseconds=1))
    assert await deaf.reads.access(opened.id, user.id) == (live(opened), profile_of(user))
    clock.advance(timedelta(milliseconds=1))
    assert await deaf.reads.access(opened.id, user.id) is None
    profile = await deaf.reads.profile(user.id)
    assert profile is not None
    assert profile.state is UserState.SUSPENDED


async def test_a_removed_user_is_gone_at_once(database: MemoryDatabase, clock: MovableClock) -> None:
    service = Service(database, clock)
    user, opened = await filled(service)
    async with service.begin() as uow:
        pending = await uow.users.save(replace(user, state=UserState.PENDING))
        await uow.commit()
    assert await service.reads.profile(user.id) == profile_of(pending)
    async with service.begin() as uow:
        assert await uow.users.delete_unconfirmed(NOW + DAY, 10) == 1
        await uow.commit()
    assert await service.reads.profile(user.id) is None
    assert await service.reads.access(opened.id, user.id) is None


async def test_all_other_reads_go_straight_through(database: MemoryDatabase, clock: MovableClock) -> None:
    service = Service(database, clock)
    user, opened = await filled(service)
    cached, inner = service.reads, service.inner
    nobody = subject_of_login("nobody")
    for reads in (cached, inner):
        assert await reads.session(opened.id) == opened
        assert await reads.user(user.id) == user
        assert (await reads.candidate(user.email_key, None, nobody, Origin(), NOW)).user == known(user)
        assert (await reads.guesses(nobody)).version == 0
        assert list(await reads.live_sessions(user.id, NOW)) == [opened]
        assert await reads.username_taken("oneil")
        assert [found.id for found in await reads.search("onei", 5)] == [user.id]
        assert (await reads.contacts([user.id]))[user.id].email == user.email
        assert await reads.holders([user.email_key]) == {user.email_key: user.id}
        assert (await reads.list(PageRequest())).items == (user,)
        assert len((await reads.events(PageRequest(), user.id)).items) == 1
