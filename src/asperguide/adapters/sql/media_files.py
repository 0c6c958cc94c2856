"""Files with their tags, links and videos, and uploads, inside a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.media_rows import FileRow, FileTagRow, LinkRow, UploadRow, VideoRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store, to_row
from asperguide.adapters.sql.types import Uuid
from asperguide.media.model import File, FileId, FileState
from asperguide.media.repositories import Files, Link, LinkId, Links, Uploads, Videos
from asperguide.media.transport import Upload
from asperguide.media.videos import Video
from asperguide.shared.errors import EditedMeanwhile

_files, _tags, _uploads = FileRow.__table__.c, FileTagRow.__table__.c, UploadRow.__table__.c
_links, _videos = LinkRow.__table__.c, VideoRow.__table__.c
_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)
_limit = sa.bindparam("limit", type_=sa.Integer)

_add_tags = Prepared(sa.insert(FileTagRow.__table__))
_forget_tags = Prepared(sa.delete(FileTagRow.__table__).where(_tags.id == _id))
_remove_file = Prepared(sa.delete(FileRow.__table__).where(_files.id == _id, _files.version == _version))
_forget_links = Prepared(sa.delete(LinkRow.__table__).where(_links.file == _id))
_forget_video = Prepared(sa.delete(VideoRow.__table__).where(_videos.id == _id))
_in_state_since = Prepared(
    sa.select(FileRow.__table__)
    .where(_files.state == sa.bindparam("state"), _files.updated_at < sa.bindparam("before"))
    .order_by(_files.updated_at, _files.id)
    .limit(_limit)
)
_remove_upload = Prepared(sa.delete(UploadRow.__table__).where(_uploads.id == _id, _uploads.version == _version))
_expired = Prepared(
    sa.select(UploadRow.__table__)
    .where(_uploads.expires_at <= sa.bindparam("now"))
    .order_by(_uploads.expires_at, _uploads.id)
    .limit(_limit)
)
_remove_link = Prepared(sa.delete(LinkRow.__table__).where(_links.id == _id, _links.file == sa.bindparam("_file")))
_some: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_over = _links.expires_at < sa.bindparam("before")
_over_links = sa.select(_links.id).where(_over).order_by(_links.expires_at).limit(_limit)
_delete_links = sa.delete(LinkRow.__table__).where(_links.id.in_(_some), _over)


class SqlFiles(Files):
    """Rows of files, and for each of their tags a row to be found by."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, file: File) -> None:
        """One row, and one for each tag."""
        await self._store.add(FileRow, file)
        await self._add_tags(file)

    async def get(self, id: FileId) -> File | None:
        """By primary key."""
        return await self._store.get(FileRow, File, id)

    async def save(self, file: File) -> File:
        """Compare the version and set; what is found by tags is written anew, under the lock of the row."""
        saved = await self._store.save(FileRow, file)
        await self._store.change(_forget_tags, _id=file.id)
        await self._add_tags(saved)
        return saved

    async def remove(self, file: File) -> None:
        """Compare the version and delete; then all that is known about it."""
        if not await self._store.change(_remove_file, _id=file.id, _version=file.version):
            raise EditedMeanwhile
        for forget in (_forget_tags, _forget_links, _forget_video):
            await self._store.change(forget, _id=file.id)

    async def in_state_since(self, state: FileState, before: datetime, limit: int) -> Sequence[File]:
        """In the order of the index."""
        return await self._store.all(_in_state_since, File, state=state, before=before, limit=limit)

    async def _add_tags(self, file: File) -> None:
        found_by = to_row(FileTagRow, file)
        if rows := [{**found_by, "tag": tag} for tag in dict.fromkeys(file.tags)]:
            await self._store.execute(_add_tags, rows)


class SqlUploads(Uploads):
    """Rows of uploads."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, upload: Upload) -> None:
        """One row."""
        await self._store.add(UploadRow, upload)

    async def get(self, id: FileId) -> Upload | None:
        """By primary key."""
        return await self._store.get(UploadRow, Upload, id)

    async def save(self, upload: Upload) -> Upload:
        """Compare the version and set."""
        return await self._store.save(UploadRow, upload)

    async def remove(self, upload: Upload) -> None:
        """Compare the version and delete."""
        if not await self._store.change(_remove_upload, _id=upload.id, _version=upload.version):
            raise EditedMeanwhile

    async def expired(self, now: datetime, limit: int) -> Sequence[Upload]:
        """In the order of the index."""
        return await self._store.all(_expired, Upload, now=now, limit=limit)


class SqlLinks(Links):
    """Rows of links."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, link: Link) -> None:
        """One row."""
        await self._store.add(LinkRow, link)

    async def remove(self, id: LinkId, file: FileId) -> bool:
        """By primary key."""
        return bool(await self._store.change(_remove_link, _id=id, _file=file))

    async def revoke_all(self, file: FileId) -> None:
        """By the index of files."""
        await self._store.change(_forget_links, _id=file)

    async def delete_over(self, before: datetime, limit: int) -> int:
        """The oldest first: chosen by the index without a lock, deleted by primary key."""
        ids = (await self._store.execute(_over_links, {"before": before, "limit": limit})).scalars().all()
        return await self._store.change(_delete_links, ids=ids, before=before) if ids else 0


class SqlVideos(Videos):
    """Rows of videos."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, video: Video) -> None:
        """One row."""
        await self._store.add(VideoRow, video)

    async def get(self, id: FileId) -> Video | None:
        """By primary key."""
        return await self._store.get(VideoRow, Video, id)

    async def save(self, video: Video) -> Video:
        """Compare the version and set."""
        return await self._store.save(VideoRow, video)
