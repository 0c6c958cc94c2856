"""Projects over HTTP: what is answered, with which header fields, and what is refused."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from asperguide.shared.tenancy import CompanyRole
from tests.http.capsules.people import expect, told
from tests.http.identity.api import ABSENT, problem
from tests.http.projects.firm import Firm

OWNER, MANAGER, EDITOR, VIEWER = CompanyRole


async def test_a_project_is_begun_seen_and_changed(firm: Firm) -> None:
    ends_at = firm.ahead(days=90)
    answer = await firm.owner(
        "POST", f"/companies/{firm.id}/projects", json={"name": "Été", "ends_at": ends_at, "tags": ["wedding"]}
    )
    one = expect(201, answer)
    assert answer.headers["location"] == f"/api/v1/projects/{one['id']}"
    assert {name: one[name] for name in ("slug", "state", "lifecycle", "role", "contents", "notify_before_days")} == {
        "slug": "ete", "state": "draft", "lifecycle": "active", "role": "owner", "contents": 0,
        "notify_before_days": 7,
    }  # fmt: skip
    read = await firm.owner("GET", f"/projects/{one['id']}")
    assert (read.json(), read.headers["etag"]) == (one, answer.headers["etag"])
    changed = await firm.owner(
        "PATCH", f"/projects/{one['id']}", json={"name": "Hiver", "ends_at": None},
        headers={"if-match": read.headers["etag"]},
    )  # fmt: skip
    assert expect(200, changed) == {
        **one, "name": "Hiver", "ends_at": None, "version": 2, "updated_at": changed.json()["updated_at"],
    }  # fmt: skip
    stale = await firm.owner(
        "PATCH", f"/projects/{one['id']}", json={"name": "Other"}, headers={"if-match": read.headers["etag"]}
    )
    assert stale.status_code == 412
    assert (await firm.owner("DELETE", f"/projects/{one['id']}", headers={"if-match": '"1"'})).status_code == 412


async def test_what_changes_with_time_is_another_answer_although_the_version_is_the_same(firm: Firm) -> None:
    one = await firm.project(ends_at=firm.ahead(days=8))
    before = await firm.owner("GET", f"/projects/{one['id']}")
    same = await firm.owner("GET", f"/projects/{one['id']}", headers={"if-none-match": before.headers["etag"]})
    assert same.status_code == 304
    await firm.api.world.advance(days=2)
    after = await firm.owner("GET", f"/projects/{one['id']}", headers={"if-none-match": before.headers["etag"]})
    assert (after.status_code, after.json()["lifecycle"], after.json()["version"]) == (200, "expiring", 1)
    changed = await firm.owner(
        "PATCH", f"/projects/{one['id']}", json={"description": "x"}, headers={"if-match": before.headers["etag"]}
    )
    assert changed.status_code == 200


async def test_times_are_answered_in_utc_wherever_they_were_sent_from(firm: Firm) -> None:
    period = {"starts_at": "2031-05-17T12:00:00.5+05:30", "ends_at": "2031-06-01T00:00:00-08:00"}
    one = await firm.project(**period)
    where = f"/projects/{one['id']}"
    answers = [
        await firm.owner("PATCH", where, json={"ends_at": "2031-06-02T01:00:00+02:00"}),
        await firm.owner("POST", f"{where}/duplicate", json={"name": "Copy", **period}),
    ]
    same = await firm.owner("PATCH", where, json={"starts_at": period["starts_at"]})
    copy = answers[1].json()["project"]
    assert [told["starts_at"] for told in (one, answers[0].json(), copy)] == ["2031-05-17T06:30:00.500000Z"] * 3
    assert [told["ends_at"] for told in (one, answers[0].json(), copy)] == [
        "2031-06-01T08:00:00Z", "2031-06-01T23:00:00Z", "2031-06-01T08:00:00Z"
    ]  # fmt: skip
    read = await firm.owner("GET", where)
    assert same.json() == read.json() == answers[0].json()
    assert same.headers["etag"] == read.headers["etag"] == answers[0].headers["etag"]


async def test_the_activity_names_what_is_another_one_after_a_change(firm: Firm) -> None:
    one = await firm.project(tags=["wedding"])
    for description in ("new", "new"):
        change = {"name": one["name"], "tags": ["wedding"], "starts_at": one["starts_at"], "description": description}
        expect(200, await firm.owner("PATCH", f"/projects/{one['id']}", json=change))
    await firm.api.world.settle()
    told_of = (await firm.owner.get(f"/companies/{firm.id}/activity"))["items"]
    assert [line["detail"] for line in told_of if line["what"] == "project-changed"] == ["description"]


async def test_a_project_is_activated_extended_archived_and_restored(firm: Firm) -> None:
    one = await firm.project(ends_at=firm.ahead(days=1))
    where = f"/projects/{one['id']}"
    problem(await firm.owner("POST", f"{where}/archive"), 409, 40952)
    assert expect(200, await firm.owner("POST", f"{where}/activate"))["state"] == "active"
    await firm.api.world.advance(days=2)
    assert (await firm.owner.get(where))["lifecycle"] == "expired"
    extended = expect(200, await firm.owner("POST", f"{where}/extend", json={}))
    assert extended["lifecycle"] == "active"
    assert expect(200, await firm.owner("POST", f"{where}/archive"))["state"] == "archived"
    problem(await firm.owner("POST", f"{where}/extend", json={"days": 1}), 409, 40952)
    problem(await firm.owner("PATCH", where, json={"name": "Other"}), 409, 40952)
    assert expect(200, await firm.owner("POST", f"{where}/restore"))["ends_at"] == extended["ends_at"]
    endless = await firm.project("Endless")
    problem(await firm.owner("POST", f"/projects/{endless['id']}/extend", json={}), 409, 40954)


async def test_an_extension_that_is_sent_twice_under_one_key_is_made_once(firm: Firm) -> None:
    one = await firm.project(ends_at=firm.ahead(days=1))
    key = {"idempotency-key": "once"}
    first, second = [
        await firm.owner("POST", f"/projects/{one['id']}/extend", json={"days": 10}, headers=key) for _ in range(2)
    ]
    assert (first.json(), first.headers["etag"]) == (second.json(), second.headers["etag"])
    assert second.headers["idempotency-replayed"] == "true"
    assert (await firm.owner.get(f"/projects/{one['id']}"))["ends_at"] == first.json()["ends_at"]
    made = [
        await firm.owner("POST", f"/companies/{firm.id}/projects", json={"name": "Twice"}, headers=key)
        for _ in range(2)
    ]
    assert made[0].json() == made[1].json()


async def test_an_empty_project_is_deleted_at_once_and_any_by_a_job(firm: Firm) -> None:
    one, other = await firm.project("One"), await firm.project("Other")
    expect(204, await firm.owner("DELETE", f"/projects/{one['id']}"))
    problem(await firm.owner("GET", f"/projects/{one['id']}"), 404, 40450)
    gone = await firm.owner("DELETE", f"/projects/{other['id']}?cascade=true")
    job = expect(202, gone)["job"]
    assert gone.headers["location"] == f"/api/v1/jobs/{job}"
    problem(await firm.owner("GET", f"/projects/{other['id']}"), 404, 40450)
    await firm.api.world.settle()
    assert (await firm.owner.get(f"/jobs/{job}"))["state"] == "done"
    assert (await firm.owner.get(f"/companies/{firm.id}/projects"))["items"] == []
    assert (await firm.owner("DELETE", f"/projects/{other['id']}?cascade=perhaps")).status_code in (400, 422)


async def test_a_copy_is_there_at_once_and_what_is_in_it_comes_by_a_job(firm: Firm) -> None:
    one = await firm.project(template=True, tags=["a"])
    made = await firm.owner("POST", f"/projects/{one['id']}/duplicate", json={"name": "Copy"})
    copying = expect(202, made)
    assert made.headers["location"] == f"/api/v1/jobs/{copying['job']}"
    assert (copying["project"]["template"], copying["project"]["tags"]) == (True, ["a"])
    body = {"template": one["id"], "name": "Used"}
    used = expect(202, await firm.owner("POST", f"/companies/{firm.id}/projects/from-template", json=body))
    assert (used["project"]["template"], used["project"]["slug"]) == (False, "used")
    await firm.api.world.settle()
    assert (await firm.owner.get(f"/jobs/{used['job']}"))["result"] == f"/api/v1/projects/{used['project']['id']}"
    body = {"template": used["project"]["id"], "name": "No"}
    problem(await firm.owner("POST", f"/companies/{firm.id}/projects/from-template", json=body), 409, 40956)


async def test_projects_are_listed_sorted_filtered_and_counted(firm: Firm) -> None:
    for n in range(5):
        await firm.project(f"Project {n}", tags=["even"] if n % 2 == 0 else [], ends_at=firm.ahead(days=9 - n))
    where = f"/companies/{firm.id}/projects"

    async def names(query: str) -> list[str]:
        return [one["name"][-1] for one in (await firm.owner.get(f"{where}?{query}"))["items"]]

    assert await names("") == list("43210")
    assert await names("sort=name") == list("01234")
    assert await names("sort=ends_at") == list("43210")
    assert await names("filter[tag]=even&sort=name") == list("024")
    assert await names("filter[lifecycle]=expiring&sort=name") == list("234")
    assert await names("filter[name]=ject 3") == ["3"]
    assert await names("filter[template]=true") == await names("filter[state]=active") == []
    page = await firm.owner("GET", f"{where}?limit=2&count=true")
    assert page.json()["total"] == 5
    assert 'rel="next"' in page.headers["link"]
    assert await names(f"limit=2&cursor={page.json()['next_cursor']}") == list("21")
    for query in ("sort=slug", "filter[lifecycle]=gone", "filter[name]=", "cursor=x", "filter[x]=1"):
        assert (await firm.owner("GET", f"{where}?{query}")).status_code == 422, query


async def test_the_last_project_that_a_company_may_have_is_got_once(firm: Firm) -> None:
    await firm.settle_at(2)
    manager = await firm.member(MANAGER)
    people, where = (firm.owner, manager), f"/companies/{firm.id}/projects"
    answers = await asyncio.gather(*(people[n % 2]("POST", where, json={"name": str(n)}) for n in range(6)))
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: 4}
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, 40955)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/name"), ({"name": None}, "#/name"), ({"name": " "}, "#/name"), ({"name": "x", "id": ABSENT}, "#/id"),
        ({"name": "x", "starts_at": "March 5"}, "#/starts_at"),
        ({"name": "x", "ends_at": "2031-02-30T00:00:00Z"}, "#/ends_at"),
        ({"name": "x", "ends_at": "2031-01-01T00:00:00"}, "#/ends_at"),
        ({"name": "x", "ends_at": "2001-01-01T00:00:00Z"}, "#/ends_at"),
        ({"name": "x", "tags": ["a,b"]}, "#/tags/0"), ({"name": "x", "tags": None}, "#/tags"),
        ({"name": "x", "notify_before_days": 366}, "#/notify_before_days"), ({"name": "x", "slug": "Ä"}, "#/slug"),
        ({"name": "x" * 256}, "#/name"), ({"name": "x", "description": "x" * 5001}, "#/description"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_new_project_is_told_by_field(firm: Firm, body: Any, pointer: str) -> None:
    answer = await firm.owner("POST", f"/companies/{firm.id}/projects", json=body)
    assert (answer.status_code, list(told(answer))) == (422, [pointer])


@pytest.mark.parametrize("name", ["name", "slug", "description", "starts_at", "notify_before_days", "tags", "template"])
async def test_nothing_but_the_end_can_be_taken_away(firm: Firm, name: str) -> None:
    one = await firm.project()
    answer = await firm.owner("PATCH", f"/projects/{one['id']}", json={name: None})
    assert (answer.status_code, list(told(answer))) == (422, [f"#/{name}"])


async def test_names_and_slugs_that_are_taken_are_refused(firm: Firm) -> None:
    await firm.project("Straße", slug="street")
    other = await firm.project("Other")
    post = f"/companies/{firm.id}/projects"
    problem(await firm.owner("POST", post, json={"name": "STRASSE"}), 409, 40950)
    problem(await firm.owner("POST", post, json={"name": "New", "slug": "street"}), 409, 40951)
    problem(await firm.owner("PATCH", f"/projects/{other['id']}", json={"name": "straße"}), 409, 40950)


async def test_members_may_do_what_their_role_includes_and_are_told_so(firm: Firm) -> None:
    one = await firm.project()
    where, editor, viewer = f"/projects/{one['id']}", await firm.member(EDITOR), await firm.member(VIEWER)
    assert (await viewer.get(where))["role"] == "viewer"
    problem(await viewer("PATCH", where, json={"description": "x"}), 403, 40250)
    expect(200, await editor("PATCH", where, json={"description": "x"}))
    problem(await editor("PATCH", where, json={"ends_at": firm.ahead(days=1)}), 403, 40250)
    problem(await editor("POST", f"/companies/{firm.id}/projects", json={"name": "Mine"}), 403, 40250)


async def test_a_restricted_project_is_not_there_for_whom_it_is_not_open(firm: Firm) -> None:
    one = await firm.project()
    where, editor = f"/projects/{one['id']}", await firm.member(EDITOR)
    restricted = expect(200, await firm.owner("PATCH", f"{where}/access", json={"access": "restricted"}))
    assert restricted == {"access": "restricted", "members": [], "version": 2}
    problem(await editor("GET", where), 404, 40450)
    assert (await editor.get(f"/companies/{firm.id}/projects"))["items"] == []
    put = await firm.owner("PUT", f"{where}/access/{editor.id}", json={"role": "viewer"})
    assert expect(200, put)["members"] == [{"user": editor.id, "role": "viewer"}]
    assert (await editor.get(where))["role"] == "viewer"
    problem(await editor("GET", f"{where}/access"), 403, 40250)
    read = await firm.owner("GET", f"{where}/access")
    stale = await firm.owner("PATCH", f"{where}/access", json={"access": "inherit"}, headers={"if-match": '"2"'})
    assert (read.headers["etag"], stale.status_code) == ('"3"', 412)
    expect(204, await firm.owner("DELETE", f"{where}/access/{editor.id}"))
    problem(await firm.owner("DELETE", f"{where}/access/{editor.id}"), 404, 40452)
    problem(await firm.owner("PUT", f"{where}/access/{ABSENT}", json={"role": "viewer"}), 404, 40452)
    problem(await firm.owner("PUT", f"{where}/access/{editor.id}", json={"role": "owner"}), 422, 42251)
    for body in ({"access": "open"}, {"access": None}, {}):
        assert (await firm.owner("PATCH", f"{where}/access", json=body)).status_code == 422


async def test_a_company_with_projects_is_deleted_with_them_or_not_at_all(firm: Firm) -> None:
    await firm.project()
    problem(await firm.owner("DELETE", f"/companies/{firm.id}"), 409, 40936)
    expect(202, await firm.owner("DELETE", f"/companies/{firm.id}?cascade=true"))
    await firm.api.world.settle()
    assert not firm.api.world.database.tables.get("projects")
    assert not firm.api.world.database.tables.get("project_notices")
    problem(await firm.owner("GET", f"/companies/{firm.id}/projects"), 404, 40451)


async def test_owners_are_told_by_mail_before_a_project_ends(firm: Firm) -> None:
    one = await firm.project("Été", ends_at=firm.ahead(days=30))
    expect(200, await firm.owner("POST", f"/projects/{one['id']}/activate"))
    await firm.api.world.advance(days=31)
    keys = [mail.key for mail in firm.api.world.mails if mail.to == firm.owner.email and one["id"] in mail.key]
    assert [key.partition(":")[0] for key in keys] == ["project-ending", "project-last-day", "project-ended"]
