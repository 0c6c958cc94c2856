"""Jobs and queues over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from asperguide.identity.events import VerificationRequested
from asperguide.shared.ledger import as_job
from asperguide.shared.ports import JobOptions
from asperguide.shared.tracing import Trace
from tests.http.identity.api import ABSENT, Api, pointers, problem, token_of

LEASE = timedelta(seconds=30)


async def a_job(api: Api, **options: Any) -> UUID:
    """A job that waits."""
    message, trace = VerificationRequested(email="siobhan@example.org"), Trace(request_id="r-1")
    new = as_job(message, JobOptions(**options), id=api.world.ids.new(), now=api.world.clock.now(), trace=trace)
    await api.world.ledger.put([new])
    api.world.clock.advance(timedelta(milliseconds=1))
    return new.id


async def a_dead_job(api: Api) -> UUID:
    """A job that was given up."""
    id = await a_job(api)
    (held,) = await api.world.ledger.claim("w", "default", 1, LEASE)
    assert await api.world.ledger.fail(held, "MailRefused: 550 no such mailbox", None)
    return id


async def test_jobs_are_listed_newest_first_by_pages_without_their_messages(api: Api, token: str) -> None:
    ids = [str(await a_job(api)) for _ in range(5)]
    seen: list[str] = []
    answer = await api("GET", "/admin/jobs", token, params={"limit": "2", "count": "true"})
    assert answer.json()["total"] == 5
    assert "siobhan" not in answer.text and "payload" not in answer.text
    while answer.json()["next_cursor"]:
        seen += [one["id"] for one in answer.json()["items"]]
        path = answer.headers["link"].partition(">")[0].removeprefix("<").partition("/api/v1")[2]
        answer = await api("GET", path, token)
        assert answer.status_code == 200, answer.text
    seen += [one["id"] for one in answer.json()["items"]]
    assert seen == ids[::-1]


async def test_jobs_are_filtered_and_sorted(api: Api, token: str) -> None:
    gone, waiting, slow = str(await a_dead_job(api)), str(await a_job(api)), str(await a_job(api, queue="slow"))

    async def found(**params: str) -> list[str]:
        answer = await api("GET", "/admin/jobs", token, params=params)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await found(**{"filter[state]": "dead"}) == [gone]
    assert await found(**{"filter[queue]": "slow"}) == [slow]
    assert await found(**{"filter[kind]": "identity.verification-requested"}) == [slow, waiting, gone]
    assert await found(**{"filter[kind]": "identity.nothing"}) == []
    assert await found(sort="created_at") == [gone, waiting, slow]


@pytest.mark.parametrize(
    "params", [{"filter[state]": "lost"}, {"filter[worker]": "w"}, {"sort": "priority"}, {"cursor": "x"}]
)
async def test_what_the_list_of_jobs_cannot_be_asked_is_refused(api: Api, token: str, params: dict[str, str]) -> None:
    answer = await api("GET", "/admin/jobs", token, params=params)
    problem(answer, 422, 42202 if "cursor" in params else 42203)


async def test_one_job_says_everything_and_has_an_etag_that_follows_it(api: Api, token: str) -> None:
    path = f"/admin/jobs/{await a_job(api)}"
    answer = await api("GET", path, token)
    body = answer.json()
    assert (answer.status_code, body["state"], body["request_id"]) == (200, "waiting", "r-1")
    assert body["payload"] == '{"email":"siobhan@example.org"}'
    assert answer.headers["cache-control"] == "no-store"
    tag = {"if-none-match": answer.headers["etag"]}
    assert (await api("GET", path, token, headers=tag)).status_code == 304
    (held,) = await api.world.ledger.claim("w", "default", 1, LEASE)
    assert await api.world.ledger.heartbeat(held, LEASE, 50)
    changed = await api("GET", path, token, headers=tag)
    assert (changed.status_code, changed.json()["progress"]) == (200, 50)
    problem(await api("GET", f"/admin/jobs/{ABSENT}", token), 404, 40420)
    assert (await api("GET", "/admin/jobs/no-uuid", token)).status_code == 404


async def test_a_dead_job_is_retried_and_a_finished_one_is_not(api: Api, token: str) -> None:
    path = f"/admin/jobs/{await a_dead_job(api)}"
    answer = await api("POST", f"{path}/retry", token)
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "waiting", 0)
    await api.world.settle()
    problem(await api("POST", f"{path}/retry", token), 409, 40920)
    problem(await api("POST", f"/admin/jobs/{ABSENT}/retry", token), 404, 40420)


async def test_a_job_is_cancelled_once(api: Api, token: str) -> None:
    path = f"/admin/jobs/{await a_job(api)}"
    answer = await api("POST", f"{path}/cancel", token)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    problem(await api("POST", f"{path}/cancel", token), 409, 40921)
    problem(await api("POST", f"/admin/jobs/{ABSENT}/cancel", token), 404, 40420)


async def test_queues_are_listed_paused_and_resumed(api: Api, token: str) -> None:
    await a_dead_job(api)
    await a_job(api)
    (queue,) = (await api("GET", "/admin/queues", token)).json()["items"]
    assert {name: queue[name] for name in ("name", "waiting", "due", "running", "dead", "paused_at")} == {
        "name": "default", "waiting": 1, "due": 1, "running": 0, "dead": 1, "paused_at": None,
    }  # fmt: skip
    paused = await api("POST", "/admin/queues/default/pause", token)
    assert (paused.status_code, paused.json()["paused_at"] is not None) == (200, True)
    assert await api.world.settle() == 0
    resumed = await api("POST", "/admin/queues/default/resume", token)
    assert (resumed.status_code, resumed.json()["paused_by"]) == (200, None)
    assert await api.world.settle() == 1


@pytest.mark.parametrize("name", ["two%20words", "x" * 41, "%C3%A9", "a%00b", "'--"])
async def test_a_name_that_no_queue_can_have_is_refused(api: Api, token: str, name: str) -> None:
    for deed in ("pause", "resume"):
        problem(await api("POST", f"/admin/queues/{name}/{deed}", token), 422, 42221)


async def test_history_is_pruned_and_dead_jobs_only_when_asked(api: Api, token: str) -> None:
    await a_dead_job(api)
    cancelled = await a_job(api)
    await api("POST", f"/admin/jobs/{cancelled}/cancel", token)
    api.world.clock.advance(timedelta(minutes=1))
    body: dict[str, Any] = {"before": api.world.clock.now().isoformat()}
    answer = await api("POST", "/admin/jobs/prune", token, json=body)
    assert (answer.status_code, answer.json()) == (200, {"pruned": 1, "more": False})
    answer = await api("POST", "/admin/jobs/prune", token, json={**body, "states": ["dead"]})
    assert answer.json() == {"pruned": 1, "more": False}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "#/before"),
        ({"before": "2026-01-01T00:00:00"}, "#/before"),
        ({"before": "0001-01-01T00:00:00+14:00"}, "#/before"),
        ({"before": "2026-01-01T00:00:00Z", "states": []}, "#/states"),
        ({"before": "2026-01-01T00:00:00Z", "states": ["running"]}, "#/states/0"),
        ({"before": "2026-01-01T00:00:00Z", "queue": "x"}, "#/queue"),
    ],
)
async def test_what_cannot_be_pruned_is_refused(api: Api, token: str, body: dict[str, Any], wrong: str) -> None:
    assert pointers(problem(await api("POST", "/admin/jobs/prune", token, json=body), 422, 42203)) == {wrong}


async def test_others_are_refused_and_deeds_are_in_the_security_log(api: Api, token: str) -> None:
    siobhan = token_of(await api.member())
    id = await a_job(api)
    for method, path in (("GET", "/admin/jobs"), ("POST", f"/admin/jobs/{id}/cancel"), ("GET", "/admin/queues")):
        problem(await api(method, path, siobhan), 403, 40212)
        problem(await api(method, path), 401, 40101)
    await api("POST", f"/admin/jobs/{id}/cancel", token)
    events = (await api("GET", "/admin/security-events", token, params={"filter[kind]": "job-cancelled"})).json()
    assert [(event["detail"], event["address"]) for event in events["items"]] == [(str(id), "192.0.2.7")]
