"""Drafts over HTTP: begun, saved again and again, thrown away, sealed."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.capsules_reads import MemoryCapsuleReads
from asperguide.capsules import CapsuleId
from asperguide.capsules.repositories import Sealed
from tests.http.capsules.people import BODY, TITLE, Somebody, expect, sealing, told, written
from tests.http.identity.api import ABSENT, Api, problem


async def begun(who: Somebody, **fields: Any) -> dict[str, Any]:
    draft: dict[str, Any] = expect(201, await who("POST", "/drafts", json=fields))
    return draft


async def save(who: Somebody, id: str, version: int | None, **fields: Any) -> Any:
    headers = {} if version is None else {"if-match": f'"{version}"'}
    return await who("PUT", f"/drafts/{id}", json=fields, headers=headers)


async def test_a_draft_may_be_empty_when_it_is_begun(siobhan: Somebody) -> None:
    answer = await siobhan("POST", "/drafts")
    draft = expect(201, answer)
    assert (draft["title"], draft["body"], draft["recipients"], draft["version"]) == ("", "", [], 1)
    assert answer.headers["location"] == f"/api/v1/drafts/{draft['id']}"
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"1"', "no-store")
    assert await siobhan.get(f"/drafts/{draft['id']}") == draft


async def test_a_draft_under_a_key_is_begun_once(siobhan: Somebody) -> None:
    key = {"idempotency-key": "draft"}
    made = [await siobhan("POST", "/drafts", json={"title": TITLE}, headers=key) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert made[1].headers["location"] == made[0].headers["location"]
    assert made[1].headers["idempotency-replayed"] == "true"
    problem(await siobhan("POST", "/drafts", json={"title": "Other"}, headers=key), 422, 42201)
    assert (await siobhan.get("/drafts?count=true"))["total"] == 1


async def test_a_draft_is_saved_as_the_version_that_was_read(siobhan: Somebody) -> None:
    id = (await begun(siobhan, title="A"))["id"]
    problem(await save(siobhan, id, None, title="B"), 428, 41202)
    saved = await save(siobhan, id, 1, title="B", body=BODY)
    assert (saved.status_code, saved.headers["etag"], saved.json()["version"]) == (200, '"2"', 2)
    problem(await save(siobhan, id, 1, title="C"), 412, 41201)
    kept = await siobhan.get(f"/drafts/{id}")
    assert (kept["title"], kept["body"]) == ("B", BODY)
    again = await siobhan("PUT", f"/drafts/{id}", json={}, headers={"if-match": "*"})
    assert (again.status_code, again.json()["title"]) == (200, "")  # all of it is replaced


async def test_who_has_the_current_version_is_not_sent_it_again(siobhan: Somebody) -> None:
    path = f"/drafts/{(await begun(siobhan, title=TITLE))['id']}"
    etag = (await siobhan("GET", path)).headers["etag"]
    answer = await siobhan("GET", path, headers={"if-none-match": etag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_a_draft_is_thrown_away_unless_it_changed_meanwhile(siobhan: Somebody) -> None:
    id = (await begun(siobhan))["id"]
    expect(200, await save(siobhan, id, 1, title=TITLE))
    problem(await siobhan("DELETE", f"/drafts/{id}", headers={"if-match": '"1"'}), 412, 41201)
    assert (await siobhan("DELETE", f"/drafts/{id}", headers={"if-match": '"2"'})).status_code == 204
    for method in ("GET", "DELETE"):
        problem(await siobhan(method, f"/drafts/{id}"), 404, 40482)
    other = (await begun(siobhan))["id"]
    assert (await siobhan("DELETE", f"/drafts/{other}")).status_code == 204
    assert (await siobhan.get("/drafts"))["items"] == []


async def test_drafts_are_listed_the_latest_first_page_by_page(api: Api, siobhan: Somebody) -> None:
    ids = []
    for number in range(3):
        ids.append((await begun(siobhan, title=f"Draft {number}"))["id"])
        await api.world.advance(seconds=1)
    first = await siobhan("GET", "/drafts?limit=2&count=true")
    page = first.json()
    assert ([one["id"] for one in page["items"]], page["total"]) == ([ids[2], ids[1]], 3)
    rest = await siobhan("GET", first.headers["link"].partition(">")[0].removeprefix("</api/v1"))
    assert ([one["id"] for one in rest.json()["items"]], rest.json()["next_cursor"]) == ([ids[0]], None)
    oldest = await siobhan.get("/drafts?sort=updated_at&limit=1")
    assert oldest["items"][0]["id"] == ids[0]
    problem(await siobhan("GET", "/drafts?sort=title"), 422, 42203)
    problem(await siobhan("GET", "/drafts?filter[title]=x"), 422, 42203)


async def test_somebody_elses_draft_is_like_none(api: Api, siobhan: Somebody, malik: Somebody) -> None:
    id = (await begun(siobhan, title=TITLE))["id"]
    for method, path, body, headers in (
        ("GET", "/drafts/{}", None, {}),
        ("PUT", "/drafts/{}", {"title": "x"}, {"if-match": '"1"'}),
        ("DELETE", "/drafts/{}", None, {}),
        ("POST", "/capsules/{}/seal", sealing(api), {}),
    ):
        foreign, absent = [
            problem(await malik(method, path.format(one), json=body, headers=headers), 404, 40482)
            for one in (id, ABSENT)
        ]
        assert foreign["detail"] == absent["detail"]
    assert (await malik.get("/drafts"))["items"] == []
    assert (await siobhan.get(f"/drafts/{id}"))["title"] == TITLE


async def test_everything_that_is_too_much_is_told_at_once(siobhan: Somebody) -> None:
    too_much = {
        "title": "x" * 256, "body": "x" * 10_001, "theme": "x" * 51, "attachments": [ABSENT] * 21,
        "recipients": [{"email": "a@example.org"}] * 101, "style": "bold",
    }  # fmt: skip
    id = (await begun(siobhan))["id"]
    for answer in (await siobhan("POST", "/drafts", json=too_much), await save(siobhan, id, 1, **too_much)):
        problem(answer, 422, 42203)
        assert told(answer) == {
            "#/title": "TOO_LONG", "#/body": "TOO_LONG", "#/theme": "TOO_LONG", "#/attachments": "TOO_LONG",
            "#/recipients": "TOO_LONG", "#/style": "UNKNOWN_FIELD",
        }  # fmt: skip


async def test_sealing_makes_a_capsule_of_the_draft(api: Api, siobhan: Somebody, amelie: Somebody) -> None:
    draft = await begun(siobhan, **written(amelie))
    answer = await siobhan("POST", f"/capsules/{draft['id']}/seal", json=sealing(api), headers={"if-match": '"1"'})
    capsule = expect(201, answer)
    assert answer.headers["location"] == f"/api/v1/capsules/{draft['id']}"
    assert (capsule["id"], capsule["state"], capsule["content"]) == (draft["id"], "sealed", None)
    assert len(capsule["proof"]) == 64
    problem(await siobhan("GET", f"/drafts/{draft['id']}"), 404, 40482)
    for answer in (
        await save(siobhan, draft["id"], 1, title="x"),
        await siobhan("DELETE", f"/drafts/{draft['id']}"),
        await siobhan("POST", f"/capsules/{draft['id']}/seal", json=sealing(api)),
    ):
        problem(answer, 409, 40980)
    assert (await siobhan.get("/drafts"))["items"] == []


async def test_sealing_under_a_key_happens_once(api: Api, siobhan: Somebody, amelie: Somebody) -> None:
    path, how = f"/capsules/{(await begun(siobhan, **written(amelie)))['id']}/seal", sealing(api)
    answers = [await siobhan("POST", path, json=how, headers={"idempotency-key": "seal"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_another_version_than_was_read_is_not_sealed(api: Api, siobhan: Somebody, amelie: Somebody) -> None:
    id = (await begun(siobhan, **written(amelie)))["id"]
    expect(200, await save(siobhan, id, 1, **written(amelie, title="Changed")))
    answer = await siobhan("POST", f"/capsules/{id}/seal", json=sealing(api), headers={"if-match": '"1"'})
    problem(answer, 412, 41201)
    assert (await siobhan.get(f"/drafts/{id}"))["title"] == "Changed"


async def test_a_draft_that_lacks_something_is_told_all_of_it(api: Api, siobhan: Somebody) -> None:
    id = (await begun(siobhan))["id"]
    answer = await siobhan("POST", f"/capsules/{id}/seal", json=sealing(api))
    problem(answer, 422, 42281)
    assert told(answer) == dict.fromkeys(("#/title", "#/body", "#/recipients"), "REQUIRED")
    assert (await siobhan.get(f"/drafts/{id}"))["version"] == 1


async def test_an_administrator_who_acts_for_somebody_reads_no_drafts(api: Api, siobhan: Somebody) -> None:
    id = (await begun(siobhan, title=TITLE))["id"]
    boss = (await api.admin()).signed_in.access_token
    acting = (await api("POST", f"/admin/users/{siobhan.id}/impersonate", boss)).json()["access_token"]
    for path in ("/drafts", f"/drafts/{id}"):
        problem(await api("GET", path, acting), 403, 40213)
    problem(await api("POST", f"/capsules/{id}/seal", acting, json=sealing(api)), 403, 40213)


class Interrupted(MemoryCapsuleReads):
    """Something happens between the reading of a draft and of what is in it."""

    meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def sealed(self, ids: Collection[CapsuleId]) -> Mapping[CapsuleId, Sealed]:
        """Afterwards."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return await super().sealed(ids)


