"""Sessions, one-time codes and guesses, inside a transaction."""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity_rows import EPOCH, CodeRow, CredentialRow, GuessesRow, SessionRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import Store, to_row
from asperguide.identity.codes import Code, CodeId, Purpose
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.ports import Codes, GuessBook, GuessCounter, Sessions, session_key
from asperguide.identity.rotation import EndReason, Session
from asperguide.shared.actor import SessionId, UserId
from asperguide.shared.errors import EditedMeanwhile

Touch = Callable[[str, int], None]

NONE = CodeId(UUID(int=0))

_sessions, _codes, _guesses = SessionRow.__table__.c, CodeRow.__table__.c, GuessesRow.__table__.c
_credentials = CredentialRow.__table__.c

_rotate = Prepared(
    sa.update(SessionRow.__table__)
    .where(
        _sessions.id == sa.bindparam("_id"), _sessions.counter == sa.bindparam("_from"), _sessions.ended_at.is_(None)
    )
    .values(
        version=_sessions.version + 1,
        **{
            name: sa.bindparam(f"_{name}")
            for name in ("counter", "seen_at", "rotated_at", "idle_expires_at", "over_at")
        },
    )
)
_columns = tuple(SessionRow.__table__.c)
_open = Prepared(
    sa.insert(SessionRow.__table__).from_select(
        [column.key for column in _columns],
        sa.select(*(sa.bindparam(column.key, type_=column.type) for column in _columns))
        .where(_credentials.id == sa.bindparam("user"), _credentials.changed_at == sa.bindparam("_password_of"))
        .with_for_update(read=True),
    )
)
_living = (
    sa.select(_sessions.id, _sessions.version)
    .where(
        sa.or_(_sessions.user == sa.bindparam("user"), _sessions.impersonator == sa.bindparam("user")),
        _sessions.over_at > sa.bindparam("now"),
        _sessions.ended_at.is_(None),
    )
    .with_for_update()
)
_end = (
    sa.update(SessionRow.__table__)
    .where(_sessions.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        version=_sessions.version + 1,
        ended_at=sa.bindparam("_now"),
        over_at=sa.bindparam("_now"),
        ended_because=sa.bindparam("_reason"),
    )
)
_by_digest = Prepared(sa.select(CodeRow.__table__).where(_codes.digest == sa.bindparam("digest")))
_of_purpose = (_codes.user == sa.bindparam("_user"), _codes.purpose == sa.bindparam("_purpose"))
_void = (
    sa.update(CodeRow.__table__)
    .where(*_of_purpose, _codes.used_at.is_(None), _codes.id != sa.bindparam("_keep"))
    .values(version=_codes.version + 1, used_at=sa.bindparam("_now"), over_at=sa.bindparam("_now"))
)
_count_codes = (
    sa.select(sa.func.count())
    .select_from(CodeRow.__table__)
    .where(*_of_purpose, _codes.created_at >= sa.bindparam("since"))
)
_locked_guesses = sa.select(GuessesRow.__table__).where(_guesses.id == sa.bindparam("id")).with_for_update()
_put_back = Prepared(
    sa.update(GuessesRow.__table__)
    .where(_guesses.id == sa.bindparam("_id"), _guesses.version == sa.bindparam("_version"))
    .values(version=_guesses.version + 1, tries=sa.bindparam("_tries"))
)
_clear = Prepared(
    sa.update(GuessesRow.__table__)
    .where(_guesses.id == sa.bindparam("_id"))
    .values(version=_guesses.version + 1, tries=())
)


class SqlSessions(Sessions):
    """Rows of sessions; what changes is touched, so that the commit purges it from caches."""

    __slots__ = ("_store", "_touch")

    def __init__(self, store: Store, touch: Touch) -> None:
        self._store, self._touch = store, touch

    async def add(self, session: Session) -> None:
        """One row."""
        await self._store.add(SessionRow, session)

    async def open(self, session: Session, password_of: datetime) -> bool:
        """One insert that reads the credential and locks it: whoever changes it waits, and then sees the session."""
        values = to_row(SessionRow, session)
        return bool(await self._store.change(_open, **values, _password_of=password_of))

    async def get(self, id: SessionId) -> Session | None:
        """By primary key."""
        return await self._store.get(SessionRow, Session, id)

    async def rotate(self, session: Session, from_counter: int) -> bool:
        """One update that finds the row only with the counter unmoved."""
        moved = await self._store.change(
            _rotate, _id=session.id, _from=from_counter, _counter=session.counter, _seen_at=session.seen_at,
            _rotated_at=session.rotated_at, _idle_expires_at=session.idle_expires_at, _over_at=session.over_at,
        )  # fmt: skip
        if moved:
            self._touch(session_key(session.id), session.version + 1)
        return bool(moved)

    async def save(self, session: Session) -> Session:
        """Compare the version and set."""
        saved = await self._store.save(SessionRow, session)
        self._touch(session_key(session.id), saved.version)
        return saved

    async def end_all(self, user: UserId, now: datetime, reason: EndReason, keep: SessionId | None = None) -> int:
        """Lock, so that the versions to purge are known, then end."""
        found = (await self._store.execute(_living, {"user": user, "now": now})).all()
        ending = [row for row in found if row.id != keep]
        if ending:
            await self._store.change(_end, ids=[row.id for row in ending], _now=now, _reason=reason)
        for row in ending:
            self._touch(session_key(row.id), row.version + 1)
        return len(ending)

    async def delete_over(self, before: datetime, limit: int) -> int:
        """The oldest first; caches know themselves when a session is over."""
        return await _delete_some(self._store, SessionRow, "over_at", before, limit)


