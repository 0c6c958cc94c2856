"""Capsules, drafts, recipients and what hangs on them, to fill a persistence with."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.announcements import announcements
from asperguide.capsules.model import Capsule
from asperguide.capsules.repositories import (
    CapsulesUnitOfWork,
    Countdown,
    CountdownId,
    Recipient,
    RecipientId,
    Reflection,
    Reply,
    Sealed,
    StoredDraft,
)
from asperguide.capsules.unlocking import Unlock
from asperguide.shared.actor import UserId
from asperguide.testing.contracts.people import DAY, IDS, NOW

AN_INSTANT = timedelta(microseconds=1)

Thing = StoredDraft | Sealed | Recipient | Capsule | Reply | Reflection | Countdown


def somebody() -> UserId:
    """Somebody who never had a letter."""
    return UserId(IDS.new())


def draft(of: UserId, **fields: Any) -> StoredDraft:
    """A draft that was begun now."""
    ready = StoredDraft(id=CapsuleId(IDS.new()), owner=of, created_at=NOW, updated_at=NOW)
    return replace(ready, **fields)


def content(of: CapsuleId, key_id: str = "first", **fields: Any) -> Sealed:
    """What is in a draft or a capsule, under a key of its own."""
    ready = Sealed(id=of, content=b"\x00\xff'\\%" + IDS.secret(), key=IDS.secret(), key_id=key_id)
    return replace(ready, **fields)


def recipient(of: UserId, name: str = "Siobhán", **fields: Any) -> Recipient:
    """An entry of an address book without a way to reach anybody."""
    ready = Recipient(id=RecipientId(IDS.new()), owner=of, name=name, created_at=NOW, updated_at=NOW)
    return replace(ready, **fields)


def unlocking(at: datetime) -> Unlock:
    """At this instant, as the wall shows it where UTC is."""
    return Unlock(at=at, wall=at.replace(tzinfo=None), zone="UTC")


def capsule(of: UserId, *to: UserId | str, unlocks_at: datetime = NOW + 30 * DAY, **fields: Any) -> Capsule:
    """A capsule that was sealed now for these users and addresses."""
    ready = Capsule(
        id=CapsuleId(IDS.new()), sender=of, unlock=unlocking(unlocks_at), proof=IDS.secret(), sealed_at=NOW
    )  # fmt: skip
    return replace(ready, addressees=tuple(addressee(ready.id, one) for one in to), **fields)


def addressee(of: CapsuleId, to: UserId | str, **fields: Any) -> Addressee:
    """A user, or whoever has an address."""
    known: dict[str, Any] = {"email": to} if isinstance(to, str) else {"user": to}
    ready = Addressee(id=AddresseeId(IDS.new()), capsule=of, name="Siobhán", **known)
    return replace(ready, **fields)


def bare(whole: Capsule) -> Capsule:
    """The capsule without addressees, as lists have it."""
    return replace(whole, addressees=())


def having(whole: Capsule, **changed: Any) -> Capsule:
    """The capsule with its first addressee changed."""
    return whole.having(replace(whole.addressees[0], **changed))


def opened(whole: Capsule, at: datetime) -> Capsule:
    """The capsule, opened by its first addressee at that instant."""
    return having(whole, opened_at=at).settled(at)


def reply(to: Capsule, **fields: Any) -> Reply:
    """What the first addressee of a capsule answers."""
    ready = Reply(id=to.addressees[0].id, capsule=to.id, text="It was worth the wait.", at=NOW)
    return replace(ready, **fields)


def countdown(to: Capsule, **fields: Any) -> Countdown:
    """A shared countdown to a capsule."""
    ready = Countdown(id=CountdownId(IDS.new()), capsule=to.id, digest=IDS.secret(), created_at=NOW)
    return replace(ready, **fields)


async def keep(uow: CapsulesUnitOfWork, *things: Thing) -> None:
    """Add all of these; capsules with what is to be announced of them since they were sealed."""
    for thing in things:
        if isinstance(thing, Capsule):
            await uow.capsules.add(thing, list(announcements(thing, thing.sealed_at)))
        elif isinstance(thing, StoredDraft):
            await uow.drafts.add(thing)
        elif isinstance(thing, Sealed):
            await uow.contents.put(thing)
        elif isinstance(thing, Recipient):
            await uow.recipients.add(thing)
        elif isinstance(thing, Reply):
            await uow.replies.add(thing)
        elif isinstance(thing, Reflection):
            await uow.replies.reflect(thing)
        else:
            await uow.countdowns.add(thing)
