"""Long work over HTTP: where it is, how far it is, and ending it."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from asperguide.adapters.http.long_work import accepted
from asperguide.identity.events import VerificationRequested
from asperguide.shared.ports import JobOptions
from asperguide.testing import Person
from tests.http.identity.api import ABSENT, Api, problem, token_of

LEASE = timedelta(seconds=30)


async def long_work(api: Api, person: Person) -> UUID:
    """A job that was asked for in the person's name."""
    wanted = JobOptions(owner=person.actor.user, result="/api/v1/users/me")
    async with api.world.container.identity_unit_of_work() as uow:
        id = uow.announce(VerificationRequested(email=person.email), wanted)
        await uow.commit()
    api.world.clock.advance(timedelta(milliseconds=1))
    return id


async def test_a_job_is_followed_to_its_result(api: Api) -> None:
    siobhan = await api.member()
    token, id = token_of(siobhan), await long_work(api, siobhan)
    where = accepted(id, {}).headers["location"].removeprefix("/api/v1")
    answer = await api("GET", where, token)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["cache-control"]) == (
        200,
        "1",
        "no-store",
    )
    assert {name: answer.json()[name] for name in ("state", "progress", "result", "failure")} == {
        "state": "waiting", "progress": 0.0, "result": None, "failure": None,
    }  # fmt: skip
    tag = {"if-none-match": answer.headers["etag"]}
    unchanged = await api("GET", where, token, headers=tag)
    assert (unchanged.status_code, unchanged.headers["retry-after"]) == (304, "1")
    (held,) = await api.world.ledger.claim("w", "default", 1, LEASE)
    assert await api.world.ledger.heartbeat(held, LEASE, 50)
    assert (await api("GET", where, token, headers=tag)).json()["progress"] == 0.5
    assert await api.world.ledger.finish(held)
    done = await api("GET", where, token)
    assert (done.json()["state"], done.json()["progress"], done.json()["result"]) == ("done", 1.0, "/api/v1/users/me")
    assert "retry-after" not in done.headers
    assert (await api("GET", done.json()["result"].removeprefix("/api/v1"), token)).status_code == 200
    problem(await api("DELETE", where, token), 409, 40921)


async def test_cancelling_answers_204_however_often(api: Api) -> None:
    siobhan = await api.member()
    path = f"/jobs/{await long_work(api, siobhan)}"
    for _ in range(2):
        answer = await api("DELETE", path, token_of(siobhan))
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await api("GET", path, token_of(siobhan))).json()["state"] == "cancelled"


async def test_my_jobs_are_listed_by_pages_and_states(api: Api) -> None:
    siobhan = await api.member()
    ids = [str(await long_work(api, siobhan)) for _ in range(3)]
    await api("DELETE", f"/jobs/{ids[0]}", token_of(siobhan))

    async def listed(**params: str) -> httpx.Response:
        answer = await api("GET", "/jobs", token_of(siobhan), params=params)
        assert answer.status_code == 200, answer.text
        return answer

    first = await listed(limit="2", count="true")
    assert ([one["id"] for one in first.json()["items"]], first.json()["total"]) == (ids[:0:-1], 3)
    assert 'rel="next"' in first.headers["link"]
    assert {"payload", "error", "worker", "owner"}.isdisjoint(first.json()["items"][0])
    cancelled = await listed(**{"filter[state]": "cancelled"})
    assert [one["id"] for one in cancelled.json()["items"]] == [ids[0]]
    problem(await api("GET", "/jobs", token_of(siobhan), params={"filter[state]": "dead"}), 422, 42203)


async def test_jobs_of_others_are_not_there_and_strangers_are_sent_away(api: Api, token: str) -> None:
    path = f"/jobs/{await long_work(api, await api.member())}"
    oneil = token_of(await api.member("oneil"))
    for method in ("GET", "DELETE"):
        for who in (oneil, token):
            problem(await api(method, path, who), 404, 40420)
        problem(await api(method, f"/jobs/{ABSENT}", oneil), 404, 40420)
        problem(await api(method, path), 401, 40101)
    problem(await api("GET", "/jobs"), 401, 40101)


@pytest.mark.parametrize("body", [None, {"items": []}])
def test_an_accepted_request_says_where_its_job_is(body: object) -> None:
    answer = accepted(UUID(ABSENT), body)
    assert (answer.status_code, answer.content) == (202, body)
    assert answer.headers == {"location": f"/api/v1/jobs/{ABSENT}", "retry-after": "1"}
