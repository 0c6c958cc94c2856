"""What persistence contracts are run on: one kind of persistence, and everything that it told others."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from asperguide.adapters.memory.doorbell import MemoryDoorbell
from asperguide.ar.analytics import AnalyticsReads, AnalyticsUnitOfWork, EventLog
from asperguide.ar.model import Content
from asperguide.ar.ports import ArReads, ArUnitOfWork
from asperguide.capsules.ports import CapsuleReads, CapsulesUnitOfWork
from asperguide.companies.ports import CompaniesUnitOfWork, CompanyReads
from asperguide.identity.model import User
from asperguide.identity.ports import GuessCounter, IdentityReads, IdentityUnitOfWork
from asperguide.media.model import File
from asperguide.media.ports import MediaReads
from asperguide.media.repositories import Link, MediaUnitOfWork
from asperguide.media.transport import Upload
from asperguide.media.videos import Video
from asperguide.operations.ports import JobReads, MaintenanceReads, OperationsUnitOfWork
from asperguide.projects.ports import ProjectReads, ProjectsUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.ledger import ClaimedJob, Ledger
from asperguide.shared.ports import Idempotency, Message
from asperguide.testing.clock import MovableClock
from asperguide.testing.contracts import filing, incorporating, planning, sealing
from asperguide.testing.contracts.people import credential

T = TypeVar("T")


class CountingDoorbell(MemoryDoorbell):
    """Remembers how often it rang."""

    def __init__(self) -> None:
        super().__init__()
        self.rings = 0

    async def ring(self) -> None:
        """Counted."""
        self.rings += 1
        await super().ring()


class Purges:
    """Remembers what caches were told after each commit; an instance is what a unit of work takes as `purge`."""

    def __init__(self) -> None:
        self.told: list[dict[str, int]] = []

    async def __call__(self, versions: Mapping[str, int]) -> None:
        """Remembered."""
        self.told.append(dict(versions))


@dataclass(frozen=True, kw_only=True)
class Persistence:
    """Adapters that keep their things in the same place, empty at the start.

    All of them take the time from `clock`; units of work tell `purges` and ring `doorbell`.
    """

    clock: MovableClock
    begin: Callable[[], IdentityUnitOfWork]
    reads: IdentityReads
    counter: GuessCounter
    begin_media: Callable[[], MediaUnitOfWork]
    media_reads: MediaReads
    begin_capsules: Callable[[], CapsulesUnitOfWork]
    capsule_reads: CapsuleReads
    begin_ar: Callable[[], ArUnitOfWork]
    ar_reads: ArReads
    begin_analytics: Callable[[], AnalyticsUnitOfWork]
    analytics_reads: AnalyticsReads
    event_log: EventLog
    begin_companies: Callable[[], CompaniesUnitOfWork]
    company_reads: CompanyReads
    begin_projects: Callable[[], ProjectsUnitOfWork]
    project_reads: ProjectReads
    ledger: Ledger
    begin_operations: Callable[[], OperationsUnitOfWork]
    jobs: JobReads
    maintenance: MaintenanceReads
    idempotency: Idempotency
    purges: Purges = field(default_factory=Purges)
    doorbell: CountingDoorbell = field(default_factory=CountingDoorbell)

    @property
    def purged(self) -> dict[str, int]:
        """What caches were told in all."""
        return {key: version for versions in self.purges.told for key, version in versions.items()}

    async def keep(self, *users: User, announcing: Sequence[Message] = (), answer: object = None) -> None:
        """Commit the accounts, each with a password, in one unit of work."""
        async with self.begin() as uow:
            for user in users:
                await uow.users.add(user, credential(user))
            for message in announcing:
                uow.announce(message)
            await uow.commit(answer)

    async def change(self, work: Callable[[IdentityUnitOfWork], Any]) -> Any:
        """What the work gives, in one committed unit of work."""
        async with self.begin() as uow:
            result = await work(uow)
            await uow.commit()
        return result

    async def keep_media(self, *things: File | Upload | Link | Video) -> None:
        """Commit all of these in one unit of work."""
        await self.change_media(lambda uow: filing.keep(uow, *things))

    async def change_media(self, work: Callable[[MediaUnitOfWork], Awaitable[T]]) -> T:
        """What the work gives, in one committed unit of work."""
        async with self.begin_media() as uow:
            result = await work(uow)
            await uow.commit()
        return result

    async def keep_capsules(self, *things: sealing.Thing) -> None:
        """Commit all of these in one unit of work; capsules with what is to be announced of them."""
        await self.change_capsules(lambda uow: sealing.keep(uow, *things))

    async def change_capsules(self, work: Callable[[CapsulesUnitOfWork], Awaitable[T]]) -> T:
        """What the work gives, in one committed unit of work."""
        async with self.begin_capsules() as uow:
            result = await work(uow)
            await uow.commit()
        return result

    async def keep_contents(self, *contents: Content) -> None:
        """Commit all of these in one unit of work."""
        async with self.begin_ar() as uow:
            for content in contents:
                await uow.contents.add(content)
            await uow.commit()

    async def change_ar(self, work: Callable[[ArUnitOfWork], Awaitable[T]]) -> T:
        """What the work gives, in one committed unit of work."""
        async with self.begin_ar() as uow:
            result = await work(uow)
            await uow.commit()
        return result

    async def keep_companies(self, *things: incorporating.Thing) -> None:
        """Commit all of these in one unit of work; companies with settings as they are by default."""
        await self.change_companies(lambda uow: incorporating.keep(uow, *things))

    async def change_companies(self, work: Callable[[CompaniesUnitOfWork], Awaitable[T]]) -> T:
        """What the work gives, in one committed unit of work."""
        async with self.begin_companies() as uow:
            result = await work(uow)
            await uow.commit()
        return result

    async def keep_projects(self, *things: planning.Thing) -> None:
        """Commit all of these in one unit of work."""
        await self.change_projects(lambda uow: planning.keep(uow, *things))

    async def change_projects(self, work: Callable[[ProjectsUnitOfWork], Awaitable[T]]) -> T:
        """What the work gives, in one committed unit of work."""
        async with self.begin_projects() as uow:
            result = await work(uow)
            await uow.commit()
        return result

    async def user(self, id: UserId) -> User | None:
        """What is committed."""
        return await self.reads.user(id)

    async def due(self, lease: timedelta = timedelta(seconds=30)) -> list[ClaimedJob]:
        """Every due job of the default queue, claimed."""
        return list(await self.ledger.claim("a worker", "default", 100, lease))
