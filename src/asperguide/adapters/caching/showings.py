"""Prints as the public is shown them, out of this process as long as nothing has changed anywhere.

A print is kept under the edition that was current before it was read (`Editions`): one read of the shared cache by all
requests that wait tells whether it still is. Else it comes from the shared cache, where it is good as long as its
company's token is the one that it was kept with, else from the database.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from time import monotonic

import msgspec

from asperguide.adapters.caching.editions import Editions
from asperguide.ar.model import Content, Customer, PublicId
from asperguide.ar.ports import ArReads
from asperguide.ar.repositories import viewer_key
from asperguide.ar.scenes import Scene
from asperguide.ar.viewer_ports import Showing, Showings
from asperguide.shared.ports import Cache, Cached
from asperguide.shared.tenancy import ProjectFacts, Projects, shown_key

TTL = timedelta(seconds=5)
"""How long a change may stay unseen whose purge nobody carried out: its process ended right after the commit."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A print as the shared cache has it, with the token of its company."""

    token: bytes
    content: Content
    project: ProjectFacts
    scene: Scene | None


@dataclass(frozen=True, slots=True)
class _Near:
    """A print that this process has, good under this edition and until this instant of the monotonic clock."""

    showing: Showing
    edition: bytes
    ends: float


class CachedShowings(Showings):
    """Up to `max_entries` prints in this process. Units of work purge `viewer_key` and `shown_key` by `Editions`."""

    def __init__(
        self, reads: ArReads, projects: Projects, cache: Cache, editions: Editions, max_entries: int = 10_000
    ) -> None:
        self._reads, self._projects, self._cache, self._editions = reads, projects, cache, editions
        self._max_entries = max_entries
        self._near: dict[PublicId, _Near] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Kept).decode

    async def find(self, id: PublicId) -> Showing | None:
        """From this process when nothing has changed since it was read."""
        edition = await self._editions.current()
        near = self._near.get(id)
        if near is not None and near.edition == edition and monotonic() < near.ends:
            return near.showing
        asked = monotonic()
        shared = await self._shared(id)
        if shared is not None:
            return self._keep(id, shared[0], edition, asked + shared[1])
        return await self._read(id, edition)

    async def _shared(self, id: PublicId) -> tuple[Showing, float] | None:
        """The print and how many seconds it is good, if the shared cache has it and its company has not changed."""
        cached = await self._cache.get(viewer_key(id))
        if cached is None:
            return None
        try:
            kept = self._decode(cached.value)
        except msgspec.DecodeError:  # another release may have kept it
            return None
        if kept.token != await self._editions.token(shown_key(kept.content.company)):
            return None
        return Showing(content=kept.content, project=kept.project, scene=kept.scene), cached.left.total_seconds()

    async def _read(self, id: PublicId, edition: bytes | None) -> Showing | None:
        """From the database: the content, then, after the token that vouches for it, the project."""
        asked = monotonic()
        found = await self._reads.shown(id)
        if found is None:
            return None
        content, scene = _bare(found[0]), found[1]
        token = await self._editions.token(shown_key(content.company))
        project = (await self._projects.known((content.project,))).get(content.project)
        if project is None:
            return None
        showing = Showing(content=content, project=project, scene=scene)
        if token is not None:
            entry = Cached(version=content.version, value=self._encode(Kept(token, content, project, scene)))
            await self._cache.put(viewer_key(id), entry, TTL - timedelta(seconds=monotonic() - asked))
        return self._keep(id, showing, edition, asked + TTL.total_seconds())

    def _keep(self, id: PublicId, showing: Showing, edition: bytes | None, ends: float) -> Showing:
        if edition is not None:
            self._near.pop(id, None)
            self._near[id] = _Near(showing, edition, ends)
            if len(self._near) > self._max_entries:
                for oldest in list(islice(self._near, self._max_entries // 10 or 1)):
                    del self._near[oldest]
        return showing


def _bare(content: Content) -> Content:
    """Without what the public is never shown: caches need not have it either."""
    marker = replace(content.marker, report=None, fingerprint=None, twin=None)
    return replace(content, customer=Customer(), metadata={}, marker=marker)
