"""What letters ask of others: people are users of identity, what is attached are files of media."""

from collections.abc import Collection, Mapping
from uuid import UUID

from asperguide.capsules.errors import AttachmentNotFound
from asperguide.capsules.ports import Attachment, Attachments, People, Person
from asperguide.identity.ports import IdentityReads
from asperguide.media.model import File, FileId, FileState
from asperguide.media.ports import MediaReads
from asperguide.media.serving import SIGNED_FOR
from asperguide.shared.actor import Actor, UserId
from asperguide.shared.storage import SignedLinks, SignedRequest


class LocalPeople(People):
    """Users are those of identity."""

    def __init__(self, reads: IdentityReads) -> None:
        self._reads = reads

    async def known(self, ids: Collection[UserId]) -> Mapping[UserId, Person]:
        """By their contacts."""
        found = await self._reads.contacts(ids)
        return {
            id: Person(id=id, name=one.full_name, email=one.email, locale=one.locale, time_zone=one.time_zone)
            for id, one in found.items()
        }

    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """As identity has verified them."""
        return await self._reads.holders(email_keys)


class LocalAttachments(Attachments):
    """Files that go with letters are those of media. They stay their owner's: what is deleted there is gone here."""

    def __init__(self, reads: MediaReads, links: SignedLinks) -> None:
        self._reads, self._links = reads, links

    async def usable(self, actor: Actor, ids: Collection[UUID]) -> Collection[UUID]:
        """Own files in state ready."""
        return {file.id for file in await self._ready(ids) if file.belongs_to(actor)}

    async def known(self, ids: Collection[UUID]) -> Mapping[UUID, Attachment]:
        """Those in state ready."""
        return {
            file.id: Attachment(id=file.id, name=file.name, media_type=file.media_type, size=file.size)
            for file in await self._ready(ids)
        }

    async def link(self, id: UUID) -> SignedRequest:
        """For 15 minutes, to be saved under the file's name."""
        for file in await self._ready((id,)):
            return await self._links.link(file.key, SIGNED_FOR, name=file.name, media_type=file.media_type)
        raise AttachmentNotFound

    async def _ready(self, ids: Collection[UUID]) -> list[File]:
        found = await self._reads.by_ids([FileId(id) for id in ids])
        return [file for file in found if file.state is FileState.READY]
