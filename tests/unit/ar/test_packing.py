"""Projects as archives: what is in them, what is made of them elsewhere, and who may have them."""

import hashlib

import pytest

from asperguide.ar.model import ContentState, MarkerState
from asperguide.operations import MyJobState
from asperguide.testing import World
from tests.packing import Atelier, atelier, entries_of, manifest_of, told


@pytest.fixture
async def home() -> Atelier:
    """A company."""
    return await atelier(World())


async def test_an_archive_holds_a_project_with_all_that_is_in_it(home: Atelier) -> None:
    project = await home.project(description="Für Gäste", tags=("hochzeit",))
    await home.everything(project)
    await home.content(project, "b", films=0)
    archive = await home.exported(project)
    manifest, files = manifest_of(archive), entries_of(archive)
    assert manifest["format"] == "asperguide-project/1"
    assert manifest["project"]["description"] == "Für Gäste"
    assert [one["title"] for one in manifest["contents"]] == ["张 O'Neil", "Foto"]
    assert {one["path"] for one in manifest["files"]} | {"manifest.json"} == set(files)
    assert len(manifest["files"]) == 6
    for one in manifest["files"]:
        assert hashlib.sha256(files[one["path"]]).hexdigest() == one["sha256"]
        assert len(files[one["path"]]) == one["size"]


async def test_a_project_goes_to_another_company_and_back(home: Atelier) -> None:
    project = await home.project(tags=("hochzeit",))
    await home.everything(project)
    await home.content(project, "b", films=0)
    first = await home.exported(project)
    away = await atelier(home.world, "xin")
    there = await away.made_of(first)
    assert (there.name, there.contents, there.tags) == ("Mariage d’Amélie & Seán", 2, ("hochzeit",))
    second = await away.exported(there.id)
    assert told(manifest_of(second)) == told(manifest_of(first))
    assert sorted(entries_of(second).values())[1:] == sorted(entries_of(first).values())[1:]


async def test_prints_out_of_an_archive_become_ready_as_all_others_do(home: Atelier) -> None:
    project = await home.project()
    before = await home.everything(project)
    away = await atelier(home.world, "xin")
    await away.made_of(await home.exported(project))
    (after,) = away.contents()
    assert after.state is ContentState.READY
    assert after.marker.state is MarkerState.READY
    assert all(video.footage is not None for video in after.videos)
    assert after.public_id != before.public_id
    assert after.created_by == away.owner.user


async def test_a_job_of_an_archive_tells_how_it_ended(home: Atelier) -> None:
    job = (await home.world.container.export_project()(home.owner, await home.project())).job
    again = (await home.world.container.export_project()(home.owner, await home.project("b"))).job
    assert job != again
    await home.world.settle()
    assert (await home.told_of(job)).state is MyJobState.DONE
