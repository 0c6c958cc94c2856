"""Members and invitations over HTTP."""

import pytest

from tests.companies import INVITATION
from tests.http.capsules.people import Somebody, expect, told
from tests.http.identity.api import ABSENT, Api, problem


async def token_for(api: Api, email: str) -> str:
    """The token in the latest mail."""
    await api.world.settle()
    mails = [mail for mail in api.world.mails if mail.to == email]
    found = INVITATION.search(mails[-1].text)
    assert found
    return found[1]


async def join(api: Api, here: str, by: Somebody, who: Somebody, role: str = "editor") -> str:
    """Invited and accepted."""
    expect(201, await by("POST", f"{here}/invitations", json={"email": who.email, "role": role}))
    token = await token_for(api, who.email)
    expect(200, await who("POST", f"/invitations/{token}/accept"))
    return token


async def test_somebody_is_invited_sees_what_it_is_for_and_joins(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    body = {"email": amelie.email, "role": "manager"}
    answers = [
        await siobhan("POST", f"{here}/invitations", json=body, headers={"idempotency-key": "i"}) for _ in range(2)
    ]
    invited = expect(201, answers[0])
    assert (answers[1].json(), invited["state"], "token" in answers[0].text) == (invited, "waiting", False)
    problem(await siobhan("POST", f"{here}/invitations", json=body), 409, 40934)
    token = await token_for(api, amelie.email)
    shown = await api("GET", f"/invitations/{token}")
    assert expect(200, shown)["company"] == "O'Neil & Söhne"
    assert (shown.json()["by"], shown.headers["cache-control"]) == ("Siobhan", "no-store")
    problem(await api("POST", f"/invitations/{token}/accept"), 401, 40101)
    problem(await malik("POST", f"/invitations/{token}/accept"), 403, 40231)
    joined = expect(200, await amelie("POST", f"/invitations/{token}/accept"))
    assert (f"/companies/{joined['company']}", joined["role"]) == (here, "manager")
    problem(await amelie("POST", f"/invitations/{token}/accept"), 409, 40935)
    problem(await api("GET", f"/invitations/{token}"), 409, 40935)
    assert (await amelie.get(here))["role"] == "manager"
    problem(await siobhan("POST", f"{here}/invitations", json=body), 409, 40933)
    (one,) = (await amelie.get(f"{here}/invitations?filter[state]=accepted"))["items"]
    assert one["id"] == invited["id"]


async def test_an_invitation_is_declined_without_an_account(api: Api, here: str, siobhan: Somebody) -> None:
    expect(201, await siobhan("POST", f"{here}/invitations", json={"email": "new@example.org"}))
    token = await token_for(api, "new@example.org")
    declined = await api("POST", f"/invitations/{token}/decline")
    assert (declined.status_code, declined.content) == (204, b"")
    problem(await api("POST", f"/invitations/{token}/decline"), 409, 40935)


async def test_invitations_are_sent_again_and_revoked(api: Api, here: str, siobhan: Somebody) -> None:
    one = expect(201, await siobhan("POST", f"{here}/invitations", json={"email": "new@example.org"}))
    first, where = await token_for(api, "new@example.org"), f"{here}/invitations/{one['id']}"
    early = await siobhan("POST", f"{where}/resend")
    problem(early, 429, 42930)
    assert int(early.headers["retry-after"]) == 600
    await api.world.advance(minutes=11)
    assert expect(200, await siobhan("POST", f"{where}/resend"))["version"] == 3
    second = await token_for(api, "new@example.org")
    problem(await api("GET", f"/invitations/{first}"), 404, 40432)
    expect(200, await api("GET", f"/invitations/{second}"))
    assert (await siobhan("DELETE", where)).status_code == 204
    problem(await api("GET", f"/invitations/{second}"), 409, 40935)
    problem(await siobhan("DELETE", where), 409, 40935)
    problem(await siobhan("DELETE", f"{here}/invitations/{ABSENT}"), 404, 40432)


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "%C3%A9", "..%2F..", "' OR 1=1"])
async def test_what_was_never_a_token_leads_nowhere(api: Api, amelie: Somebody, token: str) -> None:
    for method, path in (("GET", ""), ("POST", "/decline"), ("POST", "/accept")):
        answer = await amelie(method, f"/invitations/{token}{path}")
        assert answer.status_code == 404, answer.text


