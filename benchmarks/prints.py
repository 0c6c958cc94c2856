"""Companies, projects, prints and clients to measure with, as many as an agency that prints every day may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql import migrations
from asperguide.adapters.sql.ar_rows import ArContentRow, ArVideoRow, found_by
from asperguide.adapters.sql.company_rows import ClientRow, ClientWordRow, CompanyRow, CompanySettingsRow, MemberRow
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.project_rows import ListedRow, ProjectRow, ProjectTagRow
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import to_row
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.ar.content_views import packed
from asperguide.ar.markers import Grade, Measured, report_of
from asperguide.ar.model import Content, ContentId, ContentState, Customer, Marker, MarkerState, public_id
from asperguide.ar.videos import ContentVideo, FileId, Footage, VideoId
from asperguide.companies.clients import Client
from asperguide.companies.model import Company, Membership, MembershipId
from asperguide.companies.settings import CompanySettings
from asperguide.projects.model import Listed, Project
from asperguide.projects.rights import Access
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.tenancy import ClientId, CompanyId, CompanyRole, ProjectId, ProjectState
from benchmarks.letters import acting

COMPANIES, PROJECTS, CONTENTS, CLIENTS = 10_000, 2_000, 5_000, 10_000
OPEN = PROJECTS - PROJECTS // 6
"""Projects that are open to the editor."""
EACH = 5
"""Contents of every project but the large one."""
CHUNK = 1000
FOOTAGE = Footage(duration=12.5, width=1280, height=720, media_type="video/mp4", size=2_000_000)
REPORT = report_of(
    Measured(
        width=1280, height=960, corners=400, richness=0.8, coverage=0.8, edge_density=0.2, contrast=0.2, sharpness=500,
        brightness=0.2, repetition=0.3, fingerprint=1,
    )
)  # fmt: skip
STATES = (ContentState.DRAFT, ContentState.READY, ContentState.PUBLISHED, ContentState.PUBLISHED)

Rows = Mapping[type[Row], Sequence[Mapping[str, Any]]]

_clock, _ids = SystemClock(), SystemIds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Whose the lists are: `owner` is a member of every company, `editor` may see part of the projects of one."""

    owner: Actor
    editor: Actor
    company: CompanyId
    project: ProjectId
    client: ClientId
    now: datetime


async def fill(found: Database) -> Agency:
    """All of it, in an empty database, and what the server needs to know to find its way."""
    agency = Agency(
        owner=acting(UserId(_ids.new())), editor=acting(UserId(_ids.new())), company=CompanyId(_ids.new()),
        project=ProjectId(_ids.new()), client=ClientId(_ids.new()), now=_clock.now(),
    )  # fmt: skip
    await migrations.up(found)
    within = _projects(agency)
    for rows in (_companies(agency), _of_projects(agency, within), _clients(agency), _contents(agency, within)):
        await _put(found, rows)
    return agency


async def _put(found: Database, rows: Rows) -> None:
    async with found.transaction() as store:
        for row, values in rows.items():
            for first in range(0, len(values), CHUNK):
                await store.execute(sa.insert(row.__table__), list(values[first : first + CHUNK]))
    async with found.writing() as store:
        await store.execute(sa.text(f"ANALYZE TABLE {', '.join(row.__tablename__ for row in rows)}"))


