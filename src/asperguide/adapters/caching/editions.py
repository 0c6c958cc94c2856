"""Whether anything has changed: one small entry in the shared cache that every change of what is shown takes away.

Copies in a process are as good as the shared cache as long as it still has the edition under which they were made:
one read tells so of all of them, and of all requests that wait for it.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import timedelta

from asperguide.shared.ports import Cache, Cached, Ids

KEY = "edition"
KEPT = timedelta(hours=1)


class Editions:
    """Tokens in the shared cache, each made by whoever finds none and gone with the next purge of its key."""

    def __init__(self, cache: Cache, ids: Ids) -> None:
        self._cache, self._ids = cache, ids
        self._waiting: list[asyncio.Future[bytes | None]] = []
        self._reading: asyncio.Task[None] | None = None

    def current(self) -> "asyncio.Future[bytes | None]":
        """The edition at an instant after this was called; None when the shared cache is out of reach.

        There is one read at a time: whoever comes while it is under way waits, with all others, for the next one.
        """
        answer: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return answer

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

    async def _read(self) -> None:
        """Until nobody waits any more. What `token` raises reaches those who waited for that read."""
        waiting: list[asyncio.Future[bytes | None]] = []
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                _tell(waiting, await _outcome(self.token(KEY)))
        finally:
            self._reading = None
            for answer in (*waiting, *self._waiting):
                answer.cancel()


async def _outcome(asking: Awaitable[bytes | None]) -> bytes | Exception | None:
    try:
        return await asking
    except Exception as error:
        return error


def _tell(waiting: list["asyncio.Future[bytes | None]"], outcome: bytes | Exception | None) -> None:
    """Those who have hung up meanwhile want nothing any more."""
    for answer in waiting:
        if answer.done():
            continue
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