async def test_roles_are_changed_under_a_version(api: Api, here: str, siobhan: Somebody, amelie: Somebody) -> None:
    await join(api, here, siobhan, amelie)
    member = f"{here}/members/{amelie.id}"
    read = await siobhan("GET", member)
    assert (read.json()["role"], read.json()["email"], read.headers["etag"][:3]) == ("editor", amelie.email, '"1-')
    company = await amelie("GET", here)
    changed = await siobhan("PATCH", member, json={"role": "viewer"}, headers={"if-match": '"1"'})
    assert (expect(200, changed)["role"], changed.headers["etag"][:3]) == ("viewer", '"2-')
    seen = await amelie("GET", here, headers={"if-none-match": company.headers["etag"]})
    assert (expect(200, seen)["role"], seen.json()["version"]) == ("viewer", company.json()["version"])
    late = await siobhan("PATCH", member, json={"role": "editor"}, headers={"if-match": '"1"'})
    problem(late, 412, 41201)
    for body in ({"role": "zzz"}, {"role": None}, {}, {"role": "owner", "since": "now"}):
        problem(await siobhan("PATCH", member, json=body), 422, 42203)
    problem(await amelie("PATCH", member, json={"role": "owner"}), 403, 40230)
    problem(await siobhan("PATCH", f"{here}/members/{ABSENT}", json={"role": "viewer"}), 404, 40431)
    assert [one["role"] for one in (await amelie.get(f"{here}/members"))["items"]] == ["owner", "viewer"]
    assert (await amelie.get(f"{here}/members?filter[role]=owner"))["items"][0]["email"] is None


async def test_the_last_owner_stays_until_somebody_else_is_one(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody
) -> None:
    await join(api, here, siobhan, amelie, "manager")
    me = f"{here}/members/{siobhan.id}"
    problem(await siobhan("POST", f"{here}/leave"), 409, 40932)
    problem(await siobhan("DELETE", me), 409, 40932)
    problem(await siobhan("PATCH", me, json={"role": "viewer"}), 409, 40932)
    problem(await amelie("DELETE", me), 403, 40230)
    problem(await amelie("POST", f"{here}/owner", json={"user": amelie.id}), 403, 40230)
    problem(await siobhan("POST", f"{here}/owner", json={"user": siobhan.id}), 422, 42230)
    problem(await siobhan("POST", f"{here}/owner", json={"user": ABSENT}), 404, 40431)
    assert expect(200, await siobhan("POST", f"{here}/owner", json={"user": amelie.id}))["role"] == "owner"
    assert (await siobhan("POST", f"{here}/leave")).status_code == 204
    problem(await siobhan("GET", here), 404, 40430)
    assert [one["user"] for one in (await amelie.get(f"{here}/members"))["items"]] == [amelie.id]


async def test_somebody_is_let_go(api: Api, here: str, siobhan: Somebody, amelie: Somebody) -> None:
    await join(api, here, siobhan, amelie)
    problem(await siobhan("DELETE", f"{here}/members/{amelie.id}", headers={"if-match": '"7"'}), 412, 41201)
    assert (await siobhan("DELETE", f"{here}/members/{amelie.id}")).status_code == 204
    problem(await siobhan("DELETE", f"{here}/members/{amelie.id}"), 404, 40431)
    problem(await amelie("GET", here), 404, 40430)


async def test_invitations_that_cannot_be_are_refused(here: str, siobhan: Somebody) -> None:
    answer = await siobhan("POST", f"{here}/invitations", json={"email": "nobody", "role": "zzz", "x": 1})
    assert told(answer) == {"#/email": "WRONG_FORMAT", "#/role": "NOT_ALLOWED", "#/x": "UNKNOWN_FIELD"}
    problem(await siobhan("POST", f"{here}/invitations", json={"email": "a@b..c"}), 422, 42232)
