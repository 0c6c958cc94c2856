"""Reading: what somebody may know of a capsule at this moment. Nothing but the rule in here unseals a letter."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.content import Content, unpacked
from asperguide.capsules.errors import (
    AttachmentNotFound,
    CapsuleInWrongState,
    CapsuleNotFound,
    CapsuleStillSealed,
    LetterUnreadable,
)
from asperguide.capsules.events import CapsuleOpened
from asperguide.capsules.model import SHUT, Action, Capsule, Fact
from asperguide.capsules.ports import Attachments, CapsuleReads, People, Person, SealBroken, Vault
from asperguide.capsules.repositories import CapsulesUnitOfWork
from asperguide.capsules.views import (
    CapsuleSummary,
    CapsuleView,
    ProofView,
    capsule_view,
    content_view,
    proof_view,
    summary,
)
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.errors import DomainError, FieldError, InvalidFields
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered
from asperguide.shared.storage import SignedRequest


class ReadLetter(Struct, frozen=True, kw_only=True):
    """What is in a capsule, for somebody who may read it now; None for everybody else, at no cost.

    With `early` it is the early view that is asked for: raises the reason why there is none. Raises LetterUnreadable
    when a key of the service is missing.
    """

    reads: CapsuleReads
    vault: Vault
    clock: Clock

    async def __call__(self, capsule: Capsule, user: UserId, *, early: bool = False) -> Content | None:
        now = self.clock.now()
        if early:
            capsule.demand(user, Action.PEEK, now)
        elif not capsule.sees(user, Fact.CONTENT, now):
            return None
        if (sealed := (await self.reads.sealed((capsule.id,))).get(capsule.id)) is None:
            raise CapsuleNotFound
        try:
            return unpacked(self.vault.unseal(sealed))
        except SealBroken:
            raise LetterUnreadable from None


class ShowCapsule(Struct, frozen=True, kw_only=True):
    """A capsule as somebody may see it now; `outside` leaves out what is in it."""

    reads: CapsuleReads
    people: People
    files: Attachments
    read: ReadLetter
    clock: Clock

    async def __call__(
        self, capsule: Capsule, user: UserId, *, early: bool = False, outside: bool = False
    ) -> CapsuleView:
        content = None if outside else await self.read(capsule, user, early=early)
        people, now = await self.people.known((capsule.sender,)), self.clock.now()
        if content is None:
            return capsule_view(capsule, user, people, now)
        files = await self.files.known(content.attachments) if content.attachments else {}
        reflected = user == capsule.sender and capsule.is_to_oneself
        return capsule_view(
            capsule, user, people, now, content=content_view(content, capsule, user, files, now),
            replies=await self.reads.replies(capsule.id),
            reflection=await self.reads.reflection(capsule.id) if reflected else None,
        )  # fmt: skip


async def visible(reads: CapsuleReads, id: CapsuleId, user: UserId, clock: Clock) -> Capsule:
    """The capsule, if the user may know that there is one. Raises CapsuleNotFound."""
    capsule = await reads.capsule(id)
    if capsule is None or not capsule.sees(user, Fact.EXISTENCE, clock.now()):
        raise CapsuleNotFound
    return capsule


def unreadable(capsule: Capsule, now: datetime) -> DomainError:
    """Why somebody who knows of the capsule reads nothing: it is too early, or not opened, taken back, disappeared."""
    return CapsuleStillSealed() if capsule.state(now) in SHUT else CapsuleInWrongState()


class GetCapsule(Struct, frozen=True, kw_only=True):
    """A capsule that is from me or for me, and what I may know of it now.

    From sealing to its time nobody is told what is in it, how long it is, or what goes with it. Who reads it has
    opened it before; its sender may read it again as soon as its time has come. Whoever acts for somebody else sees it
    from outside.
    """

    reads: CapsuleReads
    show: ShowCapsule
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId) -> CapsuleView:
        capsule = await visible(self.reads, id, actor.user, self.clock)
        return await self.show(capsule, actor.user, outside=actor.impersonator is not None)


class ListCapsules(Struct, frozen=True, kw_only=True):
    """Capsules for me (`inbox`) or from me (`outbox`), the latest sealed first: that there are, and when they open."""

    reads: CapsuleReads
    people: People
    clock: Clock

    async def __call__(
        self, actor: Actor, box: str = "inbox", page: PageRequest = PageRequest()
    ) -> Page[CapsuleSummary]:
        match box:
            case "inbox":
                return await self._inbox(actor.user, page)
            case "outbox":
                return await self._outbox(actor.user, page)
        raise InvalidFields(fields=(FieldError(pointer="?box", code="NOT_ALLOWED", detail="inbox or outbox."),))

    async def _inbox(self, user: UserId, page: PageRequest) -> Page[CapsuleSummary]:
        now = self.clock.now()
        found = await self.reads.inbox(user, page, now)
        capsules = await self.reads.capsules([one.capsule for one in found.items])
        people = await self._senders(capsules.values())
        # Of somebody whom the sender wrote down in several ways there are several arrivals.
        arrivals = {one.capsule: one for one in reversed(found.items) if one.capsule in capsules}
        items = tuple(
            summary(capsules[one.capsule], user, people, now, opened=one.opened)
            for one in found.items
            if arrivals.get(one.capsule) is one
        )
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)

    async def _outbox(self, user: UserId, page: PageRequest) -> Page[CapsuleSummary]:
        now = self.clock.now()
        found = await self.reads.outbox(user, page, now)
        people = await self._senders(found.items)
        items = tuple(summary(capsule, user, people, now) for capsule in found.items)
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)

    async def _senders(self, capsules: Collection[Capsule]) -> Mapping[UserId, Person]:
        return await self.people.known({capsule.sender for capsule in capsules})


class OpenCapsule(Struct, frozen=True, kw_only=True):
    """Open a capsule that is for me and whose time has come. The first time counts; opening again shows it again.

    It needs no worker and waits for none. Nobody opens anything while acting for somebody else.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    reads: CapsuleReads
    read: ReadLetter
    show: ShowCapsule
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId) -> CapsuleView:
        refuse_impersonators(actor)
        shut = await visible(self.reads, id, actor.user, self.clock)
        await self.read(
            shut.opened(actor.user, self.clock.now()), actor.user
        )  # what cannot be read is not opened either
        return await self.show(await until_unhindered(partial(self._open, actor.user, id)), actor.user)

    async def _open(self, user: UserId, id: CapsuleId) -> Capsule:
        async with self.begin() as uow:
            capsule = await uow.capsules.get(id)
            if capsule is None:
                raise CapsuleNotFound
            opened = capsule.opened(user, self.clock.now())
            if opened == capsule:
                return capsule
            mine = [one for one in opened.addressees if one.user == user]
            saved = await uow.capsules.save(opened, *mine)
            uow.announce(CapsuleOpened(capsule=id, addressee=mine[0].id))
            await uow.commit()
        return saved


