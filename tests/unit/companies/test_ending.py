"""The end of companies, and of people in them: gone at once, taken apart afterwards, and never without an owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.local.companies import LocalHoldings
from asperguide.companies import NewClient, NewCompany, NewInvitation
from asperguide.companies.errors import CompanyNotEmpty, CompanyNotFound, InvitationNotFound
from asperguide.companies.events import CompanyClosing
from asperguide.companies.ports import Holdings
from asperguide.identity import Closing
from asperguide.identity.events import AccountErased
from asperguide.operations import MyJobState
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyId, CompanyRole
from asperguide.testing.world import NO_JOB
from tests.companies import enlist, found, invite, role_of, told
from tests.unit.companies.conftest import Home

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole


@dataclass
class Boxes(Holdings):
    """What another context keeps, two of which go at a time; it may find that something was added late."""

    left: int = 5
    late: int = 0
    asked: list[CompanyId] = field(default_factory=list)

    async def count(self, company: CompanyId) -> int:
        """All of them, and from the second time on those that came late."""
        self.asked.append(company)
        if len(self.asked) > 1:
            self.left, self.late = self.left + self.late, 0
        return self.left

    async def remove_some(self, company: CompanyId) -> bool:
        """Two."""
        self.left = max(0, self.left - 2)
        return self.left == 0


def holding(home: Home, *boxes: Boxes) -> Sequence[Boxes]:
    """The company has these."""
    home.world.container.holdings.override(Object(LocalHoldings(*(lambda box=box: box for box in boxes))))  # type: ignore[misc]
    return boxes


def tables(home: Home) -> dict[str, int]:
    """How many rows there are of each kind."""
    names = [name for name in home.world.database.tables if name.startswith("compan")]
    return {name: len(home.world.database.tables[name]) for name in names if home.world.database.tables[name]}


async def test_an_empty_company_is_deleted_at_once(home: Home) -> None:
    c, world = home.world.container, home.world
    token = await invite(world, home.owner, home.id, "new@example.org")
    await c.delete_company()(home.owner.actor, home.id, version=1)
    for who in (home.owner, home.viewer, home.stranger):
        with pytest.raises(CompanyNotFound):
            await c.get_company()(who.actor, home.id)
        assert await role_of(world, home.id, who) is None
        assert (await c.list_companies()(who.actor)).items == ()
    with pytest.raises(InvitationNotFound):
        await c.show_invitation()(token)
    somebody = await world.person("new")
    with pytest.raises(InvitationNotFound):
        await c.accept_invitation()(somebody.actor, token)
    with pytest.raises(InvitationNotFound):
        await c.decline_invitation()(token)
    assert await c.company_standings().known((home.id,)) == {}
    again = await found(world, home.stranger)
    assert (again.name, again.slug) == (home.company.name, home.company.slug)
    await world.settle()
    assert tables(home) == {"companies": 1, "company_settings": 1, "company_members": 1, "company_activity": 1}


async def test_a_company_with_something_in_it_is_deleted_only_with_all_of_it(home: Home) -> None:
    c, world = home.world.container, home.world
    (boxes,) = holding(home, Boxes())
    with pytest.raises(CompanyNotEmpty):
        await c.delete_company()(home.owner.actor, home.id)
    boxes.left = 0
    client = await c.add_client()(home.owner.actor, home.id, NewClient(name="Ann"))
    with pytest.raises(CompanyNotEmpty):
        await c.delete_company()(home.owner.actor, home.id)
    with pytest.raises(EditedMeanwhile):
        await c.delete_company()(home.owner.actor, home.id, cascade=True, version=7)
    assert await c.get_client()(home.owner.actor, home.id, client.id) == client
    boxes.left = 5
    deleted = await c.delete_company()(home.owner.actor, home.id, cascade=True)
    with pytest.raises(CompanyNotFound):
        await c.get_client()(home.owner.actor, home.id, client.id)
    assert (await c.show_my_job()(home.owner.actor, deleted.job)).state is MyJobState.WAITING
    await world.settle()
    assert (await c.show_my_job()(home.owner.actor, deleted.job)).state is MyJobState.DONE
    assert (tables(home), boxes.left) == ({}, 0)


async def test_what_was_begun_before_the_end_is_found_and_removed_too(home: Home) -> None:
    first, second = holding(home, Boxes(left=3), Boxes(left=0, late=3))
    await home.world.container.delete_company()(home.owner.actor, home.id, cascade=True)
    await home.world.settle()
    assert (first.left, second.left, tables(home)) == (0, 0, {})


async def test_taking_apart_can_be_begun_anew_and_leaves_others_alone(home: Home) -> None:
    c = home.world.container
    await c.take_apart()(CompanyClosing(company=home.id), NO_JOB)
    assert (await c.get_company()(home.owner.actor, home.id)).version == 1
    await c.delete_company()(home.owner.actor, home.id)
    for _ in range(2):
        await c.take_apart()(CompanyClosing(company=home.id), NO_JOB)
    assert tables(home) == {}
    await home.world.settle()


async def test_a_deletion_that_is_cancelled_goes_on(home: Home) -> None:
    c = home.world.container
    holding(home, Boxes(left=0))
    deleted = await c.delete_company()(home.owner.actor, home.id, cascade=True)
    await c.cancel_my_job()(home.owner.actor, deleted.job)
    await home.world.settle()
    assert tables(home) == {}


async def test_whoever_is_gone_belongs_to_nothing(home: Home) -> None:
    c = home.world.container
    await c.part_from_companies()(AccountErased(user=home.editor.actor.user), NO_JOB)
    await c.part_from_companies()(AccountErased(user=home.editor.actor.user))
    assert await role_of(home.world, home.id, home.editor) is None
    assert (await told(home.world, home.id, home.owner))[1:] == ["member-left"]


@pytest.mark.parametrize(("gone", "heir"), [((), MANAGER), ((MANAGER,), EDITOR), ((MANAGER, EDITOR), VIEWER)], ids=str)
async def test_the_last_owner_is_followed_by_whoever_is_next(
    home: Home, gone: tuple[CompanyRole, ...], heir: CompanyRole
) -> None:
    c = home.world.container
    for role in gone:
        await c.leave_company()(home.in_role(role).actor, home.id)
    await c.part_from_companies()(AccountErased(user=home.owner.actor.user), NO_JOB)
    assert await role_of(home.world, home.id, home.in_role(heir)) is OWNER
    assert (await told(home.world, home.id, home.in_role(heir)))[-2:] == ["ownership-inherited", "member-left"]


async def test_of_two_managers_the_older_one_follows(home: Home) -> None:
    home.world.clock.advance(timedelta(days=1))
    await enlist(home.world, home.id, home.stranger, MANAGER)
    await home.world.container.part_from_companies()(AccountErased(user=home.owner.actor.user), NO_JOB)
    assert await role_of(home.world, home.id, home.manager) is OWNER
    assert await role_of(home.world, home.id, home.stranger) is MANAGER


async def test_an_owner_beside_another_is_followed_by_nobody(home: Home) -> None:
    await enlist(home.world, home.id, home.stranger, OWNER)
    await home.world.container.part_from_companies()(AccountErased(user=home.owner.actor.user), NO_JOB)
    assert await role_of(home.world, home.id, home.manager) is MANAGER
    assert await role_of(home.world, home.id, home.stranger) is OWNER


async def test_a_company_of_one_who_is_gone_is_gone_too(home: Home) -> None:
    c = home.world.container
    for n in range(3):
        await c.create_company()(home.stranger.actor, NewCompany(name=f"Mine {n}"))
    await c.part_from_companies()(AccountErased(user=home.stranger.actor.user), NO_JOB)
    await home.world.settle()
    assert tables(home)["companies"] == 1


async def test_an_account_that_is_closed_leaves_its_companies_when_it_is_erased(home: Home) -> None:
    c = home.world.container
    await c.close_account()(home.owner.actor, Closing(current_password=home.owner.password))
    await home.world.advance(days=31)
    assert await role_of(home.world, home.id, home.manager) is OWNER
    assert await role_of(home.world, home.id, home.owner) is None


async def test_an_invitation_into_a_company_that_is_gone_is_not_sent(home: Home) -> None:
    c = home.world.container
    await c.invite_member()(home.owner.actor, home.id, NewInvitation(email="new@example.org"))
    await c.delete_company()(home.owner.actor, home.id)
    await home.world.settle()
    assert "new@example.org" not in {mail.to for mail in home.world.mails}
