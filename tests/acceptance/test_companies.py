"""Companies: founded, joined, run together, handed over and closed; of which strangers learn nothing."""

from uuid import UUID

import pytest

from asperguide.companies import (
    ClientChange,
    CompanyAdministration,
    CompanyChange,
    CompanyState,
    CompanyView,
    InvitationState,
    NewClient,
    NewCompany,
    SettingsChange,
    Tier,
)
from asperguide.companies.errors import (
    AlreadyInvited,
    AlreadyMember,
    ClientNotFound,
    ClientPhoneTaken,
    CompanyNameTaken,
    CompanyNotEmpty,
    CompanyNotFound,
    CompanyRightNeeded,
    InvitationForAnother,
    InvitationNotFound,
    InvitationOver,
    InvitedJustNow,
    LastOwner,
)
from asperguide.operations import MyJobState
from asperguide.shared.errors import EditedMeanwhile, RoleNeeded
from asperguide.shared.tenancy import CompanyRole
from tests.acceptance.driver import Driver, address
from tests.companies import token_in

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole
NIAMH = address("niamh")


async def member(driver: Driver, username: str) -> tuple[str, UUID]:
    """The token and the id of somebody who registered and confirmed."""
    token = (await driver.member(username)).access_token
    return token, (await driver.me(token)).id


async def link_for(driver: Driver, email: str) -> str:
    """What the link in the latest invitation to this address ends with."""
    await driver.world.settle()
    return token_in(driver.world, email)


async def join(driver: Driver, by: str, company: CompanyView, token: str, email: str, role: CompanyRole) -> None:
    """Invited and accepted."""
    await driver.invite(by, company.id, email, role)
    await driver.accept(token, await link_for(driver, email))


async def test_a_company_is_founded_changed_and_found_among_mine(driver: Driver) -> None:
    token, _ = await member(driver, "siobhan")
    company = await driver.found(token, NewCompany(name="東京 / O'Neil & Söhne"))
    assert (company.slug, company.role) == ("oneil-and-sohne", OWNER)
    with pytest.raises(CompanyNameTaken):
        await driver.found(token, NewCompany(name="東京 / o'neil & SÖHNE"))
    changed = await driver.change_company(token, company.id, 1, CompanyChange(name="O'Neil", phone="+35312345678"))
    assert (changed.name, changed.slug, changed.phone) == ("O'Neil", "oneil-and-sohne", "+35312345678")
    with pytest.raises(EditedMeanwhile):
        await driver.change_company(token, company.id, 1, CompanyChange(notes="late"))
    settings = await driver.configure(token, company.id, 1, SettingsChange(time_zone="Europe/Dublin", accent="#2f6f4e"))
    assert (settings.time_zone, settings.version) == ("Europe/Dublin", 2)
    with pytest.raises(EditedMeanwhile):
        await driver.configure(token, company.id, 1, SettingsChange(locale="fr"))
    (mine,) = await driver.companies(token)
    assert (mine.id, mine.name, mine.role) == (company.id, "O'Neil", OWNER)
    happened = [line.what for line in await driver.happened(token, company.id)]
    assert happened == ["settings-changed", "company-changed", "company-created"]


