"""An address book: those whom somebody writes to. Nobody is in it twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.capsules.content import Name
from asperguide.capsules.errors import InvalidRecipient, RecipientNotFound
from asperguide.capsules.ports import CapsuleReads, People
from asperguide.capsules.repositories import CapsulesUnitOfWork, Recipient, RecipientId
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.commands import checked
from asperguide.shared.emails import Email, is_address
from asperguide.shared.errors import EditedMeanwhile, FieldError
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids

Relationship = Annotated[str, Meta(min_length=1, max_length=50, examples=["sister"])]
Notes = Annotated[str, Meta(max_length=2000)]


class NewRecipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to write to: a user, an address, or both."""

    name: Name
    email: Email | None = None
    user: UUID | None = None
    relationship: Relationship | None = None
    notes: Notes = ""


class RecipientChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay, null takes an address, user or relationship away."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    user: UUID | UnsetType | None = UNSET
    relationship: Relationship | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET


class AddRecipient(Struct, frozen=True, kw_only=True):
    """Put somebody into my address book."""

    begin: Callable[[], CapsulesUnitOfWork]
    people: People
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, new: NewRecipient) -> Recipient:
        new, now = checked(new, InvalidRecipient), self.clock.now()
        recipient = Recipient(
            id=RecipientId(self.ids.new()), owner=actor.user, name=new.name, email=new.email, user=_user(new.user),
            relationship=new.relationship, notes=new.notes, created_at=now, updated_at=now,
        )  # fmt: skip
        await check(recipient, self.people)
        async with self.begin() as uow:
            await uow.recipients.add(recipient)
            await uow.commit(recipient)
        return recipient


class GetRecipient(Struct, frozen=True, kw_only=True):
    """Somebody in my address book."""

    reads: CapsuleReads

    async def __call__(self, actor: Actor, id: RecipientId) -> Recipient:
        recipient = await self.reads.recipient(id)
        if recipient is None or recipient.owner != actor.user:
            raise RecipientNotFound
        return recipient


class ListRecipients(Struct, frozen=True, kw_only=True):
    """My address book, the newest first."""

    reads: CapsuleReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[Recipient]:
        return await self.reads.recipients(actor.user, page)


class ChangeRecipient(Struct, frozen=True, kw_only=True):
    """Change what I know of somebody. With `version`, only if it is still that one. Sealed letters are not changed."""

    begin: Callable[[], CapsulesUnitOfWork]
    reads: CapsuleReads
    people: People
    clock: Clock

    async def __call__(
        self, actor: Actor, id: RecipientId, change: RecipientChange, version: int | None = None
    ) -> Recipient:
        change = checked(change, InvalidRecipient)
        recipient = await GetRecipient(reads=self.reads)(actor, id)
        if version not in (None, recipient.version):
            raise EditedMeanwhile
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        changed = replace(recipient, **given, updated_at=self.clock.now())
        await check(changed, self.people if changed.user != recipient.user else None)
        async with self.begin() as uow:
            saved = await uow.recipients.save(changed)
            await uow.commit()
        return saved


class RemoveRecipient(Struct, frozen=True, kw_only=True):
    """Take somebody out of my address book. Letters that were sealed for them stay theirs."""

    begin: Callable[[], CapsulesUnitOfWork]

    async def __call__(self, actor: Actor, id: RecipientId, version: int | None = None) -> None:
        async with self.begin() as uow:
            recipient = await uow.recipients.get(id)
            if recipient is None or recipient.owner != actor.user:
                raise RecipientNotFound
            if version not in (None, recipient.version):
                raise EditedMeanwhile
            await uow.recipients.remove(recipient)
            await uow.commit()


async def check(recipient: Recipient, people: People | None) -> None:
    """Raises InvalidRecipient unless the recipient can be written to; of the user only if `people` are given."""
    wrong: list[FieldError] = []
    if recipient.email is None and recipient.user is None:
        wrong.append(FieldError(pointer="#/email", code="REQUIRED", detail="An address, a user, or both."))
    if recipient.email is not None and not is_address(recipient.email):
        wrong.append(FieldError(pointer="#/email", code="WRONG_FORMAT", detail="This is no mail address."))
    if people is not None and recipient.user is not None and not await people.known((recipient.user,)):
        wrong.append(FieldError(pointer="#/user", code="NOT_FOUND", detail="There is no such user."))
    if wrong:
        raise InvalidRecipient(fields=tuple(wrong))


def _user(id: UUID | None) -> UserId | None:
    return None if id is None else UserId(id)
