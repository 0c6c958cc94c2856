"""Changing what is mine, leaving, coming back, and being found."""

import msgspec
import pytest

from asperguide.identity import UserState
from asperguide.identity.errors import (
    AccessTokenRefused,
    CodeRefused,
    PasswordWrong,
    PictureRefused,
    PortraitNotFound,
    ProofNeeded,
    SignInRefused,
    UserNotFound,
)
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing.contracts.images import png
from tests.acceptance.driver import BETTER, PASSWORD, Driver, address

SIOBHAN, MOVED = address("siobhan"), "siobhan@example.net"


async def test_changing_the_password_ends_the_other_sessions_only(driver: Driver) -> None:
    other = await driver.member("siobhan")
    mine = await driver.sign_in("siobhan")
    with pytest.raises(PasswordWrong):
        await driver.change_password(mine.access_token, BETTER, "wrong")
    await driver.change_password(mine.access_token, BETTER, PASSWORD)
    assert [view.id for view in await driver.sessions(mine.access_token)] == [mine.session.id]
    with pytest.raises(AccessTokenRefused):
        await driver.me(other.access_token)
    with pytest.raises(SignInRefused):
        await driver.sign_in("siobhan", PASSWORD)
    assert (await driver.sign_in("siobhan", BETTER)).session.current
    assert "Your password was changed" in await driver.subjects(SIOBHAN)


async def test_long_after_signing_in_grave_changes_need_the_password(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    await driver.world.advance(minutes=11)
    with pytest.raises(ProofNeeded):
        await driver.change_password(token, BETTER)
    with pytest.raises(ProofNeeded):
        await driver.change_email(token, MOVED)
    with pytest.raises(ProofNeeded):
        await driver.close(token)
    assert (await driver.me(token)).state is UserState.ACTIVE


async def test_a_new_address_is_confirmed_from_there_and_the_old_one_is_told(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    await driver.change_email(token, MOVED, PASSWORD)
    code = await driver.latest_code(MOVED)
    assert (await driver.me(token)).email == SIOBHAN
    told = await driver.subjects(SIOBHAN)

    await driver.confirm(code)
    assert (await driver.me(token)).email == MOVED
    assert await driver.subjects(SIOBHAN) == [*told, "The e-mail address of your account was changed"]
    assert (await driver.sign_in(MOVED)).session.current
    with pytest.raises(SignInRefused):
        await driver.sign_in(SIOBHAN)


async def test_a_change_to_a_version_that_is_no_more_is_refused(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    read = await driver.me(token)
    changed = await driver.patch_me(token, read.version, full_name="Siobhán Ní Néill", locale="ga")
    with pytest.raises(EditedMeanwhile):
        await driver.patch_me(token, read.version, full_name="Nobody")
    assert await driver.me(token) == changed
    assert (changed.full_name, changed.locale, changed.time_zone) == ("Siobhán Ní Néill", "ga", read.time_zone)


async def test_people_are_found_by_their_names_and_never_by_their_addresses(driver: Driver) -> None:
    await driver.member("siobhan")
    token = (await driver.member("niamh")).access_token
    for text in ("siobh", "SIOBHAN O'N"):
        found = await driver.search(token, text)
        assert [person.username for person in found] == ["siobhan"]
        assert b"@" not in msgspec.json.encode(found)
    for text in (SIOBHAN, "example.org", "@example"):
        assert list(await driver.search(token, text)) == []


async def test_a_closed_account_is_reopened_by_the_code_out_of_the_mail(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    await driver.close(token, PASSWORD)
    with pytest.raises(AccessTokenRefused):
        await driver.me(token)
    with pytest.raises(SignInRefused):
        await driver.sign_in("siobhan")

    code = await driver.latest_code(SIOBHAN)
    await driver.world.advance(days=29)
    await driver.reopen(code)
    back = await driver.sign_in("siobhan")
    await driver.world.advance(days=2)
    again = await driver.refresh(back.refresh_token)
    assert (await driver.me(again.access_token)).state is UserState.ACTIVE


async def test_after_thirty_days_a_closed_account_is_erased(driver: Driver) -> None:
    signed_in = await driver.member("siobhan")
    id = (await driver.me(signed_in.access_token)).id
    await driver.close(signed_in.access_token, PASSWORD)
    code = await driver.latest_code(SIOBHAN)
    await driver.world.advance(days=31)

    with pytest.raises(CodeRefused):
        await driver.reopen(code)
    with pytest.raises(SignInRefused):
        await driver.sign_in("siobhan")
    admin = (await driver.admin()).access_token
    with pytest.raises(UserNotFound):
        await driver.account(admin, id)
    assert list(await driver.search(admin, "siobhan")) == []
    newcomer = await driver.member("siobhan")
    assert (await driver.me(newcomer.access_token)).id != id


async def test_a_picture_is_shown_to_everybody_until_it_is_replaced_or_the_account_goes(driver: Driver) -> None:
    token = (await driver.member("siobhan")).access_token
    before = await driver.me(token)
    with pytest.raises(PictureRefused):
        await driver.set_avatar(token, b"<svg onload=alert(1)>")
    profile = await driver.set_avatar(token, png(300, 200), before.version)
    with pytest.raises(EditedMeanwhile):
        await driver.set_avatar(token, png(30, 20), before.version)
    assert profile.avatar
    assert (await driver.me(token)).avatar == profile.avatar
    assert [found.avatar for found in await driver.search(token, "siobhan")] == [profile.avatar]
    for size in (64, 256):
        assert (await driver.picture(profile.avatar, size))[8:12] == b"WEBP"

    again = await driver.set_avatar(token, png(90, 90))
    assert again.avatar
    await driver.world.settle()
    with pytest.raises(PortraitNotFound):
        await driver.picture(profile.avatar, 64)

    assert (await driver.remove_avatar(token)).avatar is None
    last = await driver.set_avatar(token, png(90, 90))
    assert last.avatar
    await driver.close(token)
    await driver.world.advance(days=31)
    with pytest.raises(PortraitNotFound):
        await driver.picture(last.avatar, 64)
    assert (await driver.world.container.storage().list()).objects == ()
