"""The page that a mail of an invitation leads to: it needs no script, tells nothing that it should not, and works."""

import re
from typing import Any

import httpx
import pytest

from tests.http.capsules.people import Somebody, expect
from tests.http.companies.test_members import token_for
from tests.http.identity.api import PASSWORD, Api

FRENCH = {"accept-language": "fr-CA, en;q=0.5"}


async def invited(api: Api, here: str, siobhan: Somebody, email: str, role: str = "editor") -> str:
    """Where the link in the mail leads to."""
    expect(201, await siobhan("POST", f"{here}/invitations", json={"email": email, "role": role}))
    token = await token_for(api, email)
    mail = next(mail for mail in reversed(api.world.mails) if mail.to == email)
    where = f"/account/invitations/{token}"
    assert f"{api.world.container.settings().url}{where}" in mail.text
    return where


async def sent(api: Api, where: str, **rest: Any) -> httpx.Response:
    """The page after one of its forms was sent."""
    return await api("POST", where, **rest)


def accepting(who: Somebody, **fields: str) -> dict[str, str]:
    """What the form holds once it is filled in."""
    return {"answer": "accept", "login": who.email, "password": PASSWORD, **fields}


async def test_somebody_accepts_on_the_page_and_is_not_signed_in_by_it(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody
) -> None:
    where = await invited(api, here, siobhan, amelie.email, "manager")
    shown = await api("GET", where)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert "Siobhan invites you to join O&#x27;Neil &amp; Söhne, as manager." in shown.text
    assert "<script" not in shown.text
    assert amelie.email not in shown.text
    policy = shown.headers["content-security-policy"]
    assert "form-action 'self'" in policy and "script-src" not in policy
    assert set(re.findall(r'action="([^"]*)"', shown.text)) == {where}
    sessions = len((await amelie.get("/sessions"))["items"])
    joined = await sent(api, where, data=accepting(amelie))
    assert (joined.status_code, "You belong to O&#x27;Neil &amp; Söhne now, as manager." in joined.text) == (200, True)
    assert "set-cookie" not in joined.headers
    assert (await amelie.get(here))["role"] == "manager"
    assert len((await amelie.get("/sessions"))["items"]) == sessions
    for again in (await api("GET", where), await sent(api, where, data=accepting(amelie))):
        assert (again.status_code, "This invitation is over." in again.text, "<form" in again.text) == (
            409,
            True,
            False,
        )


async def test_somebody_declines_on_the_page_without_an_account(api: Api, here: str, siobhan: Somebody) -> None:
    where = await invited(api, here, siobhan, "new@example.org")
    declined = await sent(api, where, data={"answer": "decline"}, headers=FRENCH)
    assert (declined.status_code, "Vous avez refusé." in declined.text) == (200, True)
    (one,) = (await siobhan.get(f"{here}/invitations"))["items"]
    assert one["state"] == "declined"


async def test_the_page_says_why_it_refuses_and_can_be_filled_in_again(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    where = await invited(api, here, siobhan, amelie.email)
    for body, status, reason in (
        (accepting(amelie, password="wrong-lantern-47-violet"), 401, "The login or the password is wrong"),
        (accepting(amelie, login=""), 422, "The login or the password is wrong"),
        (accepting(malik), 403, "This invitation is for another address."),
        (accepting(malik, login='"><script>'), 401, "The login or the password is wrong"),
    ):
        refused = await sent(api, where, data=body)
        assert (refused.status_code, reason in refused.text, refused.text.count("<form")) == (status, True, 2), body
        assert "<script" not in refused.text
        assert PASSWORD not in refused.text
    assert (await sent(api, where, data=accepting(amelie))).status_code == 200


async def test_the_page_is_in_french_for_those_who_prefer_it(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody
) -> None:
    where = await invited(api, here, siobhan, amelie.email, "viewer")
    shown = await api("GET", where, headers=FRENCH)
    assert '<html lang="fr"' in shown.text
    assert "vous invite à rejoindre" in shown.text
    assert "lecture" in shown.text
    await siobhan("DELETE", f"{here}/invitations/{(await siobhan.get(f'{here}/invitations'))['items'][0]['id']}")
    over = await api("GET", where, headers=FRENCH)
    assert (over.status_code, "n’est plus valable" in over.text) == (409, True)


@pytest.mark.parametrize("token", ["x", "A" * 43, "%3Cscript%3E"])
async def test_a_link_that_never_was_leads_to_a_page_that_says_so(api: Api, token: str) -> None:
    for method, body in (("GET", None), ("POST", {"answer": "decline"})):
        answer = await api(method, f"/account/invitations/{token}", data=body)
        assert (answer.status_code, "There is no such invitation." in answer.text) == (404, True)
        assert "<script" not in answer.text


@pytest.mark.parametrize("body", [{}, {"answer": "perhaps"}, {"answer": "decline", "more": "x"}])
async def test_what_no_form_of_the_page_sends_is_a_problem(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody, body: dict[str, str]
) -> None:
    where = await invited(api, here, siobhan, amelie.email)
    assert (await sent(api, where, data=body)).status_code in (400, 415, 422)
