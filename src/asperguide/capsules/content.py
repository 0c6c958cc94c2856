"""What is in a capsule, and the proof that it is what was sealed."""

import hashlib
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

LONGEST_BODY = 10_000
MOST_ATTACHMENTS = 20

Title = Annotated[str, Meta(min_length=1, max_length=255, examples=["To be opened when you are thirty"])]
Body = Annotated[str, Meta(min_length=1, max_length=LONGEST_BODY)]
"""Characters; longer ones are refused, never cut."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that nobody sees before its time; `attachments` are files. `nonce` is drawn for this content alone.

    Without the nonce whoever knows the proof could find out a short letter by trying.
    """

    title: Title
    body: Body
    attachments: Annotated[tuple[UUID, ...], Meta(max_length=MOST_ATTACHMENTS)] = ()
    nonce: Annotated[bytes, Meta(min_length=16)]

    def packed(self) -> bytes:
        """The bytes that are encrypted: the same for the same content."""
        return msgspec.msgpack.encode(self, order="deterministic")

    def proof(self) -> bytes:
        """SHA-256 of the packed content: what the sender is told at sealing, and can be held against it once open."""
        return hashlib.sha256(self.packed()).digest()


def unpacked(packed: bytes) -> Content:
    """The content of these bytes. Raises ValueError when they are none."""
    try:
        return msgspec.msgpack.decode(packed, type=Content)
    except msgspec.MsgspecError as error:
        raise ValueError("these bytes are no content of a capsule") from error
