"""Telling the owners and managers of a company that a project ends, by mail: each of them once for each notice."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from asperguide.projects.events import ContactToTell, ProjectEnding
from asperguide.projects.model import Project
from asperguide.projects.notices import A_DAY, Stage
from asperguide.projects.ports import ProjectPolicy, ProjectReads, ProjectsUnitOfWork
from asperguide.projects.rights import UNRESTRICTED
from asperguide.shared.ports import Clock, JobOptions, Letters, Mail, Mailer
from asperguide.shared.tenancy import Companies, CompanyFacts, Contact, ProjectState

KINDS: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.NEARING: "project-ending",
        Stage.LAST_DAY: "project-last-day",
        Stage.ENDED: "project-ended",
    }
)


class TellCompany(Struct, frozen=True, kw_only=True):
    """Have each owner and manager told who can be written to, if it is still so."""

    begin: Callable[[], ProjectsUnitOfWork]
    reads: ProjectReads
    companies: Companies
    clock: Clock

    async def __call__(self, message: ProjectEnding, job: UUID | None = None) -> None:
        contacts = await self.companies.contacts(message.company, UNRESTRICTED) if await self._holds(message) else ()
        async with self.begin() as uow:
            for one in contacts:
                uow.announce(_to(message, one), JobOptions(priority=1))
            uow.complete(job)
            await uow.commit()

    async def _holds(self, message: ProjectEnding) -> bool:
        return any(
            still_so(project, message, self.clock.now()) for project in await self.reads.known([message.project])
        )


class TellContact(Struct, frozen=True, kw_only=True):
    """Write to one of them, in their language, if it is still so. Told again, it is the same mail."""

    reads: ProjectReads
    companies: Companies
    letters: Letters
    mailer: Mailer
    clock: Clock
    policy: ProjectPolicy

    async def __call__(self, message: ContactToTell, job: UUID | None = None) -> None:
        project = next(iter(await self.reads.known([message.project])), None)
        if project is None or not still_so(project, message, self.clock.now()):
            return
        contacts = await self.companies.contacts(message.company, UNRESTRICTED)
        company = (await self.companies.known([message.company])).get(message.company)
        to = next((one for one in contacts if one.user == message.user), None)
        if company is not None and to is not None:
            await self._write(message, project, company, to)

    async def _write(self, message: ContactToTell, project: Project, company: CompanyFacts, to: Contact) -> None:
        kind = KINDS[message.stage]
        data = {
            "name": to.name,
            "project": project.name,
            "company": company.name,
            "when": _on_clocks(message.ends_at, company.time_zone),
            "link": f"{self.policy.public_url}/api/v1/projects/{project.id}",
        }
        letter = self.letters.write(kind, to.locale, data)
        key = f"{kind}:{project.id}:{message.due_at.isoformat()}:{message.ends_at.isoformat()}:{to.user}"
        await self.mailer.send(
            Mail(key=key, to=to.email, subject=letter.subject, text=letter.text, html=letter.html, locale=to.locale)
        )


def still_so(project: Project, message: ProjectEnding | ContactToTell, now: datetime) -> bool:
    """Whether there is a point in saying it: of another end than there was, or too late, nothing is said."""
    if project.state is not ProjectState.ACTIVE or project.template or project.ends_at != message.ends_at:
        return False
    over = {Stage.NEARING: message.ends_at - A_DAY, Stage.LAST_DAY: message.ends_at}.get(message.stage)
    return over is None or now < over


def _to(message: ProjectEnding, one: Contact) -> ContactToTell:
    return ContactToTell(
        project=message.project, company=message.company, stage=message.stage, due_at=message.due_at,
        ends_at=message.ends_at, user=one.user,
    )  # fmt: skip


def _on_clocks(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
