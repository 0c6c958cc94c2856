"""Idempotency keys as a table: a claim under a fencing token, and the answer sealed in its own transaction."""

import contextlib
import functools
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import KeyBytes, LongBytes
from asperguide.shared.errors import DatabaseUnavailable, IdempotencyKeyReused, StillRunning
from asperguide.shared.ports import Clock, Idempotency, Ids

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

R = TypeVar("R")

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=10)
NONCE_BYTES = 12
OWNER_BYTES = 16
UNREADABLE = "What this Idempotency-Key did can no longer be read; use a new key."


class IdempotencyClaim(Row):
    """One key of one scope, both only as a digest. `answer` is sealed; without one, the claim is a lease.

    Of the fingerprint there is an HMAC, behind one of the id: whoever reads the table finds no request out by trying.
    """

    __tablename__ = "idempotency_claims"

    id: Mapped[bytes] = mapped_column(KeyBytes(32), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(KeyBytes(64))
    fence: Mapped[int] = mapped_column(sa.BigInteger)
    leased_until: Mapped[datetime]
    answer: Mapped[bytes | None] = mapped_column(LongBytes())
    expires_at: Mapped[datetime] = mapped_column(index=True)


class _Ticket:
    """The claim that commits of this task ride on."""

    __slots__ = ("fence", "id", "keeper", "kept")

    def __init__(self, keeper: "SqlIdempotency", id: bytes, fence: int) -> None:
        self.keeper, self.id, self.fence, self.kept = keeper, id, fence, False


_riding: ContextVar[_Ticket | None] = ContextVar("asperguide_idempotency", default=None)

_claims = IdempotencyClaim.__table__.c
_find = sa.select(IdempotencyClaim.__table__).where(_claims.id == sa.bindparam("id"))
_mine = (_claims.id == sa.bindparam("_id"), _claims.fence == sa.bindparam("_fence"))
_change_mine = sa.update(IdempotencyClaim.__table__).where(*_mine)
_keep = _change_mine.values(answer=sa.bindparam("_answer"))
_renew = _change_mine.values(leased_until=sa.bindparam("_until"))
_release = sa.delete(IdempotencyClaim.__table__).where(*_mine, _claims.answer.is_(None))


async def ride(store: Store, answer: object) -> Callable[[], None]:
    """Keep the answer as part of this transaction if a claim wants one; gives what to call when it is committed.

    Raises StillRunning when the claim was taken over meanwhile: the transaction of a late holder must not commit.
    """
    ticket = _riding.get()
    if ticket is None or ticket.kept:
        return lambda: None
    if answer is None:
        met = await store.change(_renew, _id=ticket.id, _fence=ticket.fence, _until=ticket.keeper.lease_end())
    else:
        sealed = ticket.keeper.seal(ticket.id, answer)
        met = await store.change(_keep, _id=ticket.id, _fence=ticket.fence, _answer=sealed)
    if not met:
        raise StillRunning
    return lambda: setattr(ticket, "kept", answer is not None)


class SqlIdempotency(Idempotency):
    """Claims in the database of the units of work. Answers can hold tokens: they are sealed with AES-256-GCM."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, secret: bytes) -> None:
        self._database, self._clock, self._ids = database, clock, ids
        self._answers = hmac.digest(secret, b"asperguide idempotency answers", hashlib.sha256)
        self._marks = hmac.digest(secret, b"asperguide idempotency fingerprints", hashlib.sha256)

    @functools.cached_property
    def _cipher(self) -> "AESGCM":
        """Imported for the first answer that is kept: it takes 7 MiB, which processes that only read never need."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._answers)

    @contextlib.asynccontextmanager
    async def claim(self, scope: str, key: str, fingerprint: bytes, answer: type[R]) -> AsyncIterator[R | None]:
        """Reserve the key, or give what is kept for it."""
        id = hashlib.sha256(f"{len(scope)}:{scope}{key}".encode()).digest()
        ticket = await self._reserve(id, self._mark(id, fingerprint))
        if isinstance(ticket, bytes):
            yield self._unseal(id, ticket, answer)
            return
        token = _riding.set(ticket)
        try:
            yield None
        finally:
            _riding.reset(token)
            if not ticket.kept:
                await self._give_up(ticket)

    async def prune(self, limit: int = 1000) -> int:
        """Forget claims that are over, in one small batch. How many."""
        old = sa.select(_claims.id).where(_claims.expires_at < self._clock.now()).limit(limit)
        async with self._database.writing() as store:
            ids = (await store.execute(old)).scalars().all()
            return await store.change(sa.delete(IdempotencyClaim.__table__).where(_claims.id.in_(ids))) if ids else 0

    def lease_end(self) -> datetime:
        """When a claim made or renewed now is over."""
        return self._clock.now() + LEASE

    def seal(self, id: bytes, answer: object) -> bytes:
        """The answer as ciphertext that opens for this claim only."""
        nonce = self._ids.secret()[:NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, msgspec.json.encode(answer), id)

    def _mark(self, id: bytes, fingerprint: bytes) -> bytes:
        """What is kept of a fingerprint, behind what tells whether it was made with this secret."""
        owner = hmac.digest(self._marks, id, hashlib.sha256)[:OWNER_BYTES]
        return owner + hmac.digest(self._marks, id + fingerprint, hashlib.sha256)

    async def _reserve(self, id: bytes, fingerprint: bytes) -> "_Ticket | bytes":
        """A ticket to ride on, or the sealed answer."""
        now = self._clock.now()
        fresh = {"fingerprint": fingerprint, "leased_until": now + LEASE, "answer": None, "expires_at": now + KEPT}
        async with self._database.writing() as store:
            try:
                await store.execute(sa.insert(IdempotencyClaim.__table__), {"id": id, "fence": 1, **fresh})
            except IntegrityError:
                found = (await store.execute(_find, {"id": id})).first()
            else:
                return _Ticket(self, id, 1)
            if found is None:
                raise StillRunning
            if found.expires_at > now:
                if not hmac.compare_digest(found.fingerprint, fingerprint):
                    known = found.fingerprint[:OWNER_BYTES] == fingerprint[:OWNER_BYTES]
                    raise IdempotencyKeyReused if known else IdempotencyKeyReused(UNREADABLE)
                if found.answer is not None:
                    return bytes(found.answer)
                if found.leased_until > now:
                    raise StillRunning(retry_after=found.leased_until - now)
            if not await store.change(_change_mine.values(fence=found.fence + 1, **fresh), _id=id, _fence=found.fence):
                raise StillRunning
            return _Ticket(self, id, found.fence + 1)

    async def _give_up(self, ticket: _Ticket) -> None:
        """Nothing happened under the claim: free the key at once; if that fails, its lease ends by itself."""
        with contextlib.suppress(DatabaseUnavailable):
            async with self._database.writing() as store:
                await store.change(_release, _id=ticket.id, _fence=ticket.fence)

    def _unseal(self, id: bytes, sealed: bytes, answer: type[R]) -> R:
        from cryptography.exceptions import InvalidTag

        try:
            opened = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], id)
        except InvalidTag:
            raise IdempotencyKeyReused(UNREADABLE) from None
        return msgspec.json.decode(opened, type=answer)
