"""Clients of a company over HTTP."""

from typing import Any

import pytest

from tests.http.capsules.people import Somebody, expect, told
from tests.http.companies.test_members import join
from tests.http.identity.api import ABSENT, Api, problem

ANN = {"name": "Siobhán O'Neil", "phone": "+353871234567", "email": "siobhan.o'neil@example.org", "notes": "n"}


async def added(who: Somebody, here: str, **fields: Any) -> dict[str, Any]:
    client: dict[str, Any] = expect(201, await who("POST", f"{here}/clients", json={**ANN, **fields}))
    return client


async def test_a_client_is_added_once_under_a_key_and_changed_under_a_version(here: str, siobhan: Somebody) -> None:
    answers = [await siobhan("POST", f"{here}/clients", json=ANN, headers={"idempotency-key": "c"}) for _ in range(2)]
    first = expect(201, answers[0])
    assert answers[1].json() == first
    where = f"{here}/clients/{first['id']}"
    assert (answers[0].headers["location"], answers[0].headers["etag"]) == (f"/api/v1{where}", '"1"')
    problem(await siobhan("POST", f"{here}/clients", json=ANN), 409, 40937)
    changed = await siobhan("PATCH", where, json={"phone": None}, headers={"if-match": '"1"'})
    assert (expect(200, changed)["phone"], changed.headers["etag"]) == (None, '"2"')
    problem(await siobhan("PATCH", where, json={"notes": ""}, headers={"if-match": '"1"'}), 412, 41201)
    assert (await siobhan("GET", where, headers={"if-none-match": '"2"'})).status_code == 304
    problem(await siobhan("DELETE", where, headers={"if-match": '"1"'}), 412, 41201)
    assert (await siobhan("DELETE", where)).status_code == 204
    problem(await siobhan("GET", where), 404, 40433)


@pytest.mark.parametrize(
    ("change", "code", "wrong"),
    [
        ({"name": None, "notes": None}, 42203, {"#/name": "NULL", "#/notes": "NULL"}),
        ({"phone": "0871234567"}, 42203, {"#/phone": "WRONG_FORMAT"}),
        ({"email": "a@b..c"}, 42233, {"#/email": "WRONG_FORMAT"}),
        ({"name": "\u2003"}, 42233, {"#/name": "BLANK"}),
        ({"company": ABSENT}, 42203, {"#/company": "UNKNOWN_FIELD"}),
    ],
)
async def test_what_cannot_be_is_told_where_it_stands(
    here: str, siobhan: Somebody, change: dict[str, Any], code: int, wrong: dict[str, str]
) -> None:
    client = await added(siobhan, here)
    answer = await siobhan("PATCH", f"{here}/clients/{client['id']}", json=change)
    problem(answer, 422, code)
    assert told(answer) == wrong


async def test_clients_are_searched_and_listed(here: str, siobhan: Somebody) -> None:
    await added(siobhan, here)
    await added(siobhan, here, name="Zoë", phone="+33612345678", email=None)

    async def names(query: str) -> list[str]:
        return [one["name"] for one in (await siobhan.get(f"{here}/clients?{query}"))["items"]]

    assert await names("") == ["Siobhán O'Neil", "Zoë"]
    assert await names("sort=-name") == ["Zoë", "Siobhán O'Neil"]
    assert await names("filter[search]=ZO") == ["Zoë"]
    assert await names("filter[search]=%2B336 12") == ["Zoë"]
    assert await names("filter[search]=siobhan.o") == ["Siobhán O'Neil"]
    for query in ("filter[search]=", f"filter[search]={'x' * 101}", "filter[phone]=1", "sort=phone"):
        problem(await siobhan("GET", f"{here}/clients?{query}"), 422, 42203)


async def test_all_clients_are_taken_along_as_a_table(
    api: Api, here: str, siobhan: Somebody, amelie: Somebody, malik: Somebody
) -> None:
    await added(siobhan, here, name="=HYPERLINK(1)", notes='a,"b"')
    answer = await siobhan("GET", f"{here}/clients/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"].startswith('attachment; filename="oneil-and-sohne-clients.csv"')
    head, line, rest = answer.content.split(b"\r\n")
    assert (head, rest) == (b"id,name,phone,email,notes,created_at,updated_at", b"")
    assert b',\'=HYPERLINK(1),+353871234567,siobhan.o\'neil@example.org,"a,""b""",' in line
    bodiless = await siobhan("HEAD", f"{here}/clients/export")
    assert (bodiless.status_code, bodiless.content) == (200, b"")
    await join(api, here, siobhan, amelie)
    problem(await amelie("GET", f"{here}/clients/export"), 403, 40230)
    problem(await malik("GET", f"{here}/clients/export"), 404, 40430)
    assert (await siobhan.get(f"{here}/activity?filter[what]=clients-exported"))["items"]


async def test_editors_keep_clients_and_viewers_look(api: Api, here: str, siobhan: Somebody, amelie: Somebody) -> None:
    await join(api, here, siobhan, amelie, "editor")
    client = await added(amelie, here)
    where = f"{here}/clients/{client['id']}"
    problem(await amelie("DELETE", where), 403, 40230)
    expect(200, await siobhan("PATCH", f"{here}/members/{amelie.id}", json={"role": "viewer"}))
    assert (await amelie.get(where))["name"] == ANN["name"]
    problem(await amelie("PATCH", where, json={"notes": ""}), 403, 40230)
    problem(await amelie("POST", f"{here}/clients", json={"name": "Bob"}), 403, 40230)
