"""The whole service in this process: real use cases on memory adapters, and a clock that can be moved."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from asperguide.adapters.caching.identity import CachedIdentityReads
from asperguide.adapters.jobs.reactions import find
from asperguide.adapters.jobs.scheduler import Schedule, Scheduler
from asperguide.adapters.memory.analytics import (
    MemoryAnalyticsReads,
    MemoryAnalyticsUnitOfWork,
    MemoryEventLog,
)
from asperguide.adapters.memory.ar import MemoryArReads, MemoryArUnitOfWork
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.capsules import MemoryCapsuleReads, MemoryCapsulesUnitOfWork
from asperguide.adapters.memory.companies import MemoryCompaniesUnitOfWork, MemoryCompanyReads
from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.adapters.memory.idempotency import MemoryIdempotency
from asperguide.adapters.memory.identity import MemoryGuessCounter, MemoryIdentityReads, MemoryIdentityUnitOfWork
from asperguide.adapters.memory.images import MemoryImages
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.mailer import MemoryMailer
from asperguide.adapters.memory.markers import MemoryMarkerEye
from asperguide.adapters.memory.media import MemoryMediaReads, MemoryMediaUnitOfWork
from asperguide.adapters.memory.objects import MemoryBuckets, MemoryStorage
from asperguide.adapters.memory.operations import (
    MemoryJobReads,
    MemoryMaintenanceReads,
    MemoryOperationsUnitOfWork,
)
from asperguide.adapters.memory.passwords import MemoryPasswords
from asperguide.adapters.memory.projects import MemoryProjectReads, MemoryProjectsUnitOfWork
from asperguide.adapters.memory.rate_limiter import MemoryRateLimiter
from asperguide.adapters.memory.strength import MemoryStrength
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.adapters.memory.vault import MemoryVault
from asperguide.adapters.memory.video_tools import MemoryVideoTools
from asperguide.adapters.memory.watch import MemoryWatch
from asperguide.capsules import ClaimTokens
from asperguide.container import Container
from asperguide.identity import Confirmation, NewUser, SignedIn, SignInRequest
from asperguide.injector import Factory, Object, Singleton
from asperguide.settings import Settings
from asperguide.shared.actor import Actor, Role
from asperguide.shared.ledger import JobState, kind_of
from asperguide.shared.ports import Mail
from asperguide.testing.clock import START, MovableClock
from asperguide.testing.ids import SeededIds
from asperguide.worker import reactions_of, schedules_of, worker_of

PASSWORD = "quartz-lantern-47-violet"  # noqa: S105
SETTINGS = Settings(
    oauth_secret_key="a secret for worlds that nobody lives in",  # noqa: S106
    data_dir=Path("nowhere"),
)
LINK = re.compile(r"https?://\S+?/account/(\w+)#(\S+)")
AN_INSTANT = timedelta(microseconds=1)
NO_JOB = UUID(int=0)
ENCODER = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who registered, confirmed their address and signed in."""

    actor: Actor
    email: str
    username: str
    password: str
    signed_in: SignedIn


