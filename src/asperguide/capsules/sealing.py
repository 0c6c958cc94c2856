"""Sealing: the moment from which nobody can read a letter, its sender included, until its time has come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.capsules.addressees import Addressee, CapsuleId
from asperguide.capsules.announcements import announcements
from asperguide.capsules.anonymity import LONGEST_WAIT, Anonymity
from asperguide.capsules.content import (
    MOST_RECIPIENTS,
    Attachments,
    Body,
    Content,
    Draft,
    Hints,
    Theme,
    Title,
    To,
)
from asperguide.capsules.drafting import ReadDraft, my_draft
from asperguide.capsules.errors import CapsuleAlreadySealed, DraftNotFound, InvalidCapsule
from asperguide.capsules.events import CapsuleSealed
from asperguide.capsules.finding import FindAddressees
from asperguide.capsules.model import Capsule
from asperguide.capsules.ports import Attachments as Files
from asperguide.capsules.ports import CapsulePolicy, CapsuleReads, People, Vault
from asperguide.capsules.repositories import CapsulesUnitOfWork, Sealed
from asperguide.capsules.unlocking import Unlock, check_unlock, unlock_on
from asperguide.capsules.views import CapsuleView, capsule_view
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.commands import checked
from asperguide.shared.errors import EditedMeanwhile, FieldError, Invalid
from asperguide.shared.ports import Clock, Ids
from asperguide.shared.repeating import until_unhindered

Somebody = Annotated[tuple[To, ...], Meta(min_length=1, max_length=MOST_RECIPIENTS)]


class UnlockTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time on the clocks of a place: "9:00 on that day where I am".

    A time that the clocks skip is read with the offset from before they do, so that it lies behind the gap; of one that
    comes twice the first is meant (RFC 5545). What was resolved at sealing stays, whatever becomes of the zone.
    """

    wall: Annotated[datetime, Meta(tz=False, examples=["2031-06-17T09:00:00"])]
    zone: Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Paris"])]


