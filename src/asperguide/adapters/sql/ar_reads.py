"""Reads of prints outside of transactions, one statement each; contents take one more for their videos."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.ar_contents import CONTENT, VIDEO, contents, of_content, videos
from asperguide.adapters.sql.ar_rows import ArContentRow, ArSceneRow
from asperguide.adapters.sql.ar_scenes import scene_of
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.paging import Condition, Keyset
from asperguide.adapters.sql.prepared import Prepared, by_ids, named_ids
from asperguide.adapters.sql.store import Store, to_entity
from asperguide.ar.listing import CONTENTS
from asperguide.ar.model import Content, ContentId, PublicId
from asperguide.ar.ports import ArReads, Whereabouts
from asperguide.ar.scenes import Scene
from asperguide.ar.videos import ContentVideo
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.tenancy import CompanyId, ProjectId

scenes = ArSceneRow.__table__.c
_limit = sa.bindparam("limit", type_=sa.Integer)
_company = contents.company == sa.bindparam("company")

_whereabouts = Prepared(sa.select(contents.company, contents.project).where(contents.id == sa.bindparam("id")))
_content = Prepared(sa.select(*CONTENT).where(contents.id == sa.bindparam("id"), _company))
_public = Prepared(sa.select(*CONTENT).where(contents.public_id == sa.bindparam("public_id")))
_shown = Prepared(
    sa.select(
        *CONTENT,
        scenes.placements.label("scene_placements"),
        scenes.updated_at.label("scene_updated_at"),
        scenes.version.label("scene_version"),
    )
    .select_from(ArContentRow.__table__.outerjoin(ArSceneRow.__table__, scenes.id == contents.id))
    .where(contents.public_id == sa.bindparam("public_id"))
)
_videos_of = by_ids(
    videos.content,
    lambda these: sa.select(videos.content, *VIDEO).where(these).order_by(videos.position, videos.id),
)
_counts = by_ids(
    contents.project,
    lambda these: sa.select(contents.project, sa.func.count()).where(_company, these).group_by(contents.project),
)
_titles = by_ids(contents.id, lambda these: sa.select(contents.id, contents.title).where(_company, these))
_fingerprints = Prepared(
    sa.select(contents.id, contents.fingerprint)
    .where(_company, contents.fingerprint.is_not(None))
    .order_by(contents.id.desc())
    .limit(_limit)
)
_copied = Prepared(
    sa.select(contents.source).where(
        _company, contents.project == sa.bindparam("project"), contents.source.is_not(None)
    )
)


def _begins(column: Any, text: str) -> Condition:
    """A range of an index: what comes behind all that begin so is the next code point."""
    behind = text[:-1] + chr(min(ord(text[-1]) + 1, 0x10FFFF))
    # The code points in between cannot be kept as text.
    behind = behind[:-1] + "\ue000" if "\ud800" <= behind[-1] <= "\udfff" else behind
    return sa.and_(column >= text, column < behind)


_LIST = Keyset(
    row=ArContentRow,
    entity=Content,
    filters={
        "state": lambda state: contents.state == state,
        "client": lambda client: contents.client == client,
        "customer": lambda key: _begins(contents.customer_key, key),
        "title": lambda key: _begins(contents.title_key, key),
        "number": lambda number: _begins(contents.number, number),
        "grade": lambda grade: contents.grade == grade,
        "ends_before": lambda instant: contents.ends_at < instant,
    },
    chosen_in=ArContentRow,
)


class SqlArReads(ArReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def whereabouts(self, id: ContentId) -> Whereabouts | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_whereabouts, Whereabouts, id=id)

    async def content(self, company: CompanyId, id: ContentId) -> Content | None:
        """By primary key, and its videos."""
        async with self._database.reading() as store:
            return await _whole(store, await store.one(_content, Content, id=id, company=company))

    async def public(self, id: PublicId) -> Content | None:
        """By unique key, and its videos."""
        async with self._database.reading() as store:
            return await _whole(store, await store.one(_public, Content, public_id=id))

    async def shown(self, id: PublicId) -> tuple[Content, Scene | None] | None:
        """By unique key, joined with its scene; and its videos."""
        async with self._database.reading() as store:
            found = await store.execute(_shown, {"public_id": id})
            if (row := found.first()) is None:
                return None
            values = dict(zip(found.keys(), row, strict=True))
            content = await _whole(store, to_entity(values, Content))
        return None if content is None else (content, _scene_in(values, content))

    async def contents(self, company: CompanyId, project: ProjectId, page: PageRequest) -> Page[Content]:
        """By keyset, chosen in the index of the order; then all videos of the page."""
        wanted, table = CONTENTS.read(page, company, project), ArContentRow.__table__.c
        async with self._database.reading() as store:
            found = await _LIST.page(store, wanted, table.company == company, table.project == project)
            return replace(found, items=tuple(await _all_whole(store, found.items)))

    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """By primary key."""
        if not contents:
            return {}
        named = named_ids(list(contents))
        async with self._database.reading() as store:
            rows = await store.execute(_titles(len(named)), {**named, "company": company})
        return dict(iter(rows))

    async def counts(self, company: CompanyId, projects: Collection[ProjectId]) -> Mapping[ProjectId, int]:
        """By the index of an order."""
        if not projects:
            return {}
        named = named_ids(list(projects))
        async with self._database.reading() as store:
            rows = await store.execute(_counts(len(named)), {**named, "company": company})
        return {project: int(count) for project, count in rows}

    async def fingerprints(self, company: CompanyId, limit: int) -> Sequence[tuple[ContentId, int]]:
        """Out of an index alone, from its end: ids are in the order of time."""
        async with self._database.reading() as store:
            rows = await store.execute(_fingerprints, {"company": company, "limit": limit})
        return [(id, int.from_bytes(mark)) for id, mark in rows]

    async def scene(self, company: CompanyId, content: ContentId) -> Scene | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await scene_of(store, company, content)

    async def copied(self, company: CompanyId, project: ProjectId) -> Collection[ContentId]:
        """By index."""
        async with self._database.reading() as store:
            rows = await store.execute(_copied, {"company": company, "project": project})
        return {id for (id,) in rows}


def _scene_in(values: Mapping[str, Any], content: Content) -> Scene | None:
    """The scene among the values of a row, if there is one."""
    if values["scene_version"] is None:
        return None
    return Scene(
        content=content.id, company=content.company, placements=values["scene_placements"],
        updated_at=values["scene_updated_at"], version=values["scene_version"],
    )  # fmt: skip


async def _whole(store: Store, content: Content | None) -> Content | None:
    if content is None:
        return None
    return replace(content, videos=tuple(await store.all(of_content, ContentVideo, content=content.id)))


async def _all_whole(store: Store, found: Sequence[Content]) -> Sequence[Content]:
    if not found:
        return ()
    named, by_content = named_ids([content.id for content in found]), defaultdict[ContentId, list[ContentVideo]](list)
    rows = await store.execute(_videos_of(len(named)), named)
    names = rows.keys()
    for row in rows:
        by_content[row[0]].append(to_entity(dict(zip(names, row, strict=True)), ContentVideo))
    return [replace(content, videos=tuple(by_content[content.id])) for content in found]
