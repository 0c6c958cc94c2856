"""Projects as archives: what is in them, what is made of them elsewhere, and who may have them."""

import hashlib
from uuid import UUID

import pytest

from asperguide.ar import NewContent
from asperguide.ar.events import ProjectExportWanted
from asperguide.ar.model import ContentState, MarkerState
from asperguide.ar.scenes import ImagePlane, NewScene
from asperguide.media import Transport
from asperguide.operations import MyJobState
from asperguide.shared.ledger import JobRefused
from asperguide.shared.tenancy import ProjectId
from asperguide.testing import World
from tests.media import in_chunks, png, send, start
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


async def test_what_has_no_files_is_left_out_with_all_that_names_it(home: Atelier) -> None:
    project, c = await home.project(), home.world.container
    full = await home.everything(project)
    bare = await home.content(project, "b", films=0)
    await c.media_files().drop(home.company, [bare.marker.photo, full.videos[1].file])
    archive = await home.exported(project)
    manifest = manifest_of(archive)
    (left,) = manifest["contents"]
    assert manifest["left_out"] == [
        {"number": full.number, "video": full.videos[1].title}, {"number": bare.number, "video": None}
    ]  # fmt: skip
    assert len(left["videos"]) == 2
    assert left["chosen"] == 1
    assert (left["rotation"]["videos"], left["rotation"]["dates"][0]["video"]) == ([0, 0], 1)
    assert [one["kind"] for one in left["scene"]] == ["video", "link", "image", "text"]
    assert (await home.made_of(archive, "Rest")).contents == 1


@pytest.mark.parametrize("photo", [b"no picture", png(40, 30)], ids=["refused", "too small"])
async def test_nothing_goes_in_of_a_print_whose_photo_does_not(home: Atelier, photo: bytes) -> None:
    world, project = home.world, await home.project()
    kept, film = await home.content(project), await home.film(5)
    tus = {"name": "a.png", "media_type": "image/png", "transport": Transport.TUS}
    sent = (await start(world, home.owner, photo, **tus)).file.id
    await world.container.append_to_upload()(home.owner, sent, 0, in_chunks(photo))
    new = NewContent(photo=sent, videos=(film,))  # nobody has looked at the photo yet
    left = await world.container.create_content()(home.owner, project, new)
    archive = await home.exported(project)
    manifest = manifest_of(archive)
    assert manifest["left_out"] == [{"number": left.number, "video": None}]
    assert {one["path"] for one in manifest["files"]} == {
        f"media/{kept.number}/00.png", f"media/{kept.number}/01.mp4"
    }  # fmt: skip
    assert (await home.made_of(archive, "Rest")).contents == 1


async def test_a_picture_in_a_scene_may_be_smaller_than_a_photo(home: Atelier) -> None:
    project = await home.project()
    made = await home.content(project)
    sticker = await send(home.world, home.owner, png(40, 30), name="a.png", media_type="image/png")
    scene = NewScene(placements=(ImagePlane(file=sticker.id),))
    await home.world.container.put_scene()(home.owner, made.id, scene)
    assert (await home.made_of(await home.exported(project), "Noch eins")).contents == 1


async def test_what_is_packed_is_looked_at_again_by_the_job(home: Atelier) -> None:
    c, project = home.world.container, await home.project()
    stranger = (await home.world.person("xin")).actor
    for user, which in ((stranger.user, project), (home.owner.user, ProjectId(UUID(int=1)))):
        message = ProjectExportWanted(company=home.company, project=which, export=UUID(int=2), user=user)
        with pytest.raises(JobRefused, match="no-such-project"):
            await c.make_project_export()(message)
    assert not any(key.startswith("project-exports/") for key in home.world.storage.objects)


async def test_a_print_and_its_scene_are_copied_and_deleted_together(home: Atelier) -> None:
    c = home.world.container
    made = await home.everything(await home.project())
    copy = await c.duplicate_content()(home.owner, made.id)
    scene, original = await c.get_scene()(home.owner, copy.id), await c.get_scene()(home.owner, made.id)
    assert [type(one) for one in scene.placements] == [type(one) for one in original.placements]
    assert scene.placements[0].video == copy.videos[1].id  # type: ignore[union-attr]
    for one in (made, copy):
        await c.delete_content()(home.owner, one.id)
    await home.world.advance(minutes=5)
    assert home.left() == {"projects": 1, "contents": 0, "scenes": 0, "files": 0}