async def test_a_draft_that_is_sealed_while_it_is_read_is_a_draft_no_more(
    api: Api, siobhan: Somebody, amelie: Somebody
) -> None:
    reads = Interrupted(api.world.database)
    api.world.container.capsule_reads.override(Object(reads))
    for method, path, body in (("GET", "/drafts/{}", None), ("GET", "/drafts", None),
                               ("POST", "/capsules/{}/seal", sealing(api))):  # fmt: skip
        id = (await begun(siobhan, **written(amelie)))["id"]
        reads.meanwhile = partial(siobhan, "POST", f"/capsules/{id}/seal", json=sealing(api))
        answer = await siobhan(method, path.format(id), json=body)
        if path == "/drafts":
            assert expect(200, answer)["items"] == []
        else:
            problem(answer, 404 if method == "GET" else 409, 40482 if method == "GET" else 40980)
    assert len(await siobhan.outbox()) == 3


@pytest.mark.parametrize("path", ["/drafts", f"/drafts/{ABSENT}"])
async def test_drafts_are_json_and_nothing_else(siobhan: Somebody, path: str) -> None:
    method = "POST" if path == "/drafts" else "PUT"
    headers = {"content-type": "text/plain", "if-match": '"1"'}
    problem(await siobhan(method, path, content=b"{}", headers=headers), 415, 41501)
    headers["content-type"] = "application/json"
    problem(await siobhan(method, path, content=b'{"title": "\\ud800"}', headers=headers), 400, 40001)
