"""The buckets of the servers behind object stores."""

from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.operations.errors import BucketExists, BucketInUse, BucketNotFound, NoBuckets, StoreNotFound
from asperguide.operations.model import DeedKind
from asperguide.operations.ports import OperationsUnitOfWork
from asperguide.operations.stores import write_down
from asperguide.shared.actor import Actor, Origin, require_admin
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.storage import BucketAdmin, BucketNotEmpty

BucketName = Annotated[str, Meta(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9\-]*[a-z0-9]$")]
Buckets = Mapping[str, BucketAdmin | None]
"""By the name of the store; None for one that has no server with buckets behind it."""


class NewBucket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket to be made."""

    name: BucketName


class ListBuckets(Struct, frozen=True, kw_only=True):
    """The buckets of the server behind a store, for administrators."""

    buckets: Buckets

    async def __call__(self, actor: Actor, store: str) -> tuple[str, ...]:
        require_admin(actor)
        return tuple(await _buckets(self.buckets, store).list())


class CreateBucket(Struct, frozen=True, kw_only=True):
    """Make a private bucket on the server behind a store. It is written down before it is done."""

    buckets: Buckets
    begin: Callable[[], OperationsUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, store: str, new: NewBucket, origin: Origin = Origin()) -> None:
        require_admin(actor)
        admin = _buckets(self.buckets, store)
        await write_down(self, DeedKind.BUCKET_CREATED, f"{store}: {new.name}", actor, origin)
        if not await admin.create(new.name):
            raise BucketExists


class DeleteBucket(Struct, frozen=True, kw_only=True):
    """Remove an empty bucket from the server behind a store. It is written down before it is done."""

    buckets: Buckets
    begin: Callable[[], OperationsUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, store: str, bucket: str, origin: Origin = Origin()) -> None:
        require_admin(actor)
        admin = _buckets(self.buckets, store)
        try:
            if not await admin.exists(bucket):
                raise BucketNotFound
            await write_down(self, DeedKind.BUCKET_DELETED, f"{store}: {bucket}", actor, origin)
            await admin.delete(bucket)
        except BucketNotEmpty:
            raise BucketInUse from None
        except ValueError:
            raise BucketNotFound from None


def _buckets(buckets: Buckets, name: str) -> BucketAdmin:
    if name not in buckets:
        raise StoreNotFound
    if (admin := buckets[name]) is None:
        raise NoBuckets
    return admin
