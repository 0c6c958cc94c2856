"""What tests of projects have in common: companies that exist in no database, contents that are only counted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from dependency_injector.providers import Object

from asperguide.projects import NewProject, ProjectView
from asperguide.projects.ports import ProjectContents
from asperguide.shared.actor import UserId
from asperguide.shared.tenancy import (
    ClientId,
    Companies,
    CompanyFacts,
    CompanyId,
    CompanyRole,
    Contact,
    ProjectId,
    Standing,
)
from asperguide.testing import World
from asperguide.testing.world import Person

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole


def company_facts(id: UUID, **fields: Any) -> CompanyFacts:
    """A company that may have 50 projects, in Paris."""
    ready = CompanyFacts(
        id=CompanyId(id), name="Atelier O’Neil", active=True, time_zone="Europe/Paris", locale="fr", accent=None,
        storage_bytes=10 * 1024**3, most_projects=50, expiry_notice_days=7,
    )  # fmt: skip
    return replace(ready, **fields)


@dataclass
class FakeCompanies(Companies):
    """Companies as tests want them."""

    facts: dict[CompanyId, CompanyFacts] = field(default_factory=dict)
    roles: dict[tuple[CompanyId, UserId], CompanyRole] = field(default_factory=dict)
    people: dict[UserId, Contact] = field(default_factory=dict)

    async def standing(self, user: UserId, company: CompanyId) -> Standing | None:
        """Looked up."""
        role = self.roles.get((company, user))
        return None if role is None or company not in self.facts else Standing(company=self.facts[company], role=role)

    async def known(self, companies: Collection[CompanyId]) -> Mapping[CompanyId, CompanyFacts]:
        """Looked up."""
        return {id: self.facts[id] for id in companies if id in self.facts}

    async def contacts(self, company: CompanyId, roles: Collection[CompanyRole]) -> Sequence[Contact]:
        """Looked up."""
        found = [user for (other, user), role in self.roles.items() if other == company and role in roles]
        return [self.people[user] for user in sorted(found) if user in self.people]

    async def client(self, company: CompanyId, client: ClientId) -> str | None:
        """There are none."""
        return None


@dataclass
class FakeContents(ProjectContents):
    """So many contents in each project, and what was asked of them."""

    held: dict[ProjectId, int] = field(default_factory=dict)
    copied: list[tuple[UserId, ProjectId, ProjectId]] = field(default_factory=list)
    removed: list[tuple[ProjectId, int]] = field(default_factory=list)

    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """Looked up."""
        return {id: self.held[id] for id in projects if self.held.get(id)}

    async def remove_some(self, company: CompanyId, project: ProjectId, limit: int) -> bool:
        """So many fewer."""
        self.removed.append((project, limit))
        self.held[project] = max(0, self.held.get(project, 0) - limit)
        return self.held[project] == 0

    async def copy(self, by: UserId, company: CompanyId, source: ProjectId, target: ProjectId) -> None:
        """As many there as here."""
        self.copied.append((by, source, target))
        self.held[target] = self.held.get(source, 0)


@dataclass
class House:
    """A world with a company in it, whose members are called by their roles."""

    world: World
    companies: FakeCompanies = field(default_factory=FakeCompanies)
    contents: FakeContents = field(default_factory=FakeContents)
    people: dict[str, Person] = field(default_factory=dict)
    id: CompanyId = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.found()
        self.world.container.company_standings.override(Object(self.companies))
        self.world.container.contents.override(Object(self.contents))

    def found(self, **fields: Any) -> CompanyId:
        """A further company."""
        id = CompanyId(self.world.ids.new())
        self.companies.facts[id] = company_facts(id, **fields)
        return id

    def settle(self, **fields: Any) -> None:
        """Let the company have it in another way."""
        self.companies.facts[self.id] = replace(self.companies.facts[self.id], **fields)

    async def member(self, role: CompanyRole, name: str = "", *, company: CompanyId | None = None) -> Person:
        """Somebody in this role; the same as before under the same name."""
        name = name or str(role)
        if name not in self.people:
            self.people[name] = await self.world.person(name)
        person = self.people[name]
        user = person.actor.user
        self.companies.roles[company or self.id, user] = role
        self.companies.people[user] = Contact(
            user=user, name=name.title(), email=person.email, locale="fr" if role is OWNER else "en", time_zone="UTC"
        )
        return person

    async def project(self, person: Person | None = None, name: str = "Mariage", **fields: Any) -> ProjectView:
        """A project that somebody begins; the owner, if nobody is named."""
        by = person or await self.member(OWNER)
        return await self.world.container.create_project()(by.actor, self.id, NewProject(name=name, **fields))
