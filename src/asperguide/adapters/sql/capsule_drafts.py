"""Drafts, what is in them and in capsules, and address books, inside a transaction."""

from collections.abc import Sequence

import sqlalchemy as sa

from asperguide.adapters.sql.capsule_rows import ContentRow, DraftRow, RecipientRow
from asperguide.adapters.sql.prepared import Prepared
from asperguide.adapters.sql.store import Store
from asperguide.adapters.sql.types import Uuid
from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.repositories import (
    Contents,
    Drafts,
    Recipient,
    RecipientId,
    Recipients,
    Sealed,
    StoredDraft,
)
from asperguide.shared.errors import EditedMeanwhile

_drafts, _contents, _recipients = DraftRow.__table__.c, ContentRow.__table__.c, RecipientRow.__table__.c
_id, _version = sa.bindparam("_id", type_=Uuid()), sa.bindparam("_version", type_=sa.Integer)

_remove_draft = Prepared(sa.delete(DraftRow.__table__).where(_drafts.id == _id, _drafts.version == _version))
_remove_recipient = Prepared(
    sa.delete(RecipientRow.__table__).where(_recipients.id == _id, _recipients.version == _version)
)
_remove_content = Prepared(sa.delete(ContentRow.__table__).where(_contents.id == _id))
# Not "another than this", of which databases make no range of an index.
_under_other_keys = Prepared(
    sa.select(ContentRow.__table__)
    .where(sa.or_(_contents.key_id < sa.bindparam("current"), _contents.key_id > sa.bindparam("current")))
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_rewrap = Prepared(
    sa.update(ContentRow.__table__).where(
        _contents.id == _id, _contents.key == sa.bindparam("_key"), _contents.key_id == sa.bindparam("_key_id")
    )
)


class SqlDrafts(Drafts):
    """Rows of drafts."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, draft: StoredDraft) -> None:
        """One row."""
        await self._store.add(DraftRow, draft)

    async def get(self, id: CapsuleId) -> StoredDraft | None:
        """By primary key."""
        return await self._store.get(DraftRow, StoredDraft, id)

    async def save(self, draft: StoredDraft) -> StoredDraft:
        """Compare the version and set."""
        return await self._store.save(DraftRow, draft)

    async def remove(self, draft: StoredDraft) -> None:
        """Compare the version and delete."""
        if not await self._store.change(_remove_draft, _id=draft.id, _version=draft.version):
            raise EditedMeanwhile


class SqlContents(Contents):
    """One row for each draft or capsule."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, sealed: Sealed) -> None:
        """Inserted or replaced by one statement."""
        await self._store.put(ContentRow, sealed)

    async def remove(self, id: CapsuleId) -> None:
        """By primary key."""
        await self._store.change(_remove_content, _id=id)

    async def under_other_keys(self, current: str, limit: int) -> Sequence[Sealed]:
        """Both sides of the current key in the index."""
        return await self._store.all(_under_other_keys, Sealed, current=current, limit=limit)

    async def rewrapped(self, former: Sealed, now: Sealed) -> bool:
        """Compare the key and set it; what it encrypts stays. No two contents have the same key."""
        changed = {"key": now.key, "key_id": now.key_id}
        compared = {"_id": former.id, "_key": former.key, "_key_id": former.key_id}
        return bool(await self._store.change(_rewrap, **changed, **compared))


class SqlRecipients(Recipients):
    """Rows of recipients."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, recipient: Recipient) -> None:
        """One row, which refuses what is not unique."""
        await self._store.add(RecipientRow, recipient)

    async def get(self, id: RecipientId) -> Recipient | None:
        """By primary key."""
        return await self._store.get(RecipientRow, Recipient, id)

    async def save(self, recipient: Recipient) -> Recipient:
        """Compare the version and set."""
        return await self._store.save(RecipientRow, recipient)

    async def remove(self, recipient: Recipient) -> None:
        """Compare the version and delete."""
        if not await self._store.change(_remove_recipient, _id=recipient.id, _version=recipient.version):
            raise EditedMeanwhile
