"""Projects as archives and scenes over prints: for members by their roles, and no business of strangers."""

from uuid import UUID

import pytest

from asperguide.ar.errors import ContentNotFound, NoSuchProject
from asperguide.ar.packing_errors import InvalidImport, NoCompanyOfYours, PackedProjectNotFound
from asperguide.ar.scene_errors import InvalidScene, SceneNotFound
from asperguide.ar.scenes import LinkSpot, NewScene, TextPlane, VideoPlane
from asperguide.ar.unpacking import NewImport
from asperguide.companies import NewCompany
from asperguide.operations import MyJobState
from asperguide.shared.errors import EditedMeanwhile
from tests.acceptance.driver import Driver
from tests.acceptance.in_process import InProcess
from tests.acceptance.over_http import OverHttp
from tests.acceptance.packing import Packing, PackingInProcess, PackingOverHttp
from tests.packing import Atelier, manifest_of, small, told, zipped

NOTHING = UUID("0199a000-0000-7000-8000-000000000000")


@pytest.fixture
def packing(driver: Driver) -> Packing:
    """The way into the world of the driver."""
    if isinstance(driver, OverHttp):
        return PackingOverHttp(driver)
    assert isinstance(driver, InProcess)
    return PackingInProcess(driver)


async def member(driver: Driver, name: str) -> tuple[str, Atelier]:
    """Somebody with a company."""
    token = (await driver.member(name)).access_token
    actor = await driver.world.container.authenticate()(token)
    company = await driver.world.container.create_company()(actor, NewCompany(name=f"Atelier {name}"))
    return token, Atelier(world=driver.world, owner=actor, company=company.id)


async def exported(packing: Packing, token: str, home: Atelier, project: UUID) -> tuple[bytes, UUID]:
    """The archive of a project, and its id."""
    asked = await packing.export(token, project)
    await home.world.settle()
    job = await home.told_of(asked.job)
    assert job.state is MyJobState.DONE, job
    export = UUID(str(job.result).rpartition("/")[2])
    assert await packing.open(token, project, export)
    return await home.fetched(project, job), export  # type: ignore[arg-type]


async def test_a_project_goes_to_another_company(driver: Driver, packing: Packing) -> None:
    (mine, home), (theirs, away) = await member(driver, "siobhan"), await member(driver, "xin")
    project = await home.project()
    await home.everything(project)
    archive, _ = await exported(packing, mine, home, project)
    asked = await packing.bring(theirs, away.company, NewImport(file=await away.sent(archive), name="Gastspiel"))
    await driver.world.settle()
    job = await away.told_of(asked.job)
    made = await packing.project(theirs, UUID(str(job.result).rpartition("/")[2]))
    assert (made.name, made.contents) == ("Gastspiel", 1)
    again, _ = await exported(packing, theirs, away, made.id)
    first, second = told(manifest_of(archive)), told(manifest_of(again))
    assert {**first, "project": None} == {**second, "project": None}


async def test_archives_are_no_business_of_strangers(driver: Driver, packing: Packing) -> None:
    (mine, home), (theirs, away) = await member(driver, "siobhan"), await member(driver, "xin")
    project, other = await home.project(), await away.project()
    _, export = await exported(packing, mine, home, project)
    with pytest.raises(NoSuchProject):
        await packing.export(theirs, project)
    with pytest.raises(NoSuchProject):
        await packing.open(theirs, project, export)
    with pytest.raises(PackedProjectNotFound):
        await packing.open(theirs, other, export)
    file = await home.sent(zipped(small()))
    with pytest.raises(NoCompanyOfYours):
        await packing.bring(theirs, home.company, NewImport(file=file))
    for strange in (file, NOTHING):
        with pytest.raises(InvalidImport):
            await packing.bring(theirs, away.company, NewImport(file=strange))


@pytest.mark.expects_error_log
async def test_a_bad_archive_makes_no_project(driver: Driver, packing: Packing) -> None:
    mine, home = await member(driver, "siobhan")
    file = await home.sent(zipped({**small(), "media/A-1/99.png": b"x"}))
    asked = await packing.bring(mine, home.company, NewImport(file=file))
    await driver.world.settle()
    job = await home.told_of(asked.job)
    assert (job.state, job.failure) == (
        MyJobState.FAILED, "There are other files in the archive than the manifest says."
    )  # fmt: skip
    with pytest.raises(Exception, match="no such project"):
        await packing.project(mine, UUID(str(asked.job)))


async def test_a_scene_stands_over_a_print_in_versions(driver: Driver, packing: Packing) -> None:
    mine, home = await member(driver, "siobhan")
    print_ = await home.content(await home.project())
    scene = NewScene(placements=(VideoPlane(position=(0.5, 0.0, 0.25)), TextPlane(text="Ja! 👰")))
    with pytest.raises(SceneNotFound):
        await packing.scene(mine, print_.id)
    put = await packing.put(mine, print_.id, scene)
    assert (put.version, put.placements) == (1, scene.placements)
    assert await packing.scene(mine, print_.id) == put
    assert (await packing.put(mine, print_.id, NewScene(placements=()), 1)).version == 2
    with pytest.raises(EditedMeanwhile):
        await packing.put(mine, print_.id, scene, 1)
    with pytest.raises(EditedMeanwhile):
        await packing.clear(mine, print_.id, 1)
    await packing.clear(mine, print_.id, 2)
    with pytest.raises(SceneNotFound):
        await packing.scene(mine, print_.id)
    with pytest.raises(InvalidScene):
        await packing.put(mine, print_.id, NewScene(placements=(LinkSpot(url="javascript:1", label="a"),)))


async def test_scenes_are_no_business_of_strangers(driver: Driver, packing: Packing) -> None:
    (_, home), (theirs, _) = await member(driver, "siobhan"), await member(driver, "xin")
    print_ = await home.content(await home.project())
    for asked in (
        packing.scene(theirs, print_.id), packing.put(theirs, print_.id, NewScene(placements=())),
        packing.clear(theirs, print_.id), packing.scene(theirs, NOTHING),
    ):  # fmt: skip
        with pytest.raises(ContentNotFound):
            await asked
