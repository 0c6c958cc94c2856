"""Prints for the public on a stage: the real routes and the real cache, over fakes of what others bring."""

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from asperguide.adapters.caching.editions import Editions
from asperguide.adapters.caching.sheets import KeptSheets
from asperguide.adapters.caching.showings import CachedShowings
from asperguide.adapters.http.app import Prefix, application, create_app
from asperguide.adapters.http.ar.view_pages import ROUTES as PAGES
from asperguide.adapters.http.ar.viewer import ROUTES
from asperguide.adapters.http.credentials import Authentication
from asperguide.adapters.http.edge import Edge
from asperguide.adapters.http.gate import EdgeRules
from asperguide.adapters.jinja.view_pages import JinjaViewPages
from asperguide.adapters.memory.cache import MemoryCache
from asperguide.adapters.memory.rate_limiter import MemoryRateLimiter
from asperguide.adapters.system import SystemIds
from asperguide.ar.model import Content, ContentId, ContentState, Marker, MarkerState, PublicId, public_id
from asperguide.ar.ports import Opened, Piece
from asperguide.ar.repositories import viewer_key
from asperguide.ar.scenes import Scene
from asperguide.ar.showing import LookAt
from asperguide.ar.videos import FileId
from asperguide.ar.viewing import (
    CheckPrint,
    MakeSheet,
    SeePrint,
    ShowManifest,
    ShowPhoto,
    ShowSceneImage,
    ShowVideo,
    TakeTurn,
)
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.ports import Budget, Cache
from asperguide.shared.tenancy import (
    CompanyFacts,
    CompanyId,
    CompanyRole,
    ProjectFacts,
    ProjectId,
    ProjectStanding,
    ProjectState,
    shown_key,
)
from asperguide.testing import MovableClock
from tests.http.sample import ANN, OnceFake
from tests.playing import BEGUN, FAR, content, film

URL = "https://guides.test"
NOON = BEGUN + timedelta(days=100, hours=12)
ID = public_id(bytes(range(16)))
MARKER = Marker(photo=FileId(UUID(int=3)), state=MarkerState.READY)
COMPANY = CompanyFacts(
    id=CompanyId(UUID(int=1)), name="Atelier Zoë", active=True, time_zone="Europe/Paris", locale="fr",
    accent="#c2410c", storage_bytes=0, most_projects=0, expiry_notice_days=7,
)  # fmt: skip
PROJECT = ProjectFacts(
    id=ProjectId(UUID(int=2)), company=COMPANY, name="Weddings", state=ProjectState.ACTIVE, template=False,
    starts_at=BEGUN, ends_at=FAR,
)  # fmt: skip


def shown(*videos: Any, **different: Any) -> Content:
    """A print that everybody can see."""
    given = {"public_id": ID, "marker": MARKER, "state": ContentState.PUBLISHED, **different}
    return content(*(videos or (film("a"),)), **given)


@dataclass
class Kept:
    """What is stored, and how often it was asked for."""

    contents: dict[PublicId, Content] = field(default_factory=dict)
    projects: dict[ProjectId, ProjectFacts] = field(default_factory=dict)
    members: set[UserId] = field(default_factory=set)
    reads: int = 0
    scenes: dict[ContentId, Scene] = field(default_factory=dict)

    async def public(self, id: PublicId) -> Content | None:
        """As ArReads."""
        found = self.contents.get(id)
        self.reads += 1 if found is None else 2
        return found

    async def shown(self, id: PublicId) -> tuple[Content, Scene | None] | None:
        """As ArReads."""
        content = await self.public(id)
        return None if content is None else (content, self.scenes.get(content.id))

    async def known(self, projects: Collection[ProjectId]) -> Mapping[ProjectId, ProjectFacts]:
        """As Projects."""
        self.reads += 2
        return {id: self.projects[id] for id in projects if id in self.projects}

    async def standing(self, user: UserId, project: ProjectId) -> ProjectStanding | None:
        """As Projects."""
        if user not in self.members:
            return None
        return ProjectStanding(project=self.projects[project], role=CompanyRole.VIEWER)

    async def in_company(self, company: CompanyId) -> Sequence[ProjectId]:
        """As Projects."""
        return [id for id, project in self.projects.items() if project.company.id == company]


class Turns:
    """A unit of work that has nothing but turns."""

    def __init__(self) -> None:
        self.given: dict[tuple[ContentId, str], int] = {}
        self.turns = self

    async def __aenter__(self) -> "Turns":
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def commit(self) -> None:
        """Nothing is undone here."""

    async def take(self, content: ContentId, session: str, now: Any) -> int:
        """As Turns."""
        before = sum(1 for other, _ in self.given if other == content)
        return self.given.setdefault((content, session), before)


