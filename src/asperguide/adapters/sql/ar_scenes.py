"""Scenes of contents, and which pictures are in them."""

from dataclasses import replace

import sqlalchemy as sa

from asperguide.adapters.sql.ar_rows import ArSceneFileRow, ArSceneRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.ar.model import ContentId
from asperguide.ar.repositories import Scenes
from asperguide.ar.scenes import Scene
from asperguide.shared.tenancy import CompanyId

scenes, files = ArSceneRow.__table__.c, ArSceneFileRow.__table__.c

_scene = Prepared(
    sa.select(scenes.id.label("content"), scenes.company, scenes.placements, scenes.updated_at, scenes.version).where(
        scenes.id == sa.bindparam("id", type_=Uuid()), scenes.company == sa.bindparam("company", type_=Uuid())
    )
)
_add_files = Prepared(sa.insert(ArSceneFileRow.__table__))
_forget_files = Prepared(sa.delete(ArSceneFileRow.__table__).where(files.content == sa.bindparam("_id", type_=Uuid())))


class SqlScenes(Scenes):
    """A row for each scene, and one for each of its pictures; the row of the content is locked meanwhile."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, scene: Scene) -> None:
        """One row, and one more statement for all pictures."""
        await self._store.add(ArSceneRow, scene)
        await self._name_files(scene)

    async def get(self, company: CompanyId, content: ContentId) -> Scene | None:
        """By primary key."""
        return await scene_of(self._store, company, content)

    async def save(self, scene: Scene) -> Scene:
        """Compare the version and set; pictures are written anew."""
        saved = replace(scene, version=(await self._store.save(ArSceneRow, scene)).version)
        await self._store.change(_forget_files, _id=scene.content)
        await self._name_files(scene)
        return saved

    async def _name_files(self, scene: Scene) -> None:
        if rows := [{"content": scene.content, "file": file, "company": scene.company} for file in scene.files]:
            await self._store.execute(_add_files, rows)


async def scene_of(store: Store, company: CompanyId, content: ContentId) -> Scene | None:
    """The scene of the company's content."""
    return await store.one(_scene, Scene, id=content, company=company)
