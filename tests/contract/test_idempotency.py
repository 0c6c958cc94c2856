"""The law of idempotency keys, on each kind of persistence; then how a database keeps answers."""

import asyncio
import hashlib

import pytest
import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.idempotency import IdempotencyClaim, SqlIdempotency
from asperguide.adapters.sql.identity_rows import UserRow
from asperguide.shared.errors import IdempotencyKeyReused
from asperguide.testing import MovableClock
from asperguide.testing.contracts import IdempotencyContract
from asperguide.testing.contracts.idempotency import Answer, call
from asperguide.testing.contracts.people import IDS
from tests.contract.persistences import sql_persistence


class TestIdempotency(IdempotencyContract):
    """Each of them."""


async def test_a_request_cannot_be_found_out_by_trying_fingerprints(database: Database, clock: MovableClock) -> None:
    persistence, fingerprint = sql_persistence(database, clock), hashlib.sha256(b"the request").digest()
    for key in ("one", "two"):
        await call(persistence, key=key, fingerprint=fingerprint)
    async with database.reading() as store:
        first, second = (await store.execute(sa.select(IdempotencyClaim.fingerprint))).scalars().all()
    assert first[-32:] != second[-32:]
    assert all(tried not in first for tried in (fingerprint, hashlib.sha256(fingerprint).digest()))


async def test_answers_are_sealed_and_keys_are_digests(database: Database, clock: MovableClock) -> None:
    persistence = sql_persistence(database, clock)
    await call(persistence, key="a key of a client")
    async with database.reading() as store:
        (row,) = (await store.execute(sa.select(IdempotencyClaim.__table__))).all()
    assert b"a token" not in row.answer
    assert b"a key" not in row.id
    other = SqlIdempotency(database, clock, IDS, b"another secret of at least 32 bytes")
    with pytest.raises(IdempotencyKeyReused, match="new key"):
        async with other.claim("s", "a key of a client", b"f", Answer):
            pass


async def test_an_answer_moved_to_another_claim_does_not_open(database: Database, clock: MovableClock) -> None:
    persistence = sql_persistence(database, clock)
    await call(persistence, key="one")
    await call(persistence, key="two")
    async with database.writing() as store:
        rows = (await store.execute(sa.select(IdempotencyClaim.__table__))).all()
        swap = sa.update(IdempotencyClaim.__table__).where(IdempotencyClaim.id == rows[0].id)
        await store.execute(swap.values(answer=rows[1].answer))
        keys = await store.scalar(sa.select(sa.func.count()).select_from(UserRow.__table__))
    assert keys == 2
    results = await asyncio.gather(*(call(persistence, key=key) for key in ("one", "two")), return_exceptions=True)
    assert {type(result) for result in results} == {tuple, IdempotencyKeyReused}
