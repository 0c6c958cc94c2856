"""What is shown under a public id, remembered for as long as nothing that decides may be older: five seconds."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from time import monotonic
from uuid import UUID

from asperguide.ar.analytics_model import Level, Scope, Shown
from asperguide.ar.analytics_ports import Watched
from asperguide.ar.model import ContentId
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId

TTL_SECONDS = 5.0
MOST = 4096


class CachedWatched(Watched):
    """Remembers what there is and never what there is not: what is published is found by the very next event.

    In this process only, so that nothing is asked of Redis for each event.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._shown: OrderedDict[str, tuple[float, Shown]] = OrderedDict()

    async def by_public_id(self, public_id: str, *, latest: bool = False) -> Shown | None:
        """What is remembered, unless that is old or the latest is asked for."""
        kept = self._shown.get(public_id)
        if kept is not None and not latest and monotonic() < kept[0]:
            return kept[1]
        self._shown.pop(public_id, None)
        asked = monotonic()
        shown = await self._watched.by_public_id(public_id, latest=latest)
        if shown is not None:
            self._shown[public_id] = asked + TTL_SECONDS, shown
            if len(self._shown) > MOST:
                self._shown.popitem(last=False)
        return shown

    async def scope(self, actor: Actor, level: Level, id: UUID, within: ContentId | None = None) -> Scope | None:
        """Asked anew each time."""
        return await self._watched.scope(actor, level, id, within)

    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """Asked anew each time."""
        return await self._watched.titles(company, contents)
