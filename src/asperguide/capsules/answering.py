"""Answers: a recipient's one reply, and what somebody has to say about a letter to themselves."""

import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.changing import found
from asperguide.capsules.errors import InvalidCapsule
from asperguide.capsules.events import CapsuleAnswered
from asperguide.capsules.model import Action
from asperguide.capsules.repositories import CapsulesUnitOfWork, Reflection, Reply
from asperguide.capsules.views import ReflectionView, ReplyView, reply_view
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.commands import checked
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered

LONGEST_EMOJI = 16
"""Code points: flags of regions and families take that many."""
JOINED = ("\u200d", "\ufe0f", "\u20e3")

ReplyText = Annotated[str, Meta(min_length=1, max_length=2000)]


class NewReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either some words or one emoji."""

    text: ReplyText | None = None
    emoji: Annotated[str, Meta(min_length=1, max_length=LONGEST_EMOJI, examples=["❤️"])] | None = None


class NewReflection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What I have to say about it now."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]


class ReplyToCapsule(Struct, frozen=True, kw_only=True):
    """Answer a capsule that I have opened, once, if its sender allows it. The sender is told, and reads it there."""

    begin: Callable[[], CapsulesUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId, new: NewReply) -> ReplyView:
        refuse_impersonators(actor)
        new = checked(new, InvalidCapsule)
        if (new.text is None) == (new.emoji is None):
            raise _wrong("#", "Either text or emoji.")
        if new.emoji is not None and not is_emoji(new.emoji):
            raise _wrong("#/emoji", "This is no emoji.")
        return await until_unhindered(partial(self._reply, actor, id, new))

    async def _reply(self, actor: Actor, id: CapsuleId, new: NewReply) -> ReplyView:
        now = self.clock.now()
        async with self.begin() as uow:
            capsule = (await found(uow, id)).replied(actor.user, now)
            mine = capsule.addressee(actor.user)
            assert mine is not None
            reply = Reply(id=mine.id, capsule=id, text=new.text, emoji=new.emoji, at=now)
            await uow.capsules.save(capsule, mine)
            await uow.replies.add(reply)
            uow.announce(CapsuleAnswered(capsule=id, addressee=mine.id))
            await uow.commit(reply_view(reply))
        return reply_view(reply)


class Reflect(Struct, frozen=True, kw_only=True):
    """Say what I think of a letter to myself, after I have opened it. It can be said anew."""

    begin: Callable[[], CapsulesUnitOfWork]
    clock: Clock

    async def __call__(self, actor: Actor, id: CapsuleId, new: NewReflection) -> ReflectionView:
        refuse_impersonators(actor)
        new, now = checked(new, InvalidCapsule), self.clock.now()
        async with self.begin() as uow:
            (await found(uow, id)).demand(actor.user, Action.REFLECT, now)
            await uow.replies.reflect(Reflection(id=id, text=new.text, at=now))
            await uow.commit()
        return ReflectionView(text=new.text, at=now)


def is_emoji(text: str) -> bool:
    """Whether this is a picture, as far as Unicode's categories tell: no letters, no spaces."""
    if text[0] in "0123456789#*":
        return text[1:] in ("\ufe0f\u20e3", "\u20e3")
    return unicodedata.category(text[0]) == "So" and all(
        unicodedata.category(character) in ("So", "Sk", "Cf") or character in JOINED for character in text[1:]
    )


def _wrong(pointer: str, detail: str) -> InvalidCapsule:
    return InvalidCapsule(fields=(FieldError(pointer=pointer, code="INVALID", detail=detail),))