async def test_somebody_is_invited_joins_works_and_leaves(driver: Driver) -> None:
    siobhan, _ = await member(driver, "siobhan")
    company = await driver.found(siobhan, NewCompany(name="O'Neil"))
    invitation = await driver.invite(siobhan, company.id, NIAMH.upper(), EDITOR)
    with pytest.raises(AlreadyInvited):
        await driver.invite(siobhan, company.id, NIAMH, EDITOR)
    with pytest.raises(InvitedJustNow):
        await driver.resend_invitation(siobhan, company.id, invitation.id)
    link = await link_for(driver, NIAMH.upper())
    shown = await driver.invited(link)
    assert (shown.company, shown.role) == ("O'Neil", EDITOR)
    niamh, id = await member(driver, "niamh")
    malik, _ = await member(driver, "malik")
    with pytest.raises(InvitationForAnother):
        await driver.accept(malik, link)
    joined = await driver.accept(niamh, link)
    assert (joined.company, joined.role) == (company.id, EDITOR)
    with pytest.raises(InvitationOver):
        await driver.accept(niamh, link)
    with pytest.raises(AlreadyMember):
        await driver.invite(siobhan, company.id, NIAMH, EDITOR)
    (one,) = await driver.invitations(siobhan, company.id)
    assert one.state is InvitationState.ACCEPTED
    with pytest.raises(CompanyRightNeeded):
        await driver.invitations(niamh, company.id)
    assert [one.role for one in await driver.members(niamh, company.id)] == [OWNER, EDITOR]
    assert (await driver.give_role(siobhan, company.id, id, VIEWER)).role is VIEWER
    with pytest.raises(CompanyRightNeeded):
        await driver.add_client(niamh, company.id, NewClient(name="Ann"))
    await driver.leave(niamh, company.id)
    with pytest.raises(CompanyNotFound):
        await driver.company(niamh, company.id)


async def test_invitations_are_declined_revoked_and_grow_old(driver: Driver) -> None:
    siobhan, _ = await member(driver, "siobhan")
    company = await driver.found(siobhan, NewCompany(name="O'Neil"))
    await driver.invite(siobhan, company.id, NIAMH, VIEWER)
    await driver.decline(declined := await link_for(driver, NIAMH))
    second = await driver.invite(siobhan, company.id, NIAMH, VIEWER)
    link = await link_for(driver, NIAMH)
    await driver.revoke_invitation(siobhan, company.id, second.id)
    for over in (declined, link):
        with pytest.raises(InvitationOver):
            await driver.invited(over)
    await driver.invite(siobhan, company.id, NIAMH, VIEWER)
    link = await link_for(driver, NIAMH)
    await driver.world.advance(days=7)
    with pytest.raises(InvitationOver):
        await driver.invited(link)
    siobhan = (await driver.sign_in("siobhan")).access_token
    third = (await driver.invitations(siobhan, company.id))[0]
    assert third.state is InvitationState.EXPIRED
    assert (await driver.resend_invitation(siobhan, company.id, third.id)).state is InvitationState.WAITING
    niamh, _ = await member(driver, "niamh")
    await driver.accept(niamh, await link_for(driver, NIAMH))


async def test_there_is_an_owner_at_every_moment(driver: Driver) -> None:
    siobhan, me = await member(driver, "siobhan")
    niamh, id = await member(driver, "niamh")
    company = await driver.found(siobhan, NewCompany(name="O'Neil"))
    await join(driver, siobhan, company, niamh, NIAMH, MANAGER)
    with pytest.raises(LastOwner):
        await driver.leave(siobhan, company.id)
    with pytest.raises(LastOwner):
        await driver.give_role(siobhan, company.id, me, VIEWER)
    with pytest.raises(CompanyRightNeeded):
        await driver.remove_member(niamh, company.id, me)
    assert (await driver.hand_over(siobhan, company.id, id)).role is OWNER
    with pytest.raises(CompanyRightNeeded):
        await driver.hand_over(siobhan, company.id, me)
    await driver.remove_member(niamh, company.id, me)
    with pytest.raises(CompanyNotFound):
        await driver.members(siobhan, company.id)


async def test_when_the_last_owner_is_no_more_somebody_follows(driver: Driver) -> None:
    siobhan, _ = await member(driver, "siobhan")
    niamh, _ = await member(driver, "niamh")
    shared = await driver.found(siobhan, NewCompany(name="Shared"))
    alone = await driver.found(siobhan, NewCompany(name="Alone"))
    await join(driver, siobhan, shared, niamh, NIAMH, VIEWER)
    await driver.close(siobhan)
    await driver.world.advance(days=31)
    niamh = (await driver.sign_in("niamh")).access_token
    assert (await driver.company(niamh, shared.id)).role is OWNER
    assert [one.what for one in await driver.happened(niamh, shared.id)][:2] == ["member-left", "ownership-inherited"]
    again = await driver.found(niamh, NewCompany(name="Alone"))
    assert again.id != alone.id


