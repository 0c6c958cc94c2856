"""My account: seeing and changing it, moving to another address; finding other people."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET, structs

from asperguide.identity import (
    AgeRange,
    ColourFilter,
    Confirmation,
    EmailChange,
    Gender,
    PasswordReset,
    Preferences,
    PreferencesChange,
    ProfileChange,
    ResetRequest,
    UsernameChange,
    UserState,
)
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import (
    CodeRefused,
    EmailTaken,
    InvalidProfile,
    PasswordWrong,
    ProofNeeded,
    SearchTooShort,
    SignInRefused,
    UsernameTaken,
    UserNotFound,
    WrongState,
)
from asperguide.shared.actor import OPERATOR, Actor, SessionId, UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.testing import Person, World
from asperguide.testing.world import SETTINGS
from tests.identity import HOME, PASSWORD, Meter, actor_of, events, mails_to, register, sign_in

SOMEWHERE = "siobhan@galway.example"


@pytest.fixture
def world() -> World:
    """A fresh one."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Signed in."""
    return await world.person("siobhan")


def nobody(world: World) -> Actor:
    """Somebody whose account is gone."""
    return Actor(
        user=UserId(world.ids.new()), session=SessionId(world.ids.new()), roles=(), proved_at=world.clock.now()
    )


async def update(world: World, person: Person, version: int | None = None, **fields: Any) -> Any:
    """Change the profile."""
    return await world.container.update_me()(person.actor, ProfileChange(**fields), version, HOME)


async def test_what_is_absent_stays_and_null_clears(world: World, siobhan: Person) -> None:
    changed = await update(world, siobhan, gender=Gender.FEMALE, age_range=AgeRange.UP_TO_40, time_zone="Europe/Dublin")
    assert (changed.gender, changed.time_zone, changed.full_name) == (Gender.FEMALE, "Europe/Dublin", "Siobhan")
    cleared = await update(world, siobhan, gender=None)
    assert (cleared.gender, cleared.age_range, cleared.version) == (None, AgeRange.UP_TO_40, changed.version + 1)
    assert await world.container.get_me()(siobhan.actor) == cleared


async def test_preferences_are_replaced_whole(world: World, siobhan: Person) -> None:
    changed = await update(world, siobhan, preferences=PreferencesChange(transparency=30))
    assert changed.preferences == Preferences(transparency=30)
    blue = PreferencesChange(colour_filter=ColourFilter.TRITANOPIA, filter_intensity=7)
    changed = await update(world, siobhan, preferences=blue)
    whole = Preferences(transparency=30, colour_filter=ColourFilter.TRITANOPIA, filter_intensity=7)
    assert changed.preferences == whole
    assert (await update(world, siobhan, preferences=PreferencesChange())).version == changed.version


async def test_a_change_of_nothing_is_no_change(world: World, siobhan: Person) -> None:
    before, lines = await world.container.get_me()(siobhan.actor), await events(world)
    assert await update(world, siobhan) == before
    assert await update(world, siobhan, full_name=before.full_name, username=before.username) == before
    assert await events(world) == lines


@pytest.mark.parametrize(
    "fields", [{"full_name": None}, {"time_zone": "Mars/One"}, {"locale": None}, {"username": "a b"}]
)
async def test_what_cannot_be_is_refused(world: World, siobhan: Person, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidProfile):
        await update(world, siobhan, **fields)


async def test_a_stale_version_changes_nothing(world: World, siobhan: Person) -> None:
    me = await world.container.get_me()(siobhan.actor)
    await update(world, siobhan, me.version, full_name="One")
    with pytest.raises(EditedMeanwhile):
        await update(world, siobhan, me.version, full_name="Two")
    assert (await world.container.get_me()(siobhan.actor)).full_name == "One"


async def test_a_renaming_keeps_names_unique_and_is_called_so_in_the_log(world: World, siobhan: Person) -> None:
    await world.person("amelie")
    renamed = await world.container.change_username()(siobhan.actor, UsernameChange(username="Shiv"), None, HOME)
    assert renamed.username == "Shiv"
    line = (await events(world))[-1]
    assert (line.kind, line.detail) == (SecurityEventKind.USERNAME_CHANGED, "username")
    with pytest.raises(UsernameTaken):
        await world.container.change_username()(siobhan.actor, UsernameChange(username="AMELIE"))
    assert await sign_in(world, "shiv")
    with pytest.raises(SignInRefused):
        await sign_in(world, "siobhan")


