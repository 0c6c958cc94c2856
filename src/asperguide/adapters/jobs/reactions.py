"""What is to be done about each kind of message, and how often it is tried."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from asperguide.shared.ledger import ClaimedJob, JobRefused, NewJob, kind_of
from asperguide.shared.ports import Ids, Message

FIRST_PAUSE = timedelta(seconds=5)
SHORTEST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One thing to do about one type of messages: `do` gets it and the id of its row, and may run for `timeout`."""

    name: str
    message: type[Message]
    do: Callable[[Any, UUID], Awaitable[object]]
    timeout: timedelta = timedelta(minutes=1)


Reactions = Mapping[str, tuple[Reaction, ...]]


def by_kind(reactions: Iterable[Reaction]) -> Reactions:
    """The table that a worker goes by. ValueError when two reactions to one kind have the same name."""
    table: dict[str, tuple[Reaction, ...]] = {}
    for reaction in reactions:
        kind = kind_of(reaction.message)
        known = table.get(kind, ())
        if reaction.name in {other.name for other in known}:
            raise ValueError(f"two reactions to {kind} are called {reaction.name}")
        table[kind] = (*known, reaction)
    return table


def find(reactions: Reactions, kind: str) -> tuple[Reaction, ...]:
    """What to do about a kind: several things are to be divided first. Raises JobRefused when it is unknown."""
    whole, _, name = kind.partition("#")
    found = tuple(reaction for reaction in reactions.get(whole, ()) if name in ("", reaction.name))
    if not found:
        raise JobRefused(f"nothing here reacts to {kind}")
    return found


def read(job: ClaimedJob, message: type[Message]) -> Message:
    """The message of a row. Raises JobRefused when it is not one."""
    try:
        return msgspec.json.decode(job.payload, type=message)
    except msgspec.MsgspecError as error:
        raise JobRefused(f"not a {message.__name__}: {error}") from error


def divided(job: ClaimedJob, reactions: Iterable[Reaction]) -> list[NewJob]:
    """One row for each reaction, so that each has tries of its own; made twice they have the same ids."""
    return [
        NewJob(
            id=UUID(bytes=hashlib.sha256(job.id.bytes + reaction.name.encode()).digest()[:16]),
            kind=f"{job.kind}#{reaction.name}",
            payload=job.payload,
            queue=job.queue,
            priority=job.priority,
            run_at=job.run_at,
            max_attempts=job.max_attempts,
            request_id=job.request_id,
            traceparent=job.traceparent,
            created_at=job.created_at,
        )
        for reaction in reactions
    ]


def pause(attempts: int, ids: Ids) -> timedelta:
    """How long to wait after so many attempts: full jitter below 5 s, 10 s, 20 s ... 1 h, and at least 1 s."""
    longest: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    chance = int.from_bytes(ids.secret()[:4]) / 0xFFFFFFFF
    return max(longest * chance, SHORTEST_PAUSE)
