"""What use cases of files are called with when each of their calls fails in turn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.media import FileChange, FileId, NewLink, SmallUpload, Transport, events
from asperguide.media.model import File, quarantine_key
from asperguide.media.transport import Upload
from tests.media import TEXT, new_upload

JOB = UUID(int=99)
CLIP = toy_clip()
Case = tuple[Callable[[Any], Awaitable[tuple[Any, ...]]], dict[str, Any]]


class Pieces:
    """A body that can be read as often as it is sent."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


async def started(cast: Any, content: bytes = TEXT, **fields: Any) -> FileId:
    """An upload of Siobhán's that waits for its bytes."""
    new = new_upload(content, **fields)
    return FileId((await cast.world.container.start_upload()(cast.siobhan.actor, new)).file.id)


async def sent(cast: Any, content: bytes = TEXT, **fields: Any) -> FileId:
    """One whose bytes are there."""
    id = await started(cast, content, **fields)
    await cast.world.storage.put(quarantine_key(id), content)
    return id


async def arrived(cast: Any, content: bytes = TEXT, **fields: Any) -> FileId:
    """One that was finished; text is ready then, a video waits to be checked."""
    id = await sent(cast, content, **fields)
    await cast.world.container.finish_upload()(cast.siobhan.actor, id)
    return id


async def deleted(cast: Any) -> FileId:
    """A file that was thrown away."""
    id = await arrived(cast)
    await cast.world.container.delete_file()(cast.siobhan.actor, id)
    return id


async def file_of(cast: Any, id: FileId) -> File:
    """The row."""
    file = await cast.world.container.media_reads().file(id)
    assert file is not None
    return file  # type: ignore[no-any-return]


async def upload_of(cast: Any, id: FileId) -> Upload:
    """The row."""
    upload = await cast.world.container.media_reads().upload(id)
    assert upload is not None
    return upload  # type: ignore[no-any-return]


async def linked(cast: Any) -> Any:
    """A file with a link to it."""
    id = await arrived(cast)
    return id, await cast.world.container.make_link()(cast.siobhan.actor, id, NewLink(expires_in=60))


def mine(make: Callable[[Any], Awaitable[Any]], *more: Any, **options: Any) -> Case:
    """A call by Siobhán about what was made, and with more."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return cast.siobhan.actor, await make(cast), *more

    return given, options


def about(message: type[Any], make: Callable[[Any], Awaitable[FileId]]) -> Case:
    """A call by a worker."""

    async def given(cast: Any) -> tuple[Any, ...]:
        return message(file=await make(cast)), JOB

    return given, {"once": True}


def later(make: Callable[[Any], Awaitable[Any]], *arguments: Any, **by: float) -> Case:
    """A call by the clock, so much later."""

    async def given(cast: Any) -> tuple[Any, ...]:
        await make(cast)
        cast.world.clock.advance(timedelta(**by))
        return arguments

    return given, {}


async def itself(cast: Any) -> tuple[Any, ...]:
    """Siobhán alone."""
    return (cast.siobhan.actor,)


async def _orphan(cast: Any) -> None:
    await cast.world.storage.put(f"files/{JOB}/x", b"nobody's")


async def _starting(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, new_upload()


async def _starting_in_parts(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, new_upload(transport=Transport.MULTIPART)


async def _sending_small(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, SmallUpload(name="a.txt", media_type="text/plain"), Pieces(TEXT)


async def _appending(cast: Any, content: bytes) -> tuple[Any, ...]:
    return cast.siobhan.actor, await started(cast, transport=Transport.TUS), 0, Pieces(content)


async def _appending_some(cast: Any) -> tuple[Any, ...]:
    return await _appending(cast, TEXT[:5])


async def _appending_more(cast: Any) -> tuple[Any, ...]:
    actor, id, _, chunks = await _appending(cast, TEXT[5:9])
    await cast.world.container.append_to_upload()(actor, id, 0, Pieces(TEXT[:5]))
    return actor, id, 5, chunks


async def _appending_all(cast: Any) -> tuple[Any, ...]:
    return await _appending(cast, TEXT)


async def _linking_parts(cast: Any) -> tuple[Any, ...]:
    return cast.siobhan.actor, await started(cast, transport=Transport.MULTIPART), [1]


async def _revoking(cast: Any) -> tuple[Any, ...]:
    id, made = await linked(cast)
    return cast.siobhan.actor, id, made.id


async def _following(cast: Any) -> tuple[Any, ...]:
    return ((await linked(cast))[1].token,)


async def _examining(cast: Any) -> tuple[Any, ...]:
    return await file_of(cast, await sent(cast)), len(TEXT)


async def _arriving(cast: Any) -> tuple[Any, ...]:
    return await upload_of(cast, await sent(cast)), len(TEXT), cast.siobhan.actor


async def _removing(cast: Any) -> tuple[Any, ...]:
    await _orphan(cast)
    return events.ObjectsAbandoned(key=f"files/{JOB}/"), JOB


async def _removing_one(cast: Any) -> tuple[Any, ...]:
    await cast.world.storage.put(quarantine_key(FileId(JOB)), TEXT)
    await cast.world.storage.start(quarantine_key(FileId(JOB)))
    return events.ObjectsAbandoned(key=quarantine_key(FileId(JOB))), JOB


async def _video(cast: Any) -> FileId:
    return await arrived(cast, CLIP, media_type="video/mp4")


async def _large(cast: Any) -> FileId:
    return await sent(cast, CLIP, media_type="video/mp4")


MEDIA: dict[str, list[Case]] = {
    # sending files
    "start_upload": [(_starting, {"keyed": True}), (_starting_in_parts, {"keyed": True})],
    "get_upload": [mine(started)],
    "list_uploads": [(itself, {})],
    "abort_upload": [mine(sent)],
    "link_parts": [(_linking_parts, {})],
    "finish_upload": [mine(sent), mine(_large), mine(arrived)],
    "append_to_upload": [(_appending_some, {}), (_appending_more, {}), (_appending_all, {})],
    "upload_small": [(_sending_small, {"keyed": True})],
    # files
    "get_file": [mine(arrived)],
    "list_files": [(itself, {})],
    "update_file": [mine(arrived, FileChange(name="new"))],
    "delete_file": [mine(arrived), mine(started), mine(_video)],
    "restore_file": [mine(deleted)],
    "get_quota": [(itself, {})],
    # bytes
    "read_file": [mine(arrived)],
    "link_to_content": [mine(arrived)],
    "make_link": [mine(arrived, keyed=True)],
    "list_links": [mine(arrived)],
    "revoke_link": [(_revoking, {})],
    "follow_link": [(_following, {})],
    # in the background
    "check_file": [about(events.FileArrived, _video), about(events.FileArrived, arrived)],
    "expire_uploads": [later(sent, hours=25)],
    "purge_deleted_files": [later(deleted, days=8)],
    "prune_links": [later(linked, hours=1)],
    "remove_objects": [(_removing, {}), (_removing_one, {})],
    "reconcile": [later(_orphan, True, days=3), later(arrived)],
    "tidy_media": [later(_orphan, JOB, days=3)],
    # parts of others
    "examine_file": [(_examining, {})],
    "arrive": [(_arriving, {"once": True})],
}
