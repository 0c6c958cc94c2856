"""Taking my data along over HTTP: asking, following, fetching."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.exports import token_in_mail, unpacked
from tests.http.identity.api import ABSENT, PASSWORD, Api, problem, token_of


async def followed(api: Api, answer: httpx.Response) -> bytes:
    """The bytes at the signed address that an answer leads to; who goes there has no token of ours."""
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (307, b"", "no-store")
    where = urlsplit(answer.headers["location"])
    found = await api.client.get(f"{where.path}?{where.query}")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/zip")
    assert found.headers["content-disposition"].startswith('attachment; filename="asperguide-')
    return found.content


async def test_my_data_is_asked_for_followed_and_fetched_in_two_ways(api: Api) -> None:
    siobhan = await api.member()
    token = token_of(siobhan)
    asked = await api("POST", "/users/me/export", token)
    where = asked.headers["location"]
    assert (asked.status_code, where) == (202, f"/api/v1/jobs/{asked.json()['job']}")
    again = await api("POST", "/users/me/export", token, json={"current_password": PASSWORD})
    assert (again.status_code, again.json()) == (202, asked.json())
    assert (await api("GET", where.removeprefix("/api/v1"), token)).json()["state"] == "waiting"
    await api.world.settle()
    job = (await api("GET", where.removeprefix("/api/v1"), token)).json()
    assert (job["state"], job["progress"], job["kind"]) == ("done", 1.0, "identity.export-requested")
    signed_in = await followed(api, await api("GET", job["result"].removeprefix("/api/v1"), token))
    by_mail = await followed(api, await api("GET", f"/exports/{token_in_mail(api.world, siobhan.email)}"))
    assert signed_in == by_mail
    assert unpacked(by_mail).keys() == {"profile.json", "sessions.json", "security-events.json"}


async def test_the_same_request_under_one_key_asks_once(api: Api) -> None:
    token, key = token_of(await api.member()), {"idempotency-key": "mine"}
    asked = await api("POST", "/users/me/export", token, headers=key)
    await api.world.settle()
    again = await api("POST", "/users/me/export", token, headers=key)
    assert (again.json(), again.headers["location"]) == (asked.json(), asked.headers["location"])
    assert again.headers["idempotency-replayed"] == "true"
    for _ in range(2):
        await api("POST", "/users/me/export", token)
        await api.world.settle()
    refused = await api("POST", "/users/me/export", token)
    problem(refused, 429, 42911)
    assert int(refused.headers["retry-after"]) > 3600


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"current_password": "wrong-quartz-lantern"}, 403, 40210),
        ({"current_password": 7}, 422, 42203),
        ({"x": 1}, 422, 42203),
    ],
)
async def test_who_cannot_prove_it_is_refused(api: Api, body: Any, status: int, code: int) -> None:
    problem(await api("POST", "/users/me/export", token_of(await api.member()), json=body), status, code)


async def test_archives_of_others_and_addresses_that_were_made_up_are_not_there(api: Api) -> None:
    siobhan = await api.member()
    await api("POST", "/users/me/export", token_of(siobhan))
    await api.world.settle()
    oneil = token_of(await api.member("oneil"))
    (key,) = [key for key in api.world.storage.objects if key.startswith("exports/")]
    problem(await api("GET", f"/users/me/exports/{key[-40:-4]}", oneil), 404, 40413)
    problem(await api("GET", f"/users/me/exports/{ABSENT}", token_of(siobhan)), 404, 40413)
    for made_up in ("x", "A" * 86, token_in_mail(api.world, siobhan.email)[:-4] + "AAAA", "%00", "%C3%A9"):
        problem(await api("GET", f"/exports/{made_up}"), 404, 40413)
    problem(await api("GET", f"/users/me/exports/{ABSENT}"), 401, 40101)
    problem(await api("POST", "/users/me/export"), 401, 40101)
