"""Projects as archives over HTTP: asking for one, fetching it, sending it elsewhere."""

from typing import Any

import pytest

from asperguide.companies import NewCompany
from asperguide.shared.tenancy import ProjectId
from tests.http.identity.api import ABSENT, Api, pointers, problem, token_of
from tests.packing import Atelier, manifest_of, small, told, zipped


class Desk:
    """Somebody with a company, at the API."""

    def __init__(self, api: Api, person: Any, home: Atelier) -> None:
        self.api, self.token, self.home = api, token_of(person), home

    async def project(self) -> ProjectId:
        """One with a print of everything."""
        project = await self.home.project()
        await self.home.everything(project)
        return project

    async def __call__(self, method: str, path: str, **rest: Any) -> Any:
        """The answer."""
        return await self.api(method, path, self.token, **rest)

    async def done(self, answer: Any) -> Any:
        """The job of an answer, at its end."""
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['job']}"
        await self.api.world.settle()
        return (await self("GET", f"/jobs/{answer.json()['job']}")).json()

    async def exported(self, project: ProjectId) -> bytes:
        """The archive, fetched as clients fetch it."""
        job = await self.done(await self("POST", f"/projects/{project}/export"))
        assert job["state"] == "done", job
        moved = await self("GET", job["result"].removeprefix("/api/v1"))
        assert moved.status_code == 307, moved.text
        assert moved.headers["cache-control"] == "no-store"
        fetched = await self.api.client.get(moved.headers["location"])
        assert fetched.headers["content-type"] == "application/zip"
        assert "attachment" in fetched.headers["content-disposition"]
        return bytes(fetched.content)


async def desk(api: Api, username: str = "siobhan") -> Desk:
    """Somebody new with a company."""
    person = await api.member(username)
    company = await api.world.container.create_company()(person.actor, NewCompany(name=f"Atelier {username}"))
    return Desk(api, person, Atelier(world=api.world, owner=person.actor, company=company.id))


@pytest.fixture
async def mine(api: Api) -> Desk:
    """Siobhán with a company."""
    return await desk(api)


async def test_a_project_goes_from_one_company_to_another(api: Api, mine: Desk) -> None:
    archive = await mine.exported(await mine.project())
    theirs = await desk(api, "xin")
    file = await theirs.home.sent(archive)
    asked = await theirs("POST", f"/companies/{theirs.home.company}/projects/import", json={"file": str(file)})
    job = await theirs.done(asked)
    assert job["state"] == "done", job
    project = (await theirs("GET", job["result"].removeprefix("/api/v1"))).json()
    assert (project["name"], project["contents"], project["state"]) == ("Mariage d’Amélie & Seán", 1, "draft")
    assert told(manifest_of(await theirs.exported(project["id"]))) == told(manifest_of(archive))


@pytest.mark.expects_error_log
async def test_a_bad_archive_makes_no_project_and_the_job_says_why(mine: Desk) -> None:
    where = f"/companies/{mine.home.company}/projects/import"
    file = await mine.home.sent(zipped({"a.txt": b"a"}))
    job = await mine.done(await mine("POST", where, json={"file": str(file)}))
    assert (job["state"], job["failure"]) == ("failed", "There is no manifest.json in the archive.")
    assert (await mine("GET", f"/companies/{mine.home.company}/projects")).json()["items"] == []


async def test_what_is_asked_for_wrongly_is_refused(mine: Desk) -> None:
    where = f"/companies/{mine.home.company}/projects/import"
    assert pointers(problem(await mine("POST", where, json={"file": ABSENT}), 422, 42267)) == {"#/file"}
    for body in ({}, {"file": "x"}, {"file": None}, {"file": ABSENT, "url": "https://evil.example/a.zip"}, [], 7):
        assert (await mine("POST", where, json=body)).status_code in (400, 422), body
    file = str(await mine.home.sent(zipped(small())))
    for name in ("", "a" * 256, 7, ["a"]):
        assert (await mine("POST", where, json={"file": file, "name": name})).status_code == 422, name
    problem(await mine("POST", f"/companies/{ABSENT}/projects/import", json={"file": file}), 404, 40467)
    problem(await mine("POST", f"/projects/{ABSENT}/export"), 404, 40473)


async def test_strangers_are_told_of_nothing(api: Api, mine: Desk) -> None:
    project = await mine.home.project()
    job = await mine.done(await mine("POST", f"/projects/{project}/export"))
    theirs = await desk(api, "xin")
    problem(await theirs("POST", f"/projects/{project}/export"), 404, 40473)
    problem(await theirs("GET", job["result"].removeprefix("/api/v1")), 404, 40473)
    other = await theirs.home.project()
    problem(await theirs("GET", f"/projects/{other}/exports/{job['result'].rpartition('/')[2]}"), 404, 40466)
    assert (await api("POST", f"/projects/{project}/export")).status_code == 401
    assert (await api("GET", f"/jobs/{job['id']}", theirs.token)).status_code == 404


async def test_an_archive_is_gone_after_seven_days(api: Api, mine: Desk) -> None:
    project = await mine.home.project()
    job = await mine.done(await mine("POST", f"/projects/{project}/export"))
    where = job["result"].removeprefix("/api/v1")
    kept = [key for key in api.world.storage.objects if key.startswith("project-exports/")]
    await api.world.advance(days=7, seconds=-1)
    assert await status(mine, where) in (307, 401)
    assert [key for key in api.world.storage.objects if key.startswith("project-exports/")] == kept
    await api.world.advance(hours=2)
    assert [key for key in api.world.storage.objects if key.startswith("project-exports/")] == []


async def status(who: Desk, path: str) -> int:
    """How the answer begins; who signed in long ago is not let in any more."""
    return int((await who("GET", path)).status_code)


async def test_a_key_makes_one_job(mine: Desk) -> None:
    project, key = await mine.home.project(), {"idempotency-key": "a-key-of-mine"}
    first = await mine("POST", f"/projects/{project}/export", headers=key)
    again = await mine("POST", f"/projects/{project}/export", headers=key)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]


async def test_an_export_that_is_cancelled_leaves_nothing(api: Api, mine: Desk) -> None:
    project = await mine.home.project()
    asked = await mine("POST", f"/projects/{project}/export")
    assert (await mine("DELETE", f"/jobs/{asked.json()['job']}")).status_code in (200, 204)
    await api.world.settle()
    assert [key for key in api.world.storage.objects if key.startswith("project-exports/")] == []
