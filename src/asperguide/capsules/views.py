"""What capsules answer: small frozen results that hold what their reader may know, and nothing else."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from asperguide.capsules.addressees import Addressee, AddresseeId, CapsuleId
from asperguide.capsules.content import Attachments, Content, Draft, Recipients
from asperguide.capsules.model import Capsule, State
from asperguide.capsules.ports import Attachment, Person
from asperguide.capsules.repositories import Countdown, CountdownId, Reflection, Reply, StoredDraft
from asperguide.capsules.unlocking import Unlock
from asperguide.shared.actor import UserId

Seconds = Annotated[int, Meta(description="Seconds.")]


class SenderView(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent it. Of somebody who has left there is the name that they signed with, once it may be read."""

    id: UserId
    name: str


class AddresseeView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a letter is for, as its sender wrote them down.

    Mails to the address have come back `bounces` times; after the fourth it is not tried any more.
    """

    id: AddresseeId
    name: str
    user: UserId | None
    email: str | None
    opened_at: datetime | None
    replied_at: datetime | None
    left_at: datetime | None
    bounces: int


class AttachmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a letter; when its owner has deleted it nothing is known of it but its id."""

    id: UUID
    available: bool
    name: str | None
    media_type: str | None
    size: int | None


class ContentView(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a capsule. `signature` is what the sender was called, `hints` are at who they are."""

    title: str
    body: str
    attachments: tuple[AttachmentView, ...]
    signature: str | None
    hints: tuple[str, ...]


class ReplyView(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: `text` or `emoji`."""

    addressee: AddresseeId
    text: str | None
    emoji: str | None
    at: datetime


class ReflectionView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has to say about a letter to themselves."""

    text: str
    at: datetime


class CapsuleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A capsule in a list: that there is one, and when it opens. `sender` is null while they are not to be named."""

    id: CapsuleId
    state: State
    sender: SenderView | None
    theme: str
    unlock: Unlock
    sealed_at: datetime


class CapsuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A capsule as its reader may see it at this moment.

    `content` is null as long as it is shut for them; `proof`, SHA-256 in hexadecimal, is told to the sender at once and
    to others with the content. `recipients` and `replies` are the sender's to see; others see the reply of their own.
    `reveals_at` is when an anonymous sender is named.
    """

    id: CapsuleId
    state: State
    sender: SenderView | None
    theme: str
    unlock: Unlock
    allow_early_view: bool
    allow_reply: bool
    reveals_at: datetime | None
    disappears_after: Annotated[int | None, Meta(description="Seconds after somebody has opened it.")]
    sealed_at: datetime
    opened_at: datetime | None
    cancelled_at: datetime | None
    proof: str | None
    content: ContentView | None
    recipients: tuple[AddresseeView, ...] | None
    replies: tuple[ReplyView, ...]
    reflection: ReflectionView | None


class DraftView(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that is being written."""

    id: CapsuleId
    title: str
    body: str
    theme: str
    attachments: Attachments
    recipients: Recipients
    created_at: datetime
    updated_at: datetime
    version: int


class ProofView(msgspec.Struct, frozen=True, kw_only=True):
    """What was sealed, in numbers: `proof` is the SHA-256 of `packed`, which is told to whoever may read all of it.

    `packed` is MessagePack (base64), with a random `nonce` in it, so that nobody finds a short letter out by trying.
    """

    id: CapsuleId
    algorithm: str
    proof: str
    sealed_at: datetime
    packed: str | None


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """What waits behind the link out of a mail, until then."""

    capsule: CapsuleId
    sender: SenderView | None
    theme: str
    until: datetime


class CountdownView(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody sees who has the link to a countdown."""

    theme: str
    state: State
    unlock: Unlock


class SharedCountdown(msgspec.Struct, frozen=True, kw_only=True):
    """A countdown of mine that is shared."""

    id: CountdownId
    created_at: datetime


class MadeCountdown(SharedCountdown, frozen=True, kw_only=True):
    """A countdown with its token, which is told this once."""

    token: str
    url: str


def draft_view(draft: StoredDraft, written: Draft) -> DraftView:
    """The draft, and what is in it."""
    return DraftView(
        id=draft.id, title=written.title, body=written.body, theme=written.theme, attachments=written.attachments,
        recipients=written.recipients, created_at=draft.created_at, updated_at=draft.updated_at, version=draft.version,
    )  # fmt: skip


def sender_view(
    capsule: Capsule, reader: UserId | None, people: Mapping[UserId, Person], now: datetime, signature: str = ""
) -> SenderView | None:
    """Who sent it, if the reader may know."""
    if not capsule.names_sender_to(reader, now):
        return None
    known = people.get(capsule.sender)
    return SenderView(id=capsule.sender, name=signature if known is None else known.name)


def summary(
    capsule: Capsule, reader: UserId, people: Mapping[UserId, Person], now: datetime, *, opened: bool = False
) -> CapsuleSummary:
    """The capsule in a list; in an inbox it is told whether its owner has `opened` it."""
    return CapsuleSummary(
        id=capsule.id, state=capsule.state_if(opened, now),
        sender=sender_view(capsule, reader, people, now), theme=capsule.theme, unlock=capsule.unlock,
        sealed_at=capsule.sealed_at,
    )  # fmt: skip


def addressee_view(one: Addressee) -> AddresseeView:
    """As the sender wrote them down: that an address has an account is not told."""
    return AddresseeView(
        id=one.id, name=one.name, user=one.user if one.email is None else None, email=one.email,
        opened_at=one.opened_at, replied_at=one.replied_at, left_at=one.left_at, bounces=one.bounces,
    )  # fmt: skip


def content_view(
    content: Content, capsule: Capsule, reader: UserId, files: Mapping[UUID, Attachment], now: datetime
) -> ContentView:
    """What is in it, for somebody who may read it now."""
    named, anonymity = capsule.names_sender_to(reader, now), capsule.anonymity
    return ContentView(
        title=content.title, body=content.body,
        attachments=tuple(_attachment(id, files.get(id)) for id in content.attachments),
        signature=content.signature if named else None,
        hints=content.hints if anonymity is None else anonymity.hints_given(content.hints, capsule.unlock.at, now),
    )  # fmt: skip


def _attachment(id: UUID, file: Attachment | None) -> AttachmentView:
    if file is None:
        return AttachmentView(id=id, available=False, name=None, media_type=None, size=None)
    return AttachmentView(id=id, available=True, name=file.name, media_type=file.media_type, size=file.size)


def reply_view(reply: Reply) -> ReplyView:
    """The reply."""
    return ReplyView(addressee=reply.id, text=reply.text, emoji=reply.emoji, at=reply.at)


def capsule_view(
    capsule: Capsule,
    reader: UserId,
    people: Mapping[UserId, Person],
    now: datetime,
    *,
    content: ContentView | None = None,
    replies: Sequence[Reply] = (),
    reflection: Reflection | None = None,
) -> CapsuleView:
    """The capsule for this reader; what is in it only if it is given."""
    sent, mine = reader == capsule.sender, capsule.addressee(reader)
    anonymity = capsule.anonymity
    shown = replies if sent else [reply for reply in replies if mine is not None and reply.id == mine.id]
    state = capsule.state(now) if sent or mine is None else capsule.state_for(mine, now)
    return CapsuleView(
        id=capsule.id, state=state, theme=capsule.theme, unlock=capsule.unlock,
        sender=sender_view(capsule, reader, people, now, (content and content.signature) or ""),
        allow_early_view=capsule.allow_early_view, allow_reply=capsule.allow_reply,
        reveals_at=None if anonymity is None else capsule.unlock.at + anonymity.reveal_after,
        disappears_after=_seconds(capsule.disappears_after), sealed_at=capsule.sealed_at,
        opened_at=capsule.opened_at if sent or mine is None else mine.opened_at, cancelled_at=capsule.cancelled_at,
        proof=capsule.proof.hex() if sent or content is not None else None, content=content,
        recipients=tuple(map(addressee_view, capsule.addressees)) if sent else None,
        replies=tuple(map(reply_view, shown)),
        reflection=None if reflection is None or not sent else ReflectionView(text=reflection.text, at=reflection.at),
    )  # fmt: skip


def proof_view(capsule: Capsule, content: Content | None) -> ProofView:
    """The proof, with the content only if it is given."""
    packed = None if content is None else base64.b64encode(content.packed()).decode()
    return ProofView(
        id=capsule.id, algorithm="sha256", proof=capsule.proof.hex(), sealed_at=capsule.sealed_at, packed=packed
    )


def countdown_view(capsule: Capsule, now: datetime) -> CountdownView:
    """Its countdown. That it was opened is nobody's business."""
    state = capsule.state(now)
    return CountdownView(
        theme=capsule.theme, state=State.READY if state is State.OPENED else state, unlock=capsule.unlock
    )


def shared_countdown(countdown: Countdown) -> SharedCountdown:
    """The countdown without its token."""
    return SharedCountdown(id=countdown.id, created_at=countdown.created_at)


def _seconds(time: timedelta | None) -> int | None:
    return None if time is None else int(time.total_seconds())
