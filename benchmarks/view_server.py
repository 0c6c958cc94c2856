"""The service with contents that exist for nothing but to be looked at: whatever it does with events is its own."""

import sys
from collections.abc import Collection, Mapping
from uuid import UUID

from dependency_injector.providers import Singleton

from asperguide.adapters.caching.watched import CachedWatched
from asperguide.adapters.logs import configuring
from asperguide.adapters.system import SystemClock
from asperguide.ar.analytics import Level, Scope, Shown, Watched
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.choosing import log_rules
from asperguide.container import Container
from asperguide.server import serve
from asperguide.settings import load
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId

CONTENTS = 200
COMPANIES = 10


def video(number: int) -> VideoId:
    """The video of the content with this number."""
    return VideoId(UUID(int=4 << 64 | number))


def nth(number: int) -> Shown:
    """The same content for the same number; every company has twenty in two projects."""
    return Shown(
        content=ContentId(UUID(int=1 << 64 | number)),
        project=ProjectId(UUID(int=2 << 64 | number % (2 * COMPANIES))),
        company=CompanyId(UUID(int=3 << 64 | number % COMPANIES)),
        time_zone="Europe/Paris",
        videos=(video(number),),
    )


class Shop(Watched):
    """Contents by their number."""

    async def by_public_id(self, public_id: str, *, latest: bool = False) -> Shown | None:
        """Made."""
        return nth(int(public_id)) if public_id.isdecimal() and int(public_id) < CONTENTS else None

    async def scope(self, actor: Actor, level: Level, id: UUID, within: ContentId | None = None) -> Scope | None:
        """Nobody is a member."""
        return None

    async def titles(self, company: CompanyId, contents: Collection[ContentId]) -> Mapping[ContentId, str]:
        """None."""
        return {}


def main() -> int:
    """Serve until told to stop."""
    settings = load()
    Container.watched.override(Singleton(CachedWatched, Singleton(Shop)))
    with configuring.running(log_rules(settings), SystemClock()):
        serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