def _companies(agency: Agency) -> Rows:
    """One user is in all of them, an editor of ten and else a viewer; each has an owner besides."""
    ids = [agency.company, *(CompanyId(_ids.new()) for _ in range(COMPANIES - 1))]
    kept = [
        Company(
            id=id, name=f"Atelier {n * 7 % COMPANIES:05}", slug=f"atelier-{n}", created_at=agency.now,
            updated_at=agency.now,
        )
        for n, id in enumerate(ids)
    ]  # fmt: skip
    members = [
        (company, _member(company, user, role, agency.now - timedelta(minutes=n // 3)))
        for n, company in enumerate(kept)
        for user, role in ((agency.owner.user, _role(n)), (UserId(_ids.new()), CompanyRole.OWNER))
    ]
    members.append((kept[0], _member(kept[0], agency.editor.user, CompanyRole.EDITOR, agency.now)))
    return {
        CompanyRow: [to_row(CompanyRow, one) for one in kept],
        CompanySettingsRow: [to_row(CompanySettingsRow, CompanySettings(id=id)) for id in ids],
        MemberRow: [{**to_row(MemberRow, one), "name_key": of.name_key} for of, one in members],
    }


def _role(number: int) -> CompanyRole:
    if number == 0:
        return CompanyRole.OWNER
    return CompanyRole.EDITOR if number % 1000 == 500 else CompanyRole.VIEWER


def _member(company: Company, user: UserId, role: CompanyRole, since: datetime) -> Membership:
    return Membership(id=MembershipId(_ids.new()), company=company.id, user=user, role=role, since=since)


def _projects(agency: Agency) -> list[Project]:
    """Every third is restricted, ten are put away, ten are templates; their periods end from last year to next year."""
    ids = [agency.project, *(ProjectId(_ids.new()) for _ in range(PROJECTS - 1))]
    return [
        Project(
            id=id, company=agency.company, name=f"Wedding {n * 7 % PROJECTS:04}", slug=f"wedding-{n}",
            description="All of their prints. " * 20, template=n % 200 == 150, tags=_tags(n),
            state=ProjectState.ARCHIVED if n % 200 == 100 else ProjectState.ACTIVE,
            starts_at=agency.now + timedelta(days=-400 if n % 10 else 1),
            ends_at=None if n % 4 == 0 else agency.now + timedelta(days=n * 11 % 730 - 365),
            access=Access.RESTRICTED if n % 3 == 1 else Access.INHERIT,
            created_at=agency.now - timedelta(hours=n // 3), updated_at=agency.now,
        )
        for n, id in enumerate(ids)
    ]  # fmt: skip


def _tags(number: int) -> tuple[str, ...]:
    return ("wedding", *(("rare",) if number % 200 == 77 else ()), f"spring-{number % 50}")


def _of_projects(agency: Agency, kept: Sequence[Project]) -> Rows:
    """The editor is listed in every other restricted one, as a viewer."""
    listed = [
        Listed(project=one.id, company=one.company, user=agency.editor.user, role=CompanyRole.VIEWER)
        for one in [one for one in kept if one.access is Access.RESTRICTED][::2]
    ]
    return {
        ProjectRow: [to_row(ProjectRow, one) for one in kept],
        ProjectTagRow: [{"id": one.id, "tag": tag} for one in kept for tag in one.tags],
        ListedRow: [to_row(ListedRow, one) for one in listed],
    }


def _clients(agency: Agency) -> Rows:
    """All can be reached in both ways."""
    kept = [
        Client(
            id=agency.client if n == CLIENTS // 2 else ClientId(_ids.new()), company=agency.company,
            name=f"Client {n * 7 % CLIENTS:05}", phone=f"+3531{n:08}", email=f"person{n:05}@example.org",
            notes="Prefers to be called in the morning. " * 5, created_at=agency.now - timedelta(minutes=n // 3),
            updated_at=agency.now,
        )
        for n in range(CLIENTS)
    ]  # fmt: skip
    return {
        ClientRow: [to_row(ClientRow, one) for one in kept],
        ClientWordRow: [{"id": one.id, "word": word, "company": one.company} for one in kept for word in one.words],
    }


def _contents(agency: Agency, projects: Sequence[Project]) -> Rows:
    """The first project has thousands, every other a few; each has two videos."""
    places = [*([agency.project] * CONTENTS), *(one.id for one in projects[1:] for _ in range(EACH))]
    kept = [_content(agency, project, n) for n, project in enumerate(places)]
    return {
        ArContentRow: [{**to_row(ArContentRow, one), **found_by(one)} for one in kept],
        ArVideoRow: [
            {**to_row(ArVideoRow, film), "content": one.id, "company": one.company}
            for one in kept
            for film in one.videos
        ],
    }


def _content(agency: Agency, project: ProjectId, number: int) -> Content:
    """Ten in a thousand are a client's, of a poor grade, or put away."""
    at = agency.now - timedelta(minutes=number // 3)
    report = replace(REPORT, grade=Grade.POOR) if number % 500 == 3 else REPORT
    return Content(
        id=ContentId(_ids.new()), company=agency.company, project=project, number=f"ORD-20260119-{number:06}",
        public_id=public_id(_ids.secret()), title=f"Print {number * 7 % CONTENTS:04}",
        customer=Customer(client=agency.client if number % 500 == 7 else None, name=f"Somebody {number:05}"),
        marker=Marker(photo=FileId(_ids.new()), state=MarkerState.READY, report=packed(report), fingerprint=number),
        videos=(_video(at, 0), _video(at, 1)), ends_at=agency.now + timedelta(days=number * 11 % 900 - 10),
        state=ContentState.ARCHIVED if number % 500 == 9 else STATES[number % 4], created_by=agency.owner.user,
        created_at=at, updated_at=at,
    )  # fmt: skip


def _video(at: datetime, position: int) -> ContentVideo:
    return ContentVideo(
        id=VideoId(_ids.new()), file=FileId(_ids.new()), title="Spring", position=position, footage=FOOTAGE,
        created_at=at,
    )  # fmt: skip
