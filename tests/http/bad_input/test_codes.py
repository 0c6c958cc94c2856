"""Codes out of mails are good once, in time, and for what they were sent for."""

from datetime import timedelta

import pytest

from tests.http.bad_input.house import House

NEW = "velvet-harbour-29-cobalt"
NEVER = "A" * 43
GARBAGE = ("x", NEVER, "x' OR '1'='1", "0", "é" * 43, "=" * 44, "A" * 200, " ", "A" * 42 + "\n")


@pytest.mark.parametrize("code", GARBAGE)
async def test_what_was_never_a_code_is_refused(house: House, code: str) -> None:
    for path, body in (
        ("/users/email-verification", {"code": code}),
        ("/password/reset", {"code": code, "new_password": NEW}),
        ("/users/me/reopen", {"code": code}),
    ):
        await house.refused(422, "CODE_REFUSED", "POST", path, json=body)


async def test_a_code_is_good_once(house: House) -> None:
    told = await house.register()
    given = {"code": await house.code_for(told["email"])}
    await house.expect(204, "POST", "/users/email-verification", json=given)
    await house.refused(422, "CODE_REFUSED", "POST", "/users/email-verification", json=given)


async def test_an_expired_code_is_refused_and_a_new_one_can_be_had(house: House) -> None:
    told = await house.register()
    given = {"code": await house.code_for(told["email"])}
    house.clock.advance(timedelta(hours=24, seconds=1))
    await house.refused(422, "CODE_REFUSED", "POST", "/users/email-verification", json=given)
    await house.expect(202, "POST", "/users/email-verification/resend", json={"email": told["email"]})
    newer = {"code": await house.code_for(told["email"])}
    assert newer != given
    await house.expect(204, "POST", "/users/email-verification", json=newer)


async def test_a_reset_code_dies_in_half_an_hour_and_with_its_use(house: House) -> None:
    who = await house.person()
    await house.expect(202, "POST", "/password/forgot", json={"email": who.email})
    late = {"code": await house.code_for(who.email), "new_password": NEW}
    house.clock.advance(timedelta(minutes=30, seconds=1))
    await house.refused(422, "CODE_REFUSED", "POST", "/password/reset", json=late)
    await house.expect(202, "POST", "/password/forgot", json={"email": who.email})
    given = {"code": await house.code_for(who.email), "new_password": NEW}
    weak = {**given, "new_password": "password"}
    await house.refused(422, "PASSWORD_TOO_WEAK", "POST", "/password/reset", json=weak)
    await house.expect(204, "POST", "/password/reset", json=given)
    await house.refused(422, "CODE_REFUSED", "POST", "/password/reset", json={**given, "new_password": f"{NEW}!"})
    await house.refused(401, "ACCESS_TOKEN_REFUSED", "GET", "/users/me", headers=who.headers)
    await house.expect(201, "POST", "/sessions", json={"login": who.email, "password": NEW})


async def test_a_code_for_one_thing_is_none_for_another(house: House) -> None:
    told = await house.register()
    verification = await house.code_for(told["email"])
    await house.refused(
        422, "CODE_REFUSED", "POST", "/password/reset", json={"code": verification, "new_password": NEW}
    )
    await house.refused(422, "CODE_REFUSED", "POST", "/users/me/reopen", json={"code": verification})
    await house.expect(204, "POST", "/users/email-verification", json={"code": verification})
    await house.expect(202, "POST", "/password/forgot", json={"email": told["email"]})
    reset = await house.code_for(told["email"])
    await house.refused(422, "CODE_REFUSED", "POST", "/users/email-verification", json={"code": reset})
    await house.expect(204, "POST", "/password/reset", json={"code": reset, "new_password": NEW})


async def test_a_foreign_code_moves_nobody_else(house: House) -> None:
    who, stranger = await house.person(), await house.person()
    await house.expect(202, "POST", "/password/forgot", json={"email": who.email})
    code = await house.code_for(who.email)
    await house.expect(
        204, "POST", "/password/reset", json={"code": code, "new_password": NEW}, headers=stranger.headers
    )
    await house.expect(200, "GET", "/users/me", headers=stranger.headers)
    await house.sign_in(stranger.email)
    await house.expect(201, "POST", "/sessions", json={"login": who.email, "password": NEW})


async def test_asking_for_mails_answers_alike_for_everybody(house: House) -> None:
    who = await house.person()
    for path in ("/password/forgot", "/users/email-verification/resend"):
        answers = [await house.api.post(path, json={"email": email}) for email in (who.email, "nobody@example.org")]
        assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
