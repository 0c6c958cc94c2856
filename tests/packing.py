"""Projects to pack, archives to make projects of, good and bad ones, and what has become of them."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from asperguide.adapters.memory.ar_tables import CONTENTS, SCENES
from asperguide.adapters.memory.projects_tables import PROJECTS
from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.ar.content_views import ContentView
from asperguide.ar.creating import NewContent
from asperguide.ar.filling_in import For
from asperguide.ar.model import Content
from asperguide.ar.playback import PlaybackChange
from asperguide.ar.rotating import NewDateRule, NewRotation
from asperguide.ar.rotation import RotationKind
from asperguide.ar.scenes import ImagePlane, LinkSpot, NewScene, TextPlane, VideoPlane
from asperguide.ar.scheduling import NewWindow
from asperguide.ar.unpacking import NewImport
from asperguide.companies import NewCompany
from asperguide.media.model import FileId, FileState
from asperguide.operations import MyJob
from asperguide.projects import NewProject, ProjectView
from asperguide.shared.actor import Actor
from asperguide.shared.ledger import JobState
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.testing import World
from asperguide.testing.contracts.markers import mosaic
from tests.media import files, send

NAME = "Mariage d’Amélie & Seán"


@dataclass(frozen=True, kw_only=True)
class Atelier:
    """A company in a world, and its owner."""

    world: World
    owner: Actor
    company: CompanyId

    async def photo(self, seed: str = "a", name: str = "Foto.png") -> FileId:
        """A photo that can be a marker, as an upload of the owner's."""
        return (await send(self.world, self.owner, mosaic(640, 480, seed), name=name, media_type="image/png")).id

    async def film(self, seconds: float = 3, name: str = "Führung.mp4") -> FileId:
        """A video, as an upload of the owner's."""
        return (await send(self.world, self.owner, toy_clip(seconds), name=name, media_type="video/mp4")).id

    async def project(self, name: str = NAME, **fields: Any) -> ProjectId:
        """A project without prints."""
        view = await self.world.container.create_project()(self.owner, self.company, NewProject(name=name, **fields))
        return view.id

    async def content(self, project: ProjectId, seed: str = "a", films: int = 1, **fields: Any) -> ContentView:
        """A print, once everything that it is made of is ready."""
        videos = [await self.film(3 + n) for n in range(films)]
        new = NewContent(photo=await self.photo(seed), videos=tuple(videos), **fields)
        made = await self.world.container.create_content()(self.owner, project, new)
        await self.world.settle()
        return made

    async def everything(self, project: ProjectId) -> ContentView:
        """A print with all that one can have."""
        c, owner = self.world.container, self.owner
        made = await self.content(
            project, "full", films=3, title="张 O'Neil", metadata={"b": "2", "a": ""},
            customer=For(name="Siobhán", phone="+49 30 123456", email="siobhan@example.org"),
        )  # fmt: skip
        first, second, third = (video.id for video in made.videos)
        now, day = self.world.clock.now(), timedelta(days=1)
        await c.add_window()(owner, made.id, NewWindow(video=second, starts_at=now + day, ends_at=now + 2 * day))
        await c.set_playback()(owner, made.id, PlaybackChange(chosen=third))
        rules = NewRotation(
            dates=(NewDateRule(day=date(2032, 2, 29), video=third, yearly=True),), kind=RotationKind.DAILY_CYCLE,
            videos=(first, second, first), time_zone="America/Santiago",
        )  # fmt: skip
        await c.create_rotation()(owner, made.id, rules)
        placements = (
            VideoPlane(video=second, position=(0.5, 0.0, 0.1)), VideoPlane(),
            LinkSpot(url="https://a.example", label="a"), ImagePlane(file=await self.photo("sticker"), alt="Herz"),
            TextPlane(text="Ja!", color="#ff0000"),
        )  # fmt: skip
        await c.put_scene()(owner, made.id, NewScene(placements=placements))
        return made

    async def exported(self, project: ProjectId) -> bytes:
        """The archive of the project."""
        job = (await self.world.container.export_project()(self.owner, project)).job
        await self.world.settle()
        return await self.fetched(project, await self.told_of(job))

    async def fetched(self, project: ProjectId, job: MyJob) -> bytes:
        """What the result of the job leads to."""
        assert job.result is not None, job
        export = UUID(job.result.rpartition("/")[2])
        link = await self.world.container.open_project_export()(self.owner, project, export)
        assert link.method == "GET"
        key = f"project-exports/{self.company}/{project}/{export}.zip"
        async with self.world.storage.open(key) as opened:
            return b"".join([chunk async for chunk in opened.chunks])

    async def told_of(self, job: UUID) -> MyJob:
        """What the owner is told of the job."""
        return await self.world.container.show_my_job()(self.owner, job)

    async def sent(self, archive: bytes) -> FileId:
        """The archive as an upload."""
        file = await send(self.world, self.owner, archive, name="projekt.zip", media_type="application/zip")
        assert file.state is FileState.READY, file
        return file.id

    async def imported(self, archive: bytes, name: str | None = None) -> MyJob:
        """The job that was to make a project of the archive, at its end."""
        new = NewImport(file=await self.sent(archive), name=name)
        job = (await self.world.container.import_project()(self.owner, self.company, new)).job
        await self.world.settle()
        return await self.told_of(job)

    async def made_of(self, archive: bytes, name: str | None = None) -> ProjectView:
        """The project that was made of the archive."""
        job = await self.imported(archive, name)
        assert job.result is not None, job
        return await self.world.container.get_project()(self.owner, ProjectId(UUID(job.result.rpartition("/")[2])))

    def contents(self) -> list[Content]:
        """All prints of the company, by number, whoever may see them."""
        mine = self.world.database.rows(CONTENTS).all(lambda row: row.company == self.company)
        return sorted(mine, key=lambda row: row.number)

    def left(self) -> dict[str, int]:
        """How many things the company has."""
        rows = self.world.database.rows
        return {
            "projects": len(rows(PROJECTS).all(lambda row: row.company == self.company)),
            "contents": len(self.contents()),
            "scenes": len(rows(SCENES).all(lambda row: row.company == self.company)),
            "files": len([file for file in files(self.world) if file.owner == self.company]),
        }


