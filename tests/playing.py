"""Contents to play with: videos by a letter, and what goes by the calendar."""

import hashlib
from collections.abc import AsyncIterable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from asperguide.adapters.memory.ar import MemoryArReads, MemoryArUnitOfWork
from asperguide.adapters.memory.ledger import MemoryLedger
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.ar.desk import ChangeContent, OpenContent
from asperguide.ar.errors import InvalidContent
from asperguide.ar.model import Content, ContentId, Customer, Marker, PublicId
from asperguide.ar.ports import Fits, MediaFile, MediaState
from asperguide.ar.reaching import Reach
from asperguide.ar.rotating import CreateRotation, ReplaceRotation, Rotate
from asperguide.ar.rotation import Rotation, RotationKind
from asperguide.ar.terms import wrong
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId, Window
from asperguide.shared.actor import Actor, SessionId, UserId
from asperguide.shared.tenancy import (
    CompanyFacts,
    CompanyId,
    CompanyRole,
    ProjectFacts,
    ProjectId,
    Projects,
    ProjectStanding,
    ProjectState,
    Standing,
)
from asperguide.testing.clock import MovableClock
from asperguide.testing.ids import SeededIds

T = TypeVar("T")

FOOTAGE = Footage(duration=12.5, width=1280, height=720, media_type="video/mp4", size=2_000_000)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2056, 1, 1, tzinfo=UTC)


def id_of(letter: str) -> VideoId:
    """The id of the video of that letter."""
    return VideoId(UUID(int=ord(letter)))


def letter_of(video: UUID | None) -> str:
    """The letter of a video; a dash for none."""
    return chr(video.int) if video else "-"


def film(letter: str, n: int = 0, **different: Any) -> ContentVideo:
    """A video that may play; what is given is different."""
    made = ContentVideo(
        id=id_of(letter), file=FileId(id_of(letter)), title=letter, position=n, footage=FOOTAGE, created_at=BEGUN
    )
    return replace(made, **different)


def content(*videos: ContentVideo, **different: Any) -> Content:
    """A print of these videos, in this order unless it says otherwise."""
    made = Content(
        id=ContentId(UUID(int=7)), company=CompanyId(UUID(int=1)), project=ProjectId(UUID(int=2)),
        number="ORD-20260101-000001", public_id=PublicId("x" * 22), title="Wedding", customer=Customer(),
        marker=Marker(photo=FileId(UUID(int=3))), videos=videos, ends_at=FAR, created_by=UserId(UUID(int=4)),
        created_at=BEGUN, updated_at=BEGUN,
    )  # fmt: skip
    return replace(made, **different)


def letters(letters: str, **different: Any) -> Content:
    """A print of videos of these letters."""
    return content(*(film(letter, n) for n, letter in enumerate(letters)), **different)


def window(starts_at: datetime, ends_at: datetime, n: int = 1) -> Window:
    """A window of this span."""
    return Window(id=UUID(int=n), starts_at=starts_at, ends_at=ends_at)


def rotation(kind: RotationKind | None, letters: str = "", **different: Any) -> Rotation:
    """A rotation of that kind over these letters."""
    return Rotation(kind=kind, videos=tuple(map(id_of, letters)), **different)


class FewProjects(Projects):
    """One project of one company, and those who stand in it."""

    def __init__(self, company: CompanyFacts) -> None:
        self.roles: dict[UserId, CompanyRole] = {}
        self.project = ProjectFacts(
            id=PROJECT, company=company, name="Weddings", state=ProjectState.ACTIVE, template=False,
            starts_at=BEGUN, ends_at=None,
        )  # fmt: skip

    async def standing(self, user: UserId, project: ProjectId) -> ProjectStanding | None:
        """By role."""
        known = project == self.project.id and user in self.roles
        return ProjectStanding(project=self.project, role=self.roles[user]) if known else None

    async def known(self, projects: Collection[ProjectId]) -> Mapping[ProjectId, ProjectFacts]:
        """The one."""
        return {PROJECT: self.project} if PROJECT in projects else {}

    async def closed_to(self, user: UserId, standing: Standing) -> Collection[ProjectId]:
        """None."""
        return ()

    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """The one."""
        return [PROJECT] if company == self.project.company.id else []


