"""What is kept of prints, and the unit of work over it."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from asperguide.ar.model import Content, ContentId, PublicId
from asperguide.ar.scenes import Scene
from asperguide.ar.videos import FileId
from asperguide.shared.ports import UnitOfWork
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId

VIEWER_KEYS = "viewer"


def viewer_key(id: PublicId) -> str:
    """Where caches keep what the public sees of a content; every commit that changes it purges this key."""
    return f"{VIEWER_KEYS}:{id}"


class Contents(Protocol):
    """All contents, each with its videos. Whoever changes or removes one has the caches forget its `viewer_key`."""

    @abstractmethod
    async def add(self, content: Content) -> None:
        """A new one, with the videos that it has."""
        ...

    @abstractmethod
    async def get(self, company: CompanyId, id: ContentId) -> Content | None:
        """The company's content, locked until this transaction ends; None when it has none of this id (any more)."""
        ...

    @abstractmethod
    async def save(self, content: Content) -> Content:
        """Store the content and its videos. Raises EditedMeanwhile when it is not the latest version, or gone."""
        ...

    @abstractmethod
    async def remove(self, content: Content) -> None:
        """Forget it and its videos. Raises EditedMeanwhile when it is not the latest version, or gone."""
        ...

    @abstractmethod
    async def in_project(self, company: CompanyId, project: ProjectId, limit: int) -> Sequence[ContentId]:
        """Some contents of the project, the oldest first."""
        ...

    @abstractmethod
    async def of_client(self, company: CompanyId, client: ClientId, limit: int) -> Sequence[ContentId]:
        """Some contents of the company that are for this client, in whatever order."""
        ...

    @abstractmethod
    async def showing(self, file: FileId) -> Sequence[tuple[CompanyId, ContentId]]:
        """Contents, of whatever company, that have the file as photo or video; for what happens to files."""
        ...

    @abstractmethod
    async def named(self, company: CompanyId, files: Collection[FileId]) -> Collection[FileId]:
        """Those of these files that contents of the company have as photo or video, or in their scenes."""
        ...


class Places(Protocol):
    """The projects of contents, as far as none of them may go while a content comes into it."""

    @abstractmethod
    async def stays(self, company: CompanyId, project: ProjectId) -> bool:
        """Keep the company's project from being removed until this transaction ends; False when there is none."""
        ...


class Numbers(Protocol):
    """Counters of the numbers on prints: without gaps for each company and day."""

    @abstractmethod
    async def next(self, company: CompanyId, day: date) -> int:
        """The next one, from 1 on; it is given out if and only if this transaction commits. Others wait meanwhile."""
        ...

    @abstractmethod
    async def forget(self, company: CompanyId) -> None:
        """Count for this company no more, on whatever day: it is gone."""
        ...


class Turns(Protocol):
    """Who got which turn, where each view session gets the next video."""

    @abstractmethod
    async def take(self, content: ContentId, session: str, now: datetime) -> int:
        """The turn of the view session, from 0 on; the same again when it has one. Exact however many come at once."""
        ...

    @abstractmethod
    async def forget_before(self, before: datetime, limit: int) -> int:
        """Forget sessions that came before that instant, at most `limit`. How many. Turns go on from where they are."""
        ...

    @abstractmethod
    async def forget(self, content: ContentId) -> None:
        """Forget all turns and sessions of a content: the next is the first. Of one that is gone, also late ones."""
        ...


class Scenes(Protocol):
    """What stands over contents. A scene goes with its content; as long as it is there its pictures are `named`."""

    @abstractmethod
    async def add(self, scene: Scene) -> None:
        """The first one of a content, which this transaction has locked by `Contents.get`."""
        ...

    @abstractmethod
    async def get(self, company: CompanyId, content: ContentId) -> Scene | None:
        """The scene of the company's content, also one that was taken away."""
        ...

    @abstractmethod
    async def save(self, scene: Scene) -> Scene:
        """Store the change. Raises EditedMeanwhile when it is not the latest version, or gone."""
        ...


class ArUnitOfWork(UnitOfWork, Protocol):
    """One transaction over everything that is kept of prints."""

    @property
    def contents(self) -> Contents: ...
    @property
    def places(self) -> Places: ...
    @property
    def numbers(self) -> Numbers: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def scenes(self) -> Scenes: ...