class World:
    """A container whose adapters live in memory; `settings` are the same as those of the service.

    Nothing happens by itself: jobs run in `settle`, schedules and everything that waits for time in `advance`.
    """

    def __init__(self, settings: Settings = SETTINGS, *, start: datetime = START, seed: str = "asperguide") -> None:
        self.clock = MovableClock(start)
        self.ids = SeededIds(self.clock, seed)
        self.database = MemoryDatabase()
        self.mailer = MemoryMailer()
        self.ledger = MemoryLedger(self.clock)
        self.idempotency = MemoryIdempotency(self.clock)
        self.container = Container(settings=settings)
        self.container.clock.override(Object(self.clock))
        self.storage = MemoryStorage(self.container.door(), self.clock, self.ids)
        self._override()
        self._worker = worker_of(self.container)
        self._reactions = reactions_of(self.container)
        self._schedules = schedules_of(settings)
        self._scheduler = Scheduler(self.ledger, self._schedules, clock=self.clock)

    @property
    def mails(self) -> list[Mail]:
        """Everything that was sent, the oldest first."""
        return self.mailer.sent

    async def settle(self) -> int:
        """Run jobs until none is due. How many ran."""
        return await self._worker.run_due()

    async def advance(self, **by: float) -> None:
        """Move the clock by `timedelta(**by)`. What becomes due on the way happens in order, each at its time.

        That is: jobs and their retries, leases that run out, and firings of schedules. Firings that would find nothing
        to do are passed over, so that ten years take seconds; the history of the ledger tells of none that succeeded.
        """
        target = self.clock.now() + timedelta(**by)
        await self.settle()
        while (now := self.clock.now()) < target:
            stop = min((due for due in self._dues() if due > now), default=target)
            stop, firing = await self._next_firing(now, min(stop, target))
            self.clock.set(stop)
            for schedule in firing:
                await self._scheduler.fire(schedule, stop)
            await self.settle()
            self._forget_firings()

    def dump(self) -> bytes:
        """All that there is, one JSON object per line in an order of its own: the same bytes for the same world.

        The time, every row of the database and the ledger, every mail, and what is known of every object.
        """
        parts = {
            **self.database.tables,
            "ledger": self.ledger.rows,
            "mails": dict(enumerate(self.mails)),
            "objects": self.storage.objects,
        }
        lines = [
            ENCODER.encode({"in": name, "is": row}) for name, rows in sorted(parts.items()) for row in rows.values()
        ]
        return b"\n".join([ENCODER.encode({"now": self.clock.now()}), *sorted(lines)]) + b"\n"

    async def person(self, username: str, *, roles: tuple[Role, ...] = (), **profile: Any) -> Person:
        """Somebody who registered, confirmed by the mail that was sent and signed in; with further roles if given."""
        email = f"{username}@example.org"
        new = NewUser(email=email, username=username, full_name=username.title(), password=PASSWORD, **profile)
        registered = await self.container.register()(new)
        await self.settle()
        await self.container.confirm_email()(Confirmation(code=self.code_for(email)))
        await self.settle()
        if roles:
            async with self.container.identity_unit_of_work() as uow:
                user = await uow.users.get(registered.id)
                assert user is not None
                for role in roles:
                    user = user.with_role(role, self.clock.now())
                await uow.users.save(user)
                await uow.commit()
        signed_in = await self.container.sign_in()(SignInRequest(login=email, password=PASSWORD))
        actor = await self.container.authenticate()(signed_in.access_token)
        return Person(actor=actor, email=email, username=username, password=PASSWORD, signed_in=signed_in)

    def code_for(self, email: str) -> str:
        """The code in the latest mail to this address that has one. LookupError when there is none."""
        for mail in reversed(self.mails):
            if mail.to == email and (found := LINK.search(mail.text)):
                return found[2]
        raise LookupError(f"no mail with a code was sent to {email}")

    def _forget_firings(self) -> None:
        """Leave no rows of schedules that are done: pruning them would be something to do, and leave some to prune."""
        kinds = {kind_of(type(schedule.message)) for schedule in self._schedules}
        over = [
            id
            for id, row in self.ledger.rows.items()
            if row.state is JobState.DONE and row.job.kind.partition("#")[0] in kinds
        ]
        for id in over:
            del self.ledger.rows[id]

    def _dues(self) -> Iterator[datetime]:
        """When the ledger has something to do: jobs that wait, leases that end."""
        for row in self.ledger.rows.values():
            if row.state is JobState.WAITING:
                yield row.run_at
            elif row.leased_until is not None:
                yield row.leased_until + AN_INSTANT

    async def _next_firing(self, after: datetime, until: datetime) -> tuple[datetime, list[Schedule]]:
        """The first due time at which schedules find something to do, and these; `until` and none if it comes first.

        Nothing else happens till then. Schedules say what to look at, and what is found there stays until it is done:
        what finds nothing at the end of a quiet time would have found nothing at any moment of it (docs/adr/0031).
        """
        firing: list[Schedule] = []
        for schedule in self._schedules:
            found, idle = schedule.last_due(until), after
            if found <= after or not await self._would_do_something(schedule, found):
                continue
            while (middle := _between(schedule, idle, found)) < found:
                if await self._would_do_something(schedule, middle):
                    found = middle
                else:
                    idle = middle
            firing = [*firing, schedule] if found == until else [schedule]
            until = found
        return until, firing

    async def _would_do_something(self, schedule: Schedule, at: datetime) -> bool:
        """Whether the schedule's job would change anything at that time; it is run and undone, and no mail leaves."""
        c, now = self.container, self.clock.now()
        kept = self._state()
        self.clock.set(at)
        try:
            with c.mailer.override(Object(None)), c.cache.override(Object(MemoryCache(self.clock))):
                for reaction in find(self._reactions, kind_of(type(schedule.message))):
                    await reaction.do(schedule.message, NO_JOB)
            return self._state() != kept
        except Exception:
            return True
        finally:
            self.clock.set(now)
            self._put_back(kept)

    def _state(self) -> tuple[Any, ...]:
        claims = dict(self.idempotency.claims)
        rows = self.database.tables, dict(self.ledger.rows)
        return *rows, tuple(self.mailer.sent), claims, self.ids.drawn, self.storage.state()

    def _put_back(self, state: tuple[Any, ...]) -> None:
        tables, jobs, mails, claims, self.ids.drawn, objects = state
        self.storage.put_back(objects)
        self.database.put_back(tables)
        self.ledger.rows, self.idempotency.claims = jobs, claims
        self.mailer.sent[:] = mails

    def _override(self) -> None:
        c = self.container
        database = self.database
        c.storage.override(Object(self.storage))
        c.buckets.override(Object({"default": MemoryBuckets(self.storage)}))
        c.ids.override(Object(self.ids))
        c.mailer.override(Object(self.mailer))
        c.ledger.override(Object(self.ledger))
        c.cache.override(Singleton(MemoryCache, c.clock))
        c.limiter.override(Singleton(MemoryRateLimiter, c.clock))
        c.doorbell.override(Singleton(MemoryDoorbell))
        c.hasher.override(Singleton(MemoryPasswords))
        c.strength.override(Singleton(MemoryStrength))
        c.images.override(Singleton(MemoryImages))
        c.marker_eye.override(Singleton(MemoryMarkerEye, c.images))
        c.claim_tokens.override(Object(ClaimTokens((b"what claims are made of in worlds",))))
        c.vault.override(Singleton(MemoryVault, c.ids))
        c.video_tools.override(Singleton(MemoryVideoTools))
        c.idempotency.override(Object(self.idempotency))
        c.probes.override(Object(()))
        c.identity_unit_of_work.override(
            Factory(
                MemoryIdentityUnitOfWork,
                database,
                self.ledger,
                clock=c.clock,
                ids=c.ids,
                purge=c.cache.provided.purge,
                doorbell=c.doorbell,
            )
        )
        c.operations_unit_of_work.override(
            Factory(MemoryOperationsUnitOfWork, database, self.ledger, clock=c.clock, ids=c.ids, doorbell=c.doorbell)
        )
        c.media_unit_of_work.override(
            Factory(MemoryMediaUnitOfWork, database, self.ledger, clock=c.clock, ids=c.ids, doorbell=c.doorbell)
        )
        c.media_reads.override(Singleton(MemoryMediaReads, database))
        c.capsules_unit_of_work.override(
            Factory(MemoryCapsulesUnitOfWork, database, self.ledger, clock=c.clock, ids=c.ids, doorbell=c.doorbell)
        )
        c.capsule_reads.override(Singleton(MemoryCapsuleReads, database))
        c.ar_unit_of_work.override(
            Factory(
                MemoryArUnitOfWork,
                database,
                self.ledger,
                clock=c.clock,
                ids=c.ids,
                purge=c.editions.provided.purge,
                doorbell=c.doorbell,
            )
        )
        c.ar_reads.override(Singleton(MemoryArReads, database))
        c.companies_unit_of_work.override(
            Factory(
                MemoryCompaniesUnitOfWork,
                database,
                self.ledger,
                clock=c.clock,
                ids=c.ids,
                purge=c.editions.provided.purge,
                doorbell=c.doorbell,
            )
        )
        c.company_reads.override(Singleton(MemoryCompanyReads, database))
        c.projects_unit_of_work.override(
            Factory(
                MemoryProjectsUnitOfWork,
                database,
                self.ledger,
                clock=c.clock,
                ids=c.ids,
                purge=c.editions.provided.purge,
                doorbell=c.doorbell,
            )
        )
        c.project_reads.override(Singleton(MemoryProjectReads, database))
        c.event_log.override(Singleton(MemoryEventLog, database, self.ledger, c.clock, c.ids))
        c.analytics_unit_of_work.override(
            Factory(MemoryAnalyticsUnitOfWork, database, self.ledger, clock=c.clock, ids=c.ids, doorbell=c.doorbell)
        )
        c.analytics_reads.override(Singleton(MemoryAnalyticsReads, database))
        c.watch.override(Singleton(MemoryWatch, database, self.ledger))
        c.job_reads.override(Singleton(MemoryJobReads, self.ledger))
        c.maintenance_reads.override(Singleton(MemoryMaintenanceReads, database))
        c.counter.override(Singleton(MemoryGuessCounter, database))
        reads = Singleton(MemoryIdentityReads, database)
        c.reads.override(Singleton(CachedIdentityReads, reads, c.cached_sessions, c.cached_profiles))


def _between(schedule: Schedule, idle: datetime, found: datetime) -> datetime:
    """A due time after `idle`, about half way to `found`; `found` itself when there is none."""
    middle = schedule.last_due(idle + (found - idle) / 2)
    return middle if middle > idle else schedule.next_due(idle)
