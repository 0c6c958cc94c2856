"""Ids and secrets that are the same in every run with the same seed."""

import hashlib
from uuid import UUID

from asperguide.shared.ports import Clock, Ids


class SeededIds(Ids):
    """UUIDv7 by the clock, and secrets by a counter: unique, ordered, repeatable, and no secret at all.

    `drawn` is how many of either were given out; set back, they come again.
    """

    def __init__(self, clock: Clock, seed: str = "asperguide") -> None:
        self._clock, self._seed, self.drawn = clock, seed, 0

    def new(self) -> UUID:
        """The next UUIDv7."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        low = int.from_bytes(self._next()[:7])
        value = milliseconds << 80 | 0x7 << 76 | (self.drawn & 0xFFF) << 64 | 0b10 << 62 | low
        return UUID(int=value)

    def secret(self) -> bytes:
        """The next 32 bytes."""
        return self._next()

    def _next(self) -> bytes:
        self.drawn += 1
        return hashlib.sha256(f"{self._seed} {self.drawn}".encode()).digest()
