"""What counting views needs of the outside."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from asperguide.ar.analytics_calendar import Span
from asperguide.ar.analytics_model import Count, Event, Figures, Level, Ranked, Scope, Shown
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.actor import Actor
from asperguide.shared.ports import UnitOfWork
from asperguide.shared.tenancy import CompanyId, ProjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsPolicy:
    """What operators decide: how long events are kept once they are counted."""

    keep: timedelta


class Watched(Protocol):
    """Contents as those see them who count views."""

    @abstractmethod
    async def by_public_id(self, public_id: str, *, latest: bool = False) -> Shown | None:
        """The content that people may see under this unguessable id now; None for any other text, of any length.

        It may be up to five seconds old unless the latest is asked for.
        """
        ...

    @abstractmethod
    async def scope(self, actor: Actor, level: Level, id: UUID, within: ContentId | None = None) -> Scope | None:
        """That thing, if the actor may see what is counted of it; None alike for those who may not, and for nothing.

        Of a company this is so for each of its members. A video is looked for `within` its content.
        """
        ...

    @abstractmethod
    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """What these contents of the company are called; those that are gone are left out."""
        ...


class EventLog(Protocol):
    """Where events are written down as they come, by a transaction of its own."""

    @abstractmethod
    async def add(self, events: Sequence[Event]) -> None:
        """When this returns they are there for good, each once however often it was added, by whomever.

        Sees to it that a job counts them within seconds. Raises DatabaseUnavailable: then some may be there.
        """
        ...


class Counts(Protocol):
    """Events that wait to be counted, and what was counted, company by company."""

    @abstractmethod
    async def hold(self, company: CompanyId) -> None:
        """Let nobody else count for this company until the unit of work is over: they wait."""
        ...

    @abstractmethod
    async def waiting(self, company: CompanyId, limit: int) -> Sequence[Event]:
        """Events of the company that were not counted yet, in the order in which they were received."""
        ...

    @abstractmethod
    async def seen(self, company: CompanyId, sessions: Collection[bytes]) -> Mapping[bytes, int]:
        """What each of these sessions of the company is known for; those of which nothing is known are left out."""
        ...

    @abstractmethod
    async def add(
        self, company: CompanyId, counts: Sequence[Count], seen: Mapping[bytes, int], events: Sequence[Event]
    ) -> None:
        """Add to what was counted, remember what the sessions are known for, and have these events wait no more."""
        ...

    @abstractmethod
    async def prune(self, before: datetime, limit: int) -> int:
        """Forget events that were received before and counted, and sessions that did nothing since; how many.

        At most `limit` of each, of any company: this is housekeeping.
        """
        ...

    @abstractmethod
    async def forget(
        self, company: CompanyId, content: ContentId | None, videos: Collection[VideoId], limit: int
    ) -> int:
        """Remove what is kept of a content and these videos of it, or of the whole company. How many rows.

        Call it until there are none, holding the company: at most `limit` events go at once, counts after all of them.
        What was counted of a content in its project and company stays. Of a whole company nothing stays.
        """
        ...

    @abstractmethod
    async def forget_videos(self, company: CompanyId, videos: Collection[VideoId]) -> int:
        """Remove what was counted of these videos of the company by themselves. How many rows."""
        ...


class AnalyticsUnitOfWork(UnitOfWork, Protocol):
    """One transaction on what was counted."""

    @property
    def counts(self) -> Counts: ...


class AnalyticsReads(Protocol):
    """What was counted, as it is committed."""

    @abstractmethod
    async def companies(self, limit: int) -> Sequence[CompanyId]:
        """Companies of which events wait to be counted: this is housekeeping."""
        ...

    @abstractmethod
    async def waiting(self, company: CompanyId, limit: int) -> int:
        """How many events of the company wait to be counted; no more than `limit` are looked at."""
        ...

    @abstractmethod
    async def figures(self, company: CompanyId, subject: UUID, span: Span) -> Figures:
        """What was counted of something that is the company's, all of it at the same moment."""
        ...

    @abstractmethod
    async def top(
        self, company: CompanyId, project: ProjectId | None, span: Span, limit: int, but: Collection[ProjectId] = ()
    ) -> Sequence[Ranked]:
        """The contents of the company, or of one of its projects, with the most sessions; of equal ones by id.

        Those of projects that are named in `but` are passed over.
        """
        ...
