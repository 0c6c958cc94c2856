"""The law of sessions."""

import asyncio
from dataclasses import replace
from typing import Any

from asperguide.identity.ports import session_key
from asperguide.identity.rotation import EndReason
from asperguide.identity.views import profile_of
from asperguide.shared.actor import Role, SessionId, UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import (
    DAY,
    HOUR,
    IDS,
    NOW,
    add_all,
    credential,
    live,
    person,
    session,
)
from asperguide.testing.contracts.persistence import Persistence


class SessionsContract:
    """Sessions: rotation by compare-and-set, ending, what is live, housekeeping."""

    async def test_a_session_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        user = UserId(IDS.new())
        plain = session(user)
        full = replace(session(user, impersonator=UserId(IDS.new()), counter=2**31), ended_at=NOW + HOUR,
                       ended_because=EndReason.TOKEN_REUSED)  # fmt: skip
        await persistence.change(lambda uow: add_all(uow, plain, full))
        async with persistence.begin() as uow:
            assert await uow.sessions.get(plain.id) == plain
            assert await uow.sessions.get(full.id) == full
        assert await persistence.reads.session(full.id) == full

    async def test_access_gives_a_session_with_its_user_unless_it_was_ended(self, persistence: Persistence) -> None:
        user, other = person(roles=(Role.USER, Role.ADMIN)), person("other")
        await persistence.keep(user, other)
        opened, ended = session(user.id, impersonator=other.id), session(user.id, ended_at=NOW)
        await persistence.change(lambda uow: add_all(uow, opened, ended))
        assert await persistence.reads.access(opened.id, user.id) == (live(opened), profile_of(user))
        assert await persistence.reads.profile(user.id) == profile_of(user)
        assert await persistence.reads.access(opened.id, other.id) is None
        assert await persistence.reads.access(ended.id, user.id) is None
        assert await persistence.reads.access(SessionId(IDS.new()), user.id) is None
        assert await persistence.reads.profile(UserId(IDS.new())) is None

    async def test_of_parallel_rotations_exactly_one_wins(self, persistence: Persistence) -> None:
        opened = session(UserId(IDS.new()))
        await persistence.change(lambda uow: uow.sessions.add(opened))
        rotated = opened.rotated(NOW + HOUR, 14 * DAY)
        won = await asyncio.gather(
            *(persistence.change(lambda uow: uow.sessions.rotate(rotated, 0)) for _ in range(20))
        )
        assert sorted(won) == [False] * 19 + [True]
        assert await persistence.reads.session(opened.id) == replace(rotated, version=2)
        assert persistence.purged == {session_key(opened.id): 2}

    async def test_the_loser_of_a_rotation_sees_the_winner_in_its_own_transaction(
        self, persistence: Persistence
    ) -> None:
        opened = session(UserId(IDS.new()))
        await persistence.change(lambda uow: uow.sessions.add(opened))
        rotated = opened.rotated(NOW + HOUR, 14 * DAY)

        async def refresh(uow: Any) -> int:
            before = await uow.sessions.get(opened.id)
            await asyncio.sleep(0)
            await uow.sessions.rotate(rotated, 0) if before.counter == 0 else None
            return (await uow.sessions.get(opened.id)).counter  # type: ignore[no-any-return]

        assert await asyncio.gather(*(persistence.change(refresh) for _ in range(8))) == [1] * 8

    async def test_an_ended_session_rotates_no_more(self, persistence: Persistence) -> None:
        opened = session(UserId(IDS.new()))
        await persistence.change(lambda uow: uow.sessions.add(opened))
        await persistence.change(lambda uow: uow.sessions.save(opened.ended(NOW, EndReason.SIGNED_OUT)))
        assert not await persistence.change(lambda uow: uow.sessions.rotate(opened.rotated(NOW, DAY), 0))

    async def test_a_stale_session_is_refused(self, persistence: Persistence) -> None:
        opened = session(UserId(IDS.new()))
        await persistence.change(lambda uow: uow.sessions.add(opened))
        await persistence.change(lambda uow: uow.sessions.rotate(opened.rotated(NOW, DAY), 0))
        with raises(EditedMeanwhile):
            await persistence.change(lambda uow: uow.sessions.save(opened.ended(NOW, EndReason.SIGNED_OUT)))

    async def test_ending_all_sessions_ends_those_in_which_somebody_acts_for_others_too(
        self, persistence: Persistence
    ) -> None:
        me, other = UserId(IDS.new()), UserId(IDS.new())
        kept, mine, acting, theirs = session(me), session(me), session(other, impersonator=me), session(other)
        ended = session(me, ended_at=NOW - HOUR, ended_because=EndReason.SIGNED_OUT)
        expired = session(me, idle_expires_at=NOW)
        everything = (kept, mine, acting, theirs, ended, expired)
        await persistence.change(lambda uow: add_all(uow, *everything))
        count = await persistence.change(
            lambda uow: uow.sessions.end_all(me, NOW + HOUR, EndReason.PASSWORD_CHANGED, keep=kept.id)
        )
        assert count == 2
        over = [
            replace(found, ended_at=NOW + HOUR, ended_because=EndReason.PASSWORD_CHANGED, version=2)
            for found in (mine, acting)
        ]
        now = [await persistence.reads.session(found.id) for found in everything]
        assert now == [kept, *over, theirs, ended, expired]
        assert persistence.purged == {session_key(mine.id): 2, session_key(acting.id): 2}

    async def test_ending_all_sessions_of_somebody_without_any_ends_none(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        assert await persistence.change(lambda uow: uow.sessions.end_all(me, NOW, EndReason.CLOSED)) == 0

    async def test_live_sessions_are_listed_the_last_seen_first(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        alive = [session(me, seen_at=NOW + n * HOUR) for n in (2, 0, 5)]
        twins = [session(me, seen_at=NOW - HOUR) for _ in range(2)]
        over = [
            session(me, idle_expires_at=NOW + HOUR),
            session(me, expires_at=NOW + HOUR, idle_expires_at=NOW + HOUR),
            session(me, ended_at=NOW),
            session(me, ended_at=NOW + 9 * HOUR),
            session(UserId(IDS.new())),
        ]
        await persistence.change(lambda uow: add_all(uow, *alive, *twins, *over))
        listed = await persistence.reads.live_sessions(me, NOW + HOUR)
        assert list(listed) == [alive[2], alive[0], alive[1], twins[1], twins[0]]

    async def test_sessions_that_are_over_are_removed_in_batches(self, persistence: Persistence) -> None:
        me = UserId(IDS.new())
        over = [
            session(me, ended_at=NOW - HOUR),
            session(me, idle_expires_at=NOW - HOUR),
            session(me, idle_expires_at=NOW - 2 * HOUR, expires_at=NOW - 2 * HOUR),
        ]
        kept = [session(me), session(me, ended_at=NOW), session(me, idle_expires_at=NOW)]
        await persistence.change(lambda uow: add_all(uow, *over, *kept))
        assert await persistence.change(lambda uow: uow.sessions.delete_over(NOW, 2)) == 2
        assert await persistence.change(lambda uow: uow.sessions.delete_over(NOW, 2)) == 1
        assert await persistence.change(lambda uow: uow.sessions.delete_over(NOW, 2)) == 0
        assert [await persistence.reads.session(found.id) for found in (*over, *kept)] == [None] * 3 + kept

    async def test_a_rotated_session_is_over_later(self, persistence: Persistence) -> None:
        opened = session(UserId(IDS.new()), idle_expires_at=NOW + HOUR)
        await persistence.change(lambda uow: uow.sessions.add(opened))
        await persistence.change(lambda uow: uow.sessions.rotate(opened.rotated(NOW, DAY), 0))
        assert await persistence.change(lambda uow: uow.sessions.delete_over(NOW + 2 * HOUR, 9)) == 0
        assert await persistence.reads.live_sessions(opened.user, NOW + 2 * HOUR)

    async def test_a_session_opens_only_while_the_password_is_the_one_that_was_proved(
        self, persistence: Persistence
    ) -> None:
        user = person()
        await persistence.keep(user)
        mine = credential(user)
        early, late = session(user.id), session(user.id)
        assert await persistence.change(lambda uow: uow.sessions.open(early, mine.changed_at))
        assert await persistence.reads.session(early.id) == early
        await persistence.change(
            lambda uow: uow.users.save_credential(replace(mine, hash="new", changed_at=NOW + HOUR))
        )
        assert not await persistence.change(lambda uow: uow.sessions.open(late, mine.changed_at))
        assert await persistence.reads.session(late.id) is None
        assert not await persistence.change(lambda uow: uow.sessions.open(session(UserId(IDS.new())), mine.changed_at))

    async def test_a_session_that_opens_beside_a_change_of_the_password_is_ended_by_it(
        self, persistence: Persistence
    ) -> None:
        user = person()
        await persistence.keep(user)
        mine, opened = credential(user), session(user.id)

        async def change_password() -> None:
            async with persistence.begin() as uow:
                await uow.users.save_credential(replace(mine, hash="new", changed_at=NOW + HOUR))
                await uow.sessions.end_all(user.id, NOW, EndReason.PASSWORD_CHANGED)
                await uow.commit()

        async with persistence.begin() as uow:
            assert await uow.sessions.open(opened, mine.changed_at)
            changing = asyncio.create_task(change_password())
            await asyncio.sleep(0.1)  # long enough to pass by if nothing held it
            await uow.commit()
        await changing
        found = await persistence.reads.session(opened.id)
        assert found is not None
        assert found.ended_because is EndReason.PASSWORD_CHANGED
