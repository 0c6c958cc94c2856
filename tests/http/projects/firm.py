"""A company over HTTP: its people by their roles, and the projects that they begin."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from asperguide.companies.model import Membership, MembershipId
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing import World
from tests.http.capsules.people import Somebody, expect
from tests.http.identity.api import Api


async def join(world: World, company: str, user: UUID | str, role: CompanyRole) -> None:
    """Make somebody a member, as an invitation would."""
    async with world.container.companies_unit_of_work() as uow:
        found = await uow.companies.locked(CompanyId(UUID(company)))
        assert found is not None
        joined = Membership(
            id=MembershipId(world.ids.new()), company=found.id, user=UUID(str(user)),  # type: ignore[arg-type]
            role=role, since=world.clock.now(),
        )  # fmt: skip
        await uow.members.add(joined, found)
        await uow.commit()


@dataclass
class Firm:
    """A company that its owner founded."""

    api: Api
    owner: Somebody
    id: str
    people: dict[CompanyRole, Somebody] = field(default_factory=dict)

    @classmethod
    async def founded(cls, api: Api, owner: str = "siobhan", name: str = "O'Neil & Söhne") -> Self:
        """A company of somebody new."""
        somebody = await Somebody.called(api, owner)
        company = expect(201, await somebody("POST", "/companies", json={"name": name}))
        return cls(api, somebody, company["id"], {CompanyRole.OWNER: somebody})

    async def member(self, role: CompanyRole) -> Somebody:
        """Somebody in this role."""
        if role not in self.people:
            somebody = await Somebody.called(self.api, f"{role}-of-{self.owner.person.username}")
            await join(self.api.world, self.id, somebody.id, role)
            self.people[role] = somebody
        return self.people[role]

    async def project(self, name: str = "Mariage", **fields: Any) -> dict[str, Any]:
        """A project that the owner begins."""
        body = {"name": name, **fields}
        made: dict[str, Any] = expect(201, await self.owner("POST", f"/companies/{self.id}/projects", json=body))
        return made

    def ahead(self, **by: float) -> str:
        """An instant so far ahead."""
        return (self.api.world.clock.now() + timedelta(**by)).isoformat()

    async def settle_at(self, most_projects: int) -> None:
        """Let it have so many projects."""
        async with self.api.world.container.companies_unit_of_work() as uow:
            found = await uow.companies.locked(CompanyId(UUID(self.id)))
            assert found is not None
            await uow.companies.save(replace(found, most_projects=most_projects))
            await uow.commit()
