"""Object stores for those who run them: do they keep what they are given, and what lies in them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta, Struct

from asperguide.operations.errors import (
    InvalidObjectKey,
    StoredObjectNotFound,
    StoreNotFound,
)
from asperguide.operations.model import DeedKind, deed
from asperguide.operations.ports import OperationsUnitOfWork
from asperguide.shared.actor import Actor, Origin, require_admin
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.ports import Clock, Ids, Probe
from asperguide.shared.storage import (
    Storage,
    StoredObject,
    check_key,
    check_prefix,
)

WORD = b"well"
PATIENCE = timedelta(seconds=10)
LONGEST_REASON = 200

Key = Annotated[str, Meta(min_length=1, max_length=512, examples=["files/0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10/e3b0c4"])]


class NewObjectLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which object, and for how many minutes."""

    key: Key
    minutes: Annotated[int, Meta(ge=1, le=24 * 60)] = 15


class StoreTested(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a store keeps what it is given and gives it back; `detail` says what is wrong if it does not."""

    name: str
    well: bool
    detail: str


class ObjectShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a store knows of an object; in lists, type and metadata may be left out."""

    key: str
    size: int
    etag: str
    media_type: str
    modified_at: datetime
    metadata: Mapping[str, str]


class ObjectPage(msgspec.Struct, frozen=True, kw_only=True):
    """Objects and folders, and how to go on; `next_cursor` is null on the last page."""

    items: tuple[ObjectShown, ...]
    folders: tuple[str, ...]
    next_cursor: str | None


class ObjectLink(msgspec.Struct, frozen=True, kw_only=True):
    """Where whoever has this address can fetch the object until it expires."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProbe(Probe):
    """Puts an object into a store, gets it and removes it, for doctors. The service does without, only files wait."""

    storage: Storage
    ids: Ids
    name: str = "storage"
    required: bool = False

    async def check(self) -> str:
        """Raises StorageUnavailable, with the store's own word as its cause."""
        key = f"probes/{self.ids.new().hex}"
        await self.storage.put(key, WORD, size=len(WORD))
        try:
            async with self.storage.open(key) as opened:
                found = b"".join([piece async for piece in opened.chunks])
        finally:
            await self.storage.delete(key)
        if found != WORD:
            raise StorageUnavailable("What was put did not come back.")
        return "put, got and removed an object"


class ListStores(Struct, frozen=True, kw_only=True):
    """The names of all object stores, the default first, for administrators."""

    stores: Mapping[str, Storage]

    async def __call__(self, actor: Actor) -> tuple[str, ...]:
        require_admin(actor)
        return tuple(self.stores)


class TryStore(Struct, frozen=True, kw_only=True):
    """Put an object into the store, get it back and remove it, within 10 seconds. Changes nothing."""

    stores: Mapping[str, Storage]
    ids: Ids

    async def __call__(self, actor: Actor, store: str) -> StoreTested:
        require_admin(actor)
        probe = StoreProbe(storage=_store(self.stores, store), ids=self.ids)
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                return StoreTested(name=store, well=True, detail=await probe.check())
        except TimeoutError:
            detail = f"No answer within {PATIENCE.total_seconds():g} s."
        except StorageUnavailable as error:
            why = error.__cause__ or error
            detail = f"{type(why).__name__}: {next(iter(str(why).splitlines()), '')}"[:LONGEST_REASON]
        return StoreTested(name=store, well=False, detail=detail)


class ListObjects(Struct, frozen=True, kw_only=True):
    """What lies in a store, for administrators; below a prefix, and with `folders` only down to the next slash."""

    stores: Mapping[str, Storage]

    async def __call__(
        self,
        actor: Actor,
        store: str,
        prefix: str = "",
        *,
        folders: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> ObjectPage:
        require_admin(actor)
        storage = _store(self.stores, store)
        try:
            check_prefix(prefix)
        except ValueError:
            raise InvalidObjectKey from None
        page = await storage.list(prefix, delimiter="/" if folders else "", cursor=cursor, limit=limit)
        return ObjectPage(
            items=tuple(_shown(one) for one in page.objects), folders=page.prefixes, next_cursor=page.next_cursor
        )


class ShowObject(Struct, frozen=True, kw_only=True):
    """What a store knows of an object, for administrators."""

    stores: Mapping[str, Storage]

    async def __call__(self, actor: Actor, store: str, key: str) -> ObjectShown:
        require_admin(actor)
        return _shown(await _object(self.stores, store, key))


class LinkObject(Struct, frozen=True, kw_only=True):
    """A link to an object for whoever gets it, for 15 minutes unless asked otherwise. It is written down first."""

    stores: Mapping[str, Storage]
    begin: Callable[[], OperationsUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, store: str, wanted: NewObjectLink, origin: Origin = Origin()) -> ObjectLink:
        require_admin(actor)
        found = await _object(self.stores, store, wanted.key)
        await write_down(self, DeedKind.OBJECT_LINKED, f"{store}: {found.key}", actor, origin)
        name = found.key.rpartition("/")[2]
        signed = await self.stores[store].link(found.key, timedelta(minutes=wanted.minutes), name=name)
        return ObjectLink(url=signed.url, expires_at=signed.expires_at)


class DeleteObject(Struct, frozen=True, kw_only=True):
    """Remove an object for good, whoever needs it. It is written down before it is done.

    Files whose bytes are removed like this are found, and mended, by `asperguide media reconcile`.
    """

    stores: Mapping[str, Storage]
    begin: Callable[[], OperationsUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, store: str, key: str, origin: Origin = Origin()) -> None:
        require_admin(actor)
        found = await _object(self.stores, store, key)
        await write_down(self, DeedKind.OBJECT_DELETED, f"{store}: {found.key}", actor, origin)
        await self.stores[store].delete(found.key)


class Writing(Protocol):
    """A use case that writes down what it is about to do."""

    @property
    def begin(self) -> Callable[[], OperationsUnitOfWork]: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...


async def write_down(story: Writing, kind: DeedKind, about: str, actor: Actor, origin: Origin) -> None:
    """A line in the audit trail, committed."""
    async with story.begin() as uow:
        await uow.audit.add(deed(story.ids.new(), kind, about, actor, origin, story.clock.now()))
        await uow.commit()


def _store(stores: Mapping[str, Storage], name: str) -> Storage:
    if name not in stores:
        raise StoreNotFound
    return stores[name]


async def _object(stores: Mapping[str, Storage], store: str, key: str) -> StoredObject:
    storage = _store(stores, store)
    try:
        check_key(key)
    except ValueError:
        raise InvalidObjectKey from None
    found = await storage.stat(key)
    if found is None:
        raise StoredObjectNotFound
    return found


def _shown(one: StoredObject) -> ObjectShown:
    return ObjectShown(
        key=one.key,
        size=one.size,
        etag=one.etag,
        media_type=one.media_type,
        modified_at=one.modified_at,
        metadata=one.metadata,
    )
