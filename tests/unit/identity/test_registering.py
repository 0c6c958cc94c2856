"""Becoming a user, and that nobody learns from it who is one already."""

import asyncio
from datetime import timedelta

import pytest
from msgspec import structs

from asperguide.identity import AddressOnly, Confirmation, NewUser, UserState
from asperguide.identity.audit import SecurityEventKind
from asperguide.identity.errors import (
    CodeRefused,
    InvalidProfile,
    PasswordQueueFull,
    PasswordTooWeak,
    SignInRefused,
    UsernameTaken,
)
from asperguide.shared.actor import OPERATOR
from asperguide.testing import World
from asperguide.testing.world import SETTINGS
from tests.identity import HOME, PASSWORD, Meter, actor_of, events, mails_to, new_user, register, sign_in


@pytest.fixture
def world() -> World:
    return World()


async def confirm(world: World, email: str = "siobhan@example.org") -> None:
    await world.container.confirm_email()(Confirmation(code=world.code_for(email)), HOME)


async def test_from_registration_over_the_mail_to_a_session(world: World) -> None:
    registered = await register(world)
    with pytest.raises(SignInRefused):
        await sign_in(world)
    await confirm(world)
    actor = await actor_of(world, await sign_in(world))
    assert actor.user == registered.id
    me = await world.container.get_me()(actor)
    assert (me.state, me.email_verified_at) == (UserState.ACTIVE, world.clock.now())
    kinds = [line.kind for line in await events(world)]
    assert kinds == [
        SecurityEventKind.REGISTERED, SecurityEventKind.SIGNED_IN, SecurityEventKind.EMAIL_CONFIRMED,
        SecurityEventKind.SIGNED_IN,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Siobhán O'Neil", "left", "key", "NULL", "李小龙", "x' OR id='2", "Zoë " * 51, "ا" * 255]
)
async def test_real_names_register_and_come_back_as_they_were_typed(world: World, name: str) -> None:
    await register(world, full_name=name, email="Siobhan.O'Neil@Example.org")
    await confirm(world, "Siobhan.O'Neil@Example.org")
    me = await world.container.get_me()(await actor_of(world, await sign_in(world, "SIOBHAN.o'neil@example.ORG")))
    assert (me.full_name, me.email) == (name, "Siobhan.O'Neil@Example.org")


async def test_a_taken_address_gets_the_same_answer_after_the_same_work(world: World) -> None:
    await register(world)
    meter = Meter(world)
    free = await meter.cost(lambda: world.container.register()(new_user("amelie")))
    taken = await meter.cost(lambda: world.container.register()(new_user("thief", email="SIOBHAN@example.org")))
    assert free == taken
    work, outcome = taken
    assert (work.hashed, work.jobs, outcome) == (1, 1, "")


async def test_the_answer_for_a_taken_address_shows_what_was_sent_and_a_fresh_pending_account(world: World) -> None:
    first = await register(world)
    second = await register(world, "thief", email="siobhan@example.org")
    assert second.id != first.id
    assert (second.email, second.username, second.state) == ("siobhan@example.org", "thief", UserState.PENDING)
    assert second.created_at == first.created_at


async def test_the_owner_of_a_taken_address_is_told_and_keeps_the_account(world: World) -> None:
    siobhan = await world.person("siobhan")
    await register(world, "thief", email="Siobhan@example.org", password="sorrel-otter-90-dune")
    assert "already" in mails_to(world, siobhan.email)[-1].text
    with pytest.raises(SignInRefused):
        await sign_in(world, password="sorrel-otter-90-dune")
    with pytest.raises(SignInRefused):
        await sign_in(world, "thief", "sorrel-otter-90-dune")
    assert (await world.container.get_me()(siobhan.actor)).username == "siobhan"


async def test_a_taken_username_is_refused_whether_or_not_the_address_is_taken(world: World) -> None:
    await world.person("siobhan")
    for fields in ({"email": "new@example.org"}, {"email": "siobhan@example.org"}):
        with pytest.raises(UsernameTaken):
            await register(world, "SIOBHAN", **fields)


async def test_registering_twice_with_a_taken_address_tells_nothing_by_the_username(world: World) -> None:
    await world.person("siobhan")
    await register(world, "free", email="free@example.org")
    await register(world, "decoy", email="siobhan@example.org")
    available = world.container.check_username()
    assert not (await available("free")).available
    assert not (await available("Decoy")).available
    assert (await available("nobody")).available
    for username in ("free", "decoy"):
        with pytest.raises(UsernameTaken):
            await register(world, username, email="third@example.org")


async def test_decoys_are_never_found_listed_or_confirmed(world: World) -> None:
    siobhan = await world.person("siobhan")
    await register(world, "decoy", email=siobhan.email, full_name="Decoy")
    assert await world.container.search_users()(siobhan.actor, "decoy") == []
    listed = await world.container.list_users()(OPERATOR)
    assert [account.username for account in listed.items] == ["siobhan"]
    await world.container.resend_verification()(AddressOnly(email=siobhan.email))
    sent = len(world.mails)
    await world.settle()
    assert len(world.mails) == sent