class PeekCapsule(Struct, frozen=True, kw_only=True):
    """See a capsule within the three days before it opens, if its sender allows it. It is not opened by that."""

    reads: CapsuleReads
    show: ShowCapsule
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId) -> CapsuleView:
        refuse_impersonators(actor)
        return await self.show(await visible(self.reads, id, actor.user, self.clock), actor.user, early=True)


class LinkAttachment(Struct, frozen=True, kw_only=True):
    """A signed request for a file that goes with a letter that I may read, for 15 minutes."""

    reads: CapsuleReads
    read: ReadLetter
    files: Attachments
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId, file: UUID) -> SignedRequest:
        refuse_impersonators(actor)
        capsule = await visible(self.reads, id, actor.user, self.clock)
        content = await self.read(capsule, actor.user)
        if content is None:
            raise unreadable(capsule, self.clock.now())
        if file not in content.attachments:
            raise AttachmentNotFound
        return await self.files.link(file)


class ProveCapsule(Struct, frozen=True, kw_only=True):
    """What was sealed, in numbers: for its sender at once, for others as soon as they may read it.

    Whoever may read all of it gets the very bytes that the proof is of; of an anonymous letter that is when its sender
    is named.
    """

    reads: CapsuleReads
    read: ReadLetter
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId) -> ProofView:
        refuse_impersonators(actor)
        capsule = await visible(self.reads, id, actor.user, self.clock)
        content = await self.read(capsule, actor.user)
        if content is None and capsule.sender != actor.user:
            raise unreadable(capsule, self.clock.now())
        whole = content is not None and capsule.names_sender_to(actor.user, self.clock.now())
        return proof_view(capsule, content if whole else None)
