"""Writing letters: drafts, saved as often as one likes, and never in clear where they are kept."""

from collections.abc import Callable
from dataclasses import replace

from msgspec import Struct

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.content import Draft, unpacked_draft
from asperguide.capsules.errors import (
    CapsuleAlreadySealed,
    DraftNotFound,
    InvalidCapsule,
    LetterUnreadable,
)
from asperguide.capsules.ports import CapsuleReads, SealBroken, Vault
from asperguide.capsules.repositories import CapsulesUnitOfWork, Sealed, StoredDraft
from asperguide.capsules.views import DraftView, draft_view
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids


class CreateDraft(Struct, frozen=True, kw_only=True):
    """Begin a letter: everything may still be missing."""

    begin: Callable[[], CapsulesUnitOfWork]
    vault: Vault
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, written: Draft = Draft()) -> DraftView:
        written, now = checked(written, InvalidCapsule), self.clock.now()
        draft = StoredDraft(id=CapsuleId(self.ids.new()), owner=actor.user, created_at=now, updated_at=now)
        view = draft_view(draft, written)
        async with self.begin() as uow:
            await uow.drafts.add(draft)
            await uow.contents.put(self.vault.seal(draft.id, written.packed()))
            await uow.commit(view)
        return view


class ReadDraft(Struct, frozen=True, kw_only=True):
    """What is in a draft of the actor's. Raises DraftNotFound, LetterUnreadable."""

    reads: CapsuleReads
    vault: Vault

    async def __call__(self, actor: Actor, id: CapsuleId) -> tuple[StoredDraft, Draft]:
        refuse_impersonators(actor)
        draft, sealed = await self.reads.draft(id), await self.reads.sealed((id,))
        if draft is None or draft.owner != actor.user or id not in sealed:
            raise DraftNotFound
        if (written := self.written(sealed[id])) is None:
            raise DraftNotFound
        return draft, written

    def written(self, sealed: Sealed) -> Draft | None:
        """What is in a draft; None when it was made a capsule between the reading of the one and the other."""
        try:
            return unpacked_draft(self.vault.unseal(sealed))
        except SealBroken:
            raise LetterUnreadable from None
        except ValueError:
            return None


class GetDraft(Struct, frozen=True, kw_only=True):
    """A draft of mine."""

    read: ReadDraft

    async def __call__(self, actor: Actor, id: CapsuleId) -> DraftView:
        return draft_view(*await self.read(actor, id))


class ListDrafts(Struct, frozen=True, kw_only=True):
    """My drafts, the latest first."""

    reads: CapsuleReads
    read: ReadDraft

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[DraftView]:
        refuse_impersonators(actor)
        found = await self.reads.drafts(actor.user, page)
        sealed = await self.reads.sealed([draft.id for draft in found.items])
        items = tuple(
            draft_view(draft, written)
            for draft in found.items
            if draft.id in sealed and (written := self.read.written(sealed[draft.id])) is not None
        )
        return Page(items=items, next_cursor=found.next_cursor, total=found.total)


class SaveDraft(Struct, frozen=True, kw_only=True):
    """Save a draft of mine as it is now. With `version`, only if it is still that one."""

    begin: Callable[[], CapsulesUnitOfWork]
    vault: Vault
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId, written: Draft, version: int | None = None) -> DraftView:
        written = checked(written, InvalidCapsule)
        async with self.begin() as uow:
            draft = await my_draft(uow, actor.user, id, version)
            saved = await uow.drafts.save(replace(draft, updated_at=self.clock.now()))
            await uow.contents.put(self.vault.seal(id, written.packed()))
            await uow.commit()
        return draft_view(saved, written)


class DeleteDraft(Struct, frozen=True, kw_only=True):
    """Throw a draft of mine away, for good. With `version`, only if it is still that one."""

    begin: Callable[[], CapsulesUnitOfWork]

    async def __call__(self, actor: Actor, id: CapsuleId, version: int | None = None) -> None:
        async with self.begin() as uow:
            draft = await my_draft(uow, actor.user, id, version)
            await uow.drafts.remove(draft)
            await uow.contents.remove(id)
            await uow.commit()


async def my_draft(uow: CapsulesUnitOfWork, user: UserId, id: CapsuleId, version: int | None = None) -> StoredDraft:
    """The draft, if it is the user's and, when a version is given, that one.

    Raises DraftNotFound, EditedMeanwhile, and CapsuleAlreadySealed when it is a draft no more.
    """
    draft = await uow.drafts.get(id)
    if draft is None and (capsule := await uow.capsules.get(id)) is not None and capsule.sender == user:
        raise CapsuleAlreadySealed
    if draft is None or draft.owner != user:
        raise DraftNotFound
    if version not in (None, draft.version):
        raise EditedMeanwhile
    return draft
