"""The law of everything that keeps what viewers did: events once, counts of each once, nothing across companies."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from asperguide.ar.analytics import Event, EventKind, FoldEvents, Span
from asperguide.ar.analytics_calendar import DAY
from asperguide.ar.analytics_intake import day_in
from asperguide.ar.analytics_messages import PERIOD, EventsFoldDue
from asperguide.ar.analytics_model import Dimension, Figures, Ranked, Tally, event_digest, session_digest
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.shared.ledger import kind_of
from asperguide.shared.tenancy import CompanyId, ProjectId
from asperguide.testing.contracts.people import IDS, NOW
from asperguide.testing.contracts.persistence import Persistence

TODAY = day_in("UTC", NOW)
ALWAYS = Span(first=date(2000, 1, 1), last=date(2999, 12, 31))
AN_INSTANT = timedelta(microseconds=1)


def new_id() -> UUID:
    """Any id."""
    return IDS.new()


COMPANY, OTHER = CompanyId(new_id()), CompanyId(new_id())
PROJECT = ProjectId(new_id())
CONTENT = ContentId(new_id())
VIDEO = VideoId(new_id())


def event(
    kind: EventKind = EventKind.OPENED,
    session: str = "",
    id: str = "",
    *,
    company: CompanyId = COMPANY,
    project: ProjectId = PROJECT,
    content: ContentId = CONTENT,
    video: VideoId | None = None,
    day: date = TODAY,
    at: datetime = NOW,
    device: str = "phone",
) -> Event:
    """Something that a viewer did, in a session of its own unless told."""
    digest = session_digest(content, session or str(new_id()))
    return Event(
        digest=event_digest(digest, id or str(new_id())), session=digest, company=company, project=project,
        content=content, video=video, kind=kind, day=day, received_at=at, claimed_at=None, device=device,
        system="ios", browser="safari", country="FR",
    )  # fmt: skip


def visit(session: str, *, video: VideoId = VIDEO, day: date = TODAY) -> list[Event]:
    """Opened, found, played, seen to the end."""
    return [
        event(EventKind.OPENED, session, "1", day=day),
        event(EventKind.MARKER_FOUND, session, "2", day=day),
        event(EventKind.PLAY, session, "3", video=video, day=day),
        event(EventKind.COMPLETE, session, "4", video=video, day=day),
    ]


async def fold(persistence: Persistence, company: CompanyId = COMPANY) -> int:
    """Count all that waits; what is left."""
    return await FoldEvents(begin=persistence.begin_analytics, reads=persistence.analytics_reads)(company)


async def figures(
    persistence: Persistence, subject: UUID = CONTENT, company: CompanyId = COMPANY, span: Span = ALWAYS
) -> Figures:
    """What was counted."""
    return await persistence.analytics_reads.figures(company, subject, span)


async def tally(persistence: Persistence, subject: UUID = CONTENT, company: CompanyId = COMPANY) -> Tally:
    """What was counted in all."""
    total = Tally()
    for one in (await figures(persistence, subject, company)).days.values():
        total = total.plus(one)
    return total


async def top(
    persistence: Persistence, project: ProjectId | None = None, limit: int = 9, but: Collection[ProjectId] = ()
) -> Sequence[Ranked]:
    """The contents of the company with the most sessions."""
    return await persistence.analytics_reads.top(COMPANY, project, ALWAYS, limit, but)


async def prune(persistence: Persistence, before: datetime, limit: int = 1000) -> int:
    """One batch."""
    async with persistence.begin_analytics() as uow:
        count = await uow.counts.prune(before, limit)
        await uow.commit()
    return count


async def forget(
    persistence: Persistence, company: CompanyId, content: ContentId | None = None, *videos: VideoId
) -> int:
    """All of it."""
    total = 0
    while True:
        async with persistence.begin_analytics() as uow:
            count = await uow.counts.forget(company, content, videos, 1)
            await uow.commit()
        total += count
        if not count:
            return total


class AnalyticsContract:
    """Give it a fixture `persistence`: a `Persistence` that is empty."""

    async def test_an_event_waits_until_it_is_counted(self, persistence: Persistence) -> None:
        reads = persistence.analytics_reads
        assert await reads.waiting(COMPANY, 9) == 0
        await persistence.event_log.add([event(), event()])
        assert (await reads.waiting(COMPANY, 9), await reads.waiting(COMPANY, 1)) == (2, 1)
        assert await reads.companies(9) == [COMPANY]
        assert (await figures(persistence)) == Figures()
        assert await fold(persistence) == 0
        assert (await reads.waiting(COMPANY, 9), await reads.companies(9)) == (0, [])
        assert (await tally(persistence)).opened == 2

    async def test_what_waits_comes_back_as_it_went_in_and_in_the_order_of_its_coming(
        self, persistence: Persistence
    ) -> None:
        late = event(EventKind.PLAY, video=VIDEO, at=NOW + AN_INSTANT)
        claimed = event(EventKind.SHARE, at=NOW)
        await persistence.event_log.add([late])
        await persistence.event_log.add([claimed])
        async with persistence.begin_analytics() as uow:
            assert await uow.counts.waiting(COMPANY, 9) == [claimed, late]
            assert await uow.counts.waiting(COMPANY, 1) == [claimed]
            assert await uow.counts.waiting(OTHER, 9) == []

    async def test_nothing_is_added_of_no_events(self, persistence: Persistence) -> None:
        await persistence.event_log.add([])
        assert await persistence.due(PERIOD) == []
        assert await fold(persistence) == 0

    async def test_the_same_event_counts_once_whether_it_was_counted_or_not(self, persistence: Persistence) -> None:
        once = visit("visit")
        await persistence.event_log.add([*once, *once])
        await persistence.event_log.add(once[:2])
        await fold(persistence)
        before = await tally(persistence)
        await persistence.event_log.add(once)
        assert await persistence.analytics_reads.waiting(COMPANY, 9) == 0
        await fold(persistence)
        assert await tally(persistence) == before
        assert (before.opened, before.play, before.complete, before.sessions) == (1, 1, 1, 1)

    async def test_the_same_id_in_another_session_or_content_is_another_event(self, persistence: Persistence) -> None:
        other = ContentId(new_id())
        await persistence.event_log.add(
            [event(session="a", id="1"), event(session="b", id="1"), event(session="a", id="1", content=other)]
        )
        await fold(persistence)
        assert (await tally(persistence)).opened == 2
        assert (await tally(persistence, other)).opened == 1
        assert (await tally(persistence, PROJECT)).sessions == 3

    async def test_it_counts_for_content_video_project_and_company(self, persistence: Persistence) -> None:
        await persistence.event_log.add([*visit("a"), *visit("b"), event(session="c")])
        await fold(persistence)
        whole = Tally(opened=3, marker_found=2, play=2, complete=2, sessions=3, played=2, completed=2)
        for subject in (CONTENT, PROJECT, COMPANY):
            assert await tally(persistence, subject) == whole
        assert await tally(persistence, VIDEO) == Tally(play=2, complete=2, sessions=2, played=2, completed=2)

    async def test_a_session_counts_on_the_day_of_its_first_event_whenever_that_is_folded(
        self, persistence: Persistence
    ) -> None:
        await persistence.event_log.add(visit("a")[:2])
        await fold(persistence)
        await persistence.event_log.add(visit("a", day=TODAY + DAY)[2:])
        await fold(persistence)
        assert (await figures(persistence)).days == {
            TODAY: Tally(opened=1, marker_found=1, sessions=1),
            TODAY + DAY: Tally(play=1, complete=1, played=1, completed=1),
        }

    async def test_sessions_are_told_apart_by_what_was_first_known_of_them(self, persistence: Persistence) -> None:
        await persistence.event_log.add(
            [event(session="a"), event(EventKind.SHARE, "a", device="tablet", at=NOW + AN_INSTANT), event()]
        )
        await persistence.event_log.add([event(device="desktop", day=TODAY + DAY)])
        await fold(persistence)
        sessions = (await figures(persistence, PROJECT)).sessions
        assert sessions[Dimension.DEVICE] == {"phone": 2, "desktop": 1}
        assert sessions[Dimension.COUNTRY] == {"FR": 3}
        assert Dimension.ALL not in sessions

    async def test_a_span_leaves_out_the_days_before_and_after(self, persistence: Persistence) -> None:
        days = [TODAY + n * DAY for n in range(4)]
        await persistence.event_log.add([event(day=day) for day in days])
        await fold(persistence)
        found = await figures(persistence, span=Span(first=days[1], last=days[2]))
        assert set(found.days) == set(days[1:3])
        assert found.sessions[Dimension.DEVICE] == {"phone": 2}

    async def test_a_company_sees_nothing_of_another(self, persistence: Persistence) -> None:
        await persistence.event_log.add([event(), event(company=OTHER)])
        await fold(persistence)
        assert await persistence.analytics_reads.companies(9) == [OTHER]
        await fold(persistence, OTHER)
        assert (await tally(persistence)).opened == (await tally(persistence, CONTENT, OTHER)).opened == 1
        assert await figures(persistence, COMPANY, OTHER) == Figures()
        assert await figures(persistence, OTHER) == Figures()
        async with persistence.begin_analytics() as uow:
            assert await uow.counts.seen(OTHER, [session_digest(CONTENT, "a")]) == {}

    async def test_contents_are_ranked_by_sessions_then_by_id(self, persistence: Persistence) -> None:
        contents, elsewhere = [ContentId(new_id()) for _ in range(4)], ProjectId(new_id())
        projects = [PROJECT, PROJECT, elsewhere, PROJECT]
        events = [
            event(content=content, project=project)
            for content, project, views in zip(contents, projects, (2, 5, 9, 2), strict=True)
            for _ in range(views)
        ]
        await persistence.event_log.add([*events, event(company=OTHER)])
        await fold(persistence)
        assert [(one.content, one.sessions) for one in await top(persistence)] == [
            (contents[2], 9), (contents[1], 5), (contents[0], 2), (contents[3], 2),
        ]  # fmt: skip
        assert [one.content for one in await top(persistence, PROJECT, 2)] == [contents[1], contents[0]]
        others = [ProjectId(new_id()) for _ in range(40)]
        for but, left in (([PROJECT, *others], [elsewhere]), ([elsewhere], [PROJECT]), ([PROJECT, elsewhere], [])):
            of_these = [one for project in left for one in await top(persistence, project)]
            assert list(await top(persistence, but=but)) == of_these
        assert len(await top(persistence, but=others)) == len(await top(persistence))
        assert [(one.opened, one.play) for one in await top(persistence, elsewhere)] == [(9, 0)]

    async def test_without_a_commit_nothing_was_counted(self, persistence: Persistence) -> None:
        await persistence.event_log.add([event()])
        async with persistence.begin_analytics() as uow:
            await uow.counts.hold(COMPANY)
            events = await uow.counts.waiting(COMPANY, 9)
            await uow.counts.add(COMPANY, (), {events[0].session: 1}, events)
            assert await uow.counts.waiting(COMPANY, 9) == []
        assert await persistence.analytics_reads.waiting(COMPANY, 9) == 1
        await fold(persistence)
        assert (await tally(persistence)).sessions == 1

    async def test_several_who_count_at_once_count_each_event_once(self, persistence: Persistence) -> None:
        await persistence.event_log.add([event(session=f"session {n % 40}") for n in range(200)])
        await asyncio.gather(*(fold(persistence) for _ in range(4)))
        assert await persistence.analytics_reads.waiting(COMPANY, 999) == 0
        found = await tally(persistence)
        assert (found.opened, found.sessions) == (200, 40)

    async def test_events_that_many_send_at_once_are_there_once(self, persistence: Persistence) -> None:
        same, apart = visit("same"), [event() for _ in range(20)]
        await asyncio.gather(*(persistence.event_log.add([*reversed(same), one]) for one in apart))
        await fold(persistence)
        assert await tally(persistence) == Tally(
            opened=21, marker_found=1, play=1, complete=1, sessions=21, played=1, completed=1
        )

    async def test_events_call_for_one_job_in_each_period(self, persistence: Persistence) -> None:
        for _ in range(3):
            await persistence.event_log.add([event()])
        assert await persistence.due() == []
        persistence.clock.advance(PERIOD)
        assert [job.kind for job in await persistence.due()] == [kind_of(EventsFoldDue)]
        await persistence.event_log.add([event()])
        persistence.clock.advance(PERIOD)
        assert [job.kind for job in await persistence.due()] == [kind_of(EventsFoldDue)]

    async def test_what_was_counted_is_pruned_when_it_is_old_and_what_waits_never(
        self, persistence: Persistence
    ) -> None:
        persistence.clock.set(NOW)
        old = [event(at=NOW - 9 * DAY, session=f"old {n}", id="1") for n in range(3)]
        await persistence.event_log.add([*old, event(at=NOW + DAY)])
        assert await prune(persistence, NOW) == 0
        await fold(persistence)
        assert await prune(persistence, NOW, 2) == 2
        assert await prune(persistence, NOW) == 1
        assert (await tally(persistence)).opened == 4
        # The session is remembered for longer than the event: what comes of it still is no new session.
        await persistence.event_log.add([old[0]])
        await fold(persistence)
        assert ((await tally(persistence)).opened, (await tally(persistence)).sessions) == (5, 4)
        persistence.clock.advance(DAY)
        assert await prune(persistence, persistence.clock.now() + AN_INSTANT) == 2 + 4

    async def test_a_content_is_forgotten_with_its_videos_and_nothing_else(self, persistence: Persistence) -> None:
        other = ContentId(new_id())
        await persistence.event_log.add([*visit("a"), event(content=other)])
        await fold(persistence)
        await persistence.event_log.add([event(), event(content=other)])
        assert await forget(persistence, OTHER, CONTENT, VIDEO) == 0
        assert await forget(persistence, COMPANY, CONTENT, VIDEO) > 5
        assert await figures(persistence) == await figures(persistence, VIDEO) == Figures()
        await fold(persistence)
        assert (await tally(persistence, other)).opened == 2
        assert (await tally(persistence, PROJECT)).opened == 3

    async def test_a_video_is_forgotten_by_itself_and_stays_counted_for_its_content(
        self, persistence: Persistence
    ) -> None:
        other = VideoId(new_id())
        await persistence.event_log.add([*visit("a"), event(EventKind.PLAY, video=other)])
        await fold(persistence)
        for company, count in ((OTHER, 0), (COMPANY, 5), (COMPANY, 0)):
            async with persistence.begin_analytics() as uow:
                await uow.counts.hold(company)
                forgotten = await uow.counts.forget_videos(company, (VIDEO,))
                await uow.commit()
            assert forgotten == count
        assert await figures(persistence, VIDEO) == Figures()
        assert (await tally(persistence, other)).play == 1
        assert (await tally(persistence)).play == 2

    async def test_a_company_is_forgotten_whole(self, persistence: Persistence) -> None:
        await persistence.event_log.add([*visit("a"), event(company=OTHER)])
        await fold(persistence)
        await persistence.event_log.add([event()])
        assert await forget(persistence, COMPANY) > 5
        assert await forget(persistence, COMPANY) == 0
        assert await figures(persistence, COMPANY) == Figures()
        assert await top(persistence) == []
        await fold(persistence, OTHER)
        assert (await tally(persistence, CONTENT, OTHER)).opened == 1
