"""Idempotency keys in memory, under the same law as those in a database."""

import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from asperguide.shared.errors import IdempotencyKeyReused, StillRunning
from asperguide.shared.ports import Clock, Idempotency

R = TypeVar("R")

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=10)


@dataclass(slots=True, kw_only=True)
class _Claim:
    """One key; `answer` is JSON once there is one."""

    fingerprint: bytes
    leased_until: datetime
    expires_at: datetime
    answer: bytes | None = None


@dataclass(slots=True, kw_only=True)
class _Ticket:
    """The claim that commits of this task ride on."""

    keeper: "MemoryIdempotency"
    key: tuple[str, str]
    claim: _Claim


_riding: ContextVar[_Ticket | None] = ContextVar("asperguide_memory_idempotency", default=None)


def ride(answer: object) -> None:
    """Keep the answer if a claim wants one. Raises StillRunning when the claim was taken over meanwhile."""
    ticket = _riding.get()
    if ticket is not None and ticket.claim.answer is None:
        ticket.keeper.keep(ticket, answer)


class MemoryIdempotency(Idempotency):
    """Claims of one process, by scope and key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.claims: dict[tuple[str, str], _Claim] = {}

    @contextlib.asynccontextmanager
    async def claim(self, scope: str, key: str, fingerprint: bytes, answer: type[R]) -> AsyncIterator[R | None]:
        """Reserve the key, or give what is kept for it."""
        ticket = self._reserve((scope, key), fingerprint)
        if isinstance(ticket, bytes):
            yield msgspec.json.decode(ticket, type=answer)
            return
        token = _riding.set(ticket)
        try:
            yield None
        finally:
            _riding.reset(token)
            if ticket.claim.answer is None and self.claims.get(ticket.key) is ticket.claim:
                del self.claims[ticket.key]

    async def prune(self, limit: int = 1000) -> int:
        """The oldest first."""
        now = self._clock.now()
        over = [key for key, claim in self.claims.items() if claim.expires_at <= now][:limit]
        for key in over:
            del self.claims[key]
        return len(over)

    def keep(self, ticket: _Ticket, answer: object) -> None:
        """Keep the answer, or renew the lease when there is none yet."""
        if self.claims.get(ticket.key) is not ticket.claim:
            raise StillRunning
        ticket.claim.leased_until = self._clock.now() + LEASE
        if answer is not None:
            ticket.claim.answer = msgspec.json.encode(answer)

    def _reserve(self, key: tuple[str, str], fingerprint: bytes) -> _Ticket | bytes:
        now, found = self._clock.now(), self.claims.get(key)
        if found is not None and found.expires_at > now:
            if found.fingerprint != fingerprint:
                raise IdempotencyKeyReused
            if found.answer is not None:
                return found.answer
            if found.leased_until > now:
                raise StillRunning(retry_after=found.leased_until - now)
        claim = _Claim(fingerprint=fingerprint, leased_until=now + LEASE, expires_at=now + KEPT)
        self.claims[key] = claim
        return _Ticket(keeper=self, key=key, claim=claim)