async def test_one_s_own_username_in_other_letters_is_free(world: World, siobhan: Person) -> None:
    assert (await update(world, siobhan, username="SIOBHAN")).username == "SIOBHAN"


async def test_an_account_that_is_gone_is_not_found(world: World) -> None:
    gone = nobody(world)
    with pytest.raises(UserNotFound):
        await world.container.get_me()(gone)
    with pytest.raises(UserNotFound):
        await world.container.update_me()(gone, ProfileChange(full_name="x"))
    with pytest.raises(UserNotFound):
        await world.container.close_account()(gone)
    with pytest.raises(PasswordWrong):
        await world.container.change_email()(gone, EmailChange(email=SOMEWHERE, current_password=PASSWORD))


def test_an_empty_change_says_nothing_about_any_field() -> None:
    assert all(getattr(ProfileChange(), name) is UNSET for name in ProfileChange.__struct_fields__)


# moving to another address


async def move(world: World, person: Person, email: str = SOMEWHERE) -> None:
    """Ask to move."""
    await world.container.change_email()(person.actor, EmailChange(email=email, current_password=PASSWORD))
    await world.settle()


async def confirm(world: World, email: str = SOMEWHERE) -> None:
    """Bring the code back."""
    await world.container.confirm_email()(Confirmation(code=world.code_for(email)), HOME)
    await world.settle()


async def test_the_new_address_confirms_and_the_old_one_is_told(world: World, siobhan: Person) -> None:
    await move(world, siobhan)
    assert (await world.container.get_me()(siobhan.actor)).email == siobhan.email
    await confirm(world)
    assert (await world.container.get_me()(siobhan.actor)).email == SOMEWHERE
    notice = mails_to(world, siobhan.email)[-1]
    assert "s***@galway.example" in notice.text
    assert SOMEWHERE not in notice.text
    assert await sign_in(world, SOMEWHERE)
    with pytest.raises(SignInRefused):
        await sign_in(world, siobhan.email)
    assert (await events(world, kind=SecurityEventKind.EMAIL_CHANGED))[-1].user == siobhan.actor.user


async def test_moving_needs_proof(world: World, siobhan: Person) -> None:
    with pytest.raises(PasswordWrong):
        await world.container.change_email()(siobhan.actor, EmailChange(email=SOMEWHERE, current_password="wrong"))
    await world.advance(minutes=11)
    with pytest.raises(ProofNeeded):
        await world.container.change_email()(siobhan.actor, EmailChange(email=SOMEWHERE))
    with pytest.raises(InvalidProfile):
        await move(world, siobhan, "nope")


async def test_whether_an_address_is_taken_is_told_to_its_owner_only(world: World, siobhan: Person) -> None:
    amelie = await world.person("amelie")
    meter = Meter(world)
    taken = await meter.cost(lambda: world.container.change_email()(siobhan.actor, EmailChange(email=amelie.email)))
    free = await meter.cost(lambda: world.container.change_email()(siobhan.actor, EmailChange(email=SOMEWHERE)))
    assert free == taken
    await world.settle()
    assert "already" in mails_to(world, amelie.email)[-1].text
    assert len(mails_to(world, SOMEWHERE)) == 1


async def test_an_address_that_was_taken_meanwhile_is_refused_and_the_code_stays_unspent(
    world: World, siobhan: Person
) -> None:
    await move(world, siobhan)
    code = world.code_for(SOMEWHERE)
    await register(world, "amelie", email=SOMEWHERE)
    for _ in range(2):
        with pytest.raises(EmailTaken):
            await world.container.confirm_email()(Confirmation(code=code))
    assert (await world.container.get_me()(siobhan.actor)).email == siobhan.email


