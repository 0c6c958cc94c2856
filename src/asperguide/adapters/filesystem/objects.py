"""Objects in a folder on this machine's disk: what the embedded service keeps its files in."""

import logging
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

from asperguide.adapters.content import (
    PIECE,
    Intake,
    check_about,
    check_number,
    check_page,
    check_parts,
    joint_etag,
    page_of,
    pieces,
    span,
)
from asperguide.adapters.counting import StorageCalls, told, told_opening
from asperguide.adapters.filesystem.object_files import (
    COPIED_AT_ONCE,
    Draft,
    Reading,
    Tree,
    known,
    stored,
    sweep,
)
from asperguide.adapters.filesystem.object_uploads import Uploads
from asperguide.adapters.filesystem.threads import Threads
from asperguide.adapters.measuring import Family, Measured
from asperguide.adapters.signing import Door, DoorLinks, DoorStorage
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.storage import (
    BINARY,
    Listed,
    ObjectChanged,
    ObjectMissing,
    Opened,
    OpenUpload,
    Part,
    StoredObject,
    WrongContent,
    check_key,
)

logger = logging.getLogger(__name__)

THREADS = 8
SWEEP_EVERY = 3600.0
"""Seconds."""


class FolderStorage(DoorLinks, DoorStorage, Measured):
    """One folder is one bucket; any number of processes may share it."""

    def __init__(self, folder: Path, door: Door, clock: Clock, ids: Ids, calls: StorageCalls | None = None) -> None:
        """The folder is made with the first object."""
        self.door, self.calls = door, calls or StorageCalls()
        self._clock, self._ids = clock, ids
        self._drafts = folder / "drafts"
        self._tree = Tree(folder / "kept")
        self._uploads = Uploads(folder / "uploads", self._drafts)
        self._threads = Threads(THREADS, "objects")
        self._swept_at: float | None = None

    @told
    async def put(
        self,
        key: str,
        content: AsyncIterable[bytes] | bytes,
        *,
        size: int | None = None,
        media_type: str = BINARY,
        metadata: Mapping[str, str] | None = None,
        sha256: bytes | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Into a draft, which becomes the object when all is there and on the disk."""
        check_key(key)
        about = check_about(media_type, metadata)
        async with self._draft(Intake(size, sha256)) as draft:
            digest = await self._fill(draft, content)
            return await self._publish(draft, key, digest.hex()[:32], media_type, about, if_absent=if_absent)

    @told_opening
    @asynccontextmanager
    async def open(
        self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None
    ) -> AsyncIterator[Opened]:
        """The file stays open until it is left; what is put meanwhile is another file."""
        async with self._reading(self._tree.path(check_key(key)), key, if_match) as (reading, found):
            first, end = span(start, length, found.size)
            async with aclosing(self._chunks(reading, first, end)) as chunks:
                yield Opened(object=found, chunks=chunks)

    @told
    async def stat(self, key: str) -> StoredObject | None:
        """From the end of its file."""
        try:
            async with self._reading(self._tree.path(check_key(key)), key, None) as (_, found):
                return found
        except ObjectMissing:
            return None

    @told
    async def list(
        self, prefix: str = "", *, delimiter: str = "", cursor: str | None = None, limit: int = 1000
    ) -> Listed:
        """From the folders, which are read anew for each page."""
        check_page(prefix, delimiter, limit)
        return await self._threads.run(self._list, prefix, delimiter, cursor, limit)

    @told
    async def copy(self, source: str, target: str, *, if_match: str | None = None) -> StoredObject:
        """The bytes by the kernel, where it can."""
        check_key(target)
        path = self._tree.path(check_key(source))
        async with self._reading(path, source, if_match) as (reading, found), self._draft(Intake()) as draft:
            await self._append(draft, reading, found.size)
            return await self._publish(draft, target, found.etag, found.media_type, found.metadata, size=found.size)

    @told
    async def delete(self, *keys: str) -> None:
        """One after the other."""
        checked = [check_key(key) for key in keys]
        await self._threads.run(self._tree.remove, *checked)

    @told
    async def start(self, key: str, *, media_type: str = BINARY, metadata: Mapping[str, str] | None = None) -> str:
        """A folder for its parts."""
        check_key(key)
        about = check_about(media_type, metadata)
        id = self._ids.new().hex
        await self._threads.run(self._uploads.start, id, key, media_type, about, self._clock.now())
        return id

    @told
    async def put_part(self, key: str, upload: str, number: int, content: bytes) -> Part:
        """A file of its own."""
        return await self.receive_part(key, upload, number, content)

    async def receive_part(
        self, key: str, upload: str, number: int, content: AsyncIterable[bytes] | bytes, *, size: int | None = None
    ) -> Part:
        """A file of its own, which replaces the part's earlier one when all is there."""
        check_key(key)
        check_number(number)
        await self._threads.run(self._uploads.demand, key, upload)
        async with self._draft(Intake(size)) as draft:
            etag = (await self._fill(draft, content)).hex()[:32]
            about = known(draft.size, etag, BINARY, {}, self._clock.now())
            await self._threads.run(lambda: self._uploads.keep(upload, number, draft.seal(about)))
            return Part(number=number, etag=etag, size=draft.size)

    @told
    async def parts(self, key: str, upload: str) -> Sequence[Part]:
        """From the ends of their files."""
        check_key(key)
        return await self._threads.run(self._uploads.parts, key, upload)

    @told
    async def complete(self, key: str, upload: str, parts: Sequence[Part]) -> StoredObject:
        """Join the files into a draft, which becomes the object; then the folder of the parts goes.

        A crash in between leaves both, and completing again does no harm.
        """
        start = await self._threads.run(self._uploads.demand, check_key(key), upload)
        chosen = check_parts(parts, {part.number: part for part in await self.parts(key, upload)})
        async with self._draft(Intake()) as draft:
            for part in chosen:
                await self._append_part(draft, upload, part)
            size = sum(part.size for part in chosen)
            made = await self._publish(draft, key, joint_etag(chosen), start.media_type, start.metadata, size=size)
        await self._threads.run(self._uploads.forget, upload)
        return made

    @told
    async def abort(self, key: str, upload: str) -> None:
        """The folder of the parts goes."""
        check_key(key)
        await self._threads.run(self._uploads.abort, key, upload)

    @told
    async def open_uploads(self, prefix: str = "") -> Sequence[OpenUpload]:
        """From the folders of parts."""
        return await self._threads.run(self._uploads.open, prefix)

    def measure(self) -> Iterator[Family]:
        """What its calls took."""
        yield from self.calls.measure()

    async def aclose(self) -> None:
        """End the threads."""
        self._threads.close()

    @asynccontextmanager
    async def _draft(self, intake: Intake) -> AsyncIterator[Draft]:
        """A draft that leaves nothing behind unless it is published."""
        if self._swept_at is None or monotonic() - self._swept_at > SWEEP_EVERY:
            self._swept_at = monotonic()
            await self._threads.run(sweep, self._drafts)
        draft = Draft(self._drafts / self._ids.new().hex, intake)
        try:
            yield draft
        finally:
            await self._threads.run(draft.discard)

    async def _fill(self, draft: Draft, content: AsyncIterable[bytes] | bytes) -> bytes:
        async with aclosing(pieces(content, PIECE)) as chunks:
            async for piece in chunks:
                await self._threads.run(draft.take, piece)
        return draft.finish()

    async def _publish(
        self,
        draft: Draft,
        key: str,
        etag: str,
        media_type: str,
        metadata: Mapping[str, str],
        *,
        size: int | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        size = draft.size if size is None else size
        about = known(size, etag, media_type, metadata, self._clock.now())
        await self._threads.run(lambda: self._tree.publish(draft.seal(about), key, if_absent=if_absent))
        return stored(key, about)

    @asynccontextmanager
    async def _reading(self, path: Path, key: str, if_match: str | None) -> AsyncIterator[tuple[Reading, StoredObject]]:
        reading = Reading(path, key)
        try:
            found = await self._threads.run(self._opened, reading)
            if if_match not in (None, found.etag):
                raise ObjectChanged
            yield reading, found
        finally:
            reading.close()

    def _opened(self, reading: Reading) -> StoredObject:
        try:
            return reading.open()
        except ObjectMissing:
            self._tree.demand()
            raise

    async def _chunks(self, reading: Reading, first: int, end: int) -> AsyncGenerator[bytes, None]:
        for start in range(first, end, PIECE):
            yield await self._threads.run(reading.read, start, min(PIECE, end - start))

    async def _append(self, draft: Draft, reading: Reading, size: int) -> None:
        for start in range(0, size, COPIED_AT_ONCE):
            await self._threads.run(reading.copy_to, draft, start, min(COPIED_AT_ONCE, size - start))

    async def _append_part(self, draft: Draft, upload: str, part: Part) -> None:
        """Raises WrongContent when the part was replaced since it was looked at."""
        with suppress(ObjectMissing, ObjectChanged):
            async with self._reading(self._uploads.path(upload, part.number), "a part", part.etag) as (reading, found):
                await self._append(draft, reading, found.size)
                return
        raise WrongContent(f"part {part.number} is missing or was replaced")

    def _list(self, prefix: str, delimiter: str, cursor: str | None, limit: int) -> Listed:
        self._tree.demand()
        keys = self._tree.keys(prefix, delimiter, cursor)
        names, folders, following = page_of(keys, prefix, delimiter, cursor, limit)
        objects = tuple(found for name in names if (found := self._look(name)) is not None)
        return Listed(objects=objects, prefixes=tuple(folders), next_cursor=following)

    def _look(self, key: str) -> StoredObject | None:
        """What a listing tells of it; None when it went meanwhile, or is damaged: then it is no object any more."""
        reading = Reading(self._tree.path(key), key)
        try:
            return reading.open()
        except ObjectMissing:
            return None
        except OSError as error:
            logger.warning("an object cannot be read: %s", error)
            return None
        finally:
            reading.close()