class Files:
    """Files by what they are; every picture is made as its own name and size."""

    def __init__(self) -> None:
        self.bytes: dict[tuple[FileId, str], tuple[str, bytes]] = {}

    def put(self, file: UUID, piece: str, media_type: str, what: bytes) -> None:
        """A piece of a file."""
        self.bytes[FileId(file), piece] = media_type, what

    async def open(self, company: CompanyId, file: FileId, piece: Piece = Piece.ORIGINAL) -> Opened | None:
        """As MediaFiles."""
        return self._opened(file, piece.value)

    async def picture(self, company: CompanyId, file: FileId, longest: int, media_type: str) -> Opened | None:
        """As Pictures."""
        return self._opened(file, media_type)

    def _opened(self, file: FileId, piece: str) -> Opened | None:
        if (file, piece) not in self.bytes:
            return None
        media_type, what = self.bytes[file, piece]

        @asynccontextmanager
        async def read(start: int = 0, length: int | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
            yield _once(what[start : None if length is None else start + length])

        etag = hashlib.sha256(what).hexdigest()
        return Opened(name="x", media_type=media_type, size=len(what), etag=etag, read=read)


async def _once(what: bytes) -> AsyncIterator[bytes]:
    yield what


class Process:
    """One process that serves viewers; several share what is kept and perhaps a cache."""

    def __init__(self, kept: Kept, cache: Cache, clock: MovableClock, turns: Turns, files: Files) -> None:
        ids = SystemIds()
        self.editions = Editions(cache, ids)
        self.showings = CachedShowings(kept, kept, cache, self.editions)  # type: ignore[arg-type]
        self.look = LookAt(showings=self.showings, projects=kept, clock=clock)
        self.make = MakeSheet(sheets=KeptSheets(), clock=clock, url=URL)
        take = TakeTurn(begin=lambda: turns, clock=clock)  # type: ignore[arg-type, return-value]
        self.check_print = CheckPrint(look=self.look)
        self.show_manifest = ShowManifest(look=self.look, make=self.make, take=take)
        self.see_print = SeePrint(look=self.look, make=self.make)
        self.show_photo = ShowPhoto(look=self.look, pictures=files)
        self.show_scene_image = ShowSceneImage(look=self.look, pictures=files)
        self.show_video = ShowVideo(look=self.look, files=files, clock=clock)  # type: ignore[arg-type]
        self.clock, self.ids = clock, ids

    def edge(self, people: Mapping[str, Actor], **rules: Any) -> Edge:
        """The routes of viewers, and the page."""
        made = {name: getattr(self, name) for name in (
            "check_print", "show_manifest", "see_print", "show_photo", "show_scene_image", "show_video", "clock", "ids"
        )}  # fmt: skip
        plenty = Budget(name="views", limit=10_000, window=timedelta(minutes=1))
        few = Budget(name="anonymous", limit=3, window=timedelta(minutes=1))
        given = {"anonymous": few, "user": plenty, "budgets": {"views": plenty}, "public_url": URL, **rules}
        use_cases = {
            **{name: lambda one=one: one for name, one in made.items()},
            "view_pages": JinjaViewPages, "view_url": lambda: URL,
        }  # fmt: skip
        return create_app(
            application([Prefix("/api/v1", route_handlers=list(ROUTES)), *PAGES], use_cases),
            use_cases=use_cases,
            rules=EdgeRules(**given),
            authentication=Authentication(now=people.get),
            limiter=MemoryRateLimiter(self.clock),
            idempotency=OnceFake(),
            clock=self.clock,
            ids=self.ids,
        )  # fmt: skip


@dataclass
class Stage:
    """A print that can be seen, and everything around it that a test may move."""

    clock: MovableClock = field(default_factory=lambda: MovableClock(NOON))
    kept: Kept = field(default_factory=Kept)
    turns: Turns = field(default_factory=Turns)
    files: Files = field(default_factory=Files)
    people: dict[str, Actor] = field(default_factory=lambda: {"ann": ANN})
    cache: Cache = field(init=False)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.cache = MemoryCache(self.clock)
        self.process = self.another()
        self.kept.projects[PROJECT.id] = PROJECT
        self.kept.contents[ID] = shown()

    def another(self) -> Process:
        """One more process over the same."""
        return Process(self.kept, self.cache, self.clock, self.turns, self.files)

    def client(self, process: Process | None = None, **rules: Any) -> httpx.AsyncClient:
        """A browser somewhere."""
        app = (process or self.process).edge(self.people, **rules)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("192.0.2.1", 1)), base_url=URL)

    async def change(self, process: Process | None = None, /, **different: Any) -> None:
        """A commit of somebody who edits the print, with its purge."""
        now = replace(self.kept.contents[ID], **different)
        self.kept.contents[ID] = now = replace(now, version=now.version + 1, updated_at=self.clock.now())
        await (process or self.process).editions.purge({viewer_key(ID): now.version})

    async def change_project(self, process: Process | None = None, /, **different: Any) -> None:
        """A commit of somebody who edits the project, or its company."""
        self.kept.projects[PROJECT.id] = replace(self.kept.projects[PROJECT.id], **different)
        await (process or self.process).editions.purge({shown_key(COMPANY.id): 0})