class SqlCodes(Codes):
    """Rows of codes."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, code: Code) -> None:
        """One row."""
        await self._store.add(CodeRow, code)

    async def get(self, id: CodeId) -> Code | None:
        """By primary key."""
        return await self._store.get(CodeRow, Code, id)

    async def by_digest(self, digest: bytes) -> Code | None:
        """By unique key."""
        return await self._store.one(_by_digest, Code, digest=digest)

    async def save(self, code: Code) -> Code:
        """Compare the version and set."""
        return await self._store.save(CodeRow, code)

    async def void(self, user: UserId, purpose: Purpose, now: datetime, keep: CodeId | None = None) -> None:
        """One update."""
        await self._store.change(_void, _user=user, _purpose=purpose, _now=now, _keep=keep or NONE)

    async def count_since(self, user: UserId, purpose: Purpose, since: datetime) -> int:
        """Out of the index alone."""
        return int(await self._store.scalar(_count_codes, _user=user, _purpose=purpose, since=since))

    async def delete_over(self, before: datetime, limit: int) -> int:
        """The oldest first."""
        return await _delete_some(self._store, CodeRow, "over_at", before, limit)


class SqlGuessBook(GuessBook):
    """Rows of guesses."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, id: GuessSubject) -> Guesses:
        """By primary key."""
        return await self._store.get(GuessesRow, Guesses, id) or Guesses(id=id)

    async def save(self, guesses: Guesses) -> Guesses:
        """Insert, or compare the version and set."""
        last_at = guesses.tries[-1] if guesses.tries else EPOCH
        if guesses.version:
            return await self._store.save(GuessesRow, guesses, last_at=last_at)
        first = Guesses(id=guesses.id, tries=guesses.tries, version=1)
        try:
            await self._store.add(GuessesRow, first, last_at=last_at)
        except IntegrityError:
            raise EditedMeanwhile from None
        return first

    async def forgive(self, guesses: Guesses, at: datetime) -> None:
        """One update as a rule; only when others came in between, read again under a lock."""
        if not await self._put_back(guesses, at):
            latest = await self._store.one(_locked_guesses, Guesses, id=guesses.id)
            if latest is not None:
                await self._put_back(latest, at)

    async def clear(self, id: GuessSubject) -> None:
        """The row stays: were its versions to begin anew, an old reader could overwrite newer tries."""
        await self._store.change(_clear, _id=id)

    async def delete_idle(self, before: datetime, limit: int) -> int:
        """The oldest first."""
        return await _delete_some(self._store, GuessesRow, "last_at", before, limit)

    async def _put_back(self, guesses: Guesses, at: datetime) -> bool:
        tries = guesses.forgive(at).tries
        return bool(await self._store.change(_put_back, _id=guesses.id, _version=guesses.version, _tries=tries))


class SqlGuessCounter(GuessCounter):
    """Rows of guesses, each written by a statement of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, guesses: Guesses) -> Guesses:
        """Insert, or compare the version and set."""
        async with self._database.writing() as store:
            return await SqlGuessBook(store).save(guesses)


async def _delete_some(store: Store, row: type[Row], column: str, before: datetime, limit: int) -> int:
    """Choose by the index, then delete by primary key what is still over: short locks, and the same on every server."""
    choose, delete = _old(row, column)
    ids = (await store.execute(choose, {"before": before, "limit": limit})).scalars().all()
    return await store.change(delete, ids=ids, before=before) if ids else 0


@functools.cache
def _old(row: type[Row], column: str) -> tuple[sa.Select[Any], sa.Delete]:
    table = row.__table__
    old = table.c[column] < sa.bindparam("before")
    choose = sa.select(table.c.id).where(old).order_by(table.c[column]).limit(sa.bindparam("limit", type_=sa.Integer))
    return choose, sa.delete(table).where(table.c.id.in_(sa.bindparam("ids", expanding=True)), old)
