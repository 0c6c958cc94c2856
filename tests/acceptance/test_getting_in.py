"""From registration to signing out, and what keeps others from getting in."""

from datetime import timedelta

import pytest

from asperguide.identity import UserState
from asperguide.identity.errors import (
    AccessTokenRefused,
    CodeRefused,
    RefreshTokenRefused,
    RefreshTokenReused,
    SessionNotFound,
    SignInRefused,
    TooManyGuesses,
    UsernameTaken,
)
from tests.acceptance.driver import BETTER, PASSWORD, Driver, address, newcomer

SIOBHAN = address("siobhan")


async def test_registering_leads_by_mail_to_confirmation_sign_in_refresh_and_sign_out(driver: Driver) -> None:
    registered = await driver.register(newcomer("siobhan"))
    assert (registered.email, registered.state) == (SIOBHAN, UserState.PENDING)
    assert await driver.subjects(SIOBHAN) == ["Confirm your e-mail address"]

    await driver.confirm(await driver.latest_code(SIOBHAN))
    signed_in = await driver.sign_in("siobhan")
    me = await driver.me(signed_in.access_token)
    assert (me.id, me.state, me.email_verified_at) == (registered.id, UserState.ACTIVE, driver.world.clock.now())

    await driver.world.advance(minutes=5)
    refreshed = await driver.refresh(signed_in.refresh_token)
    assert refreshed.session.id == signed_in.session.id
    assert refreshed.refresh_token != signed_in.refresh_token
    assert await driver.me(refreshed.access_token) == me

    await driver.sign_out(refreshed.access_token)
    with pytest.raises(AccessTokenRefused):
        await driver.me(refreshed.access_token)
    with pytest.raises(RefreshTokenRefused):
        await driver.refresh(refreshed.refresh_token)


async def test_nobody_signs_in_before_their_address_is_confirmed(driver: Driver) -> None:
    await driver.register(newcomer("siobhan"))
    with pytest.raises(SignInRefused):
        await driver.sign_in("siobhan")
    await driver.confirm(await driver.latest_code(SIOBHAN))
    assert (await driver.sign_in("siobhan")).session.current


async def test_a_code_confirms_once_and_for_a_day(driver: Driver) -> None:
    await driver.register(newcomer("siobhan"))
    code = await driver.latest_code(SIOBHAN)
    await driver.confirm(code)
    with pytest.raises(CodeRefused):
        await driver.confirm(code)

    await driver.register(newcomer("niamh"))
    late = await driver.latest_code(address("niamh"))
    await driver.world.advance(hours=24)
    with pytest.raises(CodeRefused):
        await driver.confirm(late)


async def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(driver: Driver) -> None:
    await driver.member("siobhan")
    before = await driver.subjects(SIOBHAN)
    answer = await driver.register(newcomer("somebody", email="Siobhan@example.org"))
    assert (answer.username, answer.state) == ("somebody", UserState.PENDING)
    assert await driver.subjects(SIOBHAN) == [*before, "You already have an account"]
    with pytest.raises(SignInRefused):
        await driver.sign_in("somebody")


async def test_a_taken_username_is_a_conflict_however_it_is_spelt(driver: Driver) -> None:
    await driver.member("siobhan")
    with pytest.raises(UsernameTaken):
        await driver.register(newcomer("SIOBHAN", email="another@example.org"))


async def test_a_stolen_refresh_token_ends_the_session_for_thief_and_owner(driver: Driver) -> None:
    signed_in = await driver.member("siobhan")
    owner = await driver.refresh(signed_in.refresh_token)
    driver.world.clock.advance(timedelta(seconds=31))
    with pytest.raises(RefreshTokenReused):
        await driver.refresh(signed_in.refresh_token)
    with pytest.raises(RefreshTokenRefused):
        await driver.refresh(owner.refresh_token)
    with pytest.raises(AccessTokenRefused):
        await driver.me(owner.access_token)


async def test_whoever_lost_an_answer_gets_the_same_successor_for_thirty_seconds(driver: Driver) -> None:
    signed_in = await driver.member("siobhan")
    lost = await driver.refresh(signed_in.refresh_token)
    driver.world.clock.advance(timedelta(seconds=30))
    again = await driver.refresh(signed_in.refresh_token)
    assert again.refresh_token == lost.refresh_token
    assert (await driver.me(again.access_token)).username == "siobhan"
    await driver.refresh(again.refresh_token)


async def test_sessions_are_listed_one_is_ended_then_all_others(driver: Driver) -> None:
    first = await driver.member("siobhan")
    second, third = await driver.sign_in("siobhan"), await driver.sign_in(SIOBHAN)
    listed = await driver.sessions(third.access_token)
    assert {view.id for view in listed} == {first.session.id, second.session.id, third.session.id}
    assert [view.id for view in listed if view.current] == [third.session.id]

    await driver.end_session(third.access_token, first.session.id)
    with pytest.raises(AccessTokenRefused):
        await driver.me(first.access_token)
    with pytest.raises(SessionNotFound):
        await driver.end_session(third.access_token, first.session.id)

    assert (await driver.end_others(third.access_token)).ended == 1
    with pytest.raises(RefreshTokenRefused):
        await driver.refresh(second.refresh_token)
    assert [view.id for view in await driver.sessions(third.access_token)] == [third.session.id]


async def test_somebody_elses_session_is_like_none(driver: Driver) -> None:
    siobhan, niamh = await driver.member("siobhan"), await driver.member("niamh")
    with pytest.raises(SessionNotFound):
        await driver.end_session(niamh.access_token, siobhan.session.id)
    assert (await driver.me(siobhan.access_token)).username == "siobhan"


async def test_guessing_is_throttled_after_ten_tries_but_not_for_a_known_device(driver: Driver) -> None:
    known = await driver.member("siobhan")
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await driver.sign_in("siobhan", "wrong")
    for password in ("wrong", PASSWORD):
        with pytest.raises(TooManyGuesses):
            await driver.sign_in("siobhan", password)
    assert (await driver.sign_in("siobhan", device_token=known.device_token)).session.current
    await driver.world.advance(minutes=15)
    assert (await driver.sign_in("siobhan")).session.current


async def test_a_forgotten_password_is_reset_once_and_ends_all_sessions(driver: Driver) -> None:
    signed_in = await driver.member("siobhan")
    await driver.forgot(SIOBHAN)
    code = await driver.latest_code(SIOBHAN)
    await driver.reset(code, BETTER)
    with pytest.raises(AccessTokenRefused):
        await driver.me(signed_in.access_token)
    with pytest.raises(RefreshTokenRefused):
        await driver.refresh(signed_in.refresh_token)
    with pytest.raises(CodeRefused):
        await driver.reset(code, "another-heron-19-basalt")
    with pytest.raises(SignInRefused):
        await driver.sign_in("siobhan", PASSWORD)
    assert (await driver.sign_in("siobhan", BETTER)).session.current
    assert "Your password was changed" in await driver.subjects(SIOBHAN)


async def test_forgetting_the_password_of_an_unknown_address_sends_nothing(driver: Driver) -> None:
    await driver.forgot("nobody@example.org")
    assert await driver.subjects("nobody@example.org") == []