async def test_clients_are_kept_found_changed_exported_and_erased(driver: Driver) -> None:
    token, _ = await member(driver, "siobhan")
    company = await driver.found(token, NewCompany(name="O'Neil"))
    ann = await driver.add_client(token, company.id, NewClient(name="Ann", phone="+35312345678"))
    zoe = await driver.add_client(token, company.id, NewClient(name="=Zoë", email="zoe@example.org"))
    with pytest.raises(ClientPhoneTaken):
        await driver.add_client(token, company.id, NewClient(name="Bob", phone="+35312345678"))
    assert list(await driver.clients(token, company.id, "+353 1")) == [ann]
    assert list(await driver.clients(token, company.id, "ZOE@")) == [zoe]
    changed = await driver.change_client(token, company.id, ann.id, 1, ClientChange(phone=None))
    assert (changed.phone, changed.version) == (None, 2)
    table = (await driver.export_clients(token, company.id)).decode().split("\r\n")
    assert [line.split(",")[1] for line in table[:-1]] == ["name", "'=Zoë", "Ann"]
    await driver.erase_client(token, company.id, ann.id)
    with pytest.raises(ClientNotFound):
        await driver.erase_client(token, company.id, ann.id)


async def test_a_company_is_deleted_when_it_is_empty_or_with_everything_in_it(driver: Driver) -> None:
    token, _ = await member(driver, "siobhan")
    niamh, _ = await member(driver, "niamh")
    first, second = (
        await driver.found(token, NewCompany(name="First")),
        await driver.found(token, NewCompany(name="Second")),
    )
    await driver.delete_company(token, first.id)
    with pytest.raises(CompanyNotFound):
        await driver.company(token, first.id)
    await driver.add_client(token, second.id, NewClient(name="Ann"))
    await driver.invite(token, second.id, NIAMH, VIEWER)
    link = await link_for(driver, NIAMH)
    with pytest.raises(CompanyNotEmpty):
        await driver.delete_company(token, second.id)
    job = await driver.delete_everything(token, second.id)
    for _ in range(2):
        with pytest.raises(CompanyNotFound):
            await driver.clients(token, second.id)
        with pytest.raises(InvitationNotFound):
            await driver.accept(niamh, link)
        await driver.world.settle()
    assert (await driver.job(token, job)).state is MyJobState.DONE
    assert list(await driver.companies(token)) == []


async def test_for_strangers_there_is_no_company(driver: Driver) -> None:
    token, _ = await member(driver, "siobhan")
    malik, id = await member(driver, "malik")
    company = await driver.found(token, NewCompany(name="O'Neil"))
    for call in (
        lambda: driver.company(malik, company.id),
        lambda: driver.change_company(malik, company.id, 1, CompanyChange(notes="n")),
        lambda: driver.delete_company(malik, company.id),
        lambda: driver.members(malik, company.id),
        lambda: driver.give_role(malik, company.id, id, OWNER),
        lambda: driver.invite(malik, company.id, NIAMH, OWNER),
        lambda: driver.leave(malik, company.id),
        lambda: driver.clients(malik, company.id),
        lambda: driver.export_clients(malik, company.id),
        lambda: driver.happened(malik, company.id),
    ):
        with pytest.raises(CompanyNotFound):
            await call()


async def test_administrators_set_what_a_company_may_have(driver: Driver) -> None:
    token, _ = await member(driver, "siobhan")
    boss = (await driver.admin()).access_token
    company = await driver.found(token, NewCompany(name="O'Neil"))
    assert [one.id for one in await driver.all_companies(boss)] == [company.id]
    change = CompanyAdministration(state="inactive", tier=Tier.PRO, most_projects=200)
    changed = await driver.administer(boss, company.id, change)
    assert (changed.state, changed.tier, changed.most_projects) == (CompanyState.INACTIVE, Tier.PRO, 200)
    with pytest.raises(RoleNeeded):
        await driver.administer(token, company.id, CompanyAdministration(tier=Tier.ENTERPRISE))
    with pytest.raises(CompanyNotFound):
        await driver.company(boss, company.id)
    assert (await driver.company(token, company.id)).state is CompanyState.INACTIVE
