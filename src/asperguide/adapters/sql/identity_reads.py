"""Reads of identity outside of transactions, one statement each unless said otherwise."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from asperguide.adapters.sql.engine import Database
from asperguide.adapters.sql.identity_rows import (
    CredentialRow,
    GuessesRow,
    SecurityEventRow,
    SessionRow,
    UserRow,
    holders,
)
from asperguide.adapters.sql.paging import Condition, Keyset
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.rows import Row
from asperguide.adapters.sql.store import entity_fields, to_entity
from asperguide.adapters.sql.types import KeyText, Uuid
from asperguide.identity.audit import Outcome, SecurityEvent, SecurityEventKind
from asperguide.identity.guessing import Guesses, GuessSubject, subject_of_nobody
from asperguide.identity.listing import ALL_EVENTS, OWN_EVENTS, USERS
from asperguide.identity.model import User, UserState, search_key
from asperguide.identity.ports import Candidate, Contact, Found, IdentityReads, Known, LiveSession
from asperguide.identity.rotation import Session
from asperguide.identity.views import Profile
from asperguide.shared.actor import Origin, SessionId, UserId
from asperguide.shared.pages import Page, PageRequest

T = TypeVar("T")

_users, _sessions, _events = UserRow.__table__.c, SessionRow.__table__.c, SecurityEventRow.__table__.c


def _fields(row: type[Row], entity: type) -> tuple[sa.Column[Any], ...]:
    """The columns that are fields of the entity, without those that only serve to find it."""
    names = entity_fields(entity)
    return tuple(column for column in row.__table__.c if column.key in names)


_USER, _SESSION = _fields(UserRow, User), _fields(SessionRow, Session)
_PROFILE, _LIVE = _fields(UserRow, Profile), _fields(SessionRow, LiveSession)
_GUESSES = _fields(GuessesRow, Guesses)
_typed = GuessesRow.__table__.alias("typed")
_TYPED = tuple(_typed.c[column.key] for column in _GUESSES)
_credentials = CredentialRow.__table__.c
_seen_here = (
    sa.exists()
    .where(
        _events.user == _users.id, _events.kind == SecurityEventKind.SIGNED_IN, _events.outcome == Outcome.DONE,
        _events.at > sa.bindparam("since"), _events.address == sa.bindparam("address"),
        _events.user_agent == sa.bindparam("user_agent"),
    )
    .correlate(UserRow.__table__)
    .label("seen_here")
)  # fmt: skip
_KNOWN = (
    _users.id, _users.state, _users.email_verified_at, _users.last_seen_at, _credentials.hash, _credentials.changed_at,
    _seen_here,
)  # fmt: skip

_profile = Prepared(sa.select(*_PROFILE).where(_users.id == sa.bindparam("id")))
_access = Prepared(
    sa.select(*_LIVE, *_PROFILE)
    .join_from(SessionRow.__table__, UserRow.__table__, _users.id == _sessions.user)
    .where(_sessions.id == sa.bindparam("session"), _users.id == sa.bindparam("user"), _sessions.ended_at.is_(None))
)
_user = sa.select(*_USER).where(_users.id == sa.bindparam("id"))
_session = sa.select(*_SESSION).where(_sessions.id == sa.bindparam("id"))
_live = (
    sa.select(*_SESSION)
    .where(
        _sessions.user == sa.bindparam("user"), _sessions.over_at > sa.bindparam("now"), _sessions.ended_at.is_(None)
    )
    .order_by(_sessions.seen_at.desc(), _sessions.id.desc())
)
_guesses = sa.select(*_GUESSES).where(GuessesRow.__table__.c.id == sa.bindparam("id"))
_taken = sa.select(sa.literal(1)).where(_users.username_key == sa.bindparam("key"))


def _candidate(key: sa.Column[str]) -> Prepared:
    """Always one row: whoever has the key, if anybody, the tries of the account or else of nobody, and of the login."""
    users, credentials, guesses = UserRow.__table__, CredentialRow.__table__, GuessesRow.__table__
    subjects = [sa.bindparam(name, type_=Uuid()).label(name) for name in ("subject", "nobody")]
    asked = sa.select(*subjects).subquery("asked")
    joined = (
        asked.outerjoin(users, sa.and_(key == sa.bindparam("key"), users.c.decoy.is_(sa.false())))
        .outerjoin(credentials, credentials.c.id == users.c.id)
        .outerjoin(guesses, guesses.c.id == sa.func.coalesce(users.c.id, asked.c.nobody))
        .outerjoin(_typed, _typed.c.id == asked.c.subject)
    )
    return Prepared(sa.select(*_KNOWN, *_GUESSES, *_TYPED).select_from(joined))


_by_email, _by_username = _candidate(_users.email_key), _candidate(_users.username_key)


def _begins(column: sa.Column[str]) -> Condition:
    """A range of the index; no character sorts behind the last one of the second bound."""
    return sa.and_(column >= sa.bindparam("text", type_=KeyText(255)), column < sa.bindparam("end", type_=KeyText(256)))


def _is(column: sa.Column[str]) -> Condition:
    return column == sa.bindparam("text", type_=KeyText(255))


def _has(column: sa.Column[str]) -> Condition:
    return sa.func.instr(column, sa.bindparam("text", type_=KeyText(255))) > 0


_FOUND = (_users.id, _users.username, _users.full_name, _users.avatar)
_reachable = (_users.state == UserState.ACTIVE, _users.decoy.is_(sa.false()))
_beginning = sa.or_(_begins(_users.username_key), _begins(_users.name_key))
_exact_first = sa.case((sa.or_(_is(_users.username_key), _is(_users.name_key)), 0), else_=1)
_limit = sa.bindparam("limit", type_=sa.Integer)
_search = sa.select(*_FOUND).where(*_reachable, _beginning).order_by(_exact_first, _users.username_key).limit(_limit)
_search_inside = (
    sa.select(*_FOUND)
    .where(*_reachable, sa.or_(_has(_users.username_key), _has(_users.name_key)), sa.not_(_beginning))
    .order_by(_users.username_key)
    .limit(_limit)
)
_contacts = sa.select(*_fields(UserRow, Contact)).where(_users.id.in_(sa.bindparam("ids", expanding=True)), *_reachable)
_address_holders = sa.select(_users.email_key, _users.id).where(
    _users.email_key.in_(sa.bindparam("keys", expanding=True)), _users.email_verified_at.is_not(None), *_reachable
)

_USER_LIST = Keyset(
    row=UserRow,
    entity=User,
    filters={
        "state": lambda state: _users.state == state,
        "role": holders,
        "email": lambda key: _users.email_key == key,
        "username": lambda key: _users.username_key == key,
    },
)
_EVENT_LIST = Keyset(
    row=SecurityEventRow,
    entity=SecurityEvent,
    filters={
        "kind": lambda kind: _events.kind == kind,
        "outcome": lambda outcome: _events.outcome == outcome,
        "user": lambda user: _events.user == user,
        "since": lambda since: _events.at >= since,
        "until": lambda until: _events.at < until,
    },
)


class SqlIdentityReads(IdentityReads):
    """Each read takes a connection, asks and gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def access(self, session: SessionId, user: UserId) -> tuple[LiveSession, Profile] | None:
        """Both in one statement, by primary keys."""
        async with self._database.reading() as store:
            row = (await store.execute(_access, {"session": session, "user": user})).first()
        if row is None:
            return None
        live, profile = _part(row, _LIVE, LiveSession), _part(row[len(_LIVE) :], _PROFILE, Profile)
        return None if live is None or profile is None else (live, profile)

    async def profile(self, id: UserId) -> Profile | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_profile, Profile, id=id)

    async def session(self, id: SessionId) -> Session | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_session, Session, id=id)

    async def user(self, id: UserId) -> User | None:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_user, User, id=id)

    async def candidate(
        self, email_key: str | None, username_key: str | None, subject: GuessSubject, origin: Origin, since: datetime
    ) -> Candidate:
        """The same statement whether or not there is such an account."""
        statement = _by_username if email_key is None else _by_email
        key = username_key if email_key is None else email_key
        nobody = subject_of_nobody(subject)
        values = {
            "key": key, "subject": subject, "nobody": nobody, "since": since,
            "address": origin.address, "user_agent": origin.user_agent,
        }  # fmt: skip
        async with self._database.reading() as store:
            row = tuple((await store.execute(statement, values)).one())
        user, counted = _part(row, _KNOWN, Known), row[len(_KNOWN) :]
        guesses, typed = _part(counted, _GUESSES, Guesses), _part(counted[len(_GUESSES) :], _GUESSES, Guesses)
        whose = nobody if user is None else GuessSubject(user.id)
        return Candidate(user=user, guesses=guesses or Guesses(id=whose), typed=typed or Guesses(id=subject))

    async def guesses(self, id: GuessSubject) -> Guesses:
        """By primary key."""
        async with self._database.reading() as store:
            return await store.one(_guesses, Guesses, id=id) or Guesses(id=id)

    async def live_sessions(self, user: UserId, now: datetime) -> Sequence[Session]:
        """By the index on their end."""
        async with self._database.reading() as store:
            return await store.all(_live, Session, user=user, now=now)

    async def username_taken(self, username_key: str) -> bool:
        """Out of the index alone."""
        async with self._database.reading() as store:
            return await store.scalar(_taken, key=username_key) is not None

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        """What begins with the text comes from indexes; all names are looked through only when that is too little."""
        key = search_key(text)
        values = {"text": key, "end": key + "\U0010ffff"}
        async with self._database.reading() as store:
            found = await store.all(_search, Found, **values, limit=limit)
            if len(found) < limit:
                found += await store.all(_search_inside, Found, **values, limit=limit - len(found))
        return found

    async def contacts(self, ids: Collection[UserId]) -> Mapping[UserId, Contact]:
        """By primary key."""
        if not ids:
            return {}
        async with self._database.reading() as store:
            return {found.id: found for found in await store.all(_contacts, Contact, ids=[*ids])}

    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """By the index on addresses."""
        if not email_keys:
            return {}
        async with self._database.reading() as store:
            return dict(map(tuple, await store.execute(_address_holders, {"keys": [*email_keys]})))

    async def list(self, page: PageRequest) -> Page[User]:
        """By keyset."""
        wanted = USERS.read(page)
        async with self._database.reading() as store:
            return await _USER_LIST.page(store, wanted, _users.decoy.is_(sa.false()))

    async def events(self, page: PageRequest, user: UserId | None = None) -> Page[SecurityEvent]:
        """By keyset."""
        wanted = (ALL_EVENTS if user is None else OWN_EVENTS).read(page, user)
        about = () if user is None else (_events.user == user,)
        async with self._database.reading() as store:
            return await _EVENT_LIST.page(store, wanted, *about)


def _part(row: Sequence[Any], columns: Sequence[sa.ColumnElement[Any]], entity: type[T]) -> T | None:
    """One entity of a joined row; None when the outer join found nothing, told by the id, the first column."""
    if row[0] is None:
        return None
    values: Mapping[str, Any] = {str(column.key): value for column, value in zip(columns, row, strict=False)}
    return to_entity(values, entity)
