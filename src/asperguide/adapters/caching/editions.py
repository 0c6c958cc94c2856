"""Whether anything has changed: one small entry in the shared cache that every change of what is shown takes away.

Copies in a process are as good as the shared cache as long as it still has the edition under which they were made:
one read tells so of all of them, and of all requests that wait for it.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from asperguide.shared.ports import Cache, Cached, Ids

KEY = "edition"
KEPT = timedelta(hours=1)


class Editions:
    """Tokens in the shared cache, each made by whoever finds none and gone with the next purge of its key."""

    def __init__(self, cache: Cache, ids: Ids) -> None:
        self._cache, self._ids = cache, ids
        self._next: asyncio.Task[bytes | None] | None = None

    async def current(self) -> bytes | None:
        """The edition at an instant after this was called; None when the shared cache is out of reach."""
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        return await asyncio.shield(self._next)

    async def token(self, key: str) -> bytes | None:
        """The token of a key, made if there is none; None when the shared cache is out of reach.

        Whatever is read after this is as new as the token: when it is purged the token is gone.
        """
        found = await self._cache.get(key)
        if found is None:
            await self._cache.put(key, Cached(version=0, value=self._ids.secret()), KEPT)
            found = await self._cache.get(key)
        return None if found is None else found.value

    async def purge(self, versions: Mapping[str, int]) -> None:
        """Forget these keys, and the edition with them. For units of work that change what is shown."""
        await self._cache.purge({**versions, KEY: 0})

    async def _read(self) -> bytes | None:
        await asyncio.sleep(0)
        self._next = None  # whoever asks from here on may know of a later change
        return await self.token(KEY)
