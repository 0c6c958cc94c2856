"""What use cases of files are called with when each of their calls fails in turn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from asperguide.adapters.memory.video_tools import toy_clip
from asperguide.identity.events import AccountErased
from asperguide.media import Conversion, FileChange, FileId, NewLink, Poster, SmallUpload, Target, Transport, events
from asperguide.media.model import File, quarantine_key
from asperguide.media.playing import PLAYLIST
from asperguide.media.transport import Upload
from tests.media import TEXT, new_upload, png

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


TINY = toy_clip(1.0, width=64, height=36)


async def small_video(cast: Any) -> FileId:
    """A video that is ready, and waits to be processed."""
    id = await arrived(cast, TINY, media_type="video/mp4")
    await cast.world.container.check_file()(events.FileArrived(file=id))
    return id


async def processed(cast: Any) -> FileId:
    id = await small_video(cast)
    await cast.world.container.process_video()(events.VideoProcessingWanted(file=id), (await _video_of(cast, id)).job)
    return id


async def _cancelled(cast: Any) -> FileId:
    id = await small_video(cast)
    await cast.world.container.cancel_processing()(cast.siobhan.actor, id)
    return id


async def _video_of(cast: Any, id: FileId) -> Any:
    return await cast.world.container.media_reads().video(id)


async def _playing(cast: Any, media_type: str) -> tuple[Any, ...]:
    id = await processed(cast)
    made = next(one for one in (await _video_of(cast, id)).made if one.media_type == media_type)
    return cast.siobhan.actor, id, made.role, made.name


async def _playing_a_picture(cast: Any) -> tuple[Any, ...]:
    return await _playing(cast, "image/webp")


async def _playing_a_list(cast: Any) -> tuple[Any, ...]:
    return await _playing(cast, PLAYLIST)


async def _processing(cast: Any) -> tuple[Any, ...]:
    id = await small_video(cast)
    return events.VideoProcessingWanted(file=id), (await _video_of(cast, id)).job


async def _making_stills(cast: Any) -> tuple[Any, ...]:
    return events.PosterWanted(file=await processed(cast)), JOB


async def _wanting(cast: Any) -> Any:
    """A sound that is to be made of a video."""
    source = await small_video(cast)
    made = await cast.world.container.convert()(cast.siobhan.actor, source, Conversion(to=Target.WAV))
    return events.ConversionWanted(source=source, file=made.file.id, to="wav"), made.job


async def _making(cast: Any) -> tuple[Any, ...]:
    wanted, _ = await _wanting(cast)
    return await file_of(cast, wanted.source), await file_of(cast, wanted.file), "wav"


async def _picture(cast: Any) -> FileId:
    return await arrived(cast, png(), media_type="image/png", name="a.png")


async def _forgetting(cast: Any) -> tuple[Any, ...]:
    await sent(cast)
    return AccountErased(user=cast.siobhan.actor.user), JOB


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
    "forget_owner": [(_forgetting, {"once": True})],
    "prune_links": [later(linked, hours=1)],
    "remove_objects": [(_removing, {}), (_removing_one, {})],
    "reconcile": [later(_orphan, True, days=3), later(arrived)],
    "tidy_media": [later(_orphan, JOB, days=3)],
    # images and videos
    "show_image": [mine(_picture)],
    "get_video": [mine(small_video)],
    "play_video": [(_playing_a_picture, {})],
    "play_playlist": [(_playing_a_list, {})],
    "set_poster": [mine(processed, Poster(at=0.5))],
    "make_stills": [(_making_stills, {"once": True})],
    "process_video": [(_processing, {"once": True})],
    "retry_processing": [mine(_cancelled)],
    "cancel_processing": [mine(small_video)],
    "stop_processing": [(_processing, {"once": True})],
    "convert": [mine(small_video, Conversion(to=Target.WAV), keyed=True)],
    "convert_file": [(_wanting, {"once": True})],
    "stop_converting": [(_wanting, {"once": True})],
    # parts of others
    "see_video": [mine(small_video)],
    "make_conversion": [(_making, {})],
    "examine_file": [(_examining, {})],
    "arrive": [(_arriving, {"once": True})],
}
