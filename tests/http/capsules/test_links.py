"""Links that lead to letters and countdowns: whom they work for, for how long, and that nothing remembers them."""

import logging
import re
from collections.abc import Iterator

import pytest

from asperguide.adapters.logs.lines import formatter
from asperguide.adapters.logs.masking import Masking
from asperguide.testing.world import SETTINGS
from tests.http.capsules.people import Somebody, expect
from tests.http.identity.api import ABSENT, Api, problem

GRAINNE = "grainne@example.org"
CLAIM = re.compile(r"/capsules/claims/(\S+)")


async def mailed(api: Api) -> str:
    """The token of the link in the newest mail to Gráinne."""
    await api.world.settle()
    found = [CLAIM.search(mail.text) for mail in api.world.mails if mail.to == GRAINNE]
    return [link[1] for link in found if link][-1]


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line that is logged, as the service writes it."""
    written: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.setFormatter(formatter(Masking(), console=False))
    handler.emit = lambda record: written.append(handler.format(record))  # type: ignore[method-assign]
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


async def test_a_link_out_of_a_mail_takes_the_letter_into_an_account(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    id = (await siobhan.seal(GRAINNE))["id"]
    await api.world.advance(days=30)
    path = f"/capsules/claims/{await mailed(api)}"
    seen = await api("GET", path)
    assert seen.json() == {
        "capsule": id, "sender": {"id": siobhan.id, "name": "Siobhan"}, "theme": "birthday",
        "until": "2027-01-31T12:00:00Z",
    }  # fmt: skip
    assert seen.headers["cache-control"] == "no-store"
    assert (await api("GET", path, headers={"if-none-match": seen.headers["etag"]})).status_code == 304
    problem(await api("POST", path), 401, 40101)
    problem(await amelie("GET", f"/capsules/{id}"), 404, 40480)
    for _ in range(2):
        claimed = expect(200, await amelie("POST", path))
        assert (claimed["id"], claimed["state"], claimed["content"]) == (id, "ready", None)
    problem(await malik("POST", path), 409, 40987)
    problem(await api("GET", path), 409, 40987)
    assert await amelie.inbox() == [id]
    assert (await amelie.open(id))["content"]["signature"] == "Siobhan"


async def test_a_link_ends_after_a_year_and_with_the_address_it_went_to(
    api: Api, siobhan: Somebody, amelie: Somebody
) -> None:
    capsule = await siobhan.seal(GRAINNE)
    await api.world.advance(days=30)
    former = await mailed(api)
    recipient = f"/capsules/{capsule['id']}/recipients/{capsule['recipients'][0]['id']}"
    expect(200, await siobhan("PATCH", recipient, json={"email": GRAINNE.upper()}))
    problem(await api("GET", f"/capsules/claims/{former}"), 404, 40483)
    problem(await amelie("POST", f"/capsules/claims/{former}"), 404, 40483)
    await api.world.settle()
    token = [CLAIM.search(mail.text) for mail in api.world.mails if mail.to == GRAINNE.upper()][-1]
    assert token is not None
    expect(200, await api("GET", f"/capsules/claims/{token[1]}"))
    api.world.clock.advance(api.world.clock.now().replace(year=2027) - api.world.clock.now())
    problem(await api("GET", f"/capsules/claims/{token[1]}"), 409, 40988)
    problem(await amelie("POST", f"/capsules/claims/{token[1]}"), 409, 40988)


@pytest.mark.parametrize("token", ["x", "x" * 70, "A" * 70, "é", "%00", "%ff", "x" * 3000, "a.b.c", "A%2FB"])
async def test_what_is_no_link_leads_nowhere(api: Api, amelie: Somebody, token: str) -> None:
    for path in (f"/capsules/claims/{token}", f"/capsules/countdowns/{token}"):
        answer = await api("GET", path)
        assert answer.status_code in (400, 404), answer.text
        assert token == "x" or token not in answer.json()["detail"]
    assert (await amelie("POST", f"/capsules/claims/{token}")).status_code in (400, 404, 405)


async def test_a_countdown_is_seen_by_anybody_until_it_is_revoked(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    id = (await siobhan.seal(amelie))["id"]
    path = f"/capsules/{id}/countdowns"
    answer = await siobhan("POST", path)
    shared = expect(201, answer)
    assert answer.headers["location"] == shared["url"]
    assert shared["url"].endswith(f"/api/v1/capsules/countdowns/{shared['token']}")
    public = f"/capsules/countdowns/{shared['token']}"
    seen = await api("GET", public)
    assert set(seen.json()) == {"theme", "state", "unlock"}
    assert (seen.json()["state"], seen.headers["cache-control"]) == ("sealed", "no-store")
    assert (await api("GET", public, headers={"if-none-match": seen.headers["etag"]})).status_code == 304
    listed = await siobhan("GET", path)
    assert listed.json() == {"items": [{"id": shared["id"], "created_at": shared["created_at"]}]}
    assert (await siobhan("GET", path, headers={"if-none-match": listed.headers["etag"]})).status_code == 304
    for who in (amelie, malik):
        problem(await who("GET", path), 404, 40480)
        problem(await who("DELETE", f"{path}/{shared['id']}"), 404, 40480)
    problem(await amelie("POST", path), 403, 40200)
    problem(await malik("POST", path), 404, 40480)
    problem(await siobhan("DELETE", f"{path}/{ABSENT}"), 404, 40484)
    await api.world.advance(days=30)
    await amelie.open(id)
    assert (await api("GET", public)).json()["state"] == "ready"
    problem(await siobhan("POST", path), 409, 40982)
    assert (await siobhan("DELETE", f"{path}/{shared['id']}")).status_code == 204
    problem(await api("GET", public), 404, 40484)


async def test_a_countdown_under_a_key_is_shared_once_and_there_are_only_so_many(
    siobhan: Somebody, amelie: Somebody
) -> None:
    path = f"/capsules/{(await siobhan.seal(amelie))['id']}/countdowns"
    shared = [await siobhan("POST", path, headers={"idempotency-key": "share"}) for _ in range(2)]
    assert shared[0].json() == shared[1].json()
    for _ in range(19):
        expect(201, await siobhan("POST", path))
    problem(await siobhan("POST", path), 409, 40989)


async def test_no_line_of_the_log_holds_what_a_link_ends_with(
    api: Api, siobhan: Somebody, amelie: Somebody, lines: list[str]
) -> None:
    id = (await siobhan.seal(GRAINNE))["id"]
    countdown = expect(201, await siobhan("POST", f"/capsules/{id}/countdowns"))["token"]
    await api.world.advance(days=30)
    claim = await mailed(api)
    lines.clear()
    for token, place in ((claim, "claims"), (countdown, "countdowns")):
        for path in (f"/capsules/{place}/{token}", f"/capsules/{place}/{token}/x", f"/capsules/{token}"):
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
                await api(method, path)
        await amelie("GET", f"/capsules/{place}/{token}")
    expect(200, await amelie("POST", f"/capsules/claims/{claim}"))
    await api.world.settle()
    assert any("/api/v1/capsules/claims/{token}" in line for line in lines)
    assert [line for line in lines if claim in line or countdown in line] == []


async def test_guessing_links_is_counted_as_all_strangers_are() -> None:
    api = Api(SETTINGS)
    async with api.client:
        answers = [await api("GET", f"/capsules/claims/{number}") for number in range(61)]
    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
