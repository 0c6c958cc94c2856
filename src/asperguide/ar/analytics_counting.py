"""Counting: what events add to what was counted, a pure function of the events and of what their sessions did before.

Each event counts for its content, its project and its company, and for its video if it names one. A session is known
for the kinds of events that were seen of it; the same session of a video is known apart, under a digest of its own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from asperguide.ar.analytics_model import (
    TALLIED,
    Count,
    Dimension,
    Event,
    EventKind,
    Tally,
    video_digest,
)
from asperguide.shared.tenancy import CompanyId, ProjectId

BITS = {kind: 1 << place for place, kind in enumerate(EventKind)}
"""How a session remembers a kind."""
PLACES = {name: place for place, name in enumerate(TALLIED)}
KINDS = {kind: PLACES[kind.value] for kind in EventKind}
SESSIONS, PLAYED, COMPLETED = PLACES["sessions"], PLACES["played"], PLACES["completed"]
BOTH = BITS[EventKind.PLAY] | BITS[EventKind.COMPLETE]

Cell = tuple[UUID, Dimension, date, str, ProjectId | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What is to be added, and what sessions that did something new are known for by now."""

    counts: Sequence[Count]
    seen: Mapping[bytes, int]


def sessions_of(events: Collection[Event]) -> set[bytes]:
    """The digests of all sessions that these events are of."""
    return {digest for event in events for digest in _digests(event)}


def fold(company: CompanyId, events: Sequence[Event], seen: Mapping[bytes, int]) -> Folded:
    """What these events of the company add when their sessions are known for what is `seen`."""
    now, cells = dict(seen), dict[Cell, list[int]]()
    for event in events:
        whole, *of_video = _digests(event)
        steps = _steps(now, whole, event.kind)
        for subject in (event.content, event.project, company):
            _count(cells, event, subject, steps)
        for digest in of_video:
            assert event.video is not None
            _count(cells, event, event.video, _steps(now, digest, event.kind))
    return Folded(
        counts=[_counted(company, cell, tally) for cell, tally in cells.items()],
        seen={digest: kinds for digest, kinds in now.items() if seen.get(digest) != kinds},
    )


def _digests(event: Event) -> Iterator[bytes]:
    yield event.session
    if event.video is not None:
        yield video_digest(event.session, event.video)


def _steps(now: dict[bytes, int], digest: bytes, kind: EventKind) -> tuple[int, ...]:
    """Which places of a tally go up by one; the session is known for this kind from here on."""
    before = now.get(digest, 0)
    now[digest] = after = before | BITS[kind]
    steps = [KINDS[kind]]
    if not before:
        steps.append(SESSIONS)
    if kind is EventKind.PLAY and after != before:
        steps.append(PLAYED)
    if after & BOTH == BOTH != before & BOTH:
        steps.append(COMPLETED)
    return tuple(steps)


def _count(cells: dict[Cell, list[int]], event: Event, subject: UUID, steps: tuple[int, ...]) -> None:
    ranked = event.project if subject == event.content else None
    tally = cells.setdefault((subject, Dimension.ALL, event.day, "", ranked), [0] * len(TALLIED))
    for place in steps:
        tally[place] += 1
    if SESSIONS in steps:
        for dimension, value in (
            (Dimension.DEVICE, event.device),
            (Dimension.SYSTEM, event.system),
            (Dimension.BROWSER, event.browser),
            (Dimension.COUNTRY, event.country),
        ):
            cells.setdefault((subject, dimension, event.day, value, None), [0] * len(TALLIED))[SESSIONS] += 1


def _counted(company: CompanyId, cell: Cell, tally: Sequence[int]) -> Count:
    subject, dimension, day, value, ranked = cell
    return Count(
        company=company, subject=subject, dimension=dimension, day=day, value=value, ranked=ranked,
        tally=Tally(**dict(zip(TALLIED, tally, strict=True))),
    )  # fmt: skip
