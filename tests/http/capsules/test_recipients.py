"""The address book over HTTP."""

from typing import Any

import pytest

from tests.http.capsules.people import Somebody, expect, letter, told
from tests.http.identity.api import ABSENT, Api, problem

GRAINNE = {"name": "Gráinne O'Neil", "email": "grainne.o'neil@example.org", "relationship": "sister"}


async def added(who: Somebody, **fields: Any) -> dict[str, Any]:
    recipient: dict[str, Any] = expect(201, await who("POST", "/recipients", json={**GRAINNE, **fields}))
    return recipient


async def test_a_recipient_is_added_once_under_a_key(siobhan: Somebody) -> None:
    answers = [await siobhan("POST", "/recipients", json=GRAINNE, headers={"idempotency-key": "r"}) for _ in range(2)]
    first = expect(201, answers[0])
    assert answers[1].json() == first
    assert (first["name"], first["email"], first["user"], first["notes"]) == (*list(GRAINNE.values())[:2], None, "")
    assert answers[0].headers["location"] == f"/api/v1/recipients/{first['id']}"
    read = await siobhan("GET", f"/recipients/{first['id']}")
    assert (read.json(), read.headers["etag"], answers[0].headers["etag"]) == (first, '"1"', '"1"')
    known = await siobhan("GET", f"/recipients/{first['id']}", headers={"if-none-match": '"1"'})
    assert (known.status_code, known.content) == (304, b"")


async def test_nobody_is_in_a_book_twice_and_everybody_has_a_book_of_their_own(
    siobhan: Somebody, amelie: Somebody
) -> None:
    await added(siobhan)
    other = await added(siobhan, email="other@example.org")
    same = {**GRAINNE, "email": GRAINNE["email"].upper()}
    problem(await siobhan("POST", "/recipients", json=same), 409, 40986)
    problem(await siobhan("PATCH", f"/recipients/{other['id']}", json={"email": GRAINNE["email"]}), 409, 40986)
    await added(siobhan, email=None, user=amelie.id)
    problem(await siobhan("POST", "/recipients", json={"name": "A", "user": amelie.id}), 409, 40986)
    await added(amelie)


async def test_a_patch_changes_what_it_names_and_null_clears(siobhan: Somebody, amelie: Somebody) -> None:
    id = (await added(siobhan, user=amelie.id, notes="Calls on Sundays."))["id"]
    answer = await siobhan(
        "PATCH", f"/recipients/{id}", json={"name": "Gráinne Byrne", "email": None}, headers={"if-match": '"1"'}
    )
    changed = expect(200, answer)
    assert answer.headers["etag"] == '"2"'
    assert (changed["name"], changed["email"], changed["user"]) == ("Gráinne Byrne", None, amelie.id)
    assert (changed["relationship"], changed["notes"]) == ("sister", "Calls on Sundays.")
    problem(await siobhan("PATCH", f"/recipients/{id}", json={"notes": ""}, headers={"if-match": '"1"'}), 412, 41201)
    assert expect(200, await siobhan("PATCH", f"/recipients/{id}", json={"relationship": None}))["version"] == 3
    assert expect(200, await siobhan("PATCH", f"/recipients/{id}", json={}))["name"] == "Gráinne Byrne"


@pytest.mark.parametrize(
    ("change", "code", "wrong"),
    [
        ({"name": None, "notes": None}, 42203, {"#/name": "NULL", "#/notes": "NULL"}),
        ({"name": "", "relationship": ""}, 42203, {"#/name": "TOO_SHORT", "#/relationship": "TOO_SHORT"}),
        ({"name": "a\tb"}, 42203, {"#/name": "WRONG_FORMAT"}),
        ({"email": None}, 42282, {"#/email": "REQUIRED"}),
        ({"email": "a@b..c"}, 42282, {"#/email": "WRONG_FORMAT"}),
        ({"email": "nobody"}, 42203, {"#/email": "WRONG_FORMAT"}),
        ({"user": ABSENT}, 42282, {"#/user": "NOT_FOUND"}),
        ({"user": "me", "sister": True}, 42203, {"#/user": "WRONG_FORMAT", "#/sister": "UNKNOWN_FIELD"}),
    ],
)
async def test_what_cannot_be_is_told_where_it_stands(
    siobhan: Somebody, change: dict[str, Any], code: int, wrong: dict[str, str]
) -> None:
    id = (await added(siobhan))["id"]
    answer = await siobhan("PATCH", f"/recipients/{id}", json=change)
    problem(answer, 422, code)
    assert told(answer) == wrong
    assert (await siobhan.get(f"/recipients/{id}"))["version"] == 1


async def test_a_recipient_needs_a_name_and_some_way_to_be_reached(siobhan: Somebody) -> None:
    answer = await siobhan("POST", "/recipients", json={"name": "Nobody"})
    problem(answer, 422, 42282)
    assert told(answer) == {"#/email": "REQUIRED"}
    answer = await siobhan("POST", "/recipients", json={"email": "x", "notes": "x" * 2001})
    assert told(answer) == {"#/name": "REQUIRED", "#/email": "TOO_SHORT", "#/notes": "TOO_LONG"}


async def test_a_book_is_listed_the_newest_first_or_by_name(api: Api, siobhan: Somebody) -> None:
    for name in ("bláthnaid", "Áine", "Ciarán"):
        await added(siobhan, name=name, email=f"{len(name)}{name[-1]}@example.org")
        await api.world.advance(seconds=1)
    page = await siobhan.get("/recipients?count=true&limit=2")
    assert ([one["name"] for one in page["items"]], page["total"]) == (["Ciarán", "Áine"], 3)
    assert (await siobhan.get("/recipients?sort=name"))["items"][0]["name"] == "bláthnaid"
    problem(await siobhan("GET", "/recipients?sort=email"), 422, 42203)


async def test_somebody_elses_recipient_is_like_none(siobhan: Somebody, malik: Somebody) -> None:
    id = (await added(siobhan))["id"]
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        foreign, absent = [
            problem(await malik(method, f"/recipients/{one}", json=body), 404, 40481) for one in (id, ABSENT)
        ]
        assert foreign["detail"] == absent["detail"]
    assert (await malik.get("/recipients"))["items"] == []


async def test_who_is_taken_out_of_the_book_keeps_their_letters(api: Api, siobhan: Somebody, amelie: Somebody) -> None:
    id = (await added(siobhan, email=None, user=amelie.id))["id"]
    body = letter(api, recipients=[{"recipient": id}])
    capsule = expect(201, await siobhan("POST", "/capsules", json=body))
    assert capsule["recipients"][0]["name"] == GRAINNE["name"]
    problem(await siobhan("DELETE", f"/recipients/{id}", headers={"if-match": '"7"'}), 412, 41201)
    assert (await siobhan("DELETE", f"/recipients/{id}", headers={"if-match": '"1"'})).status_code == 204
    problem(await siobhan("DELETE", f"/recipients/{id}"), 404, 40481)
    assert await amelie.inbox() == [capsule["id"]]
