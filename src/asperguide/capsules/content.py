"""What is in a capsule, and the proof that it is what was sealed; what is in a draft of one."""

import hashlib
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from asperguide.capsules.anonymity import MOST_HINTS, Hint
from asperguide.shared.emails import Email

LONGEST_BODY = 10_000
MOST_ATTACHMENTS = 20
MOST_RECIPIENTS = 100

Title = Annotated[str, Meta(min_length=1, max_length=255, examples=["To be opened when you are thirty"])]
Body = Annotated[str, Meta(min_length=1, max_length=LONGEST_BODY, examples=["Dear Siobhán, when you read this..."])]
"""Characters; longer ones are refused, never cut."""
Theme = Annotated[str, Meta(max_length=50, examples=["birthday"], description="Shown from sealing on.")]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Siobhán O'Neil"])]
Attachments = Annotated[
    tuple[UUID, ...], Meta(max_length=MOST_ATTACHMENTS, description="Files of mine that are ready.")
]
Hints = Annotated[tuple[Hint, ...], Meta(max_length=MOST_HINTS)]


class To(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody whom a letter is for: exactly one of a recipient of mine, a user (me, too) and an address."""

    recipient: UUID | None = None
    user: UUID | None = None
    email: Email | None = None
    name: Annotated[Name | None, Meta(description="Of whoever has the address.")] = None


Recipients = Annotated[tuple[To, ...], Meta(max_length=MOST_RECIPIENTS)]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that nobody sees before its time; `attachments` are files, `signature` is what the sender is called.

    `nonce` is drawn for this content alone: without it whoever knows the proof could find out a short letter by trying.
    """

    title: Title
    body: Body
    attachments: Attachments = ()
    hints: Hints = ()
    signature: str = ""
    nonce: Annotated[bytes, Meta(min_length=16)]

    def packed(self) -> bytes:
        """The bytes that are encrypted: the same for the same content."""
        return msgspec.msgpack.encode(self, order="deterministic")

    def proof(self) -> bytes:
        """SHA-256 of the packed content: what the sender is told at sealing, and can be held against it once open."""
        return hashlib.sha256(self.packed()).digest()


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter that is being written: everything may still be missing."""

    title: Annotated[str, Meta(max_length=255)] = ""
    body: Annotated[str, Meta(max_length=LONGEST_BODY)] = ""
    theme: Theme = ""
    attachments: Attachments = ()
    recipients: Recipients = ()

    def packed(self) -> bytes:
        """The bytes that are encrypted."""
        return msgspec.msgpack.encode(self)


def unpacked(packed: bytes) -> Content:
    """The content of these bytes. Raises ValueError when they are none."""
    try:
        return msgspec.msgpack.decode(packed, type=Content)
    except msgspec.MsgspecError as error:
        raise ValueError("these bytes are no content of a capsule") from error


def unpacked_draft(packed: bytes) -> Draft:
    """The draft of these bytes. Raises ValueError when they are none."""
    try:
        return msgspec.msgpack.decode(packed, type=Draft)
    except msgspec.MsgspecError as error:
        raise ValueError("these bytes are no draft of a letter") from error