async def test_of_two_at_once_with_one_address_one_is_real_and_both_hear_the_same(world: World) -> None:
    both = await asyncio.gather(
        world.container.register()(new_user("first", email="one@example.org")),
        world.container.register()(new_user("second", email="ONE@example.org")),
    )
    assert [answer.state for answer in both] == [UserState.PENDING] * 2
    await world.settle()
    subjects = [mail.subject for mail in world.mails]
    assert len(subjects) == 2
    await confirm(world, "one@example.org")
    assert [account.username for account in (await world.container.list_users()(OPERATOR)).items] == ["first"]


async def test_everything_wrong_with_a_profile_is_told_at_once_also_to_library_callers(world: World) -> None:
    new = NewUser(email="nope", username="a b", full_name="\n", password=PASSWORD, time_zone="Mars/One", locale="??")
    with pytest.raises(InvalidProfile) as refused:
        await world.container.register()(new)
    assert len(refused.value.fields) == 5


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-7", "LENGTH"),
        ("x" * 129, "LENGTH"),
        ("e\u0301" * 7, "LENGTH"),
        ("qwertyuiop", "GUESSABLE"),
        ("siobhan@example.org", "GUESSABLE"),
        ("aaaaaaaabbbbbbbb", "GUESSABLE"),
    ],
)
async def test_a_bad_password_is_refused_by_its_field(world: World, password: str, code: str) -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        await register(world, password=password)
    assert [(wrong.pointer, wrong.code) for wrong in refused.value.fields] == [("#/password", code)]
    assert password not in refused.value.detail


@pytest.mark.parametrize("password", ["q7Xw-p2z", "ü" + "zr4-" * 31 + "kä!"])
async def test_passwords_of_8_and_128_characters_are_fine(world: World, password: str) -> None:
    assert len(password) in (8, 128)
    await register(world, password=password)
    await confirm(world)
    assert await sign_in(world, password=password)


async def test_nothing_is_kept_when_nobody_has_time_to_hash(world: World) -> None:
    world.container.hasher().busy = True  # type: ignore[attr-defined]
    with pytest.raises(PasswordQueueFull):
        await register(world)
    assert not world.ledger.rows
    world.container.hasher().busy = False  # type: ignore[attr-defined]
    assert await register(world)


# confirmation


async def test_a_code_confirms_once(world: World) -> None:
    await register(world)
    await confirm(world)
    with pytest.raises(CodeRefused):
        await confirm(world)


async def test_of_two_who_bring_the_same_code_at_once_one_is_refused(world: World) -> None:
    await register(world)
    both = await asyncio.gather(confirm(world), confirm(world), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["CodeRefused", "NoneType"]


@pytest.mark.parametrize("code", ["", "x", "A" * 43, "x' OR id='2"])
async def test_what_was_never_sent_confirms_nothing(world: World, code: str) -> None:
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(Confirmation(code=code))


async def test_a_code_lives_for_a_day(world: World) -> None:
    await register(world)
    code = world.code_for("siobhan@example.org")
    world.clock.advance(timedelta(hours=24))
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(Confirmation(code=code))


async def test_a_new_mail_confirms_and_the_old_one_is_worth_nothing_afterwards(world: World) -> None:
    await register(world)
    old = world.code_for("siobhan@example.org")
    await world.container.resend_verification()(AddressOnly(email="SIOBHAN@example.org"))
    await world.settle()
    assert world.code_for("siobhan@example.org") != old
    await confirm(world)
    with pytest.raises(CodeRefused):
        await world.container.confirm_email()(Confirmation(code=old))


async def test_asking_again_costs_the_same_for_everybody(world: World) -> None:
    await world.person("siobhan")
    await register(world, "pending")
    meter = Meter(world)
    costs = [
        await meter.cost(lambda email=email: world.container.resend_verification()(AddressOnly(email=email)))
        for email in ("siobhan@example.org", "pending@example.org", "nobody@example.org")
    ]
    assert costs[0] == costs[1] == costs[2]
    assert costs[0][0].jobs == 1


async def test_only_pending_accounts_get_the_mail_again_at_most_5_times_an_hour(world: World) -> None:
    await world.person("active")
    await register(world, "pending")
    for email in ("active@example.org", "nobody@example.org", *["pending@example.org"] * 9):
        await world.container.resend_verification()(AddressOnly(email=email))
        await world.settle()
    assert len(mails_to(world, "pending@example.org")) == 5
    assert len(mails_to(world, "active@example.org")) == 1
    assert not mails_to(world, "nobody@example.org")


# housekeeping


async def test_who_never_confirms_is_forgotten_after_a_week_decoys_too(world: World) -> None:
    await world.person("siobhan")
    await register(world, "late")
    await register(world, "decoy", email="siobhan@example.org")
    await world.advance(days=8)
    assert (await world.container.check_username()("late")).available
    assert (await world.container.check_username()("decoy")).available
    assert not (await world.container.check_username()("siobhan")).available


async def test_where_addresses_need_not_be_confirmed_used_accounts_stay() -> None:
    world = World(structs.replace(SETTINGS, require_verified_email=False))
    await register(world, "used")
    await register(world, "unused")
    await sign_in(world, "used")
    await world.advance(days=8)
    assert (await world.container.check_username()("unused")).available
    assert await sign_in(world, "used")
