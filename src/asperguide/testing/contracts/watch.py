"""The law of those who watch: they see what must never be, and take nothing else for it."""

from dataclasses import replace
from datetime import timedelta

from asperguide.identity.model import UserState
from asperguide.identity.rotation import EndReason
from asperguide.operations.ports import Watch
from asperguide.testing.contracts.filing import awaited, file, owner, upload
from asperguide.testing.contracts.ledger import LEASE, claim, job
from asperguide.testing.contracts.maintenance import begin, end, notice
from asperguide.testing.contracts.people import DAY, HOUR, NOW, active, add_all, session
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.sealing import capsule, somebody
from asperguide.testing.contracts.views import OTHER, event, fold


class WatchContract:
    """Give it fixtures `persistence`, empty, and `watch`, which looks at it."""

    async def test_where_nothing_happens_nothing_is_wrong(self, watch: Watch, persistence: Persistence) -> None:
        now = persistence.clock.now()
        seen = await watch.look(now)
        assert (seen.oldest_lease, seen.stray_sessions, seen.maintenance) == (None, 0, False)
        assert (seen.unchecked_since, seen.upload_over_since, seen.announcement_due_at) == (None, None, None)
        assert seen.event_waiting_since is None
        assert seen.time.utcoffset() == timedelta()

    async def test_the_lease_that_is_over_for_longest_is_seen_until_somebody_ends_the_job(
        self, watch: Watch, persistence: Persistence
    ) -> None:
        clock, ledger = persistence.clock, persistence.ledger
        await ledger.put([job(clock), job(clock)])
        (first,) = await claim(ledger, limit=1)
        ends = clock.now() + LEASE
        clock.advance(timedelta(minutes=1))
        await claim(ledger)
        assert (await watch.look(clock.now())).oldest_lease == ends
        await ledger.finish(first)
        assert (await watch.look(clock.now())).oldest_lease == ends + timedelta(minutes=1)

    async def test_a_maintenance_is_seen(self, watch: Watch, persistence: Persistence) -> None:
        now = persistence.clock.now()
        await begin(persistence, notice(persistence))
        assert (await watch.look(now)).maintenance
        await end(persistence)
        assert not (await watch.look(now)).maintenance

    async def test_live_sessions_of_people_without_access_are_seen_and_no_others(
        self, watch: Watch, persistence: Persistence
    ) -> None:
        now = persistence.clock.now()
        fine, suspended, gone = active("fine"), active("suspended"), active("gone")
        suspended = replace(suspended, state=UserState.SUSPENDED)
        gone = replace(gone, state=UserState.CLOSED)
        await persistence.keep(fine, suspended, gone)
        over = {"idle_expires_at": now - HOUR}, {"expires_at": now - HOUR}
        sessions = [session(user.id, **fields) for user in (suspended, gone) for fields in over]
        sessions += [session(fine.id), session(gone.id).ended(now, EndReason.CLOSED)]
        await persistence.change(lambda uow: add_all(uow, *sessions))
        assert (await watch.look(now)).stray_sessions == 0
        await persistence.change(lambda uow: add_all(uow, session(suspended.id), session(gone.id)))
        assert (await watch.look(now)).stray_sessions == 2

    async def test_the_file_that_waits_for_longest_is_seen_until_somebody_comes_to_an_end_with_it(
        self, watch: Watch, persistence: Persistence
    ) -> None:
        arrived = awaited(owner(), updated_at=NOW - 9 * HOUR).arrived(1, NOW - 2 * HOUR)
        checking = awaited(owner()).arrived(1, NOW).being_checked(NOW - 3 * HOUR)
        others = awaited(owner(), updated_at=NOW - 9 * HOUR), file(owner(), updated_at=NOW - 9 * HOUR)
        await persistence.keep_media(arrived, checking, *others)
        assert (await watch.look(NOW)).unchecked_since == NOW - 3 * HOUR
        await persistence.change_media(lambda uow: uow.files.save(checking.refused("no", NOW)))
        assert (await watch.look(NOW)).unchecked_since == NOW - 2 * HOUR
        await persistence.change_media(lambda uow: uow.files.remove(arrived))
        assert (await watch.look(NOW)).unchecked_since is None

    async def test_the_first_end_of_an_upload_that_is_there_is_seen(
        self, watch: Watch, persistence: Persistence
    ) -> None:
        kept = [upload(awaited(owner()), expires_at=NOW + hours * HOUR) for hours in (-1, 3)]
        await persistence.keep_media(*kept)
        assert (await watch.look(NOW)).upload_over_since == NOW - HOUR
        await persistence.change_media(lambda uow: uow.uploads.remove(kept[0]))
        assert (await watch.look(NOW)).upload_over_since == NOW + 3 * HOUR

    async def test_the_first_letter_that_is_still_to_be_announced_is_seen(
        self, watch: Watch, persistence: Persistence
    ) -> None:
        first, second = (capsule(somebody(), somebody(), unlocks_at=NOW + days * DAY) for days in (30, 40))
        await persistence.keep_capsules(first, second)
        assert (await watch.look(NOW)).announcement_due_at == NOW + 27 * DAY
        await persistence.change_capsules(lambda uow: uow.announcements.reset(first.id, ()))
        assert (await watch.look(NOW)).announcement_due_at == NOW + 37 * DAY

    async def test_the_event_that_waits_for_longest_to_be_counted_is_seen_whosever_it_is(
        self, watch: Watch, persistence: Persistence
    ) -> None:
        counted, waiting = (
            event(at=NOW - 3 * HOUR),
            [event(company=OTHER, at=NOW - n * HOUR, id=str(n)) for n in (1, 2)],
        )
        await persistence.event_log.add([counted])
        await fold(persistence)
        await persistence.event_log.add([*waiting, event(at=NOW, id="another")])
        assert (await watch.look(NOW)).event_waiting_since == NOW - 2 * HOUR
        await fold(persistence, OTHER)
        assert (await watch.look(NOW)).event_waiting_since == NOW
        await fold(persistence)
        assert (await watch.look(NOW)).event_waiting_since is None
