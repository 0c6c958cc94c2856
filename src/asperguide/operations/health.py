"""Can this process serve: each dependency is asked, and a missing optional one only degrades."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import msgspec

from asperguide.shared.ports import Probe


class DependencyHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One dependency. `detail` is its version or the like while it is up, and says nothing of why it is down."""

    name: str
    state: Literal["up", "down"]
    required: bool
    detail: str = ""


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether to send requests here: `degraded` serves without something optional, `down` must get none."""

    state: Literal["ready", "degraded", "down"]
    draining: bool
    dependencies: tuple[DependencyHealth, ...]


class CheckReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """Tells whether this process can serve, and how each of its dependencies is.

    Down while a required dependency does not answer within `timeout` and while the process drains before its end.
    """

    probes: tuple[Probe, ...]
    draining: Callable[[], bool]
    timeout: timedelta = timedelta(seconds=2)

    async def __call__(self) -> Readiness:
        """Ask all dependencies at once. Never raises."""
        found = tuple(await asyncio.gather(*(self._ask(probe) for probe in self.probes)))
        draining = self.draining()
        down = [dependency for dependency in found if dependency.state == "down"]
        if draining or any(dependency.required for dependency in down):
            return Readiness(state="down", draining=draining, dependencies=found)
        return Readiness(state="degraded" if down else "ready", draining=False, dependencies=found)

    async def _ask(self, probe: Probe) -> DependencyHealth:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                word = await probe.check()
        except Exception:
            return DependencyHealth(name=probe.name, state="down", required=probe.required)
        return DependencyHealth(name=probe.name, state="up", required=probe.required, detail=word)