async def test_two_people_who_move_to_one_address_at_once_do_not_share_it(world: World, siobhan: Person) -> None:
    amelie = await world.person("amelie")
    await move(world, siobhan)
    first = world.code_for(SOMEWHERE)
    await move(world, amelie)
    second = world.code_for(SOMEWHERE)
    outcomes = await asyncio.gather(
        *(world.container.confirm_email()(Confirmation(code=code)) for code in (first, second)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmailTaken", "NoneType"]


async def test_after_the_move_codes_sent_to_the_old_address_are_worth_nothing(world: World, siobhan: Person) -> None:
    await move(world, siobhan)
    await world.container.ask_for_reset()(ResetRequest(email=siobhan.email))
    await world.settle()
    code = world.code_for(siobhan.email)
    await confirm(world)
    with pytest.raises(CodeRefused):
        await world.container.reset_password()(PasswordReset(code=code, new_password="umber-kestrel-82-quilt"))


async def test_who_was_suspended_or_closed_meanwhile_does_not_move(world: World, siobhan: Person) -> None:
    amelie = await world.person("amelie")
    await move(world, siobhan)
    await move(world, amelie, "amelie@galway.example")
    await world.container.suspend_user()(OPERATOR, siobhan.actor.user)
    await world.container.close_account()(amelie.actor)
    for address in (SOMEWHERE, "amelie@galway.example"):
        with pytest.raises(WrongState):
            await confirm(world, address)


async def test_no_mail_leaves_when_the_account_is_locked_before_it_would(world: World, siobhan: Person) -> None:
    await world.container.change_email()(siobhan.actor, EmailChange(email=SOMEWHERE))
    await world.container.suspend_user()(OPERATOR, siobhan.actor.user)
    await world.settle()
    assert not mails_to(world, SOMEWHERE)


async def test_confirming_another_address_makes_a_pending_account_active() -> None:
    world = World(structs.replace(SETTINGS, require_verified_email=False))
    await register(world)
    actor = await actor_of(world, await sign_in(world))
    await world.container.change_email()(actor, EmailChange(email=SOMEWHERE))
    await world.settle()
    await confirm(world)
    assert (await world.container.get_me()(actor)).state is UserState.ACTIVE
    await world.advance(days=8)
    assert await sign_in(world, SOMEWHERE)


# search


async def test_people_are_found_exact_first_then_by_beginning_then_anywhere(world: World) -> None:
    for username in ("annabel", "joanna", "anna", "hannah"):
        await world.person(username)
    me = await world.person("zed")
    found = await world.container.search_users()(me.actor, " ANNA ")
    assert [person.username for person in found] == ["anna", "annabel", "hannah", "joanna"]
    assert "example.org" not in repr(found)
    assert len(await world.container.search_users()(me.actor, "anna", 2)) == 2


@pytest.mark.parametrize("text", ["%%", "__", "a%", "\\%", "@example.org", "example"])
async def test_signs_stand_for_themselves_and_addresses_are_not_searched(world: World, text: str) -> None:
    me = await world.person("annabel")
    assert await world.container.search_users()(me.actor, text) == []


@pytest.mark.parametrize("text", ["", "a", " a ", "a" * 101])
async def test_a_search_has_2_to_100_characters(world: World, siobhan: Person, text: str) -> None:
    with pytest.raises(SearchTooShort):
        await world.container.search_users()(siobhan.actor, text)


async def test_only_open_accounts_are_found(world: World, siobhan: Person) -> None:
    for username in ("annabel", "anna", "joanna"):
        await world.person(username)
    await register(world, "hannah")
    by_name = {account.username: account.id for account in (await world.container.list_users()(OPERATOR)).items}
    await world.container.suspend_user()(OPERATOR, by_name["annabel"])
    found = await world.container.search_users()(siobhan.actor, "anna", 1000)
    assert [person.username for person in found] == ["anna", "joanna"]


# the security log


async def test_my_log_shows_what_is_about_me_page_by_page_the_newest_first(world: World, siobhan: Person) -> None:
    await world.person("amelie")
    for n in range(3):
        world.clock.advance(timedelta(days=1))
        await update(world, siobhan, full_name=f"Name {n}")
    log = world.container.my_security_log()
    first = await log(siobhan.actor, PageRequest(limit=4))
    rest = await log(siobhan.actor, PageRequest(limit=4, cursor=first.next_cursor))
    lines = [*first.items, *rest.items]
    assert {line.user for line in lines} == {siobhan.actor.user}
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert lines[-1].kind is SecurityEventKind.REGISTERED


async def test_my_log_tells_what_an_administrator_did_but_not_from_where(world: World, siobhan: Person) -> None:
    await world.container.end_user_sessions()(OPERATOR, siobhan.actor.user, HOME)
    mine = (await world.container.my_security_log()(siobhan.actor)).items[0]
    assert (mine.kind, mine.by, mine.address, mine.user_agent) == (
        SecurityEventKind.SESSION_ENDED, OPERATOR.user, "", ""
    )  # fmt: skip
    assert (await events(world))[-1].address == HOME.address
