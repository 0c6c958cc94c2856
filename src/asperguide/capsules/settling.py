"""When people turn out to be somebody, or are no more: what becomes of letters for them, and of letters from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.claiming import give
from asperguide.capsules.ports import CapsuleReads
from asperguide.capsules.repositories import CapsulesUnitOfWork
from asperguide.shared.actor import UserId
from asperguide.shared.pages import PageRequest
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered

BATCH = 100


class Verified(Protocol):
    """That an address is a user's, as whoever found out announces it."""

    @property
    def user(self) -> UserId:
        """Whose it is."""
        ...

    @property
    def email_key(self) -> str:
        """The canonical address."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """That an address is a user's, as was found out here."""

    user: UserId
    email_key: str


class Gone(Protocol):
    """That a user is no more, as whoever kept them announces it."""

    @property
    def user(self) -> UserId:
        """Who it was."""
        ...


class LinkAddress(Struct, frozen=True, kw_only=True):
    """Letters that wait for an address are for the user whose it is now. How many."""

    begin: Callable[[], CapsulesUnitOfWork]

    async def __call__(self, message: Verified, job: UUID | None = None) -> int:
        total = 0
        while waiting := await self._waiting(message.email_key):
            for one in waiting:
                await until_unhindered(partial(self._give, one, message))
            total += len(waiting)
        return total

    async def _waiting(self, email_key: str) -> Sequence[Addressee]:
        async with self.begin() as uow:
            return await uow.capsules.awaiting(email_key, BATCH)

    async def _give(self, waiting: Addressee, message: Verified) -> None:
        async with self.begin() as uow:
            capsule = await uow.capsules.get(waiting.capsule)
            one = None if capsule is None else capsule.find(waiting.id)
            if capsule is not None and one is not None and one.awaited == message.email_key and one.left_at is None:
                await give(uow, capsule, one, message.user)
                await uow.commit()


class ForgetPerson(Struct, frozen=True, kw_only=True):
    """Forget what somebody kept here who is gone: drafts, address book, letters to themselves, shared countdowns.

    Letters to others have been sent: they open at their time, signed as they were. What was for them is for nobody
    now, and counts as opened as soon as everybody else has.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    reads: CapsuleReads
    clock: Clock

    async def __call__(self, message: Gone, job: UUID | None = None) -> None:
        for batch in (self._drafts, self._recipients, self._addressed):
            while await batch(message.user):
                pass
        await self._sent(message.user)

    async def _drafts(self, user: UserId) -> int:
        found = (await self.reads.drafts(user, PageRequest(limit=BATCH))).items
        async with self.begin() as uow:
            for draft in found:
                await uow.drafts.remove(draft)
                await uow.contents.remove(draft.id)
            await uow.commit()
        return len(found)

    async def _recipients(self, user: UserId) -> int:
        found = (await self.reads.recipients(user, PageRequest(limit=BATCH))).items
        async with self.begin() as uow:
            for recipient in found:
                await uow.recipients.remove(recipient)
            await uow.commit()
        return len(found)

    async def _addressed(self, user: UserId) -> int:
        async with self.begin() as uow:
            found = await uow.capsules.addressed_to(user, BATCH)
        for one in found:
            await until_unhindered(partial(self._leave, one.capsule, one.id, user))
        return len(found)

    async def _leave(self, capsule: CapsuleId, id: AddresseeId, user: UserId) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            found = await uow.capsules.get(capsule)
            if found is None:
                return
            if found.sender == user and found.is_to_oneself:
                await uow.capsules.remove(found)
            else:
                left = found.named(id).left(now)
                await uow.capsules.save(found.having(left).settled(now), left)
            await uow.commit()

    async def _sent(self, user: UserId) -> None:
        after: CapsuleId | None = None
        while True:
            async with self.begin() as uow:
                ids = await uow.capsules.sent_by(user, after, BATCH)
                for id in ids:
                    for countdown in await self.reads.countdowns(id):
                        await uow.countdowns.remove(countdown.id, id)
                await uow.commit()
            if not ids:
                return
            after = ids[-1]
