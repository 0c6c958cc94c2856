"""Projects that no honest client plans, and honest ones that come at once, twice, late, or in any script there is."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.bad_input.house import House, Person, problem_of
from tests.http.bad_input.test_access import ABSENT
from tests.http.bad_input.test_companies import SCRIPTS, founded, joined, send, user_id

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
LONG = "x" * 10**6


@pytest.fixture
async def house(build_house: Callable[..., House], tmp_path: Path) -> House:
    """The application with a folder of its own for objects, on a day that is always the same."""
    built = build_house(data_dir=tmp_path)
    built.clock.set(NOW)
    return built


@pytest.fixture
async def owner(house: House) -> Person:
    return await house.person()


@pytest.fixture
async def home(house: House, owner: Person) -> str:
    """The path of a company."""
    return f"/companies/{(await founded(house, owner))['id']}"


async def planned(house: House, who: Person, home: str, name: str = "Mariage", **fields: Any) -> dict[str, Any]:
    answer = await send(house, who, "POST", f"{home}/projects", {"name": name, **fields})
    assert answer.status_code == 201, answer.text
    project: dict[str, Any] = answer.json()
    return project


def wrong(answer: httpx.Response) -> dict[str, str]:
    """What is wrong with which field."""
    assert answer.status_code == 422, answer.text
    return {one["pointer"]: one["code"] for one in problem_of(answer)["errors"]}


def refused(answer: httpx.Response) -> str:
    """The code of a refusal."""
    return str(problem_of(answer)["code"])


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_project_is_called_what_its_people_call_it(house: House, owner: Person, home: str, name: str) -> None:
    one = await planned(house, owner, home, name)
    read = (await send(house, owner, "GET", f"/projects/{one['id']}")).json()
    assert read == one
    assert one["slug"]
    same = await send(house, owner, "POST", f"{home}/projects", {"name": f" {one['name']} "})
    assert refused(same) == "PROJECT_NAME_TAKEN"
    found = await send(house, owner, "GET", f"{home}/projects", params={"filter[name]": one["name"][:20]})
    assert [item["id"] for item in found.json()["items"]] == [one["id"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": LONG}, "#/name"), ({"name": "x", "description": LONG}, "#/description"),
        ({"name": "x", "tags": [LONG]}, "#/tags/0"), ({"name": "x", "tags": ["a"] * 21}, "#/tags"),
        ({"name": "\U0001d160" * 255}, "#/name"), ({"name": "\u202e\u200b"}, "#/name"),
        ({"name": "a\x07b"}, "#/name"),
        ({"name": "x", "slug": "a-"}, "#/slug"), ({"name": "x", "slug": "a\n"}, "#/slug"),
        ({"name": "x", "starts_at": "January"}, "#/starts_at"), ({"name": "x", "starts_at": 0}, "#/starts_at"),
        ({"name": "x", "starts_at": "0001-01-01T00:00:00Z"}, "#/starts_at"),
        ({"name": "x", "starts_at": "9999-12-31T23:59:59Z"}, "#/starts_at"),
        ({"name": "x", "ends_at": "9999-12-31T23:59:59-12:00"}, "#/ends_at"),
        ({"name": "x", "ends_at": "2027-02-29T00:00:00Z"}, "#/ends_at"),
        ({"name": "x", "ends_at": "2027-01-31T12:00:00Z"}, "#/ends_at"),
        ({"name": "x", "ends_at": "never"}, "#/ends_at"),
        ({"name": "x", "starts_at": "2028-01-02T00:00:00Z", "ends_at": "2028-01-01T00:00:00Z"}, "#/ends_at"),
        ({"name": "x", "notify_before_days": -1}, "#/notify_before_days"),
        ({"name": "x", "notify_before_days": 10**9}, "#/notify_before_days"),
        ({"name": "x", "notify_before_days": 1.5}, "#/notify_before_days"),
        ({"name": "x", "template": "yes"}, "#/template"),
        ({"name": "x", "state": "active"}, "#/state"), ({"name": "x", "company": ABSENT}, "#/company"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
async def test_a_project_that_cannot_be_is_refused_where_it_is_wrong(
    house: House, owner: Person, home: str, body: Any, pointer: str
) -> None:
    assert list(wrong(await send(house, owner, "POST", f"{home}/projects", body))) == [pointer]
    if "name" in body and len(str(body["name"])) < 10:
        one = await planned(house, owner, home, "Other", ends_at="2029-01-01T00:00:00Z")
        change = {name: value for name, value in body.items() if name != "name"}
        if change:
            assert list(wrong(await send(house, owner, "PATCH", f"/projects/{one['id']}", change))) == [pointer]


@pytest.mark.parametrize("begins", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_copy_begins_at_no_end_of_time(house: House, owner: Person, home: str, begins: str) -> None:
    one = await planned(house, owner, home, ends_at="2029-01-01T00:00:00Z", template=True)
    for where, more in (
        (f"/projects/{one['id']}/duplicate", {}),
        (f"{home}/projects/from-template", {"template": one["id"]}),
    ):
        answer = await send(house, owner, "POST", where, {"name": "Other", "starts_at": begins, **more})
        assert wrong(answer) == {"#/starts_at": "OUT_OF_RANGE"}


@pytest.mark.parametrize("body", [[], None, "x", 1, {"name": "\ud800"}, {"name": ["x"]}, {"name": {}}])
async def test_what_is_no_project_at_all_is_refused(house: House, owner: Person, home: str, body: Any) -> None:
    answer = await house.api.post(
        f"{home}/projects", headers={**owner.headers, "content-type": "application/json"},
        content=b'{"name": "\\ud800"}' if isinstance(body, dict) and body.get("name") == "\ud800" else _json(body),
    )  # fmt: skip
    assert answer.status_code in (400, 422), answer.text
    problem_of(answer)


def _json(body: Any) -> bytes:
    return httpx.Request("POST", "http://x", json=body).content


@pytest.mark.parametrize("days", [0, -1, 3661, 10**9, None, "30", 1.5, True])
async def test_an_extension_by_no_number_of_days_is_refused(house: House, owner: Person, home: str, days: Any) -> None:
    one = await planned(house, owner, home, ends_at="2027-03-01T00:00:00Z")
    answer = await send(house, owner, "POST", f"/projects/{one['id']}/extend", {"days": days})
    assert list(wrong(answer)) == ["#/days"]


async def test_extensions_can_not_go_on_for_ever(house: House, owner: Person, home: str) -> None:
    one = await planned(house, owner, home, ends_at="2117-03-01T00:00:00Z")
    answers = [await send(house, owner, "POST", f"/projects/{one['id']}/extend", {"days": 3660}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert list(wrong(answers[0])) == ["#/ends_at"]


async def test_an_extension_over_the_end_of_february_and_summer_time_keeps_the_hour(
    house: House, owner: Person, home: str
) -> None:
    await send(house, owner, "PATCH", f"{home}/settings", {"time_zone": "Europe/Paris"})
    one = await planned(house, owner, home, ends_at="2028-01-31T23:30:00Z")
    ends = []
    for days in (29, 30, 1):
        answer = await send(house, owner, "POST", f"/projects/{one['id']}/extend", {"days": days})
        ends.append(answer.json()["ends_at"])
    assert ends == ["2028-02-29T23:30:00Z", "2028-03-30T22:30:00Z", "2028-03-31T22:30:00Z"]


@pytest.mark.parametrize(
    "field", ["name", "slug", "description", "starts_at", "notify_before_days", "tags", "template"]
)
async def test_null_is_no_value_but_of_the_end(house: House, owner: Person, home: str, field: str) -> None:
    one = await planned(house, owner, home, ends_at="2028-01-31T23:30:00Z")
    assert list(wrong(await send(house, owner, "PATCH", f"/projects/{one['id']}", {field: None}))) == [f"#/{field}"]
    answer = await send(house, owner, "PATCH", f"/projects/{one['id']}", {"ends_at": None})
    assert answer.json()["ends_at"] is None


async def test_of_two_who_take_the_last_place_or_the_same_name_at_once_one_gets_it(
    house: House, owner: Person, home: str
) -> None:
    manager = await joined(house, owner, home, "manager")
    admin = await house.admin()
    await house.expect(200, "PATCH", f"/admin{home}", json={"most_projects": 3}, headers=admin.headers)
    names = ["Same", "SAME", *(f"Project {n}" for n in range(8))]
    calls = (
        send(house, (owner, manager)[n % 2], "POST", f"{home}/projects", {"name": name}) for n, name in enumerate(names)
    )
    answers = await asyncio.gather(*calls)
    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 7}
    assert {refused(answer) for answer in answers if answer.status_code == 409} <= {
        "TOO_MANY_PROJECTS", "PROJECT_NAME_TAKEN",
    }  # fmt: skip
    page = (await send(house, owner, "GET", f"{home}/projects?count=true")).json()
    assert page["total"] == 3
    gone = page["items"][0]["id"]
    assert (await send(house, manager, "DELETE", f"/projects/{gone}")).status_code == 204
    again = [await send(house, owner, "POST", f"{home}/projects", {"name": name}) for name in ("New", "Too many")]
    assert [answer.status_code for answer in again] == [201, 409]


async def test_a_change_that_comes_at_once_under_one_version_is_made_once(
    house: House, owner: Person, home: str
) -> None:
    one = await planned(house, owner, home)
    tag = (await send(house, owner, "GET", f"/projects/{one['id']}")).headers["etag"]
    calls = (
        send(house, owner, "PATCH", f"/projects/{one['id']}", {"description": str(n)}, headers={"if-match": tag})
        for n in range(6)
    )
    assert Counter(answer.status_code for answer in await asyncio.gather(*calls)) == {200: 1, 412: 5}
    for match in ('"1"', 'W/"1"', "nonsense", f'"{10**17}"'):
        answer = await send(house, owner, "DELETE", f"/projects/{one['id']}", headers={"if-match": match})
        assert answer.status_code == 412, match


async def test_a_deletion_that_comes_at_once_happens_once(house: House, owner: Person, home: str) -> None:
    one, other = await planned(house, owner, home), await planned(house, owner, home, "Other")
    calls = (send(house, owner, "DELETE", f"/projects/{one['id']}") for _ in range(5))
    assert Counter(answer.status_code for answer in await asyncio.gather(*calls)) == {204: 1, 404: 4}
    calls = (send(house, owner, "DELETE", f"/projects/{other['id']}?cascade=true") for _ in range(5))
    assert Counter(answer.status_code for answer in await asyncio.gather(*calls)) == {202: 1, 404: 4}
    await house.settle()
    assert (await send(house, owner, "GET", f"{home}/projects?count=true")).json()["total"] == 0


async def test_a_project_of_another_company_is_not_there_by_any_way(house: House, owner: Person, home: str) -> None:
    one, malik = await planned(house, owner, home, template=True), await house.person()
    his = f"/companies/{(await founded(house, malik))['id']}"
    answers = [
        await send(house, malik, "GET", f"/projects/{one['id']}"),
        await send(house, malik, "GET", f"/projects/{ABSENT}"),
        await send(house, malik, "PATCH", f"/projects/{one['id']}", {"name": LONG[:10]}),
        await send(house, malik, "POST", f"{his}/projects/from-template", {"template": one["id"], "name": "Mine"}),
        await send(
            house, malik, "PUT", f"/projects/{one['id']}/access/{await user_id(house, malik)}", {"role": "owner"}
        ),
        await send(house, malik, "DELETE", f"/projects/{one['id']}?cascade=true"),
    ]
    assert [refused(answer) for answer in answers] == ["PROJECT_NOT_FOUND"] * 6
    assert refused(await send(house, malik, "POST", f"{home}/projects", {"name": "Mine"})) == "NO_SUCH_COMPANY"
    assert (await send(house, owner, "GET", f"/projects/{one['id']}")).json() == one


@pytest.mark.parametrize("path", ["/projects/x", "/projects/%00", f"/projects/{ABSENT}x", "/projects/1", "/projects/"])
async def test_what_is_no_address_of_a_project_is_not_found(house: House, owner: Person, path: str) -> None:
    answer = await send(house, owner, "GET", path)
    assert answer.status_code in (400, 404, 405), answer.text
    problem_of(answer)


@pytest.mark.parametrize(
    "query",
    [
        "filter[name]=%00", "filter[tag]=%F0%9F%98%80", "filter[name]=%25", "filter[name]=';--", "filter[state]=gone",
        "filter[lifecycle]=ACTIVE", "filter[template]=1", "cursor=e30", "limit=0", "limit=1e3", "sort=-", "x=y",
        "filter[name]=" + "x" * 101, "filter[state]=draft&filter[state]=active",
    ],
)  # fmt: skip
async def test_a_list_is_asked_for_in_its_own_words_only(house: House, owner: Person, home: str, query: str) -> None:
    await planned(house, owner, home)
    answer = await send(house, owner, "GET", f"{home}/projects?{query}")
    if answer.status_code == 200:
        assert answer.json()["items"] == []
    else:
        assert answer.status_code == 422
        problem_of(answer)


async def test_access_is_given_to_members_as_far_as_they_go(house: House, owner: Person, home: str) -> None:
    one, viewer = await planned(house, owner, home), await joined(house, owner, home, "viewer")
    where, id = f"/projects/{one['id']}/access", await user_id(house, viewer)
    for role in ("owner", "manager", "editor"):
        assert refused(await send(house, owner, "PUT", f"{where}/{id}", {"role": role})) == "INVALID_ACCESS"
    for body in ({"role": None}, {"role": "boss"}, {}, {"role": "viewer", "user": id}):
        assert wrong(await send(house, owner, "PUT", f"{where}/{id}", body))
    assert refused(await send(house, owner, "PUT", f"{where}/{ABSENT}", {"role": "viewer"})) == "NO_SUCH_MEMBER"
    mine = await user_id(house, owner)
    assert refused(await send(house, owner, "PUT", f"{where}/{mine}", {"role": "viewer"})) == "INVALID_ACCESS"
    calls = (send(house, owner, "PUT", f"{where}/{id}", {"role": "viewer"}) for _ in range(4))
    assert {answer.status_code for answer in await asyncio.gather(*calls)} <= {200, 409}
    assert (await send(house, owner, "GET", where)).json()["members"] == [{"user": id, "role": "viewer"}]


async def test_an_end_is_told_once_to_each_who_leads_even_by_two_workers(
    house: House, owner: Person, home: str
) -> None:
    manager = await joined(house, owner, home, "manager")
    ends_at = (NOW + timedelta(days=9)).isoformat()
    one = await planned(house, owner, home, ends_at=ends_at)
    await send(house, owner, "POST", f"/projects/{one['id']}/activate")
    for ahead in (2, 6, 1, 1):
        house.clock.advance(timedelta(days=ahead))
        await asyncio.gather(*(house.container.sweep_projects()() for _ in range(3)))
        await asyncio.gather(house.settle(), house.settle())
    told = Counter((mail.to, mail.key.partition(":")[0]) for mail in house.mailer.sent if one["id"] in mail.key)
    kinds = ("project-ending", "project-last-day", "project-ended")
    assert told == {(who.email, kind): 1 for who in (owner, manager) for kind in kinds}
