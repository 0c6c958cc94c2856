"""The service with files on a database, everything else of it in memory."""

from collections.abc import AsyncIterable
from contextlib import AbstractAsyncContextManager

from dependency_injector.providers import Object

from asperguide.adapters.memory.objects import MemoryStorage
from asperguide.adapters.sql.engine import Database
from asperguide.container import Container
from asperguide.media import FileId, MediaPolicy, NewUpload
from asperguide.media.errors import ToolsMissing
from asperguide.media.model import quarantine_key
from asperguide.media.ports import VideoBench, VideoTools
from asperguide.shared.actor import Actor, Role, SessionId, UserId
from asperguide.testing import MovableClock
from asperguide.testing.contracts.people import IDS
from asperguide.testing.world import SETTINGS

TEXT = "Siobhán's garden, in words.\n".encode()
NEW = NewUpload(name="garden.txt", size=len(TEXT), media_type="text/plain")


class NoVideoTools(VideoTools):
    """Where there is no FFmpeg."""

    def bench(self, content: AsyncIterable[bytes], media_type: str) -> AbstractAsyncContextManager[VideoBench]:
        """Never."""
        raise ToolsMissing


def filing(database: Database, clock: MovableClock, policy: MediaPolicy | None = None) -> Container:
    """A container on this database, its objects in memory."""
    made = Container(settings=SETTINGS)
    made.database.override(Object(database))
    made.clock.override(Object(clock))
    made.ids.override(Object(IDS))
    made.video_tools.override(Object(NoVideoTools()))
    made.storage.override(Object(MemoryStorage(made.door(), clock, IDS)))
    made.media_policy.override(Object(policy or MediaPolicy()))
    return made


def somebody(clock: MovableClock) -> Actor:
    """A signed-in person."""
    return Actor(
        user=UserId(IDS.new()), session=SessionId(IDS.new()), roles=(Role.USER,), proved_at=clock.now()
    )  # fmt: skip


async def send(container: Container, id: FileId, content: bytes = TEXT) -> None:
    """What the sender of a direct upload does."""
    await container.storage().put(quarantine_key(id), content, media_type="text/plain")


async def sent(container: Container, actor: Actor) -> FileId:
    """A file that was sent, and is ready."""
    started = await container.start_upload()(actor, NEW)
    await send(container, started.file.id)
    return (await container.finish_upload()(actor, started.file.id)).id
