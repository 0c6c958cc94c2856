"""Companies over HTTP: founded once, seen by members only, changed under a version, deleted."""

from typing import Any

import pytest

from tests.http.capsules.people import Somebody, expect, told
from tests.http.identity.api import ABSENT, Api, problem

NEW = {"name": "東京 / O'Neil & Söhne", "email": "office@oneil.example.org", "phone": "+35312345678"}


async def test_a_company_is_founded_once_under_a_key(siobhan: Somebody) -> None:
    answers = [await siobhan("POST", "/companies", json=NEW, headers={"idempotency-key": "c"}) for _ in range(2)]
    first = expect(201, answers[0])
    assert answers[1].json() == first
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert (first["name"], first["slug"], first["role"], first["state"]) == (
        NEW["name"], "oneil-and-sohne", "owner", "active",
    )  # fmt: skip
    assert answers[0].headers["location"] == f"/api/v1/companies/{first['id']}"
    read = await siobhan("GET", f"/companies/{first['id']}")
    tag = read.headers["etag"]
    assert (read.json(), tag[:3], answers[0].headers["etag"]) == (first, '"1-', tag)
    known = await siobhan("GET", f"/companies/{first['id']}", headers={"if-none-match": tag})
    assert (known.status_code, known.content) == (304, b"")
    problem(await siobhan("POST", "/companies", json=NEW), 409, 40930)


async def test_my_companies_are_listed_page_by_page(siobhan: Somebody, malik: Somebody) -> None:
    for n in range(5):
        expect(201, await siobhan("POST", "/companies", json={"name": f"Company {n}"}))
    first = await siobhan("GET", "/companies?limit=2&sort=name&count=true")
    assert [one["name"] for one in first.json()["items"]] == ["Company 0", "Company 1"]
    assert first.json()["total"] == 5
    following = await siobhan.get(first.headers["link"].split(">")[0].removeprefix("</api/v1"))
    assert [one["name"] for one in following["items"]] == ["Company 2", "Company 3"]
    assert len((await siobhan.get("/companies?filter[role]=owner"))["items"]) == 5
    assert (await siobhan.get("/companies?filter[role]=viewer"))["items"] == []
    assert (await malik.get("/companies"))["items"] == []
    for query in ("filter[role]=zzz", "sort=slug", "filter[name]=a", "limit=0", "page=2"):
        assert problem(await siobhan("GET", f"/companies?{query}"), 422, 42203)


@pytest.mark.parametrize(
    "path", ["", "/settings", "/members", "/invitations", "/activity", "/clients", "/clients/export"]
)
async def test_for_strangers_a_company_is_as_absent_as_one_that_never_was(
    here: str, malik: Somebody, path: str
) -> None:
    theirs = problem(await malik("GET", f"{here}{path}"), 404, 40430)
    never = problem(await malik("GET", f"/companies/{ABSENT}{path}"), 404, 40430)
    told = ("type", "title", "status", "detail", "code", "internal_code")
    assert [theirs[name] for name in told] == [never[name] for name in told]


async def test_a_company_is_changed_by_a_patch_under_its_version(here: str, siobhan: Somebody) -> None:
    change = {"name": "O'Neil & Daughters", "website": "https://oneil.example.org"}
    answer = await siobhan("PATCH", here, json=change, headers={"if-match": '"1"'})
    changed = expect(200, answer)
    assert (answer.headers["etag"][:3], changed["name"], changed["slug"]) == ('"2-', change["name"], "oneil-and-sohne")
    problem(await siobhan("PATCH", here, json={"notes": ""}, headers={"if-match": '"1"'}), 412, 41201)
    assert expect(200, await siobhan("PATCH", here, json={"website": None}))["website"] is None
    assert expect(200, await siobhan("PATCH", here, json={}))["version"] == 3


@pytest.mark.parametrize(
    ("change", "code", "wrong"),
    [
        ({"name": None, "slug": None, "notes": None}, 42203, {"#/name": "NULL", "#/slug": "NULL", "#/notes": "NULL"}),
        ({"name": ""}, 42203, {"#/name": "TOO_SHORT"}),
        ({"name": "\u200b"}, 42230, {"#/name": "BLANK"}),
        ({"email": "a@b..c"}, 42230, {"#/email": "WRONG_FORMAT"}),
        ({"phone": "01 234", "website": "ftp://a"}, 42203, {"#/phone": "WRONG_FORMAT", "#/website": "WRONG_FORMAT"}),
        ({"tier": "enterprise", "state": "active"}, 42203, {"#/tier": "UNKNOWN_FIELD", "#/state": "UNKNOWN_FIELD"}),
        ({"slug": "Nope"}, 42203, {"#/slug": "WRONG_FORMAT"}),
    ],
)
async def test_what_cannot_be_is_told_where_it_stands(
    here: str, siobhan: Somebody, change: dict[str, Any], code: int, wrong: dict[str, str]
) -> None:
    answer = await siobhan("PATCH", here, json=change)
    problem(answer, 422, code)
    assert told(answer) == wrong
    assert (await siobhan.get(here))["version"] == 1


