"""The law of accounts: what is kept comes back, changes are versioned, what is over goes."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from asperguide.identity.codes import CodeId
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.model import (
    AgeRange,
    ColourFilter,
    Gender,
    Preferences,
    User,
    UserState,
    decoy_of,
)
from asperguide.identity.ports import Credential, user_key
from asperguide.shared.actor import Role, SessionId, UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import PageRequest
from asperguide.testing.contracts.checking import raises
from asperguide.testing.contracts.people import (
    DAY,
    HOUR,
    IDS,
    NOW,
    active,
    add_all,
    admin,
    code,
    credential,
    line,
    person,
    session,
)
from asperguide.testing.contracts.persistence import Persistence

FULL = person(
    full_name="Siobhán Ní Bhriain 🦊 张伟",
    gender=Gender.RATHER_NOT_SAY,
    age_range=AgeRange.FROM_61,
    locale="zh-Hant-TW",
    time_zone="Europe/Dublin",
    preferences=Preferences(colour_filter=ColourFilter.TRITANOPIA, filter_intensity=7, transparency=93),
    roles=(Role.USER, Role.ADMIN, Role.MODERATOR),
    state=UserState.SUSPENDED,
    suspended_from=UserState.CLOSING,
    email_verified_at=datetime(2031, 1, 2, 3, 4, 5, 999999, UTC),
    closes_at=datetime(2031, 6, 1, 0, 0, 0, 1, UTC),
    last_seen_at=datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC),
    avatar="0123456789abcdef0123456789abcdef",
)


class AccountsContract:
    """Accounts and their passwords: round trip, absence, versions, administrators, erasure, housekeeping."""

    async def test_an_account_comes_back_as_it_went_in(self, persistence: Persistence) -> None:
        for user in (FULL, person("plain")):
            await persistence.keep(user)
            async with persistence.begin() as uow:
                assert await uow.users.get(user.id) == user
                assert await uow.users.by_email(user.email_key) == user
                assert await uow.users.credential(user.id) == credential(user)
            assert await persistence.reads.user(user.id) == user

    async def test_what_is_not_there_is_none(self, persistence: Persistence) -> None:
        nobody = UserId(IDS.new())
        async with persistence.begin() as uow:
            assert await uow.users.get(nobody) is None
            assert await uow.users.by_email("nobody@example.org") is None
            assert await uow.users.credential(nobody) is None
            assert await uow.sessions.get(SessionId(IDS.new())) is None
            assert await uow.codes.get(CodeId(IDS.new())) is None
            assert await uow.codes.by_digest(b"0" * 32) is None
        assert await persistence.reads.user(nobody) is None
        assert await persistence.reads.session(SessionId(IDS.new())) is None

    async def test_without_a_commit_there_is_no_trace(self, persistence: Persistence) -> None:
        user = person()
        opened = session(user.id)
        async with persistence.begin() as uow:
            await uow.users.add(user, credential(user))
            await uow.sessions.add(opened)
            await uow.codes.add(code(user.id))
            await uow.guesses.save(Guesses(id=GuessSubject(user.id)).take(NOW))
            await uow.audit.add(line(user.id))
            assert await uow.users.get(user.id) == user
        assert await persistence.reads.user(user.id) is None
        assert await persistence.reads.session(opened.id) is None
        assert (await persistence.reads.guesses(GuessSubject(user.id))).version == 0
        assert (await persistence.reads.events(PageRequest())).items == ()
        assert persistence.purged == {}

    async def test_what_is_not_committed_is_seen_by_nobody_else(self, persistence: Persistence) -> None:
        user = person()
        async with persistence.begin() as uow:
            await uow.users.add(user, credential(user))
            assert await persistence.reads.user(user.id) is None
            await uow.commit()
        assert await persistence.reads.user(user.id) == user

    async def test_a_change_gives_the_next_version_and_tells_caches(self, persistence: Persistence) -> None:
        user = person()
        await persistence.keep(user)
        saved = await persistence.change(lambda uow: uow.users.save(user.renamed("Renamed", NOW + HOUR)))
        assert saved == replace(user.renamed("Renamed", NOW + HOUR), version=2)
        assert await persistence.user(user.id) == saved
        assert persistence.purged == {user_key(user.id): 2}

    async def test_a_stale_account_is_refused(self, persistence: Persistence) -> None:
        user = person()
        await persistence.keep(user)
        await persistence.change(lambda uow: uow.users.save(user.renamed("first", NOW)))
        with raises(EditedMeanwhile):
            await persistence.change(lambda uow: uow.users.save(user.renamed("second", NOW)))
        changed = await persistence.user(user.id)
        assert changed is not None
        assert (changed.username, changed.version) == ("first", 2)

    async def test_of_concurrent_changes_to_one_version_one_wins(self, persistence: Persistence) -> None:
        user = person()
        await persistence.keep(user)

        async def rename(n: int) -> Any:
            return await persistence.change(lambda uow: uow.users.save(user.renamed(f"name{n}", NOW)))

        results = await asyncio.gather(*map(rename, range(10)), return_exceptions=True)
        assert sum(isinstance(result, User) for result in results) == 1
        assert sum(isinstance(result, EditedMeanwhile) for result in results) == 9

    async def test_a_password_changes_under_its_own_version(self, persistence: Persistence) -> None:
        user = person()
        await persistence.keep(user)
        new = Credential(id=user.id, hash="new", former=("hash", "older"), changed_at=NOW + HOUR, version=1)
        saved = await persistence.change(lambda uow: uow.users.save_credential(new))
        assert saved == replace(new, version=2)
        with raises(EditedMeanwhile):
            await persistence.change(lambda uow: uow.users.save_credential(new))

    async def test_being_seen_changes_no_version(self, persistence: Persistence) -> None:
        user = person()
        await persistence.keep(user)
        await persistence.change(lambda uow: uow.users.seen(user.id, NOW + HOUR))
        assert await persistence.user(user.id) == replace(user, last_seen_at=NOW + HOUR)

    async def test_instants_of_any_zone_come_back_as_the_same_instant(self, persistence: Persistence) -> None:
        tokyo = datetime(2031, 5, 17, 21, 0, 0, 5, timezone(timedelta(hours=9)))
        user = person(last_seen_at=tokyo)
        await persistence.keep(user)
        found = await persistence.user(user.id)
        assert found is not None
        assert found.last_seen_at == tokyo

    async def test_only_active_administrators_count(self, persistence: Persistence) -> None:
        await persistence.keep(
            admin("one"),
            admin("two"),
            replace(admin("gone"), state=UserState.SUSPENDED),
            active("mod", roles=(Role.USER, Role.MODERATOR)),
            active("user"),
            active("all", roles=(Role.MODERATOR, Role.ADMIN)),
        )
        async with persistence.begin() as uow:
            assert await uow.users.count_admins() == 3

    async def test_two_administrators_who_demote_each_other_leave_one(self, persistence: Persistence) -> None:
        rivals = [admin("one"), admin("two")]
        await persistence.keep(*rivals)

        both = asyncio.Barrier(2)

        async def demote(user: User) -> None:
            async with persistence.begin() as uow:
                admins = await uow.users.count_admins()
                with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
                    await asyncio.wait_for(both.wait(), 0.5)  # met only if the other one could count as well
                await uow.users.save(user.without_role(Role.ADMIN, NOW, admins))
                await uow.commit()

        results = await asyncio.gather(*map(demote, rivals), return_exceptions=True)
        assert sorted(str(type(result).__name__) for result in results) == ["LastAdmin", "NoneType"]
        async with persistence.begin() as uow:
            assert await uow.users.count_admins() == 1

    async def test_an_erased_account_keeps_its_id_and_nothing_personal(self, persistence: Persistence) -> None:
        user, other = person(), person("other")
        await persistence.keep(user, other)
        mine, theirs, token = session(user.id), session(other.id), code(user.id)
        await persistence.change(lambda uow: add_all(uow, mine, theirs, token))

        async def erase(uow: Any) -> None:
            await uow.users.save(user.erased(NOW))
            await uow.users.forget_secrets(user.id)

        await persistence.change(erase)
        async with persistence.begin() as uow:
            assert await uow.users.credential(user.id) is None
            assert await uow.sessions.get(mine.id) is None
            assert await uow.codes.get(token.id) is None
            assert await uow.sessions.get(theirs.id) == theirs
            assert await uow.users.credential(other.id) == credential(other)
        assert await persistence.user(user.id) == replace(user.erased(NOW), version=2)

    async def test_accounts_that_nobody_confirmed_go_with_all_that_is_theirs(self, persistence: Persistence) -> None:
        old, fresh, confirmed = person("old"), person("fresh", created_at=NOW + DAY), active("confirmed")
        decoy = decoy_of(person("decoy"))
        await persistence.keep(old, fresh, confirmed, decoy)
        opened, token = session(old.id), code(old.id)
        await persistence.change(lambda uow: add_all(uow, opened, token))
        assert await persistence.change(lambda uow: uow.users.delete_unconfirmed(NOW + DAY, 10)) == 2
        assert [await persistence.user(user.id) for user in (old, decoy)] == [None, None]
        assert [await persistence.user(user.id) for user in (fresh, confirmed)] == [fresh, confirmed]
        async with persistence.begin() as uow:
            assert await uow.users.credential(old.id) is None
            assert await uow.users.credential(fresh.id) == credential(fresh)
            assert await uow.sessions.get(opened.id) is None
            assert await uow.codes.get(token.id) is None
        assert persistence.purged == {user_key(old.id): 2, user_key(decoy.id): 2}

    async def test_unconfirmed_accounts_go_in_batches_the_oldest_first(self, persistence: Persistence) -> None:
        people = [person(f"person{n}", created_at=NOW - n * HOUR) for n in range(5)]
        await persistence.keep(*people)
        assert await persistence.change(lambda uow: uow.users.delete_unconfirmed(NOW + DAY, 2)) == 2
        assert [user for user in people if await persistence.user(user.id)] == people[:3]
        assert await persistence.change(lambda uow: uow.users.delete_unconfirmed(NOW + DAY, 9)) == 3
        assert await persistence.change(lambda uow: uow.users.delete_unconfirmed(NOW + DAY, 9)) == 0

    async def test_closing_accounts_are_due_when_their_grace_is_over_the_oldest_first(
        self, persistence: Persistence
    ) -> None:
        people = [active(f"person{n}").closing(NOW, timedelta(hours=hours)) for n, hours in enumerate([3, 1, 2, 9])]
        suspended = active("locked").closing(NOW, HOUR).suspended(NOW)
        await persistence.keep(*people, suspended, active("other"))
        async with persistence.begin() as uow:
            due = await uow.users.due_for_closing(NOW + 3 * HOUR, 10)
            some = await uow.users.due_for_closing(NOW + 3 * HOUR, 2)
        assert [user.username for user in due] == ["person1", "person2", "person0"]
        assert list(some) == list(due)[:2]
