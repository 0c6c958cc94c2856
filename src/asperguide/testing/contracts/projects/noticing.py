"""The law of notices: in order, each once, none early, and what is put off or called off is not said."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from asperguide.projects.model import Project
from asperguide.projects.notices import Notice, Reached, Stage
from asperguide.projects.sweeping import ending
from asperguide.shared.tenancy import ProjectId
from asperguide.testing.contracts.people import DAY, NOW
from asperguide.testing.contracts.persistence import Persistence
from asperguide.testing.contracts.planning import AN_INSTANT, company, notice, project


async def waiting(persistence: Persistence, now: datetime, limit: int = 1000) -> list[Notice]:
    """What is due, changing nothing."""
    async with persistence.begin_projects() as uow:
        return list(await uow.notices.due(now, limit))


async def say(persistence: Persistence, now: datetime, limit: int = 1000) -> list[Notice]:
    """Announce one batch."""
    async with persistence.begin_projects() as uow:
        due = await uow.notices.due(now, limit)
        if due:
            for one in due:
                uow.announce(ending(one))
            await uow.notices.advance(due)
            await uow.commit()
    return list(due)


async def next_one(persistence: Persistence, now: datetime) -> datetime | None:
    """When something is due next."""
    async with persistence.begin_projects() as uow:
        return await uow.notices.next_after(now)


async def reached(persistence: Persistence, of: Project) -> Reached | None:
    """How far one has come with the project."""
    return await persistence.change_projects(lambda uow: uow.notices.reached(of.company, of.id))


def so_far(of: Project, stage: Stage) -> Reached:
    """That this is next of the project."""
    first = notice(of)
    return Reached(stage=stage, nearing_at=first.nearing_at, last_day_at=first.last_day_at, ends_at=first.ends_at)


class NoticesContract:
    """Notices: due, next, advance, put, rest, reached."""

    async def test_a_notice_is_due_at_its_instant_and_not_before(self, persistence: Persistence) -> None:
        kept = project(company(), ends_at=NOW + 30 * DAY + AN_INSTANT)
        await persistence.keep_projects(kept, notice(kept))
        due_at = NOW + 23 * DAY + AN_INSTANT
        assert notice(kept).due_at == due_at
        assert await waiting(persistence, due_at - AN_INSTANT) == []
        assert await waiting(persistence, due_at) == [notice(kept)]
        assert await next_one(persistence, NOW) == due_at
        assert await next_one(persistence, due_at) is None

    async def test_one_notice_is_followed_by_the_next_and_the_last_by_nothing(self, persistence: Persistence) -> None:
        kept, short = project(company()), project(company(), ends_at=NOW + 2 * DAY, notify_before_days=1)
        await persistence.keep_projects(kept, notice(kept), short, notice(short))
        said = [[one.stage for one in await say(persistence, NOW + days * DAY)] for days in (1, 2, 22, 23, 29, 30, 999)]
        assert said == [[Stage.LAST_DAY], [Stage.ENDED], [], [Stage.NEARING], [Stage.LAST_DAY], [Stage.ENDED], []]
        assert await next_one(persistence, NOW - 9 * DAY) is None
        assert len(await persistence.due()) == 5

    async def test_all_that_was_missed_is_said_in_order_and_each_once(self, persistence: Persistence) -> None:
        kept = [project(company(), ends_at=NOW + (n % 5 + 9) * DAY) for n in range(15)]
        await persistence.keep_projects(*kept, *map(notice, kept))
        told: list[Notice] = []
        while batch := await say(persistence, NOW + 365 * DAY, 7):
            assert batch == sorted(batch, key=lambda one: (one.due_at, one.project))
            told += batch
        assert set(Counter((one.project, one.stage) for one in told).values()) == {1}
        for one in kept:
            stages = [told.stage for told in told if told.project == one.id]
            assert stages == [Stage.NEARING, Stage.LAST_DAY, Stage.ENDED]

    async def test_without_a_commit_a_notice_still_waits(self, persistence: Persistence) -> None:
        kept = project(company())
        await persistence.keep_projects(kept, notice(kept))
        async with persistence.begin_projects() as uow:
            told = await uow.notices.due(NOW + 25 * DAY, 9)
            await uow.notices.advance(told)
            await uow.notices.advance(told)
            assert await uow.notices.due(NOW + 25 * DAY, 9) == []
            assert [one.stage for one in await uow.notices.due(NOW + 29 * DAY, 9)] == [Stage.LAST_DAY]
        assert await waiting(persistence, NOW + 25 * DAY) == [notice(kept)]

    async def test_what_is_put_anew_is_said_instead(self, persistence: Persistence) -> None:
        kept, other = project(company()), project(company())
        await persistence.keep_projects(kept, other, notice(kept), notice(other))
        later = replace(kept, ends_at=NOW + 60 * DAY)
        await persistence.keep_projects(notice(later))
        assert await waiting(persistence, NOW + 30 * DAY) == [notice(other)]
        assert await waiting(persistence, NOW + 60 * DAY) == [notice(other), notice(later)]

    async def test_what_is_called_off_is_not_said(self, persistence: Persistence) -> None:
        kept, other = project(company()), project(company())
        await persistence.keep_projects(kept, other, notice(kept), notice(other))
        await persistence.change_projects(lambda uow: uow.notices.rest(other.company, kept.id))
        assert len(await waiting(persistence, NOW + 30 * DAY)) == 2
        await persistence.change_projects(lambda uow: uow.notices.rest(kept.company, kept.id))
        assert await waiting(persistence, NOW + 30 * DAY) == [notice(other)]

    async def test_how_far_one_has_come_stays_known(self, persistence: Persistence) -> None:
        kept, other, fresh = project(company()), project(company()), project(company())
        await persistence.keep_projects(kept, other, fresh, notice(kept), notice(other))
        for days, stage in ((0, Stage.NEARING), (23, Stage.LAST_DAY), (29, Stage.ENDED), (30, Stage.ENDED)):
            await say(persistence, NOW + days * DAY)
            assert await reached(persistence, kept) == so_far(kept, stage)
        assert await reached(persistence, replace(kept, company=other.company)) is None
        assert await reached(persistence, fresh) is None

    async def test_what_rests_is_not_due_and_where_it_rests_is_known(self, persistence: Persistence) -> None:
        kept, fresh = project(company()), project(company())
        await persistence.keep_projects(kept, fresh, notice(kept))
        for one in (kept, fresh, kept):
            await persistence.change_projects(lambda uow, one=one: uow.notices.rest(one.company, one.id))  # type: ignore[misc]
        assert await waiting(persistence, NOW + 999 * DAY) == []
        assert await next_one(persistence, NOW - 9 * DAY) is None
        assert await reached(persistence, kept) == so_far(kept, Stage.NEARING)
        assert await reached(persistence, fresh) is None
        await persistence.keep_projects(notice(kept))
        assert await waiting(persistence, NOW + 30 * DAY) == [notice(kept)]

    async def test_changes_of_a_project_leave_its_notice(self, persistence: Persistence) -> None:
        kept = project(company())
        await persistence.keep_projects(kept, notice(kept))
        await persistence.change_projects(lambda uow: uow.projects.save(replace(kept, name="Other", tags=("a",))))
        assert await waiting(persistence, NOW + 30 * DAY) == [notice(kept)]

    async def test_several_who_sweep_projects_at_once_say_each_once(self, persistence: Persistence) -> None:
        kept = [project(company(), ends_at=NOW + 9 * DAY + timedelta(seconds=n)) for n in range(40)]
        await persistence.keep_projects(*kept, *map(notice, kept))

        async def sweeper() -> list[tuple[ProjectId, Stage]]:
            told: list[tuple[ProjectId, Stage]] = []
            while batch := await say(persistence, NOW + 10 * DAY, 7):
                told += [(one.project, one.stage) for one in batch]
            return told

        told = [one for some in await asyncio.gather(*(sweeper() for _ in range(4))) for one in some]
        stages = (Stage.NEARING, Stage.LAST_DAY, Stage.ENDED)
        assert Counter(told) == {(one.id, stage): 1 for one in kept for stage in stages}
        assert await waiting(persistence, NOW + 99 * DAY) == []
