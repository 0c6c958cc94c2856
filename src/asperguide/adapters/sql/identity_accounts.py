"""Accounts and their passwords, inside a transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from asperguide.adapters.sql.identity_rows import CodeRow, CredentialRow, SessionRow, UserRow, holders, roles_mask
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store
from asperguide.identity.model import User, UserState
from asperguide.identity.ports import Credential, Users, user_key
from asperguide.shared.actor import Role, UserId

Touch = Callable[[str, int], None]

_users, _credentials = UserRow.__table__.c, CredentialRow.__table__.c
_sessions, _codes = SessionRow.__table__.c, CodeRow.__table__.c
_limit = sa.bindparam("limit", type_=sa.Integer)
_some: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)

_by_email = Prepared(sa.select(UserRow.__table__).where(_users.email_key == sa.bindparam("key")))
_seen = Prepared(
    sa.update(UserRow.__table__).where(_users.id == sa.bindparam("_id")).values(last_seen_at=sa.bindparam("_at"))
)
_lock_admins = (
    sa.select(_users.id).where(holders(Role.ADMIN), _users.state == UserState.ACTIVE).with_for_update()
)  # fmt: skip
_unconfirmed = (
    sa.select(_users.id, _users.version)
    .where(_users.state == UserState.PENDING, _users.created_at < sa.bindparam("before"), _users.last_seen_at.is_(None))
    .order_by(_users.created_at)
    .limit(_limit)
    .with_for_update()
)
_due_for_closing = (
    sa.select(UserRow.__table__)
    .where(_users.state == UserState.CLOSING, _users.closes_at <= sa.bindparam("now"))
    .order_by(_users.closes_at)
    .limit(_limit)
)
_delete_users = sa.delete(UserRow.__table__).where(_users.id.in_(_some))
_delete_secrets = (
    sa.delete(CredentialRow.__table__).where(_credentials.id.in_(_some)),
    sa.delete(SessionRow.__table__).where(_sessions.user.in_(_some)),
    sa.delete(CodeRow.__table__).where(_codes.user.in_(_some)),
)


class SqlUsers(Users):
    """Rows of users and credentials; what changes is touched, so that the commit purges it from caches."""

    __slots__ = ("_store", "_touch")

    def __init__(self, store: Store, touch: Touch) -> None:
        self._store, self._touch = store, touch

    async def add(self, user: User, credential: Credential) -> None:
        """Both rows; the first refuses what is not unique."""
        await self._store.add(UserRow, user, **_derived(user))
        await self._store.add(CredentialRow, credential)

    async def get(self, id: UserId) -> User | None:
        """By primary key."""
        return await self._store.get(UserRow, User, id)

    async def by_email(self, email_key: str) -> User | None:
        """By unique key; the key of a decoy is no address."""
        return await self._store.one(_by_email, User, key=email_key)

    async def save(self, user: User) -> User:
        """Compare the version and set."""
        saved = await self._store.save(UserRow, user, **_derived(user))
        self._touch(user_key(user.id), saved.version)
        return saved

    async def credential(self, id: UserId) -> Credential | None:
        """By primary key."""
        return await self._store.get(CredentialRow, Credential, id)

    async def save_credential(self, credential: Credential) -> Credential:
        """Compare the version and set."""
        return await self._store.save(CredentialRow, credential)

    async def seen(self, id: UserId, at: datetime) -> None:
        """One column; caches may go on without it."""
        await self._store.execute(_seen, {"_id": id, "_at": at})

    async def count_admins(self) -> int:
        """Locks the rows that it counts; on SQLite the whole transaction is locked already."""
        return len((await self._store.execute(_lock_admins)).all())

    async def forget_secrets(self, id: UserId) -> None:
        """Three deletes."""
        await self._delete_secrets([id])

    async def delete_unconfirmed(self, before: datetime, limit: int) -> int:
        """Locked first: who is confirmed at this moment stays."""
        found = (await self._store.execute(_unconfirmed, {"before": before, "limit": limit})).all()
        if not found:
            return 0
        ids = [row.id for row in found]
        await self._store.change(_delete_users, ids=ids)
        await self._delete_secrets(ids)
        for row in found:
            self._touch(user_key(row.id), row.version + 1)
        return len(found)

    async def due_for_closing(self, now: datetime, limit: int) -> Sequence[User]:
        """In the order of the index."""
        return await self._store.all(_due_for_closing, User, now=now, limit=limit)

    async def _delete_secrets(self, ids: list[UserId]) -> None:
        for statement in _delete_secrets:
            await self._store.change(statement, ids=ids)


def _derived(user: User) -> dict[str, Any]:
    return {"roles_mask": roles_mask(user.roles)}
