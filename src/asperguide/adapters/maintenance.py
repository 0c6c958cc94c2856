"""What a process remembers of maintenance, so that no request has to ask."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from asperguide.operations.model import Maintenance
from asperguide.shared.errors import Unavailable

EVERY_SECONDS = 2.0

log = logging.getLogger("asperguide.maintenance")


class MaintenanceWatch:
    """Looks every 2 s; while the database does not answer, what it said last counts."""

    def __init__(self, check: Callable[[], Awaitable[Maintenance | None]]) -> None:
        self._check = check
        self._known: Maintenance | None = None

    def now(self) -> Maintenance | None:
        """What the last look found."""
        return self._known

    def under_way(self) -> bool:
        """Whether the last look found a maintenance."""
        return self._known is not None

    async def look(self) -> None:
        """Ask once."""
        try:
            found = await self._check()
        except Unavailable:
            return
        if found != self._known:
            log.warning("maintenance: %s", found.message if found else "over")
        self._known = found

    async def watch(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except Exception:
                log.exception("nobody knows whether there is a maintenance")
