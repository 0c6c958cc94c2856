"""Prints that everybody may look at: published ones of several companies, with the same ids in every run."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from asperguide.ar.model import Content, ContentId, ContentState, Customer, Marker, MarkerState, PublicId, public_id
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId
from asperguide.companies.model import Company
from asperguide.companies.settings import CompanySettings
from asperguide.container import Container
from asperguide.projects.model import Project
from asperguide.server import close
from asperguide.settings import load
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import CompanyId, ProjectId, ProjectState

CONTENTS, PROJECTS, COMPANIES = 200, 20, 10
"""Every company has two of the projects, and so twenty of the contents."""
CONTENT, PROJECT, COMPANY, VIDEO = 1, 2, 3, 4
"""What the first eight bytes of an id say."""


def of(kind: int, number: int) -> UUID:
    """The id of the thing of that kind with this number."""
    return UUID(int=kind << 64 | number)


def public(number: int) -> PublicId:
    """What everybody knows the content with this number by."""
    return public_id(of(CONTENT, number).bytes)


async def furnish(settings: Mapping[str, str]) -> None:
    """All of them, in a database that has its tables and nothing else."""
    container = Container(settings=load(environ=settings))
    now = container.clock().now()
    try:
        async with container.begin_companies()() as companies:
            for number in range(COMPANIES):
                one = _company(number, now)
                await companies.companies.add(one, CompanySettings(id=one.id, time_zone="Europe/Paris"))
            await companies.commit()
        async with container.begin_projects()() as projects:
            for number in range(PROJECTS):
                await projects.projects.add(_project(number, now))
            await projects.commit()
        async with container.begin_ar()() as prints:
            for number in range(CONTENTS):
                await prints.contents.add(_content(number, now))
            await prints.commit()
    finally:
        await close(container)


def _company(number: int, now: datetime) -> Company:
    name = f"Atelier {number}"
    return Company(
        id=CompanyId(of(COMPANY, number)), name=name, slug=f"atelier-{number}", created_at=now, updated_at=now
    )


def _project(number: int, now: datetime) -> Project:
    return Project(
        id=ProjectId(of(PROJECT, number)), company=CompanyId(of(COMPANY, number % COMPANIES)),
        name=f"Weddings {number}", slug=f"weddings-{number}", state=ProjectState.ACTIVE, starts_at=now, created_at=now,
        updated_at=now,
    )  # fmt: skip


def _content(number: int, now: datetime) -> Content:
    footage = Footage(duration=12.5, width=1280, height=720, media_type="video/mp4", size=2_000_000)
    video = ContentVideo(
        id=VideoId(of(VIDEO, number)), file=FileId(of(5, number)), title="Spring", position=0, footage=footage,
        created_at=now,
    )  # fmt: skip
    return Content(
        id=ContentId(of(CONTENT, number)), company=CompanyId(of(COMPANY, number % COMPANIES)),
        project=ProjectId(of(PROJECT, number % PROJECTS)), number=f"ORD-20260119-{number:06}",
        public_id=public(number), title=f"Print {number}", customer=Customer(name="Gráinne"),
        marker=Marker(photo=FileId(of(6, number)), state=MarkerState.READY), videos=(video,),
        state=ContentState.PUBLISHED, ends_at=now.replace(year=now.year + 20), created_by=UserId(of(7, 0)),
        created_at=now, updated_at=now, published_at=now,
    )  # fmt: skip
