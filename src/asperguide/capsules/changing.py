"""What the sender can still do with a sealed capsule: take it back, put it off, correct an address."""

from collections.abc import Callable
from functools import partial

import msgspec

from asperguide.capsules.addressees import AddresseeId, CapsuleId
from asperguide.capsules.announcements import announcements
from asperguide.capsules.errors import CapsuleNotFound, InvalidRecipient
from asperguide.capsules.events import CapsuleCancelled, CapsuleReady
from asperguide.capsules.model import Capsule
from asperguide.capsules.ports import CapsulePolicy, People
from asperguide.capsules.reading import ShowCapsule
from asperguide.capsules.repositories import CapsulesUnitOfWork
from asperguide.capsules.sealing import UnlockTime
from asperguide.capsules.unlocking import unlock_on
from asperguide.capsules.views import CapsuleView
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.emails import Email, canonical_email, is_address
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered


class Postponement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When it is to open instead: later than it would have."""

    unlock: UnlockTime


class NewAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where somebody gets their mails."""

    email: Email


class CancelCapsule(msgspec.Struct, frozen=True, kw_only=True):
    """Take a capsule of mine back before its time: it will never open, and its recipients are told.

    Cancelling again changes nothing.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    show: ShowCapsule
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId) -> CapsuleView:
        refuse_impersonators(actor)
        return await self.show(await until_unhindered(partial(self._cancel, actor, id)), actor.user)

    async def _cancel(self, actor: Actor, id: CapsuleId) -> Capsule:
        async with self.begin() as uow:
            capsule = await found(uow, id)
            if capsule.cancelled_at is not None and capsule.sender == actor.user:
                return capsule
            saved = await uow.capsules.save(capsule.cancelled(actor.user, self.clock.now()))
            await uow.announcements.reset(id, ())
            for one in saved.addressees:
                if one.left_at is None and one.user != actor.user:
                    uow.announce(CapsuleCancelled(capsule=id, addressee=one.id))
            await uow.commit()
        return saved


class PostponeCapsule(msgspec.Struct, frozen=True, kw_only=True):
    """Have a capsule of mine open later, as long as it does not unfold yet."""

    begin: Callable[[], CapsulesUnitOfWork]
    show: ShowCapsule
    clock: Clock
    policy: CapsulePolicy

    async def __call__(self, actor: Actor, id: CapsuleId, to: Postponement) -> CapsuleView:
        refuse_impersonators(actor)
        return await self.show(await until_unhindered(partial(self._postpone, actor, id, to)), actor.user)

    async def _postpone(self, actor: Actor, id: CapsuleId, to: Postponement) -> Capsule:
        now = self.clock.now()
        async with self.begin() as uow:
            capsule = await found(uow, id)
            unlock = unlock_on(to.unlock.wall, to.unlock.zone)
            saved = await uow.capsules.save(capsule.postponed(actor.user, unlock, now, self.policy.latest))
            await uow.announcements.reset(id, list(announcements(saved, now)))
            await uow.commit()
        return saved


class ReaddressCapsule(msgspec.Struct, frozen=True, kw_only=True):
    """Correct the address of a recipient who has not opened the capsule. Links that went to the old one end.

    If the time has come already the mail is sent again, to the new address.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    people: People
    show: ShowCapsule
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId, addressee: AddresseeId, to: NewAddress) -> CapsuleView:
        refuse_impersonators(actor)
        if not is_address(to.email):
            detail = "This is no mail address."
            raise InvalidRecipient(fields=(FieldError(pointer="#/email", code="WRONG_FORMAT", detail=detail),))
        return await self.show(await until_unhindered(partial(self._move, actor, id, addressee, to.email)), actor.user)

    async def _move(self, actor: Actor, id: CapsuleId, addressee: AddresseeId, email: str) -> Capsule:
        holder, now = (
            (await self.people.holders((canonical_email(email),))).get(canonical_email(email)),
            self.clock.now(),
        )
        async with self.begin() as uow:
            changed = (await found(uow, id)).readdressed(actor.user, addressee, email, now)
            one = changed.named(addressee)
            if holder is not None and changed.addressee(holder) is None:
                one = one.claimed_by(holder)
                changed = changed.having(one)
            saved = await uow.capsules.save(changed, one)
            if now >= saved.unlock.at:
                uow.announce(CapsuleReady(capsule=id, addressee=addressee))
            await uow.commit()
        return saved


async def found(uow: CapsulesUnitOfWork, id: CapsuleId) -> Capsule:
    """The capsule. Raises CapsuleNotFound."""
    if (capsule := await uow.capsules.get(id)) is None:
        raise CapsuleNotFound
    return capsule
