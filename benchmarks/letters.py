"""Letters to measure with: some are sealed by our own adapters, and each of them again and again by the server."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from dependency_injector.providers import Object

from asperguide.adapters.sql.capsule_rows import AddresseeRow, CapsuleRow, ContentRow
from asperguide.adapters.sql.capsules import SqlCapsulesUnitOfWork
from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity import SqlIdentityUnitOfWork
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.system import SystemClock, SystemIds
from asperguide.capsules import Addressee, AddresseeId, Capsule, CapsuleId, NewCapsule, To, Unlock, UnlockTime
from asperguide.capsules.repositories import Sealed
from asperguide.capsules.sealing import keep
from asperguide.container import Container
from asperguide.identity.model import UserState, new_user
from asperguide.identity.ports import Credential
from asperguide.server import close
from asperguide.settings import load
from asperguide.shared.actor import Actor, SessionId, UserId
from asperguide.shared.ledger import kind_of
from asperguide.shared.ports import Message
from asperguide.testing import MovableClock
from benchmarks.seeding import A_TRANSACTION
from benchmarks.servers import Backends
from benchmarks.service import DATABASE, FULL_NAME, Service, person

SIZE = 2000
"""Bytes of what is in a letter, encrypted."""
COPY = "UNHEX(MD5(CONCAT(HEX({}), seq)))"
"""The id that the copy of a row has, and so whatever names it."""
IN_JSON = "'%Y-%m-%dT%H:%i:%s.%fZ'"

_clock, _ids = SystemClock(), SystemIds()


async def people(found: Database, seed: int, count: int) -> list[UserId]:
    """So many people with accounts that can be written to."""
    ids = [UserId(_ids.new()) for _ in range(count)]
    async with SqlIdentityUnitOfWork(found, clock=_clock, ids=_ids) as uow:
        for number, id in enumerate(ids):
            one, now = person(seed, number), _clock.now()
            user = replace(new_user(id, one.email, one.username, FULL_NAME, now), state=UserState.ACTIVE)
            await uow.users.add(user, Credential(id=id, hash="", changed_at=now))
        await uow.commit()
    return ids


def letter(
    sender: UserId, recipients: Sequence[UserId], *, sealed_at: datetime, unlocks_at: datetime, opened: bool = False
) -> Capsule:
    """A letter, as it is kept."""
    id, opened_at = CapsuleId(_ids.new()), unlocks_at if opened else None
    return Capsule(
        id=id,
        sender=sender,
        addressees=tuple(
            Addressee(id=AddresseeId(_ids.new()), capsule=id, name=FULL_NAME, user=user, opened_at=opened_at)
            for user in recipients
        ),
        theme="garden",
        unlock=Unlock(at=unlocks_at, wall=unlocks_at.replace(tzinfo=None), zone="UTC"),
        proof=sha256(id.bytes).digest(),
        sealed_at=sealed_at,
        opened_at=opened_at,
    )


async def seal(found: Database, letters: Sequence[Capsule]) -> None:
    """Keep them as sealing does, with what their recipients are to be told and when."""
    for first in range(0, len(letters), A_TRANSACTION):
        async with SqlCapsulesUnitOfWork(found, clock=_clock, ids=_ids) as uow:
            for one in letters[first : first + A_TRANSACTION]:
                await keep(uow, one, Sealed(id=one.id, content=bytes(SIZE), key=bytes(60), key_id="bench"))
            await uow.commit()


def multiply(servers: Backends, database: str, times: int, *, apart: str = "MINUTE") -> None:
    """Every letter so many times in all; of each copy everything happens a minute (or so) later."""
    for row, others in ((CapsuleRow, ("unlock",)), (AddresseeRow, ("capsule",)), (ContentRow, ())):
        later = {
            column.name: f"DATE_ADD(f.`{column.name}`, INTERVAL seq {apart})"
            for column in row.__table__.columns
            if column.name.endswith("_at")
        }
        changed = {"id": COPY.format("f.id"), **later, **{name: CHANGED[name].format(**later) for name in others}}
        copy(servers, database, row, times, changed)


CHANGED = {
    "capsule": COPY.format("f.capsule"),
    "unlock": f"JSON_SET(f.`unlock`, '$.at', DATE_FORMAT({{unlocks_at}}, {IN_JSON}))",
}


def copy(servers: Backends, database: str, row: type[Row], times: int, changed: Mapping[str, str]) -> None:
    """Every row so many times in all; `changed` says in SQL what is different in a copy, `f` being what it is of."""
    table = row.__tablename__
    columns = [column.name for column in row.__table__.columns]
    names = ", ".join(f"`{name}`" for name in columns)
    values = ", ".join(changed.get(name, f"f.`{name}`") for name in columns)
    servers.execute(
        database,
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} f, seq_1_to_{times} WHERE seq < {times}",
        f"ANALYZE TABLE {table}",
    )


@asynccontextmanager
async def at(service: Service, now: datetime) -> AsyncIterator[Container]:
    """The service in this process, on the same data, at another time."""
    container = Container(settings=load(environ=service.settings))
    try:
        with container.clock.override(Object(MovableClock(now))):
            yield container
    finally:
        await close(container)


def acting(user: UserId) -> Actor:
    """That user, signed in."""
    return Actor(user=user, session=SessionId(_ids.new()), roles=(), proved_at=_clock.now())


async def seal_yesterday(service: Service, letters: Iterable[tuple[UserId, str, Sequence[UserId]]]) -> list[UUID]:
    """Seal letters by sender, title and recipients, by the use case, a day ago: they are ready by now. Their ids."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    soon = UnlockTime(wall=(yesterday + timedelta(hours=1)).replace(tzinfo=None), zone="UTC")
    async with at(service, yesterday) as container:
        return [
            (
                await container.seal_capsule()(
                    acting(sender),
                    NewCapsule(
                        title=title, body=body_of(title), unlock=soon, recipients=tuple(To(user=one) for one in to)
                    ),
                )
            ).id
            for sender, title, to in letters
        ]


def body_of(title: str) -> str:
    """What is written in the letter of this title."""
    return f"{title}: look at the garden. " * 20


def rows(servers: Backends, statement: str, *values: object) -> Sequence[Sequence[object]]:
    """What the database answers now."""
    with servers.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def told(servers: Backends, message: type[Message]) -> Counter[UUID]:
    """How many messages of this type the ledger has about each addressee."""
    found = rows(
        servers,
        "SELECT JSON_VALUE(payload, '$.addressee'), COUNT(*) FROM ledger_jobs WHERE kind = %s GROUP BY 1",
        kind_of(message),
    )
    return Counter({UUID(text(addressee)): int(str(count)) for addressee, count in found})


def text(value: object) -> str:
    """What the driver gives as bytes or text."""
    return value.decode() if isinstance(value, bytes) else str(value)


def instant(told: str) -> datetime:
    """A time out of an answer, as the database has it."""
    return datetime.fromisoformat(told).astimezone(UTC).replace(tzinfo=None)
