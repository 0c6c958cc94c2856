"""What ought to be stored and what is: pure comparisons, without asking anybody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from asperguide.media.model import File, FileId, FileState, video_prefix
from asperguide.media.transport import Upload
from asperguide.shared.storage import OpenUpload, StoredObject

PREFIXES = ("arrivals/", "derived/", "files/", "quarantine/")
"""What the keys of media begin with; whatever else lies in the bucket belongs to others."""

SPARED = timedelta(hours=48)
"""Nothing younger is an orphan: an upload lasts 24 hours at most, and clocks and workers may be late."""

STUCK = timedelta(hours=24)
"""How long a file may wait to be checked."""

WITH_BYTES = (FileState.READY, FileState.DELETED)


def file_of(key: str) -> FileId | None:
    """Whose object this is, by its key; None when that is no key of ours."""
    try:
        id = UUID(key.split("/")[1])
    except (IndexError, ValueError):
        return None
    return FileId(id) if key.split("/")[1] == str(id) else None


def is_piece(key: str) -> bool:
    """Whether this was made of a video, to play it."""
    id = file_of(key)
    return id is not None and key.startswith(video_prefix(id))


def old(objects: Iterable[StoredObject], now: datetime) -> list[StoredObject]:
    """Those that are too old to belong to anything that is just happening."""
    return [one for one in objects if one.modified_at < now - SPARED]


def orphans(objects: Iterable[StoredObject], files: Iterable[File]) -> list[StoredObject]:
    """Objects that nothing points to, given all files that they may belong to, as they were afterwards."""
    known = {file.id: file for file in files}
    return [one for one in objects if not _is_claimed(one.key, known)]


def _is_claimed(key: str, known: Mapping[FileId, File]) -> bool:
    id = file_of(key)
    file = None if id is None else known.get(id)
    if file is None:
        return False
    match key.partition("/")[0]:
        case "arrivals":
            return file.awaited
        case "quarantine":
            return file.awaited or file.unchecked
        case "files":
            # One that is being checked may be on its way to this place.
            return file.unchecked or (file.state in WITH_BYTES and file.key == key)
    return file.state in WITH_BYTES


def without_object(files: Iterable[File], keys: Collection[str]) -> list[File]:
    """Files whose bytes are not where they ought to be, given all keys that there may be of them."""
    return [file for file in files if file.state in WITH_BYTES and file.key not in keys]


def stuck(files: Iterable[File], now: datetime) -> list[File]:
    """Files that have waited too long to be checked: whatever was to do it has given up."""
    return [file for file in files if file.unchecked and file.updated_at < now - STUCK]


def stale(opened: Iterable[OpenUpload], now: datetime) -> list[OpenUpload]:
    """Uploads in parts that are too old to be used by anything that is just happening."""
    return [one for one in opened if one.key.startswith(PREFIXES) and one.started_at < now - SPARED]


def unused(opened: Sequence[OpenUpload], uploads: Iterable[Upload]) -> list[OpenUpload]:
    """Those that no upload of ours goes by."""
    used = {upload.parted for upload in uploads}
    return [one for one in opened if one.id not in used]
