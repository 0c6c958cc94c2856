"""Projects made of archives: whole or not at all, and nothing of what should not be in them."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from asperguide.ar.errors import ContentRightNeeded
from asperguide.ar.events import ProjectImportWanted
from asperguide.ar.packing_errors import InvalidImport, NoCompanyOfYours
from asperguide.ar.unpacked import derived
from asperguide.ar.unpacking import NewImport
from asperguide.companies.model import Membership, MembershipId
from asperguide.media.model import FileId
from asperguide.operations import MyJobState
from asperguide.projects import NewProject
from asperguide.projects.errors import ProjectNotFound
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyRole, ProjectId
from asperguide.testing import World
from tests.archives import BAD, changed, setting
from tests.media import check_sound, png, send
from tests.packing import NAME, Atelier, atelier, dead, entries_of, manifest_of, small, told, zipped

NOTHING = {"projects": 0, "contents": 0, "scenes": 0, "files": 0}


@pytest.fixture
async def home() -> Atelier:
    """A company."""
    return await atelier(World())


@pytest.mark.expects_error_log
@pytest.mark.parametrize("name", BAD)
async def test_what_is_bad_is_refused_with_the_reason_and_leaves_nothing(home: Atelier, name: str) -> None:
    make, reason = BAD[name]
    archive = make()
    file = await send(home.world, home.owner, archive, name="p.zip", media_type="application/zip")
    if file.refusal is not None:  # it is not even taken for an archive
        assert name == "something in front"
        return
    job = (await home.world.container.import_project()(home.owner, home.company, NewImport(file=file.id))).job
    await home.world.settle()
    ended = await home.told_of(job)
    assert ended.state is MyJobState.FAILED, ended
    assert re.search(reason, ended.failure or ""), ended.failure
    assert home.left() == NOTHING
    await home.world.advance(days=3)
    assert home.left() == NOTHING
    check_sound(home.world)


async def test_an_archive_of_other_programs_becomes_a_project(home: Atelier) -> None:
    made = await home.made_of(zipped(small(), compression=8))
    assert (made.name, made.contents, made.state.value) == ("Gast", 1, "draft")
    assert home.left() == {"projects": 1, "contents": 1, "scenes": 0, "files": 2}
    await home.world.advance(days=3)
    assert home.left()["contents"] == 1, "nobody gives up a project that is there"


async def test_folders_in_an_archive_are_passed_over(home: Atelier) -> None:
    made = await home.made_of(zipped({"media/": b"", "media/A-1/": b"", **small()}))
    assert made.contents == 1


@pytest.mark.expects_error_log
async def test_names_that_are_taken_get_a_number_unless_one_was_wanted(home: Atelier) -> None:
    archive = zipped(small())
    names = [(await home.made_of(archive)).name for _ in range(3)]
    assert names == ["Gast", "Gast (2)", "Gast (3)"]
    assert (await home.made_of(archive, "Fest")).name == "Fest"
    refused = await home.imported(archive, "fest")
    assert refused.failure == "The company has a project of this name already."
    assert home.left()["projects"] == 4


@pytest.mark.expects_error_log
async def test_a_company_gets_no_more_projects_than_it_may_have(home: Atelier) -> None:
    for n in range(50):
        await home.world.container.create_project()(home.owner, home.company, NewProject(name=f"{n}"))
    refused = await home.imported(zipped(small()))
    assert refused.failure == "The company has as many projects as it may have."
    assert home.left() == {**NOTHING, "projects": 50}


@pytest.mark.expects_error_log
async def test_a_company_gets_no_more_bytes_than_it_has_room_for(home: Atelier) -> None:
    size = sum(map(len, small().values())) - 1500
    with fewer_bytes(home, size):
        refused = await home.imported(zipped(small()))
    assert refused.failure == "The company has no room left for this. Delete something first."
    await home.world.settle()
    assert home.left() == NOTHING
    check_sound(home.world)


async def test_who_may_not_bring_anything_in_is_told_so(home: Atelier) -> None:
    c, file = home.world.container, await home.sent(zipped(small()))
    stranger = (await home.world.person("xin")).actor
    with pytest.raises(NoCompanyOfYours):
        await c.import_project()(stranger, home.company, NewImport(file=file))
    with pytest.raises(InvalidImport):
        other = await atelier(home.world, "zoe")
        await c.import_project()(other.owner, other.company, NewImport(file=file))
    picture = await send(home.world, home.owner, png(), name="a.png", media_type="image/png")
    for wrong in (picture.id, FileId(UUID(int=1))):
        with pytest.raises(InvalidImport):
            await c.import_project()(home.owner, home.company, NewImport(file=wrong))


async def test_an_archive_that_is_being_made_a_project_is_not_made_another_one(home: Atelier) -> None:
    c, file = home.world.container, await home.sent(zipped(small()))
    jobs = {(await c.import_project()(home.owner, home.company, NewImport(file=file))).job for _ in range(3)}
    assert len(jobs) == 1
    await home.world.settle()
    assert home.left()["projects"] == 1


async def test_under_another_name_it_is_made_another_project(home: Atelier) -> None:
    c, file = home.world.container, await home.sent(zipped(small()))
    names = [None, "Fest", "Feier", "Fest", None]
    jobs = [(await c.import_project()(home.owner, home.company, NewImport(file=file, name=name))).job for name in names]
    assert (jobs[0], jobs[1]) == (jobs[4], jobs[3])
    await home.world.settle()
    listed = await c.list_projects()(home.owner, home.company)
    assert sorted(one.name for one in listed.items) == ["Feier", "Fest", "Gast"]
    assert home.left()["files"] == 6


async def test_nobody_sees_a_project_before_all_of_it_is_there(home: Atelier) -> None:
    c, world = home.world.container, home.world
    message = await wanted(home)
    seen: list[Any] = []
    bring = c.luggage().bring

    class Watching:
        """The luggage, with a look around before each file."""

        archive, agrees = c.luggage().archive, c.luggage().agrees

        async def bring(self, *given: Any) -> Any:
            """Look, then bring."""
            listed = await c.list_projects()(home.owner, home.company)
            seen.extend(listed.items)
            with pytest.raises(ProjectNotFound):
                await c.get_project()(home.owner, message.project)
            return await bring(*given)

    with c.luggage.override(Object(Watching())):
        await c.make_project()(message)
    assert seen == []
    assert (await c.get_project()(home.owner, message.project)).contents == 1
    check_sound(world)


async def test_made_twice_it_is_one_project(home: Atelier) -> None:
    message = await wanted(home)
    for _ in range(3):
        await home.world.container.make_project()(message)
        await home.world.settle()
    assert home.left() == {"projects": 1, "contents": 1, "scenes": 0, "files": 2}
    assert [one.number[-6:] for one in home.contents()] == ["000001"]


async def test_an_import_that_is_cancelled_leaves_nothing(home: Atelier) -> None:
    c, file = home.world.container, await home.sent(zipped(small()))
    job = (await c.import_project()(home.owner, home.company, NewImport(file=file))).job
    await c.cancel_my_job()(home.owner, job)
    await home.world.settle()
    assert home.left() == NOTHING


async def test_what_a_dead_worker_leaves_goes_after_two_days(home: Atelier) -> None:
    message, c = await wanted(home), home.world.container
    bundle = await c.look_through()((await c.luggage().archive(home.owner.user, message.archive)), 2**40)
    (company,) = (await c.company_standings().known((home.company,))).values()
    await c.project_books().prepare(company, message.project, bundle.manifest.project, None)
    await c.bring_files()(company, message.project, bundle)
    await home.world.settle()
    assert home.left() == {**NOTHING, "projects": 1, "files": 2}
    await home.world.advance(days=3)
    assert home.left() == NOTHING


async def test_a_manager_may_and_an_editor_may_not(home: Atelier) -> None:
    editor = (await home.world.person("xin")).actor
    await join(home, editor, CompanyRole.EDITOR)
    project, c = await home.project(), home.world.container
    for asked in (
        c.export_project()(editor, project),
        c.open_project_export()(editor, project, UUID(int=1)),
        c.import_project()(editor, home.company, NewImport(file=UUID(int=1))),
    ):
        with pytest.raises(ContentRightNeeded):
            await asked
    await join(home, editor, CompanyRole.MANAGER)
    assert (await c.export_project()(editor, project)).job


def test_ids_that_follow_from_others_are_uuids_of_the_same_time() -> None:
    of = UUID("019b796d-d600-7002-80a1-000000000001")
    made = {derived(of, "file", n) for n in range(1000)}
    assert len(made) == 1000
    assert {(one.version, one.variant, one.int >> 80) for one in made} == {(7, of.variant, of.int >> 80)}
    assert derived(of, "file", 1) == derived(of, "file", 1) != derived(of, "content", 1)


async def test_what_is_over_lasts_thirty_years_where_it_is_brought_in(home: Atelier) -> None:
    await home.made_of(setting("contents", 0, "ends_at", to="2001-01-01T00:00:00Z"))
    (made,) = home.contents()
    assert made.ends_at.year == home.world.clock.now().year + 30


async def test_times_of_an_archive_are_in_utc_where_it_is_brought_in(home: Atelier) -> None:
    def elsewhere(manifest: Any) -> None:
        manifest["project"]["starts_at"] = "2031-05-17T17:30:00+05:30"
        manifest["contents"][0]["videos"][0]["ends_at"] = "2040-01-01T00:00:00+05:30"

    made = await home.made_of(changed(elsewhere))
    assert made.starts_at.isoformat() == "2031-05-17T12:00:00+00:00"
    ((video,),) = [content.videos for content in home.contents()]
    assert video.ends_at is not None
    assert video.ends_at.isoformat() == "2039-12-31T18:30:00+00:00"


async def test_the_same_archive_comes_out_of_what_was_made_of_it(home: Atelier) -> None:
    project = await home.project(NAME)
    await home.everything(project)
    archive = await home.exported(project)
    again = await home.made_of(archive)
    other = await home.exported(again.id)
    first, second = told(manifest_of(archive)), told(manifest_of(other))
    assert second.pop("project")["name"] == f"{first.pop('project')['name']} (2)"
    assert first == second
    assert len(entries_of(archive)) == len(entries_of(other))
    assert dead(home.world) == []


async def wanted(home: Atelier) -> ProjectImportWanted:
    """What a worker is told, of an archive that was sent."""
    return ProjectImportWanted(
        company=home.company, project=ProjectId(home.world.ids.new()), archive=await home.sent(zipped(small())),
        name=None, user=home.owner.user,
    )  # fmt: skip


def fewer_bytes(home: Atelier, size: int) -> Any:
    """While it holds the company has room for so many bytes."""
    c = home.world.container
    companies = c.company_standings()

    class Small:
        """The companies, with less room."""

        known, contacts, client = companies.known, companies.contacts, companies.client

        async def standing(self, user: Any, company: Any) -> Any:
            """The same with less room."""
            found = await companies.standing(user, company)
            return found and replace(found, company=replace(found.company, storage_bytes=size))

    return c.company_standings.override(Object(Small()))


async def join(home: Atelier, who: Actor, role: CompanyRole) -> None:
    """Somebody is a member of the company in that role from now on."""
    async with home.world.container.companies_unit_of_work() as uow:
        known = await uow.members.get(home.company, who.user)
        company = await uow.companies.locked(home.company)
        assert company is not None
        if known is not None:
            await uow.members.save(replace(known, role=role))
        else:
            id, now = MembershipId(home.world.ids.new()), home.world.clock.now()
            made = Membership(id=id, company=home.company, user=who.user, role=role, since=now)
            await uow.members.add(made, company)
        await uow.commit()