async def atelier(world: World, username: str = "siobhan") -> Atelier:
    """A company of somebody new."""
    person = await world.person(username)
    company = await world.container.create_company()(person.actor, NewCompany(name=f"Atelier {username}"))
    return Atelier(world=world, owner=person.actor, company=company.id)


def dead(world: World) -> list[str]:
    """What operators are told of jobs that were given up."""
    return [row.error or "" for row in world.ledger.rows.values() if row.state is JobState.DEAD]


def manifest_of(archive: bytes) -> dict[str, Any]:
    """What the archive says of itself."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        found: dict[str, Any] = json.loads(opened.read("manifest.json"))
    return found


def entries_of(archive: bytes) -> dict[str, bytes]:
    """All files of the archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def zipped(entries: dict[str, bytes], **options: Any) -> bytes:
    """An archive of these files, as other programs make it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()


def told(content: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what is another one in every project: numbers, paths, and when it was made."""
    text = json.dumps({**content, "made_at": None})
    for n, one in enumerate(content["contents"]):
        text = text.replace(one["number"], f"number {n}")
    found: dict[str, Any] = json.loads(text)
    return found


def small(film: bytes | None = None) -> dict[str, bytes]:
    """The files of an archive of one print with one video, made by hand."""
    photo, film = mosaic(640, 480, "a"), film or toy_clip(3)
    media = {"media/A-1/00.png": (photo, "image/png"), "media/A-1/01.mp4": (film, "video/mp4")}
    manifest: dict[str, Any] = {
        "format": "asperguide-project/1",
        "made_at": "2031-05-17T12:00:00Z",
        "project": {"name": "Gast", "starts_at": "2031-05-17T12:00:00Z"},
        "contents": [
            {
                "number": "A-1", "title": "Eins", "photo": "media/A-1/00.png", "ends_at": "2055-01-01T00:00:00Z",
                "videos": [{"file": "media/A-1/01.mp4", "title": "Film"}],
            }
        ],
        "files": [
            {
                "path": path, "name": path.rpartition("/")[2], "media_type": kind, "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for path, (content, kind) in media.items()
        ],
    }  # fmt: skip
    return {"manifest.json": json.dumps(manifest).encode(), **{path: content for path, (content, _) in media.items()}}


def remade(entries: dict[str, bytes], change: Any) -> dict[str, bytes]:
    """The files with a manifest that was changed."""
    manifest = json.loads(entries["manifest.json"])
    change(manifest)
    return {**entries, "manifest.json": json.dumps(manifest).encode()}
