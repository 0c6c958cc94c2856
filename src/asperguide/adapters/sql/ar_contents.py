"""Contents with their videos, inside a transaction."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.ar_rows import (
    ArContentRow,
    ArSceneFileRow,
    ArSceneRow,
    ArSessionRow,
    ArTurnRow,
    ArVideoRow,
    found_by,
)
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.store import Store, to_row
from asperguide.adapters.sql.types import Uuid
from asperguide.ar.model import Content, ContentId
from asperguide.ar.repositories import Contents, viewer_key
from asperguide.ar.videos import ContentVideo, FileId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import ClientId, CompanyId, ProjectId

Touch = Callable[[str, int], None]
Read = dict[ContentId, tuple[ContentVideo, ...]]
"""The videos of each content that a transaction has read or written."""

contents, videos = ArContentRow.__table__.c, ArVideoRow.__table__.c
CONTENT = tuple(contents[name] for name in Content.__slots__ if name in contents)
in_scenes = ArSceneFileRow.__table__.c
VIDEO = tuple(videos[name] for name in ContentVideo.__slots__)

_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)
_company = sa.bindparam("company", type_=Uuid())

of_content = Prepared(
    sa.select(*VIDEO).where(videos.content == sa.bindparam("content")).order_by(videos.position, videos.id)
)
_locked = Prepared(
    sa.select(*CONTENT).where(contents.id == sa.bindparam("id"), contents.company == _company).with_for_update()
)
_remove = Prepared(sa.delete(ArContentRow.__table__).where(contents.id == _id, contents.version == _version))
_add_videos = Prepared(sa.insert(ArVideoRow.__table__))
_forget_videos = Prepared(sa.delete(ArVideoRow.__table__).where(videos.content == _id))
_forget = (
    *(
        Prepared(sa.delete(row.__table__).where(row.__table__.c.content == _id))
        for row in (ArVideoRow, ArTurnRow, ArSessionRow, ArSceneFileRow)
    ),
    Prepared(sa.delete(ArSceneRow.__table__).where(ArSceneRow.__table__.c.id == _id)),
)
_in_project = Prepared(
    sa.select(contents.id)
    .where(contents.company == _company, contents.project == sa.bindparam("project"))
    .order_by(contents.created_at, contents.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_of_client = Prepared(
    sa.select(contents.id)
    .where(contents.company == _company, contents.client == sa.bindparam("client"))
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_showing = Prepared(
    sa.union(
        sa.select(contents.company, contents.id).where(contents.photo == sa.bindparam("file")),
        sa.select(videos.company, videos.content).where(videos.file == sa.bindparam("file")),
    )
)
_as_photos = by_ids(contents.photo, lambda these: sa.select(contents.photo).where(contents.company == _company, these))
_as_videos = by_ids(videos.file, lambda these: sa.select(videos.file).where(videos.company == _company, these))

_in_scenes = by_ids(in_scenes.file, lambda these: sa.select(in_scenes.file).where(in_scenes.company == _company, these))


class SqlContents(Contents):
    """A row for each content, locked when it is read, and one for each of its videos, written when they changed."""

    __slots__ = ("_read", "_store", "_touch")

    def __init__(self, store: Store, touch: Touch, read: Read) -> None:
        self._store, self._touch, self._read = store, touch, read

    async def add(self, content: Content) -> None:
        """One row, and one more statement for all videos."""
        await self._store.add(ArContentRow, content, **found_by(content))
        await self._add_videos(content)

    async def get(self, company: CompanyId, id: ContentId) -> Content | None:
        """By primary key, locked; then its videos."""
        if (found := await self._store.one(_locked, Content, id=id, company=company)) is None:
            return None
        self._read[id] = tuple(await self._store.all(of_content, ContentVideo, content=id))
        return replace(found, videos=self._read[id])

    async def save(self, content: Content) -> Content:
        """Compare the version and set; the videos are written anew if they are others than were read."""
        saved = await self._store.save(ArContentRow, content, **found_by(content))
        self._touch(viewer_key(content.public_id), saved.version)
        if self._read.get(content.id) != content.videos:
            await self._store.change(_forget_videos, _id=content.id)
            await self._add_videos(content)
        return saved

    async def remove(self, content: Content) -> None:
        """Compare the version and delete; then all that hangs on it."""
        if not await self._store.change(_remove, _id=content.id, _version=content.version):
            raise EditedMeanwhile
        self._touch(viewer_key(content.public_id), content.version + 1)
        for forget in _forget:
            await self._store.change(forget, _id=content.id)

    async def in_project(self, company: CompanyId, project: ProjectId, limit: int) -> Sequence[ContentId]:
        """In the order of the index."""
        rows = await self._store.execute(_in_project, {"company": company, "project": project, "limit": limit})
        return [id for (id,) in rows]

    async def of_client(self, company: CompanyId, client: ClientId, limit: int) -> Sequence[ContentId]:
        """By the part of the index of clients that is the company's."""
        rows = await self._store.execute(_of_client, {"company": company, "client": client, "limit": limit})
        return [id for (id,) in rows]

    async def showing(self, file: FileId) -> Sequence[tuple[CompanyId, ContentId]]:
        """By the indexes of photos and of files of videos."""
        return [(company, id) for company, id in await self._store.execute(_showing, {"file": file})]

    async def named(self, company: CompanyId, files: Collection[FileId]) -> Collection[FileId]:
        """By the same indexes."""
        return await named(self._store, company, files)

    async def _add_videos(self, content: Content) -> None:
        if rows := list(_rows(content)):
            await self._store.execute(_add_videos, rows)
        self._read[content.id] = content.videos


def _rows(content: Content) -> Iterable[dict[str, Any]]:
    for video in content.videos:
        yield {**to_row(ArVideoRow, video), "content": content.id, "company": content.company}


async def named(store: Store, company: CompanyId, files: Collection[FileId]) -> set[FileId]:
    """Those of these files that contents of the company have, as photos, as videos or in scenes; three statements."""
    if not files:
        return set()
    values = {**named_ids(list(files)), "company": company}
    found: set[FileId] = set()
    for statement in (_as_photos, _as_videos, _in_scenes):
        found.update(id for (id,) in await store.execute(statement(len(values) - 1), values))
    return found