class Shelf:
    """Files of one company, as far as videos ask for them; it keeps what it is asked to do."""

    def __init__(self) -> None:
        self.files: dict[FileId, MediaFile] = {}
        self.taken: list[FileId] = []
        self.pictures: list[tuple[FileId, float]] = []

    def put(self, letter: str, media_type: str = "video/mp4", footage: Footage | None = FOOTAGE) -> FileId:
        """A file of that letter."""
        id = FileId(id_of(letter))
        self.files[id] = MediaFile(
            id=id, name=f"{letter}.mp4", media_type=media_type, size=9, sha256=None, state=MediaState.READY,
            footage=footage,
        )  # fmt: skip
        return id

    async def take(
        self, actor: Actor, company: CompanyFacts, files: Sequence[FileId], fits: Fits
    ) -> Sequence[MediaFile]:
        """All of them, or InvalidContent."""
        if unknown := tuple(wrong(f"#/{n}", "Unknown.") for n, file in enumerate(files) if file not in self.files):
            raise InvalidContent(fields=unknown)
        fits(found := [self.files[file] for file in files])
        self.taken.extend(files)
        return found

    async def send(
        self, actor: Actor, company: CompanyFacts, name: str, media_type: str, chunks: AsyncIterable[bytes]
    ) -> MediaFile:
        """Kept under the first letter of its name, with its digest."""
        content = b"".join([chunk async for chunk in chunks])
        if media_type == "text/html":
            raise InvalidContent(fields=(wrong("#/0", "No."),))
        id = self.put(name[0], media_type)
        self.files[id] = replace(
            self.files[id], name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest()
        )
        return self.files[id]

    async def known(self, company: CompanyId, files: Collection[FileId]) -> Mapping[FileId, MediaFile]:
        """Those that are here."""
        return {id: self.files[id] for id in files if id in self.files}

    async def drop(self, company: CompanyId, files: Collection[FileId]) -> Collection[FileId]:
        """All of them."""
        for id in files:
            self.files.pop(id, None)
        return ()

    async def picture(self, company: CompanyId, file: FileId, at: float, by: UserId, result: str) -> UUID:
        """Kept."""
        self.pictures.append((file, at))
        return UUID(int=len(self.pictures))


class Studio:
    """A print of the videos a, b and c in memory, its use cases, and somebody in each role."""

    def __init__(self, **different: Any) -> None:
        self.clock = MovableClock(datetime(2026, 5, 6, 12, tzinfo=UTC))
        self.ids, self.database = SeededIds(self.clock), MemoryDatabase()
        self.ledger, self.shelf = MemoryLedger(self.clock), Shelf()
        self.projects = FewProjects(COMPANY)
        self.people = {role: self._member(role) for role in CompanyRole}
        self.editor, self.stranger = self.people[CompanyRole.EDITOR], somebody(99)
        reads = MemoryArReads(self.database)
        self.open = OpenContent(reach=Reach(reads=reads, projects=self.projects))
        self.change = ChangeContent(begin=self.begin, clock=self.clock)
        self.content = letters("abc", **different)

    def _member(self, role: CompanyRole) -> Actor:
        actor = somebody(list(CompanyRole).index(role) + 1)
        self.projects.roles[actor.user] = role
        return actor

    def begin(self) -> MemoryArUnitOfWork:
        """A transaction."""
        return MemoryArUnitOfWork(self.database, self.ledger, clock=self.clock, ids=self.ids)

    def use(self, story: Callable[..., T]) -> T:
        """A use case, ready to be called."""
        ports: dict[str, Any] = {
            "begin": self.begin,
            "open": self.open,
            "change": self.change,
            "clock": self.clock,
            "ids": self.ids,
            "files": self.shelf,
        }
        if story in (CreateRotation, ReplaceRotation):
            ports["rotate"] = Rotate(open=self.open, change=self.change)
        return story(**{name: ports[name] for name in cast("Any", story).__struct_fields__})

    async def keep(self, content: Content | None = None) -> None:
        """The content is there from now on."""
        async with self.begin() as uow:
            await uow.contents.add(content or self.content)
            await uow.commit()

    async def kept(self) -> Content:
        """As it is now."""
        return await self.open.content(COMPANY.id, self.content.id)

    def told(self) -> list[str]:
        """Of what kinds the announcements are."""
        return [row.job.kind.partition("#")[0] for row in self.ledger.rows.values()]


def somebody(n: int) -> Actor:
    """A signed-in person."""
    return Actor(user=UserId(UUID(int=n)), session=SessionId(UUID(int=n)), roles=(), proved_at=BEGUN)


COMPANY = CompanyFacts(
    id=CompanyId(UUID(int=1)), name="O'Neil", active=True, time_zone="Europe/Paris", locale="fr", accent=None,
    storage_bytes=10**9, most_projects=5, expiry_notice_days=7,
)  # fmt: skip
PROJECT = ProjectId(UUID(int=2))
