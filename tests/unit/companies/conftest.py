"""A world with a company, its owner, somebody in every other role, and a stranger."""

from dataclasses import dataclass

import pytest

from asperguide.companies import CompanyView
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing import World
from asperguide.testing.world import Person
from tests.companies import enlist, found


@dataclass(frozen=True, kw_only=True)
class Home:
    """A company and its people."""

    world: World
    company: CompanyView
    owner: Person
    manager: Person
    editor: Person
    viewer: Person
    stranger: Person

    @property
    def id(self) -> CompanyId:
        """The company's."""
        return self.company.id

    def in_role(self, role: CompanyRole) -> Person:
        """Whoever is that."""
        person: Person = getattr(self, role.value)
        return person


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def home(world: World) -> Home:
    people = {name: await world.person(name) for name in ("owner", "manager", "editor", "viewer", "stranger")}
    company = await found(world, people["owner"])
    for role in (CompanyRole.MANAGER, CompanyRole.EDITOR, CompanyRole.VIEWER):
        await enlist(world, company.id, people[role.value], role)
    return Home(world=world, company=company, **people)
