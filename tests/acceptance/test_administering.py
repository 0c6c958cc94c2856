"""What administrators do to accounts, and what even they cannot."""

from datetime import timedelta

import pytest

from asperguide.identity import UserState
from asperguide.identity.errors import (
    AccessTokenRefused,
    LastAdmin,
    RefreshTokenRefused,
    SignInRefused,
    WrongState,
)
from asperguide.shared.actor import Role
from asperguide.shared.errors import NotWhileImpersonating, RoleNeeded
from tests.acceptance.driver import BETTER, Driver, address

SIOBHAN = address("siobhan")


async def test_a_suspended_person_is_out_until_restored(driver: Driver) -> None:
    admin, siobhan = (await driver.admin()).access_token, await driver.member("siobhan")
    id = (await driver.me(siobhan.access_token)).id
    assert (await driver.suspend(admin, id)).state is UserState.SUSPENDED
    with pytest.raises(AccessTokenRefused):
        await driver.me(siobhan.access_token)
    with pytest.raises(RefreshTokenRefused):
        await driver.refresh(siobhan.refresh_token)
    with pytest.raises(SignInRefused):
        await driver.sign_in("siobhan")
    assert (await driver.subjects(SIOBHAN))[-1] == "Your account is suspended"

    assert (await driver.restore(admin, id)).state is UserState.ACTIVE
    assert (await driver.sign_in("siobhan")).session.current
    with pytest.raises(RefreshTokenRefused):
        await driver.refresh(siobhan.refresh_token)


async def test_roles_are_granted_and_revoked_and_count_at_once(driver: Driver) -> None:
    admin, siobhan = (await driver.admin()).access_token, (await driver.member("siobhan")).access_token
    id = (await driver.me(siobhan)).id
    with pytest.raises(RoleNeeded):
        await driver.account(siobhan, id)
    assert Role.ADMIN in (await driver.grant(admin, id, Role.ADMIN)).roles
    assert (await driver.account(siobhan, id)).username == "siobhan"
    assert Role.ADMIN not in (await driver.revoke(admin, id, Role.ADMIN)).roles
    with pytest.raises(RoleNeeded):
        await driver.account(siobhan, id)


async def test_the_last_administrator_stays(driver: Driver) -> None:
    admin = (await driver.admin()).access_token
    id = (await driver.me(admin)).id
    with pytest.raises(LastAdmin):
        await driver.revoke(admin, id, Role.ADMIN)
    with pytest.raises(LastAdmin):
        await driver.suspend(admin, id)
    with pytest.raises(LastAdmin):
        await driver.close(admin)

    successor = (await driver.me((await driver.member("siobhan")).access_token)).id
    await driver.grant(admin, successor, Role.ADMIN)
    assert Role.ADMIN not in (await driver.revoke(admin, id, Role.ADMIN)).roles


async def test_acting_for_somebody_shows_what_they_see_and_no_more(driver: Driver) -> None:
    admin, siobhan = (await driver.admin()).access_token, (await driver.member("siobhan")).access_token
    me = await driver.me(siobhan)
    acting = (await driver.impersonate(admin, me.id)).access_token
    assert await driver.me(acting) == me
    with pytest.raises(NotWhileImpersonating):
        await driver.change_password(acting, BETTER)
    with pytest.raises(NotWhileImpersonating):
        await driver.change_email(acting, "thief@example.net")
    with pytest.raises(NotWhileImpersonating):
        await driver.close(acting)
    with pytest.raises(NotWhileImpersonating):
        await driver.account(acting, me.id)

    driver.world.clock.advance(timedelta(hours=1))
    with pytest.raises(AccessTokenRefused):
        await driver.me(acting)


async def test_administrators_are_not_impersonated_and_others_impersonate_nobody(driver: Driver) -> None:
    admin, siobhan = (await driver.admin()).access_token, (await driver.member("siobhan")).access_token
    with pytest.raises(WrongState):
        await driver.impersonate(admin, (await driver.me(admin)).id)
    with pytest.raises(RoleNeeded):
        await driver.impersonate(siobhan, (await driver.me(admin)).id)
