"""Capsules over HTTP: sealed, waited for, opened, answered, taken back, put off."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from dependency_injector.providers import Object

from asperguide.adapters.memory.vault import MemoryVault
from tests.http.capsules.people import BODY, TITLE, Somebody, expect, letter, sealing, told, unlock
from tests.http.identity.api import ABSENT, Api, problem
from tests.http.media.samples import kept, png

LATER = {"allow_early_view": True}


async def test_a_letter_is_sealed_once_under_a_key(api: Api, siobhan: Somebody, amelie: Somebody) -> None:
    body, key = letter(api, amelie), {"idempotency-key": "letter"}
    answers = [await siobhan("POST", "/capsules", json=body, headers=key) for _ in range(2)]
    capsule = expect(201, answers[0])
    assert (answers[1].status_code, answers[1].json()) == (201, capsule)
    assert answers[1].headers["location"] == answers[0].headers["location"] == f"/api/v1/capsules/{capsule['id']}"
    assert (capsule["state"], capsule["theme"], capsule["content"]) == ("sealed", "birthday", None)
    assert capsule["unlock"] == {"at": "2026-01-31T12:00:00Z", **body["unlock"], "reading": "plain"}
    assert [one["user"] for one in capsule["recipients"]] == [amelie.id]
    problem(await siobhan("POST", "/capsules", json={**body, "title": "x"}, headers=key), 422, 42201)
    assert await siobhan.outbox() == await amelie.inbox() == [capsule["id"]]


async def test_each_sees_what_is_theirs_to_see(api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody) -> None:
    id = (await siobhan.seal(amelie, "grainne@example.org"))["id"]
    mine, theirs = await siobhan.get(f"/capsules/{id}"), await amelie.get(f"/capsules/{id}")
    assert (mine["content"], theirs["content"], theirs["proof"], theirs["recipients"]) == (None, None, None, None)
    assert theirs["sender"] == {"id": siobhan.id, "name": "Siobhan"}
    assert len(mine["recipients"]) == 2
    foreign, absent = [problem(await malik("GET", f"/capsules/{one}"), 404, 40480) for one in (id, ABSENT)]
    assert foreign["detail"] == absent["detail"]
    problem(await api("GET", f"/capsules/{id}"), 401, 40101)


async def test_an_etag_changes_with_what_is_shown_and_with_nothing_else(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    path = f"/capsules/{(await siobhan.seal(amelie, malik))['id']}"
    await api.world.advance(days=30)

    async def etags() -> tuple[str, str]:
        return (await siobhan("GET", path)).headers["etag"], (await amelie("GET", path)).headers["etag"]

    sender, recipient = await etags()
    answer = await amelie("GET", path, headers={"if-none-match": recipient})
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (304, b"", "no-store")
    expect(200, await malik("POST", f"{path}/open"))
    after = await etags()
    assert (after[0] != sender, after[1]) == (True, recipient)
    expect(200, await amelie("POST", f"{path}/open"))
    assert (await etags())[1] != recipient


async def test_boxes_are_sorted_filtered_counted_and_come_in_pages(
    api: Api, siobhan: Somebody, amelie: Somebody
) -> None:
    ids = []
    for days in (2, 40, 10):
        ids.append((await siobhan.seal(amelie, days=days))["id"])
        await api.world.advance(seconds=1)
    cancelled = (await siobhan.seal(amelie))["id"]
    expect(200, await siobhan("POST", f"/capsules/{cancelled}/cancel"))
    assert await amelie.inbox() == await siobhan.outbox() == [cancelled, *reversed(ids)]
    assert await amelie.inbox("sort=unlocks_at") == [ids[0], ids[2], cancelled, ids[1]]
    for state, found in (("sealed", [ids[2], ids[1]]), ("unfolding", [ids[0]]), ("cancelled", [cancelled])):
        assert await amelie.inbox(f"filter[state]={state}") == await siobhan.outbox(f"filter[state]={state}") == found
    assert await siobhan.inbox() == await amelie.outbox() == await amelie.inbox("filter[state]=ready") == []
    first = await amelie("GET", "/capsules?limit=3&count=true")
    assert (first.json()["total"], len(first.json()["items"])) == (4, 3)
    rest = await amelie("GET", first.headers["link"].partition(">")[0].removeprefix("</api/v1"))
    assert [one["id"] for one in rest.json()["items"]] == [ids[0]]
    assert set(rest.json()["items"][0]) == {"id", "state", "sender", "theme", "unlock", "sealed_at"}


@pytest.mark.parametrize(
    "query", ["box=drafts", "box=", "filter[state]=draft", "filter[state]=SEALED", "filter[title]=x", "sort=title",
              "sort=body", "cursor=abc", "limit=0", "box=inbox&box=outbox"],
)  # fmt: skip
async def test_boxes_know_only_what_they_know(siobhan: Somebody, query: str) -> None:
    problem(await siobhan("GET", f"/capsules?{query}"), 422, 42202 if "cursor" in query else 42203)


async def test_a_capsule_opens_at_its_time_and_then_as_often_as_one_likes(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    id = (await siobhan.seal(amelie))["id"]
    path = f"/capsules/{id}/open"
    await api.world.advance(days=30, seconds=-1)
    problem(await amelie("POST", path), 409, 40981)
    await api.world.advance(seconds=1)
    problem(await siobhan("POST", path), 403, 40200)
    problem(await malik("POST", path), 404, 40480)
    opened = await amelie.open(id)
    assert (opened["state"], opened["opened_at"]) == ("opened", "2026-01-31T12:00:00Z")
    assert (opened["content"]["title"], opened["content"]["body"]) == (TITLE, BODY)
    assert opened["content"]["signature"] == "Siobhan"
    await api.world.advance(hours=1)
    assert await amelie.open(id) == await amelie.get(f"/capsules/{id}") == opened
    assert (await siobhan.get(f"/capsules/{id}"))["state"] == "opened"


async def test_an_early_view_needs_leave_and_the_last_three_days(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    allowed, refused = (await siobhan.seal(amelie, **LATER))["id"], (await siobhan.seal(amelie))["id"]
    path = f"/capsules/{allowed}/early-view"
    problem(await amelie("GET", path), 409, 40981)
    await api.world.advance(days=28)
    seen = await amelie("GET", path)
    view = expect(200, seen)
    assert (view["state"], view["opened_at"], view["content"]["body"]) == ("unfolding", None, BODY)
    assert (await amelie("GET", path, headers={"if-none-match": seen.headers["etag"]})).status_code == 304
    assert (await amelie.get(f"/capsules/{allowed}"))["content"] is None
    problem(await amelie("GET", f"/capsules/{refused}/early-view"), 409, 40983)
    problem(await siobhan("GET", path), 403, 40200)
    problem(await malik("GET", path), 404, 40480)
    await api.world.advance(days=2)
    problem(await amelie("GET", path), 409, 40982)


async def test_a_capsule_is_taken_back_before_its_time_and_not_after(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    id, other = (await siobhan.seal(amelie))["id"], (await siobhan.seal(amelie))["id"]
    problem(await amelie("POST", f"/capsules/{id}/cancel"), 403, 40200)
    problem(await malik("POST", f"/capsules/{id}/cancel"), 404, 40480)
    answers = [expect(200, await siobhan("POST", f"/capsules/{id}/cancel")) for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["state"], answers[0]["content"]) == ("cancelled", None)
    await api.world.advance(days=30)
    problem(await siobhan("POST", f"/capsules/{other}/cancel"), 409, 40982)
    problem(await amelie("POST", f"/capsules/{id}/open"), 409, 40982)
    assert (await amelie.get(f"/capsules/{id}"))["state"] == "cancelled"
    problem(await siobhan("POST", f"/capsules/{id}/postpone", json={"unlock": unlock(api, days=9)}), 409, 40982)


async def test_a_capsule_is_put_off_and_never_brought_forward(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    id = (await siobhan.seal(amelie))["id"]
    path, later = f"/capsules/{id}/postpone", {"unlock": unlock(api, days=60)}
    problem(await amelie("POST", path, json=later), 403, 40200)
    problem(await malik("POST", path, json=later), 404, 40480)
    problem(await siobhan("POST", path, json={"unlock": unlock(api, days=29)}), 422, 42280)
    answer = await siobhan("POST", path, json={"unlock": unlock(api, days=366 * 6)})
    problem(answer, 422, 42280)
    assert told(answer) == {"#/unlock": "OUT_OF_RANGE"}
    answer = await siobhan("POST", path, json={"unlock": {"wall": "2026-06-01T00:00:00", "zone": "Mars/Olympus"}})
    assert told(answer) == {"#/unlock/zone": "OUT_OF_RANGE"}
    assert expect(200, await siobhan("POST", path, json=later))["unlock"]["at"] == "2026-03-02T12:00:00Z"
    await api.world.advance(days=57)
    problem(await siobhan("POST", path, json={"unlock": unlock(api, days=90)}), 409, 40982)


async def test_an_address_is_corrected_until_the_letter_is_opened(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    capsule = await siobhan.seal("grainne@example.org", amelie)
    address, user = (f"/capsules/{capsule['id']}/recipients/{one['id']}" for one in capsule["recipients"])
    body = {"email": "Gráinne@example.org"}
    view = expect(200, await siobhan("PATCH", address, json=body))
    assert [one["email"] for one in view["recipients"]] == [body["email"], None]
    problem(await siobhan("PATCH", user, json=body), 409, 40982)
    problem(await amelie("PATCH", address, json=body), 403, 40200)
    problem(await malik("PATCH", address, json=body), 404, 40480)
    problem(await siobhan("PATCH", f"/capsules/{capsule['id']}/recipients/{ABSENT}", json=body), 404, 40480)
    for wrong, number, code in (({}, 42203, "REQUIRED"), ({"email": None}, 42203, "NULL"),
                                ({"email": "a@b..c"}, 42282, "WRONG_FORMAT")):  # fmt: skip
        answer = await siobhan("PATCH", address, json=wrong)
        problem(answer, 422, number)
        assert told(answer) == {"#/email": code}


async def test_a_recipient_answers_once(api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody) -> None:
    id, silent = (await siobhan.seal(amelie, malik))["id"], (await siobhan.seal(amelie, allow_reply=False))["id"]
    path, words = f"/capsules/{id}/reply", {"text": "I cried."}
    problem(await amelie("POST", path, json=words), 409, 40981)
    await api.world.advance(days=30)
    problem(await amelie("POST", path, json=words), 409, 40982)
    await amelie.open(id)
    await amelie.open(silent)
    for body, number, pointer in (
        ({}, 42281, "#"), ({"text": "x", "emoji": "❤️"}, 42281, "#"), ({"emoji": "Hi!"}, 42281, "#/emoji"),
        ({"text": ""}, 42203, "#/text"), ({"text": "x" * 2001}, 42203, "#/text"),
        ({"emoji": "❤" * 17}, 42203, "#/emoji"),
    ):  # fmt: skip
        answer = await amelie("POST", path, json=body)
        problem(answer, 422, number)
        assert list(told(answer)) == [pointer]
    answers = [await amelie("POST", path, json=words, headers={"idempotency-key": "reply"}) for _ in range(2)]
    reply = expect(201, answers[0])
    assert (reply["text"], reply["emoji"], answers[1].json()) == ("I cried.", None, reply)
    problem(await amelie("POST", path, json={"emoji": "❤️"}), 409, 40985)
    problem(await amelie("POST", f"/capsules/{silent}/reply", json=words), 409, 40984)
    problem(await siobhan("POST", path, json=words), 403, 40200)
    await malik.open(id)
    assert (await malik.get(f"/capsules/{id}"))["replies"] == []
    expect(201, await malik("POST", path, json={"emoji": "👩‍👧‍👦"}))
    assert [one["text"] for one in (await siobhan.get(f"/capsules/{id}"))["replies"]] == ["I cried.", None]


async def test_whoever_writes_to_themselves_may_reflect_and_do_it_again(api: Api, siobhan: Somebody) -> None:
    own, other = (await siobhan.seal(siobhan))["id"], (await siobhan.seal(siobhan, "grainne@example.org"))["id"]
    path, words = f"/capsules/{own}/reflection", {"text": "I still think so."}
    problem(await siobhan("PUT", path, json=words), 409, 40981)
    await api.world.advance(days=30)
    problem(await siobhan("PUT", path, json=words), 409, 40982)
    await siobhan.open(own)
    await siobhan.open(other)
    assert expect(200, await siobhan("PUT", path, json={"text": "Hm."}))["text"] == "Hm."
    assert expect(200, await siobhan("PUT", path, json=words))["text"] == words["text"]
    assert (await siobhan.get(f"/capsules/{own}"))["reflection"]["text"] == words["text"]
    problem(await siobhan("PUT", f"/capsules/{other}/reflection", json=words), 409, 40982)
    answer = await siobhan("PUT", path, json={"text": ""})
    assert told(answer) == {"#/text": "TOO_SHORT"}


async def test_the_proof_is_the_checksum_of_what_is_told_later(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    capsule = await siobhan.seal(amelie)
    path = f"/capsules/{capsule['id']}/proof"
    early = await siobhan("GET", path)
    assert (early.json()["proof"], early.json()["packed"]) == (capsule["proof"], None)
    assert (await siobhan("GET", path, headers={"if-none-match": early.headers["etag"]})).status_code == 304
    problem(await amelie("GET", path), 409, 40981)
    problem(await malik("GET", path), 404, 40480)
    await api.world.advance(days=30)
    await amelie.open(capsule["id"])
    for who in (siobhan, amelie):
        proof = await who.get(path)
        packed = base64.b64decode(proof["packed"])
        assert hashlib.sha256(packed).hexdigest() == proof["proof"] == capsule["proof"]
        assert msgspec.msgpack.decode(packed)["body"] == BODY


async def test_what_goes_with_a_letter_is_fetched_from_the_storage_while_it_is_there(
    api: Api, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    content = png(7, 7)
    file, gone = await kept(api, siobhan.token, content, name="O'Neil.png"), await kept(api, siobhan.token)
    id = (await siobhan.seal(amelie, attachments=[file["id"], gone["id"]]))["id"]
    path = f"/capsules/{id}/attachments/{file['id']}"
    for who in (siobhan, amelie):
        problem(await who("GET", path), 409, 40981)
    problem(await malik("GET", path), 404, 40480)
    await api.world.advance(days=30)
    problem(await amelie("GET", path), 409, 40982)
    shown = (await amelie.open(id))["content"]["attachments"]
    assert [(one["available"], one["name"]) for one in shown] == [(True, "O'Neil.png"), (True, "Tour.png")]
    for who in (siobhan, amelie):
        moved = await who("GET", path)
        assert (moved.status_code, moved.content, moved.headers["cache-control"]) == (303, b"", "no-store")
        where = urlsplit(moved.headers["location"])
        fetched = await api.client.get(f"{where.path}?{where.query}")
        assert (fetched.status_code, fetched.content) == (200, content)
    assert (await siobhan("DELETE", f"/files/{gone['id']}")).status_code == 204
    shown = (await amelie.get(f"/capsules/{id}"))["content"]["attachments"]
    assert shown[1] == {"id": gone["id"], "available": False, "name": None, "media_type": None, "size": None}
    problem(await amelie("GET", f"/capsules/{id}/attachments/{gone['id']}"), 404, 40485)
    problem(await amelie("GET", f"/capsules/{id}/attachments/{ABSENT}"), 404, 40485)
    problem(await amelie("GET", f"/files/{file['id']}"), 404, 40440)


async def test_what_was_taken_back_or_has_disappeared_is_not_said_to_open_later(
    api: Api, siobhan: Somebody, amelie: Somebody
) -> None:
    back, gone = (await siobhan.seal(amelie))["id"], (await siobhan.seal(amelie, disappears_after=60))["id"]
    expect(200, await siobhan("POST", f"/capsules/{back}/cancel"))
    await api.world.advance(days=30)
    await amelie.open(gone)
    await api.world.advance(minutes=1)
    for id in (back, gone):
        for place in ("proof", f"attachments/{ABSENT}"):
            problem(await amelie("GET", f"/capsules/{id}/{place}"), 409, 40982)


async def test_an_administrator_who_acts_for_somebody_sees_letters_from_outside(
    api: Api, siobhan: Somebody, amelie: Somebody
) -> None:
    id = (await siobhan.seal(amelie, **LATER))["id"]
    await api.world.advance(days=30)
    await amelie.open(id)
    boss = (await api.admin()).signed_in.access_token
    acting = (await api("POST", f"/admin/users/{amelie.id}/impersonate", boss)).json()["access_token"]
    assert expect(200, await api("GET", f"/capsules/{id}", acting))["content"] is None
    closed: list[tuple[str, str, Any]] = [
        ("POST", "/capsules", letter(api, siobhan)), ("POST", f"/capsules/{id}/open", None),
        ("GET", f"/capsules/{id}/early-view", None), ("GET", f"/capsules/{id}/proof", None),
        ("GET", f"/capsules/{id}/attachments/{ABSENT}", None), ("POST", f"/capsules/{id}/cancel", None),
        ("POST", f"/capsules/{id}/postpone", {"unlock": unlock(api, days=1)}),
        ("PATCH", f"/capsules/{id}/recipients/{ABSENT}", {"email": "a@example.org"}),
        ("POST", f"/capsules/{id}/reply", {"text": "x"}), ("PUT", f"/capsules/{id}/reflection", {"text": "x"}),
        ("POST", f"/capsules/{id}/countdowns", None), ("POST", "/capsules/claims/x", None),
    ]  # fmt: skip
    for method, path, body in closed:
        problem(await api(method, path, acting, json=body), 403, 40213)


async def test_a_letter_whose_key_is_missing_is_not_opened_and_waits(
    api: Api, siobhan: Somebody, amelie: Somebody
) -> None:
    id = (await siobhan.seal(amelie))["id"]
    await api.world.advance(days=30)
    with api.world.container.vault.override(Object(MemoryVault("another"))):
        answer = await amelie("POST", f"/capsules/{id}/open")
        problem(answer, 503, 50380)
        assert int(answer.headers["retry-after"]) > 0
    assert (await siobhan.get(f"/capsules/{id}"))["recipients"][0]["opened_at"] is None
    assert (await amelie.open(id))["content"]["title"] == TITLE


async def test_all_that_is_wrong_with_a_letter_is_told_at_once(api: Api, siobhan: Somebody) -> None:
    wrong = {
        "unlock": {"wall": "2030-06-17T09:00:00+02:00", "zone": ""}, "title": "", "body": 3, "theme": "x" * 51,
        "recipients": [{"email": "a@example.org"}, {"email": "nobody"}, {"mail": "x"}], "colour": "red",
        "anonymous": {"reveal_after": 259_201, "hints": ["", "x" * 61]}, "disappears_after": 59,
        "attachments": ["a"],
    }  # fmt: skip
    answer = await siobhan("POST", "/capsules", json=wrong)
    problem(answer, 422, 42203)
    assert told(answer) == {
        "#/unlock/wall": "WRONG_FORMAT", "#/unlock/zone": "TOO_SHORT", "#/title": "TOO_SHORT", "#/body": "WRONG_TYPE",
        "#/theme": "TOO_LONG", "#/recipients/1/email": "WRONG_FORMAT", "#/recipients/2/mail": "UNKNOWN_FIELD",
        "#/colour": "UNKNOWN_FIELD", "#/anonymous/reveal_after": "TOO_LARGE", "#/anonymous/hints/0": "TOO_SHORT",
        "#/anonymous/hints/1": "TOO_LONG", "#/disappears_after": "TOO_SMALL", "#/attachments/0": "WRONG_FORMAT",
    }  # fmt: skip
    wrong = {
        **letter(api), "unlock": unlock(api, days=-1), "attachments": [ABSENT],
        "recipients": [{"user": siobhan.id}, {}, {"user": ABSENT}, {"email": "a@b..c"}, {"recipient": ABSENT},
                       {"user": siobhan.id, "email": "a@example.org"}],
    }  # fmt: skip
    answer = await siobhan("POST", "/capsules", json=wrong)
    problem(answer, 422, 42281)
    assert told(answer) == {
        "#/unlock": "OUT_OF_RANGE", "#/recipients/1": "INVALID", "#/recipients/2": "NOT_FOUND",
        "#/recipients/3/email": "WRONG_FORMAT", "#/recipients/4": "NOT_FOUND", "#/recipients/5": "INVALID",
        "#/attachments/0": "NOT_FOUND",
    }  # fmt: skip
    answer = await siobhan("POST", "/capsules", json=letter(api, siobhan, **sealing(api, 0)))
    problem(answer, 422, 42280)
    assert await siobhan.outbox() == []
