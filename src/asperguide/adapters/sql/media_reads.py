"""Reads of media outside of transactions, one statement each; a page with a total takes one more."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.media_rows import FileRow, FileTagRow, LinkRow, UploadRow, UsageRow, VideoRow
from asperguide.adapters.sql.paging import Condition, Keyset
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.types import KeyText
from asperguide.media.listing import FILES, UPLOADS
from asperguide.media.model import File, FileId, OwnerId
from asperguide.media.ports import MediaReads
from asperguide.media.repositories import Link
from asperguide.media.transport import Upload, Usage
from asperguide.media.videos import Video
from asperguide.shared.pages import Page, PageRequest

_files, _links = FileRow.__table__.c, LinkRow.__table__.c
_FILE = tuple(column for column in _files if column.key != "name_key")
_limit = sa.bindparam("limit", type_=sa.Integer)

_file = Prepared(sa.select(*_FILE).where(_files.id == sa.bindparam("id")))
_upload = Prepared(sa.select(UploadRow.__table__).where(UploadRow.__table__.c.id == sa.bindparam("id")))
_usage = Prepared(sa.select(UsageRow.__table__).where(UsageRow.__table__.c.owner == sa.bindparam("owner")))
_video = Prepared(sa.select(VideoRow.__table__).where(VideoRow.__table__.c.id == sa.bindparam("id")))
_live_links = Prepared(
    sa.select(LinkRow.__table__)
    .where(_links.file == sa.bindparam("file"), _links.expires_at > sa.bindparam("now"))
    .order_by(_links.created_at.desc(), _links.id.desc())
)
_linked = Prepared(
    sa.select(*_FILE)
    .join_from(LinkRow.__table__, FileRow.__table__, _files.id == _links.file)
    .where(_links.digest == sa.bindparam("digest"), _links.expires_at > sa.bindparam("now"))
)
_all = sa.select(*_FILE).order_by(_files.id).limit(_limit)
_first, _behind = Prepared(_all), Prepared(_all.where(_files.id > sa.bindparam("after")))
_these = sa.select(*_FILE).where(_files.id.in_(sa.bindparam("ids", expanding=True)))
_these_videos = sa.select(VideoRow.__table__).where(VideoRow.__table__.c.id.in_(sa.bindparam("ids", expanding=True)))
_owners = sa.select(UsageRow.__table__.c.owner).order_by(UsageRow.__table__.c.owner).limit(_limit)
_first_owners = Prepared(_owners)
_owners_behind = Prepared(_owners.where(UsageRow.__table__.c.owner > sa.bindparam("after")))


def _filters(table: sa.Table) -> Mapping[str, Callable[[Any], Condition]]:
    """What the values of filters mean in this table: that of files, or that of tags with its copies."""
    c = table.c

    def of_type(text: str) -> Condition:
        # A family is a range: nothing but "0" comes behind "/".
        return c.media_type == text if "/" in text else sa.and_(c.media_type > f"{text}/", c.media_type < f"{text}0")

    return {
        "type": of_type,
        "tag": lambda tag: c.tag == tag,
        "name": lambda key: sa.func.instr(c.name_key, sa.literal(key, KeyText(255))) > 0,
        "state": lambda state: c.state == state,
        "visibility": lambda visibility: c.visibility == visibility,
    }


_FILE_LIST = Keyset(row=FileRow, entity=File, filters=_filters(FileRow.__table__), chosen_in=FileRow)
_TAGGED_LIST = Keyset(row=FileRow, entity=File, filters=_filters(FileTagRow.__table__), chosen_in=FileTagRow)
_UPLOAD_LIST = Keyset(row=UploadRow, entity=Upload, filters={})


class SqlMediaReads(MediaReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def file(self, id: FileId) -> File | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_file, File, id=id)

    async def files(self, owner: OwnerId, page: PageRequest) -> Page[File]:
        """By keyset, chosen in the index of the order: that of all files, or that of the tag's."""
        wanted = FILES.read(page, owner)
        listed = _TAGGED_LIST if "tag" in wanted.filters else _FILE_LIST
        async with self._database.reading() as store:
            return await listed.page(store, wanted, listed.places.c.owner == owner)

    async def upload(self, id: FileId) -> Upload | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_upload, Upload, id=id)

    async def uploads(self, owner: OwnerId, page: PageRequest) -> Page[Upload]:
        """By keyset."""
        wanted = UPLOADS.read(page, owner)
        async with self._database.reading() as store:
            return await _UPLOAD_LIST.page(store, wanted, UploadRow.__table__.c.owner == owner)

    async def usage(self, owner: OwnerId) -> Usage:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_usage, Usage, owner=owner) or Usage(owner=owner)

    async def links(self, file: FileId, now: datetime) -> Sequence[Link]:
        """In the order of the index."""
        async with self._database.reading() as store:
            return await store.all(_live_links, Link, file=file, now=now)

    async def linked(self, digest: bytes, now: datetime) -> File | None:
        """By unique key, and the file with it."""
        async with self._database.reading() as store:
            return await store.one(_linked, File, digest=digest, now=now)

    async def video(self, id: FileId) -> Video | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_video, Video, id=id)

    async def all_files(self, after: FileId | None, limit: int) -> Sequence[File]:
        """In the order of the primary key."""
        async with self._database.reading() as store:
            if after is None:
                return await store.all(_first, File, limit=limit)
            return await store.all(_behind, File, after=after, limit=limit)

    async def by_ids(self, ids: Sequence[FileId]) -> Sequence[File]:
        """By primary keys."""
        if not ids:
            return ()
        async with self._database.reading() as store:
            return await store.all(_these, File, ids=list(ids))

    async def videos(self, ids: Sequence[FileId]) -> Sequence[Video]:
        """By primary keys."""
        if not ids:
            return ()
        async with self._database.reading() as store:
            return await store.all(_these_videos, Video, ids=list(ids))

    async def owners(self, after: OwnerId | None, limit: int) -> Sequence[OwnerId]:
        """In the order of the primary key of what is counted."""
        async with self._database.reading() as store:
            if after is None:
                rows = await store.execute(_first_owners, {"limit": limit})
            else:
                rows = await store.execute(_owners_behind, {"after": after, "limit": limit})
        return [owner for (owner,) in rows]
