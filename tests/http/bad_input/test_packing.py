"""Archives and scenes that no honest client sends, on MariaDB; and an honest archive that comes back as it went."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asperguide.companies import NewCompany
from asperguide.projects import NewProject
from tests.archives import BAD
from tests.films import clip
from tests.http.bad_input.house import House, Person, problem_of
from tests.packing import manifest_of, remade, small, told, zipped

NAMES = (
    "'; DROP TABLE projects; --",
    "日本語" * 80,
    "\U0001f600" * 100,
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%s%n",
)


class Office:
    """Somebody with a company and a folder for objects."""

    def __init__(self, house: House, person: Person, actor: Any, company: Any) -> None:
        self.house, self.person, self.actor, self.company = house, person, actor, company

    async def sent(self, archive: bytes) -> Any:
        """The archive as an upload: what is told of it."""
        headers = {**self.person.headers, "content-type": "application/zip"}
        answer = await self.house.api.put("/files", params={"name": "p.zip"}, content=archive, headers=headers)
        assert answer.status_code in (201, 422), answer.text
        return answer.json()

    async def imported(self, archive: bytes, **more: Any) -> Any:
        """The job, at its end."""
        body = {"file": (await self.sent(archive))["id"], **more}
        return await self.job("POST", f"/companies/{self.company}/projects/import", json=body)

    async def job(self, method: str, path: str, **rest: Any) -> Any:
        """The job that was asked for, at its end."""
        asked = await self.house.expect(202, method, path, headers=self.person.headers, **rest)
        await self.house.settle()
        return await self.house.expect(200, "GET", f"/jobs/{asked['job']}", headers=self.person.headers)

    async def exported(self, project: str) -> bytes:
        """The archive of a project."""
        job = await self.job("POST", f"/projects/{project}/export")
        assert job["state"] == "done", job
        moved = await self.house.api.get(job["result"].removeprefix("/api/v1"), headers=self.person.headers)
        assert moved.status_code == 307, moved.text
        export = job["result"].rpartition("/")[2]
        storage = self.house.container.storage()
        async with storage.open(f"project-exports/{self.company}/{project}/{export}.zip") as opened:
            return b"".join([chunk async for chunk in opened.chunks])

    async def projects(self) -> list[Any]:
        """Those that can be seen."""
        where = f"/companies/{self.company}/projects"
        found = await self.house.expect(200, "GET", where, headers=self.person.headers)
        return list(found["items"])


@pytest.fixture
async def office(build_house: Callable[..., House], tmp_path: Path) -> Office:
    house = build_house(data_dir=tmp_path)
    person = await house.person()
    actor = await house.container.authenticate()(person.tokens["access_token"])
    company = await house.container.create_company()(actor, NewCompany(name=f"Atelier {person.username}"))
    return Office(house, person, actor, company.id)


@pytest.mark.expects_error_log
@pytest.mark.parametrize("name", BAD)
async def test_what_is_bad_is_refused_with_the_reason_and_leaves_nothing(office: Office, name: str) -> None:
    make, reason = BAD[name]
    file = await office.sent(archive := make())
    if file.get("state") != "ready":  # it is not even taken for an archive
        assert name == "something in front"
        return
    job = await office.imported(archive)
    assert job["state"] == "failed", job
    assert re.search(reason, job["failure"] or ""), job
    assert await office.projects() == []
    usage = await office.house.container.media_reads().usage(office.company)
    assert (usage.used_bytes, usage.reserved_bytes) == (0, 0)


async def test_an_honest_archive_comes_back_as_it_went(office: Office) -> None:
    first = zipped(small(clip(1)), compression=8)
    job = await office.imported(first)
    assert job["state"] == "done", job
    second = await office.exported(job["result"].rpartition("/")[2])
    again = await office.imported(second, name="Zweiter")
    third = await office.exported(again["result"].rpartition("/")[2])
    one, other = told(manifest_of(second)), told(manifest_of(third))
    assert other.pop("project") == {**one.pop("project"), "name": "Zweiter"}
    assert one == other
    assert sorted(project["name"] for project in await office.projects()) == ["Gast", "Zweiter"]


@pytest.mark.parametrize("name", NAMES)
async def test_names_in_any_script_come_back_as_they_were(office: Office, name: str) -> None:
    def called(manifest: Any) -> None:
        manifest["project"]["name"] = manifest["contents"][0]["title"] = name
        manifest["contents"][0]["metadata"] = {"a": name}

    job = await office.imported(zipped(remade(small(), called)))
    assert job["state"] == "done", job
    manifest = manifest_of(await office.exported(job["result"].rpartition("/")[2]))
    (print_,) = manifest["contents"]
    assert [manifest["project"]["name"], print_["title"], print_["metadata"]["a"]] == [
        " ".join(name.split()),
        name,
        name,
    ]


async def test_many_who_ask_at_once_get_one_job(office: Office) -> None:
    file = (await office.sent(zipped(small())))["id"]
    where, headers = f"/companies/{office.company}/projects/import", office.person.headers
    asked = [office.house.api.post(where, json={"file": file}, headers=headers) for _ in range(10)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {202, 409}, [answer.text for answer in answers]
    assert len({answer.json()["job"] for answer in answers if answer.status_code == 202}) == 1
    await office.house.settle()
    assert len(await office.projects()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"placements": None}, {}, {"placements": {}}, {"placements": [None]}, {"placements": [[]]},
        {"placements": [{"kind": None}]}, {"placements": [{"kind": "text", "text": "a\ud800"}]},
        {"placements": [{"kind": "video"}] * 51}, {"placements": [], "version": 1},
        {"placements": [{"kind": "text", "text": "x" * 10**6}]},
        {"placements": [{"kind": "video", "position": [10**400, 0, 0]}]},
        {"placements": [{"kind": "image", "file": "' OR 1=1"}]},
        {"placements": [{"kind": "link", "url": "https://a\u0000b.example", "label": "a"}]},
        {"placements": [{"kind": "link", "url": "https://example.org", "label": "\u0000" * 201}]},
    ],
)  # fmt: skip
async def test_scenes_that_nobody_can_show_are_refused(office: Office, body: Any) -> None:
    job = await office.imported(zipped(small()))
    project = job["result"].rpartition("/")[2]
    headers = office.person.headers
    (print_,) = (await office.house.expect(200, "GET", f"/projects/{project}/contents", headers=headers))["items"]
    where = f"/contents/{print_['id']}/scene"
    answer = await office.house.api.put(
        where, content=json.dumps(body), headers={**headers, "content-type": "application/json"}
    )
    assert problem_of(answer)["status"] in (400, 413, 422), answer.text
    assert (await office.house.api.get(where, headers=headers)).status_code == 404
    text = "'; DROP TABLE ar_scenes; -- \U0001f600 %s {{7*7}}"
    put = await office.house.expect(
        200, "PUT", where, headers=headers, json={"placements": [{"kind": "text", "text": text}]}
    )
    assert put["placements"][0]["text"] == text
    assert (await office.house.expect(200, "GET", where, headers=headers)) == put


async def test_many_who_put_a_scene_at_once_leave_one_of_theirs(office: Office) -> None:
    job = await office.imported(zipped(small()))
    headers, project = office.person.headers, job["result"].rpartition("/")[2]
    (print_,) = (await office.house.expect(200, "GET", f"/projects/{project}/contents", headers=headers))["items"]
    where = f"/contents/{print_['id']}/scene"
    bodies = [{"placements": [{"kind": "text", "text": f"{n}"}]} for n in range(10)]
    answers = await asyncio.gather(*(office.house.api.put(where, json=body, headers=headers) for body in bodies))
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text for answer in answers]
    versions = sorted(answer.json()["version"] for answer in answers if answer.status_code == 200)
    last = await office.house.expect(200, "GET", where, headers=headers)
    assert versions == list(range(1, len(versions) + 1))
    assert last["version"] == versions[-1]


async def test_a_project_needs_room_among_the_others(office: Office) -> None:
    await office.house.container.create_project()(office.actor, office.company, NewProject(name="gast"))
    job = await office.imported(zipped(small()))
    assert job["state"] == "done", job
    assert sorted(project["name"] for project in await office.projects()) == ["Gast (2)", "gast"]
