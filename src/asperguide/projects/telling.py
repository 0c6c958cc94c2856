"""Telling the owners and managers of a company that a project ends, by mail: each of them once for each notice.

So is the company's own address for notices, unless one of them has it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from asperguide.projects.events import ContactToTell, ProjectEnding
from asperguide.projects.model import Project
from asperguide.projects.notices import A_DAY, Stage
from asperguide.projects.ports import ProjectReads, ProjectsUnitOfWork
from asperguide.projects.rights import UNRESTRICTED
from asperguide.shared.actor import UserId
from asperguide.shared.emails import canonical_email
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
    """Have each owner and manager told who can be written to, and the company's own address, if it is still so."""

    begin: Callable[[], ProjectsUnitOfWork]
    reads: ProjectReads
    companies: Companies
    clock: Clock

    async def __call__(self, message: ProjectEnding, job: UUID | None = None) -> None:
        users = await self._users(message) if await self._holds(message) else ()
        async with self.begin() as uow:
            for user in users:
                uow.announce(_to(message, user), JobOptions(priority=1))
            uow.complete(job)
            await uow.commit()

    async def _users(self, message: ProjectEnding) -> Sequence[UserId | None]:
        contacts = await self.companies.contacts(message.company, UNRESTRICTED)
        company = (await self.companies.known([message.company])).get(message.company)
        own = () if company is None or letterbox(company, contacts) is None else (None,)
        return (*(one.user for one in contacts), *own)

    async def _holds(self, message: ProjectEnding) -> bool:
        return any(
            still_so(project, message, self.clock.now()) for project in await self.reads.known([message.project])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a notice goes."""

    name: str
    email: str
    locale: str


def letterbox(company: CompanyFacts, contacts: Sequence[Contact]) -> Address | None:
    """The company's own address for notices; None when it has none, or one of these who are told anyway has it."""
    if company.email is None or canonical_email(company.email) in {canonical_email(one.email) for one in contacts}:
        return None
    return Address(name=company.name, email=company.email, locale=company.locale)


class TellContact(Struct, frozen=True, kw_only=True):
    """Write to one of them, in their language, if it is still so. Told again, it is the same mail."""

    reads: ProjectReads
    companies: Companies
    letters: Letters
    mailer: Mailer
    clock: Clock

    async def __call__(self, message: ContactToTell, job: UUID | None = None) -> None:
        project = next(iter(await self.reads.known([message.project])), None)
        if project is None or not still_so(project, message, self.clock.now()):
            return
        contacts = await self.companies.contacts(message.company, UNRESTRICTED)
        company = (await self.companies.known([message.company])).get(message.company)
        if company is None:
            return
        known = {one.user: Address(name=one.name, email=one.email, locale=one.locale) for one in contacts}
        if (to := known.get(message.user) if message.user else letterbox(company, contacts)) is not None:
            await self._write(message, project, company, to)

    async def _write(self, message: ContactToTell, project: Project, company: CompanyFacts, to: Address) -> None:
        kind = KINDS[message.stage]
        data = {
            "name": to.name,
            "project": project.name,
            "company": company.name,
            "when": _on_clocks(message.ends_at, company.time_zone),
        }
        letter = self.letters.write(kind, to.locale, data)
        key = f"{kind}:{project.id}:{message.due_at.isoformat()}:{message.ends_at.isoformat()}"
        key += f":{message.user or message.company}"
        await self.mailer.send(
            Mail(key=key, to=to.email, subject=letter.subject, text=letter.text, html=letter.html, locale=to.locale)
        )


def still_so(project: Project, message: ProjectEnding | ContactToTell, now: datetime) -> bool:
    """Whether there is a point in saying it: of another end than there was, or too late, nothing is said."""
    if project.state is not ProjectState.ACTIVE or project.template or project.ends_at != message.ends_at:
        return False
    over = {Stage.NEARING: message.ends_at - A_DAY, Stage.LAST_DAY: message.ends_at}.get(message.stage)
    return over is None or now < over


def _to(message: ProjectEnding, user: UserId | None) -> ContactToTell:
    return ContactToTell(
        project=message.project, company=message.company, stage=message.stage, due_at=message.due_at,
        ends_at=message.ends_at, user=user,
    )  # fmt: skip


def _on_clocks(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
