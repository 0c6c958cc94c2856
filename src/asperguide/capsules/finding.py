"""Whom a letter is for: what its sender wrote down, as users and addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec import Struct

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.content import To
from asperguide.capsules.errors import InvalidCapsule
from asperguide.capsules.ports import CapsuleReads, People
from asperguide.capsules.repositories import Recipient, RecipientId
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.emails import canonical_email, is_address
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A recipient as the sender means them: a user or an address."""

    user: UserId | None
    email: str | None
    name: str


class FindAddressees(Struct, frozen=True, kw_only=True):
    """Those whom recipients stand for: nobody twice, as far as the sender can know.

    Who has an account at an address is found out and never told. Raises InvalidCapsule, which points at those that
    there are not.
    """

    reads: CapsuleReads
    people: People
    ids: Ids

    async def __call__(self, actor: Actor, capsule: CapsuleId, recipients: Sequence[To]) -> tuple[Addressee, ...]:
        book = await self._book(actor, recipients)
        wrong: list[FieldError] = []
        named = [_named(place, to, book, wrong) for place, to in enumerate(recipients)]
        users = await self.people.known({one.user for one in named if one is not None and one.user is not None})
        found: dict[object, Addressee] = {}
        for place, one in enumerate(named):
            if one is None:
                continue
            if one.user is not None and one.user not in users:
                wrong.append(_unknown(place))
                continue
            name = one.name or (users[one.user].name if one.user is not None else "")
            addressee = Addressee(
                id=AddresseeId(self.ids.new()), capsule=capsule, name=name, user=one.user, email=one.email
            )
            found.setdefault(one.user or canonical_email(one.email or ""), addressee)
        if wrong:
            raise InvalidCapsule(fields=tuple(wrong))
        return await self._with_holders(tuple(found.values()))

    async def _book(self, actor: Actor, recipients: Sequence[To]) -> Mapping[UUID, Recipient]:
        ids = {RecipientId(to.recipient) for to in recipients if to.recipient is not None}
        found = await self.reads.some_recipients(ids) if ids else ()
        return {one.id: one for one in found if one.owner == actor.user}

    async def _with_holders(self, addressees: tuple[Addressee, ...]) -> tuple[Addressee, ...]:
        """An address whose owner is addressed already stays one: merging the two would tell whose it is."""
        awaited = {key for one in addressees if (key := one.awaited) is not None}
        holders, taken = await self.people.holders(awaited), {one.user for one in addressees}
        return tuple(
            one if (user := holders.get(one.awaited or "")) is None or user in taken else one.claimed_by(user)
            for one in addressees
        )


def _named(place: int, to: To, book: Mapping[UUID, Recipient], wrong: list[FieldError]) -> Named | None:
    """Whom this means; None, and what is wrong, when it means nobody."""
    pointer = f"#/recipients/{place}"
    if sum(value is not None for value in (to.recipient, to.user, to.email)) != 1:
        wrong.append(FieldError(pointer=pointer, code="INVALID", detail="Exactly one of recipient, user and email."))
    elif to.email is not None and not is_address(to.email):
        wrong.append(FieldError(pointer=f"{pointer}/email", code="WRONG_FORMAT", detail="This is no mail address."))
    elif to.recipient is None:
        return Named(user=None if to.user is None else UserId(to.user), email=to.email, name=to.name or "")
    elif (known := book.get(to.recipient)) is None:
        wrong.append(_unknown(place))
    else:
        return Named(user=known.user, email=None if known.user else known.email, name=known.name)
    return None


def _unknown(place: int) -> FieldError:
    return FieldError(pointer=f"#/recipients/{place}", code="NOT_FOUND", detail="There is nobody like that.")
