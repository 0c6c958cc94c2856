"""What use cases of archives and scenes are called with when each of their calls fails in turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

from asperguide.ar.events import ProjectExportWanted, ProjectImportWanted
from asperguide.ar.packing_shelf import packed_key
from asperguide.ar.scenes import ImagePlane, NewScene, TextPlane
from asperguide.ar.unpacked import Origin
from asperguide.ar.unpacking import NewImport, file_id
from asperguide.companies import NewCompany
from asperguide.media import NewUpload, Room
from asperguide.media.model import FileId, OwnerId
from asperguide.projects import NewProject
from asperguide.shared.tenancy import ProjectId
from asperguide.testing.contracts.markers import mosaic
from tests.faults.media_cases import JOB, Case
from tests.faults.playing_cases import printed
from tests.packing import Atelier, small, zipped

EXPORT = UUID(int=77)
WORDS = NewScene(placements=(TextPlane(text="Ja!"),))


async def atelier(cast: Any) -> Atelier:
    """A company of Siobhán's."""
    actor = cast.siobhan.actor
    company = await cast.world.container.create_company()(actor, NewCompany(name="Atelier"))
    return Atelier(world=cast.world, owner=actor, company=company.id)


async def facts(home: Atelier) -> Any:
    """The company as others see it."""
    return (await home.world.container.company_standings().known((home.company,)))[home.company]


async def _packed(cast: Any) -> tuple[Atelier, ProjectId]:
    home = await atelier(cast)
    project = await home.project()
    await home.content(project)
    return home, project


async def _export_wanted(cast: Any) -> ProjectExportWanted:
    home, project = await _packed(cast)
    return ProjectExportWanted(company=home.company, project=project, export=EXPORT, user=home.owner.user)


async def _exporting(cast: Any) -> tuple[Any, ...]:
    _, project = await _packed(cast)
    return cast.siobhan.actor, project


async def _making_export(cast: Any) -> tuple[Any, ...]:
    return await _export_wanted(cast), JOB


async def _made(cast: Any) -> ProjectExportWanted:
    message = await _export_wanted(cast)
    await cast.world.storage.put(packed_key(message.company, message.project, message.export), b"an archive")
    return message


async def _dropping_export(cast: Any) -> tuple[Any, ...]:
    return await _made(cast), JOB


async def _opening(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, (await _made(cast)).project, EXPORT


async def _pruning(cast: Any) -> tuple[Any, ...]:
    await _made(cast)
    cast.later(days=8)
    return ()


async def _importing(cast: Any) -> tuple[Any, ...]:
    home = await atelier(cast)
    return home.owner, home.company, NewImport(file=await home.sent(zipped(small())))


async def _wanted(cast: Any) -> tuple[Atelier, ProjectImportWanted]:
    home = await atelier(cast)
    message = ProjectImportWanted(
        company=home.company, project=ProjectId(cast.world.ids.new()), archive=await home.sent(zipped(small())),
        name=None, user=home.owner.user,
    )  # fmt: skip
    return home, message


async def _making(cast: Any) -> tuple[Any, ...]:
    return (await _wanted(cast))[1], JOB


async def _looked(cast: Any) -> tuple[Atelier, ProjectImportWanted, Any]:
    home, message = await _wanted(cast)
    c = cast.world.container
    opened = await c.luggage().archive(message.user, message.archive)
    return home, message, await c.look_through()(opened, 2**30)


async def _looking(cast: Any) -> tuple[Any, ...]:
    _, message = await _wanted(cast)
    return await cast.world.container.luggage().archive(message.user, message.archive), 2**30


async def _bringing(cast: Any) -> tuple[Any, ...]:
    home, message, bundle = await _looked(cast)
    return await facts(home), message.project, bundle


async def _print(cast: Any) -> tuple[Any, ...]:
    home, message, bundle = await _looked(cast)
    files = {file.path: file_id(message.project, n) for n, file in enumerate(bundle.manifest.files)}
    origin = Origin(
        company=await facts(home), project=message.project, files=files, user=message.user, now=cast.world.clock.now()
    )
    return 0, bundle.manifest.contents[0], origin


async def _half_made(cast: Any) -> ProjectImportWanted:
    """An import that got as far as its files."""
    home, message, bundle = await _looked(cast)
    c, company = cast.world.container, await facts(home)
    await c.project_books().prepare(company, message.project, bundle.manifest.project, None)
    await c.bring_files()(company, message.project, bundle)
    return message


async def _preparing(cast: Any) -> tuple[Any, ...]:
    home = await atelier(cast)
    return await facts(home), ProjectId(cast.world.ids.new()), NewProject(name="Gast"), None


async def _undoing(cast: Any) -> tuple[Any, ...]:
    message = await _half_made(cast)
    return message.company, message.project


async def _cancelled(cast: Any) -> tuple[Any, ...]:
    return await _half_made(cast), JOB


async def _revealing(cast: Any) -> tuple[Any, ...]:
    return *(await _undoing(cast)), JOB


async def _receiving(cast: Any) -> tuple[Any, ...]:
    home, content = await atelier(cast), mosaic(320, 320)
    new = NewUpload(name="a.png", size=len(content), media_type="image/png", sha256=sha256(content).hexdigest())

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        yield chunks()

    return FileId(cast.world.ids.new()), new, opened, Room(owner=OwnerId(home.company), most_bytes=2**30)


async def _of_print(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, (await printed(cast)).id


async def _staged(cast: Any) -> tuple[Any, ...]:
    actor, id = await _of_print(cast)
    await cast.world.container.put_scene()(actor, id, WORDS)
    return actor, id


async def _staging(cast: Any) -> tuple[Any, ...]:
    return *(await _of_print(cast)), WORDS


async def _sticker(cast: Any) -> tuple[Any, ...]:
    """A print that everybody sees, and a picture over it."""
    home = await atelier(cast)
    c, project = cast.world.container, await home.project()
    made = await home.content(project)
    await c.activate_project()(home.owner, project)
    await c.publish_content()(home.owner, made.id)
    picture = await home.photo("sticker")
    await c.put_scene()(home.owner, made.id, NewScene(placements=(ImagePlane(file=picture),)))
    await cast.world.settle()
    return made.public_id, picture, 320, "image/webp"


PACKING: dict[str, list[Case]] = {
    "get_scene": [(_staged, {})],
    "put_scene": [(_staging, {})],
    "remove_scene": [(_staged, {"once": True})],
    "show_scene_image": [(_sticker, {})],
    "export_project": [(_exporting, {"keyed": True})],
    "make_project_export": [(_making_export, {})],
    "open_project_export": [(_opening, {})],
    "drop_project_export": [(_dropping_export, {})],
    "prune_packed_projects": [(_pruning, {})],
    "import_project": [(_importing, {"keyed": True})],
    "look_through": [(_looking, {})],
    "make_prints": [(_print, {})],
    "bring_files": [(_bringing, {})],
    "make_project": [(_making, {})],
    "undo_import": [(_undoing, {})],
    "drop_import": [(_cancelled, {})],
    "prepare_project": [(_preparing, {})],
    "reveal_project": [(_revealing, {})],
    "discard_project": [(_undoing, {"once": True})],
    "receive_file": [(_receiving, {})],
}
