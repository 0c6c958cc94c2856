"""Whether an object storage is well."""

from asperguide.shared.ports import Ids, Probe
from asperguide.shared.storage import Storage

WORD = b"well"


class StorageReach(Probe):
    """Asks for an object that is not there: cheap enough for every look at readiness.

    The service does without a storage, only files wait.
    """

    required = False

    def __init__(self, storage: Storage, name: str = "storage") -> None:
        self._storage, self.name = storage, name

    async def check(self) -> str:
        """Raises StorageUnavailable."""
        await self._storage.stat("probes/reach")
        return "answers"


class StorageProbe(Probe):
    """Puts an object, gets it and removes it, for doctors."""

    required = False

    def __init__(self, storage: Storage, ids: Ids, name: str = "storage") -> None:
        self._storage, self._ids, self.name = storage, ids, name

    async def check(self) -> str:
        """Raises StorageUnavailable, with the server's own word as its cause."""
        key = f"probes/{self._ids.new().hex}"
        await self._storage.put(key, WORD, size=len(WORD))
        try:
            async with self._storage.open(key) as opened:
                found = b"".join([piece async for piece in opened.chunks])
        finally:
            await self._storage.delete(key)
        if found != WORD:
            raise OSError("what was put did not come back")
        return "put, got and removed an object"
