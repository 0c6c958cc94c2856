"""Putting what is not there yet, on servers that do not know conditions: whoever can claim the key alone may put it.

AWS, SeaweedFS and newer MinIOs look at `If-None-Match: *` themselves; older MinIOs and gateways in front of files
take the header and put all the same, others refuse it. Which kind it is, is tried out once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from weakref import WeakValueDictionary

from minio.commonconfig import CopySource
from minio.error import S3Error

from asperguide.adapters.content import SOON
from asperguide.adapters.minio.bucket import Bucket
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Ids
from asperguide.shared.storage import ObjectExists, ObjectMissing, StoredObject

ONLY_NEW = {"If-None-Match": "*"}
PROBE = "probes/if-none-match"
REFUSED = {"NotImplemented", "InvalidArgument", "InvalidRequest"}
LEASE = timedelta(seconds=60)
"""Claims of processes that died count no longer after this; what is done under one takes a second."""
TRIES = 30


class Claims:
    """A claim is an empty object beside others of its key; it holds when there is no other one.

    Listings of S3 servers tell what was put before they were asked for. So of two that claim at once at least one sees
    the other, and both never hold; whoever saw another steps back and tries again a little later.
    """

    def __init__(self, bucket: Bucket, ids: Ids) -> None:
        self._bucket, self._ids = bucket, ids
        self._knows: bool | None = None
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def server_knows_conditions(self) -> bool:
        """Whether the server itself refuses to put what is there."""
        if self._knows is None:
            self._knows = await self._bucket.run(self._try_out)
        return self._knows

    async def put_new(self, path: str, put: Callable[[str], Awaitable[StoredObject]]) -> StoredObject:
        """Put the bytes elsewhere, then copy them while the key is claimed. Raises ObjectExists."""
        draft = self._bucket.path(f"drafts/{self._ids.new().hex}")
        client, name = self._bucket.connection.client, self._bucket.name
        try:
            await put(draft)
            async with self._claimed(path):
                await self._bucket.run(lambda: self._demand_nothing(path))
                await self._bucket.run(lambda: client.copy_object(name, path, CopySource(name, draft)))
                return await self._bucket.run(lambda: self._bucket.stat(path))
        finally:
            self._bucket.connection.later(lambda: self._remove(draft))

    @asynccontextmanager
    async def _claimed(self, path: str) -> AsyncIterator[None]:
        folder = self._bucket.within(f"claims/{sha256(path.encode()).hexdigest()[:32]}/")
        async with self._locks.setdefault(path, asyncio.Lock()):
            for attempt in range(TRIES):
                id = self._ids.new()
                mine = folder + id.hex
                try:
                    if await self._bucket.run(lambda mine=mine: self._claim(folder, mine)):  # type: ignore[misc]
                        yield
                        return
                finally:
                    self._bucket.connection.later(lambda mine=mine: self._remove(mine))  # type: ignore[misc]
                await asyncio.sleep(id.bytes[-1] / 255 * 0.1 * (attempt + 1))
        raise StorageUnavailable(retry_after=SOON)

    def _claim(self, folder: str, mine: str) -> bool:
        client, name = self._bucket.connection.client, self._bucket.name
        client._put_object(name, mine, b"")
        claims = {found.object_name: found.last_modified for found in client.list_objects(name, prefix=folder)}
        now = claims.get(mine)
        if now is None:
            return False
        return not any(at is None or at > now - LEASE for claim, at in claims.items() if claim != mine)

    def _demand_nothing(self, path: str) -> None:
        with suppress(ObjectMissing):
            self._bucket.stat(path)
            raise ObjectExists

    def _try_out(self) -> bool:
        once, name, path = self._bucket.connection.once, self._bucket.name, self._bucket.path(PROBE)
        once._put_object(name, path, b"")
        try:
            once._put_object(name, path, b"", {**ONLY_NEW})
        except S3Error as error:
            if error.code in ("PreconditionFailed", "ConditionalRequestConflict"):
                return True
            if error.code not in REFUSED:
                raise
        return False

    def _remove(self, path: str) -> None:
        with suppress(Exception):
            self._bucket.connection.client.remove_object(self._bucket.name, path)
