"""Counting: what events add to what was counted, a pure function of the events and of what their sessions did before.

Each event counts for its content, its project and its company, and for its video if it names one. A session is known
for the kinds of events that were seen of it; the same session of a video is known apart, under a digest of its own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from asperguide.ar.analytics_model import TALLIED, Count, Dimension, Event, EventKind, Tally, video_digest
from asperguide.shared.tenancy import CompanyId, ProjectId

PLACES = {name: place for place, name in enumerate(TALLIED)}
KINDS = {kind: (PLACES[kind.value], 1 << number) for number, kind in enumerate(EventKind)}
"""Where a kind is counted, and the bit by which a session remembers it."""
SESSIONS, PLAYED, COMPLETED = PLACES["sessions"], PLACES["played"], PLACES["completed"]
BOTH = KINDS[EventKind.PLAY][1] | KINDS[EventKind.COMPLETE][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What is to be added, and what sessions that did something new are known for by now."""

    counts: Sequence[Count]
    seen: Mapping[bytes, int]


@dataclass(frozen=True, slots=True)
class _Page:
    """What is added to one subject on one day: a tally, and sessions by dimension and value."""

    subject: UUID
    day: date
    ranked: ProjectId | None
    tally: list[int]
    parts: dict[tuple[str, str], int]


Book = dict[tuple[int, date], _Page]
"""Pages by the number of their subject and by day: numbers are compared by the interpreter, UUIDs by Python code."""


def sessions_of(events: Collection[Event]) -> set[bytes]:
    """The digests of all sessions that these events are of."""
    return {digest for event in events for digest in _digests(event)}


def fold(company: CompanyId, events: Sequence[Event], seen: Mapping[bytes, int]) -> Folded:
    """What these events of the company add when their sessions are known for what is `seen`."""
    now, book = dict(seen), Book()
    for event in events:
        whole, *of_video = _digests(event)
        steps = _steps(now, whole, event.kind)
        _count(book, event, event.content, steps, event.project)
        _count(book, event, event.project, steps)
        _count(book, event, company, steps)
        for digest in of_video:
            assert event.video is not None
            _count(book, event, event.video, _steps(now, digest, event.kind))
    return Folded(
        counts=[count for page in book.values() for count in _counts(company, page)],
        seen={digest: kinds for digest, kinds in now.items() if seen.get(digest) != kinds},
    )


def _digests(event: Event) -> tuple[bytes, ...]:
    if event.video is None:
        return (event.session,)
    return event.session, video_digest(event.session, event.video)


def _steps(now: dict[bytes, int], digest: bytes, kind: EventKind) -> tuple[int, ...]:
    """Which places of a tally go up by one; the session is known for this kind from here on."""
    before, (place, bit) = now.get(digest, 0), KINDS[kind]
    now[digest] = after = before | bit
    steps = [place]
    if not before:
        steps.append(SESSIONS)
    if kind is EventKind.PLAY and after != before:
        steps.append(PLAYED)
    if after & BOTH == BOTH != before & BOTH:
        steps.append(COMPLETED)
    return tuple(steps)


def _count(book: Book, event: Event, subject: UUID, steps: tuple[int, ...], ranked: ProjectId | None = None) -> None:
    page = book.get((subject.int, event.day))
    if page is None:
        page = book[subject.int, event.day] = _Page(subject, event.day, ranked, [0] * len(TALLIED), {})
    for place in steps:
        page.tally[place] += 1
    if SESSIONS in steps:
        parts = page.parts
        for part in (
            ("device", event.device),
            ("system", event.system),
            ("browser", event.browser),
            ("country", event.country),
        ):
            parts[part] = parts.get(part, 0) + 1


def _counts(company: CompanyId, page: _Page) -> Iterator[Count]:
    yield Count(
        company=company, subject=page.subject, dimension=Dimension.ALL, day=page.day, value="", ranked=page.ranked,
        tally=Tally(**dict(zip(TALLIED, page.tally, strict=True))),
    )  # fmt: skip
    for (dimension, value), sessions in page.parts.items():
        yield Count(
            company=company, subject=page.subject, dimension=Dimension(dimension), day=page.day, value=value,
            tally=Tally(sessions=sessions),
        )  # fmt: skip
