"""What events add to what was counted, whatever their order and however they are cut into batches."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from asperguide.ar.analytics import Event, EventKind
from asperguide.ar.analytics_calendar import DAY
from asperguide.ar.analytics_counting import fold, sessions_of
from asperguide.ar.analytics_model import NOTHING, Count, Dimension, Tally, event_digest, session_digest, video_digest
from asperguide.ar.model import ContentId
from asperguide.ar.videos import VideoId
from asperguide.testing.contracts.views import COMPANY, CONTENT, PROJECT, TODAY, VIDEO, event, visit


def added(events: Sequence[Event], size: int = 1000) -> dict[object, Tally]:
    """What is counted when they come in batches of this size."""
    seen, found = dict[bytes, int](), defaultdict[object, Tally](lambda: NOTHING)
    for first in range(0, len(events), size):
        some = events[first : first + size]
        folded = fold(COMPANY, some, {key: seen[key] for key in sessions_of(some) if key in seen})
        seen.update(folded.seen)
        for count in folded.counts:
            found[count.key] = found[count.key].plus(count.tally)
    return dict(found)


def whole(events: Sequence[Event], subject: UUID = CONTENT) -> Tally:
    """Of all days."""
    total = NOTHING
    for key, tally in added(events).items():
        if key[1] == subject and key[2] is Dimension.ALL:  # type: ignore[index]
            total = total.plus(tally)
    return total


def some(random: Random, count: int) -> list[Event]:
    """Events of a few sessions, contents and days."""
    contents = [ContentId(UUID(int=n + 1)) for n in range(3)]
    return [
        event(
            random.choice(list(EventKind)), f"session {random.randrange(12)}", f"event {n}",
            content=random.choice(contents), video=random.choice([None, VIDEO]), day=TODAY + random.randrange(3) * DAY,
        )
        for n in range(count)
    ]  # fmt: skip


def test_each_kind_is_counted_by_its_name() -> None:
    events = [event(kind, "visit", kind.value) for kind in EventKind for _ in range(1)]
    assert whole(events) == Tally(
        opened=1, marker_found=1, marker_lost=1, play=1, complete=1, share=1, sessions=1, played=1, completed=1
    )


def test_a_session_is_played_once_and_completed_only_with_a_play() -> None:
    assert whole([event(EventKind.COMPLETE, "a")]) == Tally(complete=1, sessions=1)
    twice = [event(EventKind.PLAY, "a"), event(EventKind.PLAY, "a")]
    assert whole(twice) == Tally(play=2, sessions=1, played=1)
    assert whole([event(EventKind.COMPLETE, "a"), *twice]) == Tally(
        play=2, complete=1, sessions=1, played=1, completed=1
    )


def test_nothing_is_added_by_nothing() -> None:
    folded = fold(COMPANY, (), {})
    assert (list(folded.counts), dict(folded.seen)) == ([], {})


def test_what_was_seen_before_is_not_told_again() -> None:
    events = visit("a")
    folded = fold(COMPANY, events, {})
    assert fold(COMPANY, events, folded.seen).seen == {}
    assert {count.tally.sessions for count in fold(COMPANY, events, folded.seen).counts} == {0}


def test_only_contents_are_ranked_and_only_by_their_own_counts() -> None:
    ranked: list[Count] = [count for count in fold(COMPANY, visit("a"), {}).counts if count.ranked is not None]
    assert [(count.subject, count.dimension, count.ranked) for count in ranked] == [(CONTENT, Dimension.ALL, PROJECT)]


def test_videos_of_one_session_are_counted_apart() -> None:
    other = VideoId(UUID(int=7))
    events = [*visit("a"), *(replace(one, digest=bytes(16)) for one in visit("a", video=other)[2:])]
    assert whole(events, VIDEO) == whole(events, other) == Tally(play=1, complete=1, sessions=1, played=1, completed=1)
    assert whole(events).sessions == whole(events).played == 1


@pytest.mark.parametrize("seed", range(10))
def test_how_events_are_cut_into_batches_makes_no_difference(seed: int) -> None:
    events = some(Random(seed), 150)
    assert added(events, 1) == added(events, 7) == added(events)


@pytest.mark.parametrize("seed", range(10))
def test_sums_do_not_depend_on_the_order_in_which_events_are_counted(seed: int) -> None:
    random = Random(seed)
    events = some(random, 150)
    shuffled = random.sample(events, len(events))
    assert {subject: whole(events, subject) for subject in (CONTENT, PROJECT, COMPANY, VIDEO)} == {
        subject: whole(shuffled, subject) for subject in (CONTENT, PROJECT, COMPANY, VIDEO)
    }
    sessions = {(one.content, one.session) for one in events}
    assert whole(events, COMPANY).sessions == whole(events, PROJECT).sessions == len(sessions)


def test_digests_are_those_of_one_thing_only() -> None:
    here, there = ContentId(UUID(int=1)), ContentId(UUID(int=2))
    digests = [
        session_digest(here, "session-1"),
        session_digest(there, "session-1"),
        session_digest(here, "session-2"),
        event_digest(session_digest(here, "session-1"), "event-01"),
        event_digest(session_digest(here, "session-1"), "event-02"),
        video_digest(session_digest(here, "session-1"), VIDEO),
    ]
    assert len(set(digests)) == len(digests)
    assert {len(digest) for digest in digests} == {16}
