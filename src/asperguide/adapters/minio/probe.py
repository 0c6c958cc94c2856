"""Whether an object storage is well."""

from asperguide.shared.ports import Probe
from asperguide.shared.storage import Storage


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