class Anonymously(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sender is named so long after the letter opens; up to three hints come before."""

    reveal_after: Annotated[int, Meta(ge=0, le=int(LONGEST_WAIT.total_seconds()), description="Seconds.")] = 0
    hints: Hints = ()


class Sealing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a letter is to be sealed: when it opens, and what its recipients may do.

    With `disappears_after` each recipient can read it for so long after they have opened it. With `invite` they are
    told at once that there is a letter for them.
    """

    unlock: UnlockTime
    allow_early_view: bool = False
    allow_reply: bool = True
    anonymous: Anonymously | None = None
    disappears_after: Annotated[int, Meta(ge=60, le=31_536_000, description="Seconds.")] | None = None
    invite: bool = False


class NewCapsule(Sealing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter that is sealed as soon as it is sent."""

    title: Title
    body: Body
    theme: Theme = ""
    attachments: Attachments = ()
    recipients: Somebody


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a draft must have become to be sealed."""

    title: Title
    body: Body
    theme: Theme
    attachments: Attachments
    recipients: Somebody


class MakeCapsule(Struct, frozen=True, kw_only=True):
    """Everything that sealing makes of a letter, before anything is kept."""

    find: FindAddressees
    people: People
    files: Files
    vault: Vault
    clock: Clock
    ids: Ids
    policy: CapsulePolicy

    async def __call__(
        self, actor: Actor, id: CapsuleId, letter: Letter, how: Sealing
    ) -> tuple[Capsule, Sealed, CapsuleView]:
        refuse_impersonators(actor)
        now = self.clock.now()
        unlock, addressees = await self._checked(actor, id, letter, how, now)
        people = await self.people.known((actor.user,))
        content = Content(
            title=letter.title, body=letter.body, attachments=tuple(dict.fromkeys(letter.attachments)),
            hints=how.anonymous.hints if how.anonymous else (),
            signature=people[actor.user].name if actor.user in people else "", nonce=self.ids.secret(),
        )  # fmt: skip
        capsule = Capsule(
            id=id, sender=actor.user, addressees=addressees, theme=letter.theme, unlock=unlock,
            allow_early_view=how.allow_early_view, allow_reply=how.allow_reply, anonymity=_anonymity(how),
            disappears_after=_stay(how), invites=how.invite, proof=content.proof(), sealed_at=now,
        )  # fmt: skip
        return capsule, self.vault.seal(id, content.packed()), capsule_view(capsule, actor.user, people, now)

    async def _checked(
        self, actor: Actor, id: CapsuleId, letter: Letter, how: Sealing, now: datetime
    ) -> tuple[Unlock, tuple[Addressee, ...]]:
        """When it opens, and for whom. Raises what is wrong with any of it at once."""
        refusals: list[Invalid] = []
        unlock: Unlock | None = None
        addressees: tuple[Addressee, ...] = ()
        with _noted(refusals):
            unlock = check_unlock(unlock_on(how.unlock.wall, how.unlock.zone), now, self.policy.latest)
        with _noted(refusals):
            addressees = await self.find(actor, id, letter.recipients)
        with _noted(refusals):
            await self._check_files(actor, letter)
        if unlock is None or refusals:
            wrong = tuple(field for refusal in refusals for field in refusal.fields)
            raise refusals[0] if len(refusals) == 1 else InvalidCapsule(fields=wrong)
        return unlock, addressees

    async def _check_files(self, actor: Actor, letter: Letter) -> None:
        usable = await self.files.usable(actor, letter.attachments) if letter.attachments else ()
        wrong = tuple(
            FieldError(pointer=f"#/attachments/{place}", code="NOT_FOUND", detail="No file of yours that is ready.")
            for place, file in enumerate(letter.attachments)
            if file not in usable
        )
        if wrong:
            raise InvalidCapsule(fields=wrong)


class SealCapsule(Struct, frozen=True, kw_only=True):
    """Seal a letter as it is sent. From now to its time nobody reads it, myself included.

    Keep the proof: it can be held against the letter once it is open. Recipients may be users and addresses, and I can
    write to myself. Nobody seals for somebody else.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    make: MakeCapsule
    ids: Ids

    async def __call__(self, actor: Actor, new: NewCapsule) -> CapsuleView:
        new = checked(new, InvalidCapsule)
        letter = Letter(
            title=new.title, body=new.body, theme=new.theme, attachments=new.attachments, recipients=new.recipients
        )
        capsule, sealed, view = await self.make(actor, CapsuleId(self.ids.new()), letter, new)
        async with self.begin() as uow:
            await keep(uow, capsule, sealed)
            await uow.commit(view)
        return view


class SealDraft(Struct, frozen=True, kw_only=True):
    """Turn a draft of mine into a capsule of the same id, which consumes it. With `version`, only if it is that one.

    It must have a title, a body and recipients by now. From then on nobody reads it, myself included, until its time.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    reads: CapsuleReads
    read: ReadDraft
    make: MakeCapsule

    async def __call__(self, actor: Actor, id: CapsuleId, how: Sealing, version: int | None = None) -> CapsuleView:
        how = checked(how, InvalidCapsule)
        return await until_unhindered(partial(self._seal, actor, id, how, version))

    async def _seal(self, actor: Actor, id: CapsuleId, how: Sealing, version: int | None) -> CapsuleView:
        try:
            draft, written = await self.read(actor, id)
        except DraftNotFound:
            capsule = await self.reads.capsule(id)
            raise DraftNotFound if capsule is None or capsule.sender != actor.user else CapsuleAlreadySealed from None
        if version not in (None, draft.version):
            raise EditedMeanwhile
        capsule, sealed, view = await self.make(actor, id, _finished(written), how)
        async with self.begin() as uow:
            await uow.drafts.remove(await my_draft(uow, actor.user, id, draft.version))
            await keep(uow, capsule, sealed)
            await uow.commit(view)
        return view


async def keep(uow: CapsulesUnitOfWork, capsule: Capsule, sealed: Sealed) -> None:
    """The capsule, what is in it, and who is to be told what and when."""
    await uow.capsules.add(capsule, list(announcements(capsule, capsule.sealed_at)))
    await uow.contents.put(sealed)
    if capsule.invites:
        for one in capsule.addressees:
            uow.announce(CapsuleSealed(capsule=capsule.id, addressee=one.id))


@contextmanager
def _noted(refusals: list[Invalid]) -> Iterator[None]:
    try:
        yield
    except Invalid as refusal:
        refusals.append(refusal)


def _finished(draft: Draft) -> Letter:
    """Raises InvalidCapsule, which names everything that is still missing."""
    given = {"title": draft.title, "body": draft.body, "recipients": draft.recipients}
    missing = tuple(
        FieldError(pointer=f"#/{name}", code="REQUIRED", detail="Is required.")
        for name, value in given.items()
        if not value
    )
    if missing:
        raise InvalidCapsule("Something is still missing in the draft.", fields=missing)
    return checked(
        Letter(
            title=draft.title, body=draft.body, theme=draft.theme, attachments=draft.attachments,
            recipients=draft.recipients,
        ),
        InvalidCapsule,
    )  # fmt: skip


def _anonymity(how: Sealing) -> Anonymity | None:
    if how.anonymous is None:
        return None
    return Anonymity(reveal_after=timedelta(seconds=how.anonymous.reveal_after))


def _stay(how: Sealing) -> timedelta | None:
    return None if how.disappears_after is None else timedelta(seconds=how.disappears_after)