async def test_settings_have_a_version_of_their_own(here: str, siobhan: Somebody) -> None:
    read = await siobhan("GET", f"{here}/settings")
    assert (read.json()["time_zone"], read.headers["etag"]) == ("UTC", '"1"')
    change = {"time_zone": "Europe/Paris", "locale": "fr", "accent": "#2f6f4e", "expiry_notice_days": 14}
    changed = await siobhan("PATCH", f"{here}/settings", json=change, headers={"if-match": '"1"'})
    assert (expect(200, changed)["expiry_notice_days"], changed.headers["etag"]) == (14, '"2"')
    late = await siobhan("PATCH", f"{here}/settings", json={"locale": "en"}, headers={"if-match": '"1"'})
    problem(late, 412, 41201)
    assert expect(200, await siobhan("PATCH", f"{here}/settings", json={"accent": None}))["accent"] is None
    answer = await siobhan(
        "PATCH", f"{here}/settings", json={"time_zone": None, "locale": "de", "expiry_notice_days": 0}
    )
    assert set(told(answer)) == {"#/time_zone", "#/locale", "#/expiry_notice_days"}
    problem(await siobhan("PATCH", f"{here}/settings", json={"time_zone": "Mars/Olympus"}), 422, 42231)
    assert (await siobhan.get(here))["version"] == 1


async def test_what_happened_is_told_with_names_page_by_page(here: str, siobhan: Somebody) -> None:
    for n in range(3):
        expect(200, await siobhan("PATCH", here, json={"notes": str(n)}))
    first = await siobhan("GET", f"{here}/activity?limit=2&count=true")
    assert [one["what"] for one in first.json()["items"]] == ["company-changed"] * 2
    assert (first.json()["total"], first.json()["items"][0]["by"]) == (4, {"id": siobhan.id, "name": "Siobhan"})
    assert first.json()["items"][0]["detail"] == "notes"
    assert "link" in first.headers
    founded = (await siobhan.get(f"{here}/activity?filter[what]=company-created&filter[by]={siobhan.id}"))["items"]
    assert len(founded) == 1
    problem(await siobhan("GET", f"{here}/activity?filter[by]=me"), 422, 42203)


async def test_an_empty_company_is_deleted_at_once(api: Api, here: str, siobhan: Somebody) -> None:
    problem(await siobhan("DELETE", here, headers={"if-match": '"9"'}), 412, 41201)
    gone = await siobhan("DELETE", here, headers={"if-match": '"1"'})
    assert (gone.status_code, gone.content) == (204, b"")
    problem(await siobhan("GET", here), 404, 40430)
    problem(await siobhan("DELETE", here), 404, 40430)
    problem(await siobhan("POST", f"{here}/clients", json={"name": "Ann"}), 404, 40430)
    expect(201, await siobhan("POST", "/companies", json={"name": "O'Neil & Söhne"}))


async def test_a_company_with_clients_is_deleted_by_a_job(api: Api, here: str, siobhan: Somebody) -> None:
    expect(201, await siobhan("POST", f"{here}/clients", json={"name": "Ann"}))
    for query in ("", "?cascade=false"):
        problem(await siobhan("DELETE", f"{here}{query}"), 409, 40936)
    answer = await siobhan("DELETE", f"{here}?cascade=true")
    job = expect(202, answer)["job"]
    assert answer.headers["location"] == f"/api/v1/jobs/{job}"
    problem(await siobhan("GET", here), 404, 40430)
    await api.world.settle()
    assert (await siobhan.get(f"/jobs/{job}"))["state"] == "done"
    problem(await siobhan("DELETE", f"{here}?cascade=maybe"), 422, 42203)


async def test_administrators_set_what_a_company_may_have(api: Api, here: str, siobhan: Somebody) -> None:
    boss = Somebody(api, person := await api.admin(), person.signed_in.access_token)
    everything = await boss.get("/admin/companies?filter[name]=o'neil %26 söhne&count=true")
    assert (everything["total"], everything["items"][0]["store"]) == (1, "default")
    admin = f"/admin{here}"
    change = {"state": "inactive", "tier": "pro", "storage_bytes": 1, "most_projects": 2}
    changed = await boss("PATCH", admin, json=change, headers={"if-match": '"1"'})
    assert (expect(200, changed)["tier"], changed.headers["etag"]) == ("pro", '"2"')
    assert (await boss("GET", admin, headers={"if-none-match": '"2"'})).status_code == 304
    assert (await siobhan.get(here))["state"] == "inactive"
    problem(await boss("PATCH", admin, json={"store": "nowhere"}), 422, 42230)
    answer = await boss("PATCH", admin, json={"state": "closing", "tier": None, "name": "Mine"})
    assert set(told(answer)) == {"#/state", "#/tier", "#/name"}
    problem(await boss("GET", f"/admin/companies/{ABSENT}"), 404, 40430)
    problem(await siobhan("GET", admin), 403, 40212)
    problem(await siobhan("PATCH", admin, json={"tier": "enterprise"}), 403, 40212)
    problem(await boss("GET", here), 404, 40430)
