"""Companies against real transactions: who comes at the same moment as somebody else."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from asperguide.adapters.local.companies import LocalHoldings
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.retrying import retrying
from asperguide.companies import (
    AcceptInvitation,
    AddClient,
    ChangeRole,
    CreateCompany,
    DeleteCompany,
    LeaveCompany,
    NewClient,
    NewCompany,
    NewOwner,
    NewRole,
    RemoveMember,
    TransferOwnership,
)
from asperguide.companies.errors import CompanyNotEmpty, CompanyNotFound, CompanyRightNeeded, LastOwner, MemberNotFound
from asperguide.companies.invitations import Invitation
from asperguide.companies.model import Company, Membership
from asperguide.companies.ports import Account, Accounts, Holdings
from asperguide.projects.creating import AddProject
from asperguide.projects.errors import NoSuchCompany
from asperguide.projects.model import Project
from asperguide.projects.ports import ProjectsUnitOfWork
from asperguide.shared.actor import Actor, SessionId, UserId
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing import MovableClock
from asperguide.testing.contracts import Persistence
from asperguide.testing.contracts.incorporating import company, invitation, member, owner, somebody
from asperguide.testing.contracts.people import IDS, NOW
from asperguide.testing.contracts.planning import project
from tests.contract.persistences import sql_persistence
from tests.contract.test_media_races import deadlocks
from tests.projects import company_facts

MANY = 12
REFUSED = ("CompanyNotEmpty", "CompanyNotFound", "NoSuchCompany")


@dataclass(frozen=True)
class Whoever(Accounts):
    """Somebody whose address every one is."""

    user: UserId | None = None

    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Account]:
        """Nobody by name."""
        return {}

    async def holder(self, email_key: str) -> UserId | None:
        """Them."""
        return self.user


@pytest.fixture
def persistence(database: Database, clock: MovableClock) -> Persistence:
    """On a database only."""
    return sql_persistence(database, clock)


@pytest.fixture(autouse=True)
async def no_deadlocks(database: Database) -> AsyncIterator[None]:
    """None in any of these tests, not even one that somebody would have tried again after."""
    before = await deadlocks(database)
    yield
    assert await deadlocks(database) == before


def acting(user: UserId) -> Actor:
    """Signed in."""
    return Actor(user=user, session=SessionId(IDS.new()), roles=(), proved_at=NOW)


def parts(persistence: Persistence) -> dict[str, Any]:
    """What most use cases are made of."""
    return {"begin": persistence.begin_companies, "clock": persistence.clock, "ids": IDS}


@dataclass(frozen=True)
class Busy(Holdings):
    """Nothing is counted, and meanwhile something comes in."""

    meanwhile: Callable[[], Awaitable[object]]

    async def count(self, company: CompanyId) -> int:
        """Nothing."""
        await self.meanwhile()
        return 0

    async def remove_some(self, company: CompanyId) -> bool:
        """Nothing is left."""
        return True


def deleting(persistence: Persistence, holdings: Holdings) -> DeleteCompany:
    """The use case."""
    return DeleteCompany(
        begin=persistence.begin_companies, reads=persistence.company_reads, holdings=holdings, clock=persistence.clock
    )


async def planning(persistence: Persistence, home: Company, name: str) -> Project:
    """A new project of a company that somebody belonged to a moment ago."""

    async def finish(_: ProjectsUnitOfWork, added: Project) -> Project:
        return added

    add = AddProject(begin=persistence.begin_projects)
    return await add(company_facts(home.id), project(home.id, name, slug=""), finish)


async def kept(persistence: Persistence, *roles: CompanyRole) -> tuple[Company, list[Membership]]:
    """A company with members in these roles."""
    home = company()
    members = [member(home, role=role) for role in roles]
    await persistence.keep_companies(home, *members)
    return home, members


async def owners_of(persistence: Persistence, home: Company) -> int:
    """How many there are."""
    page = PageRequest(filters={"role": "owner"}, count=True)
    return (await persistence.company_reads.members(home.id, page)).total or 0


def names(results: list[Any]) -> Counter[str]:
    """What became of the calls."""
    return Counter(type(result).__name__ for result in results)


async def test_owners_who_demote_each_other_at_once_leave_one(persistence: Persistence) -> None:
    for _ in range(5):
        home, owners = await kept(persistence, *[CompanyRole.OWNER] * 2)
        change = ChangeRole(**parts(persistence), accounts=Whoever())
        results = await asyncio.gather(
            *(
                change(acting(by.user), home.id, who.user, NewRole(role=CompanyRole.VIEWER))
                for by, who in (owners, owners[::-1])
            ),
            return_exceptions=True,
        )
        assert await owners_of(persistence, home) == 1
        assert names(results) == {"MemberView": 1, "CompanyRightNeeded": 1}


async def test_of_owners_who_all_leave_at_once_one_stays(persistence: Persistence) -> None:
    home, owners = await kept(persistence, *[CompanyRole.OWNER] * MANY)
    leave = LeaveCompany(**parts(persistence))
    results = await asyncio.gather(*(leave(acting(one.user), home.id) for one in owners), return_exceptions=True)
    assert await owners_of(persistence, home) == 1
    assert names(list(results)) == {"NoneType": MANY - 1, LastOwner.__name__: 1}


async def test_owners_who_remove_and_replace_each_other_at_once_leave_one(persistence: Persistence) -> None:
    home, owners = await kept(persistence, *[CompanyRole.OWNER] * 3, CompanyRole.MANAGER)
    first, second, third, heir = owners
    results = await asyncio.gather(
        RemoveMember(**parts(persistence))(acting(first.user), home.id, second.user),
        RemoveMember(**parts(persistence))(acting(second.user), home.id, third.user),
        LeaveCompany(**parts(persistence))(acting(third.user), home.id),
        TransferOwnership(**parts(persistence), accounts=Whoever())(
            acting(first.user), home.id, NewOwner(user=heir.user)
        ),
        return_exceptions=True,
    )
    refusals = (LastOwner, CompanyNotFound, CompanyRightNeeded, MemberNotFound)
    assert all(not isinstance(one, Exception) or isinstance(one, (*refusals, LookupError)) for one in results), results
    assert await owners_of(persistence, home) >= 1


async def test_an_invitation_that_is_accepted_many_times_at_once_is_accepted_once(persistence: Persistence) -> None:
    home, user, secret = company(), somebody(), IDS.secret()
    boss = owner(home)
    invited: Invitation = invitation(home, digest=hashlib.sha256(secret).digest(), by=boss.user)
    await persistence.keep_companies(home, boss, invited)
    _, token = invited.sent(secret, NOW)
    accept = AcceptInvitation(**parts(persistence), reads=persistence.company_reads, accounts=Whoever(user))
    results = await asyncio.gather(*(accept(acting(user), token) for _ in range(MANY)), return_exceptions=True)
    assert names(list(results)) == {"Joined": 1, "InvitationOver": MANY - 1}
    membership = await persistence.company_reads.membership(home.id, user)
    assert membership is not None and membership.role is CompanyRole.EDITOR


async def test_nobody_joins_on_behalf_of_somebody_who_was_let_go(persistence: Persistence) -> None:
    for turn in range(6):
        home, (boss, former) = await kept(persistence, CompanyRole.OWNER, CompanyRole.OWNER)
        user, secret = somebody(), IDS.secret()
        role, digest = CompanyRole.OWNER, hashlib.sha256(secret).digest()
        invited: Invitation = invitation(home, digest=digest, by=former.user, role=role)
        await persistence.keep_companies(invited)
        accept = AcceptInvitation(**parts(persistence), reads=persistence.company_reads, accounts=Whoever(user))
        remove = RemoveMember(**parts(persistence))
        calls: list[Awaitable[object]] = [
            accept(acting(user), invited.sent(secret, NOW)[1]), remove(acting(boss.user), home.id, former.user)
        ]  # fmt: skip
        results = await asyncio.gather(*calls[:: 1 if turn % 2 else -1], return_exceptions=True)
        happened = await persistence.company_reads.activity(home.id, PageRequest(sort="-at"))
        joined = await persistence.company_reads.membership(home.id, user) is not None
        assert names(list(results)) == {"NoneType": 1, "Joined" if joined else "InvitationOver": 1}
        first = "member-joined" if joined else "member-removed"
        assert [line.what for line in happened.items][-1] == first


async def test_names_that_share_a_slug_get_one_each_when_they_are_founded_at_once(
    persistence: Persistence, database: Database
) -> None:
    create = retrying(CreateCompany(**parts(persistence)), IDS)
    made = await asyncio.gather(*(create(acting(somebody()), NewCompany(name="東" * n)) for n in range(1, MANY + 1)))
    assert sorted(one.slug for one in made) == sorted(["company", *(f"company-{n}" for n in range(2, MANY + 1))])


async def test_of_many_that_found_one_company_at_once_one_does(persistence: Persistence) -> None:
    create = retrying(CreateCompany(**parts(persistence)), IDS)
    results = await asyncio.gather(
        *(create(acting(somebody()), NewCompany(name="Zoë")) for _ in range(MANY)), return_exceptions=True
    )
    assert names(list(results)) == {"CompanyView": 1, "CompanyNameTaken": MANY - 1}


async def test_nothing_gets_into_a_company_that_is_deleted_at_that_moment(persistence: Persistence) -> None:
    home, (boss, *editors) = await kept(persistence, CompanyRole.OWNER, *[CompanyRole.EDITOR] * MANY)
    delete, add = deleting(persistence, LocalHoldings()), AddClient(**parts(persistence))
    results = await asyncio.gather(
        *(add(acting(one.user), home.id, NewClient(name="Ann")) for one in editors[:6]),
        delete(acting(boss.user), home.id, cascade=True),
        *(add(acting(one.user), home.id, NewClient(name="Ann")) for one in editors[6:]),
        return_exceptions=True,
    )
    assert {type(one).__name__ for one in results} <= {"Client", "CompanyDeleted", "CompanyNotFound"}
    added = sum(type(one).__name__ == "Client" for one in results)
    assert await persistence.company_reads.count_clients(home.id) == added
    assert await persistence.company_reads.known((home.id,)) == {}


async def test_what_comes_in_while_an_empty_company_is_looked_through_keeps_it(persistence: Persistence) -> None:
    for what in ("client", "project"):
        home, (boss,) = await kept(persistence, CompanyRole.OWNER)

        async def meanwhile(home: Company = home, boss: Membership = boss, what: str = what) -> None:
            if what == "client":
                await AddClient(**parts(persistence))(acting(boss.user), home.id, NewClient(name="Ann"))
            else:
                await planning(persistence, home, "Guide")

        with pytest.raises(CompanyNotEmpty):
            await deleting(persistence, Busy(meanwhile))(acting(boss.user), home.id)
        assert await persistence.company_reads.known((home.id,))


async def test_a_company_is_deleted_empty_or_what_came_in_stays(persistence: Persistence) -> None:
    for turn in range(6):
        home, (boss,) = await kept(persistence, CompanyRole.OWNER)
        add, delete = AddClient(**parts(persistence)), deleting(persistence, LocalHoldings())
        calls: list[Awaitable[object]] = [
            add(acting(boss.user), home.id, NewClient(name="Ann")),
            delete(acting(boss.user), home.id),
            *(planning(persistence, home, f"Guide {n}") for n in range(3)),
        ]
        results = await asyncio.gather(*calls[turn % 5 :], *calls[: turn % 5], return_exceptions=True)
        found = names(list(results))
        accepted = found["Client"] + found["Project"]
        assert (found["CompanyDeleted"], found["CompanyNotEmpty"]) == ((0, 1) if accepted else (1, 0)), found
        assert accepted in (0, 4)
        assert set(found) <= {"Client", "Project", "CompanyDeleted", *REFUSED}


async def test_no_project_comes_into_a_company_that_was_closed_after_the_look_at_its_members(
    persistence: Persistence,
) -> None:
    home, (boss,) = await kept(persistence, CompanyRole.OWNER)
    await deleting(persistence, LocalHoldings())(acting(boss.user), home.id, cascade=True)
    with pytest.raises(NoSuchCompany):
        await planning(persistence, home, "Guide")
    assert await persistence.project_reads.count(home.id) == 0
