"""The law of one-time codes."""

import asyncio
from dataclasses import replace

from asperguide.identity.codes import Purpose
from asperguide.shared.actor import UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing.contracts.people import (
    DAY,
    HOUR,
    IDS,
    NOW,
    add_all,
    code,
)
from asperguide.testing.contracts.persistence import Persistence


class CodesContract:
    """One-time codes: used once, voided, counted, housekeeping."""

    async def test_a_code_is_found_by_id_and_by_digest(self, persistence: Persistence) -> None:
        token = code(UserId(IDS.new()))
        await persistence.change(lambda uow: add_all(uow, token, code(token.user)))
        async with persistence.begin() as uow:
            assert await uow.codes.get(token.id) == token
            assert await uow.codes.by_digest(token.digest) == token
            assert await uow.codes.by_digest(token.digest[:-1] + b"\0") is None

    async def test_a_code_is_used_once_however_many_try_at_once(self, persistence: Persistence) -> None:
        token = code(UserId(IDS.new()))
        await persistence.change(lambda uow: add_all(uow, token))
        used = token.used(token.purpose, NOW + HOUR)
        results = await asyncio.gather(
            *(persistence.change(lambda uow: uow.codes.save(used)) for _ in range(8)), return_exceptions=True
        )
        assert [result for result in results if not isinstance(result, EditedMeanwhile)] == [replace(used, version=2)]

    async def test_voiding_meets_open_codes_of_one_purpose_but_the_kept_one(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        kept, open_, spent = code(me), code(me), replace(code(me), used_at=NOW - HOUR)
        others = [code(me, Purpose.RESET_PASSWORD), code(UserId(IDS.new()))]
        await persistence.change(lambda uow: add_all(uow, kept, open_, spent, *others))
        await persistence.change(lambda uow: uow.codes.void(me, Purpose.VERIFY_EMAIL, NOW, keep=kept.id))
        async with persistence.begin() as uow:
            assert await uow.codes.get(open_.id) == replace(open_, used_at=NOW, version=2)
            for untouched in (kept, spent, *others):
                assert await uow.codes.get(untouched.id) == untouched
        await persistence.change(lambda uow: uow.codes.void(me, Purpose.VERIFY_EMAIL, NOW))
        async with persistence.begin() as uow:
            assert await uow.codes.get(kept.id) == replace(kept, used_at=NOW, version=2)

    async def test_codes_of_one_purpose_are_counted_since_an_instant(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        await persistence.change(
            lambda uow: add_all(
                uow, *(code(me, now=NOW + n * HOUR) for n in (-2, 0, 1)), code(me, Purpose.CHANGE_EMAIL),
                code(UserId(IDS.new())),
            )
        )  # fmt: skip
        async with persistence.begin() as uow:
            assert await uow.codes.count_since(me, Purpose.VERIFY_EMAIL, NOW) == 2
            assert await uow.codes.count_since(me, Purpose.REOPEN_ACCOUNT, NOW) == 0

    async def test_codes_that_are_over_are_removed_in_batches(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        over = [replace(code(me), used_at=NOW - HOUR), code(me, now=NOW - 2 * DAY), code(me, now=NOW - 3 * DAY)]
        kept = [code(me), replace(code(me), used_at=NOW)]
        await persistence.change(lambda uow: add_all(uow, *over, *kept))
        assert [await persistence.change(lambda uow: uow.codes.delete_over(NOW, 2)) for _ in range(3)] == [2, 1, 0]
        async with persistence.begin() as uow:
            assert [await uow.codes.get(found.id) for found in (*over, *kept)] == [None] * 3 + kept
