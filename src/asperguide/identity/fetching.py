"""Fetching an archive by the link out of a mail or signed in, and removing those that were kept for long enough."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from asperguide.identity.errors import ExportNotFound
from asperguide.identity.events import AccountErased, ExportMade, ExportRequested
from asperguide.identity.exports import EXPORTS, KEPT, ExportTokens, export_key, exports_of, signed_export
from asperguide.identity.mailing import WriteMail, local_time
from asperguide.identity.ports import IdentityReads, IdentityUnitOfWork, Policy
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.ports import Clock
from asperguide.shared.storage import ObjectStorage, SignedLinks, SignedRequest


class SendExport(Struct, frozen=True, kw_only=True):
    """Tell somebody that their archive is there, with the link to it; the same one whenever it is sent again."""

    begin: Callable[[], IdentityUnitOfWork]
    tokens: ExportTokens
    write: WriteMail
    policy: Policy

    async def __call__(self, message: ExportMade, job: UUID) -> None:
        async with self.begin() as uow:
            user = await uow.users.get(message.user)
        if user is None or not user.may_sign_in:
            return
        link = f"{self.policy.public_url}/api/v1/exports/{self.tokens.issue(user.id, message.export)}"
        data = {"link": link, "until": local_time(message.at + KEPT, user)}
        await self.write("export-ready", user, user.email, str(job), data)


class OpenExport(Struct, frozen=True, kw_only=True):
    """The archive that the link out of a mail leads to: for 7 days, as long as the account is open."""

    reads: IdentityReads
    tokens: ExportTokens
    storage: ObjectStorage
    links: SignedLinks
    clock: Clock

    async def __call__(self, token: str) -> SignedRequest:
        id, export = self.tokens.read(token)
        user = await self.reads.user(id)
        if user is None or not user.may_sign_in:
            raise ExportNotFound
        return await signed_export(self.storage, self.links, id, export, self.clock.now())


class OpenMyExport(Struct, frozen=True, kw_only=True):
    """An archive of mine, for 7 days after it was made. Nobody gets it while acting for somebody else."""

    storage: ObjectStorage
    links: SignedLinks
    clock: Clock

    async def __call__(self, actor: Actor, export: UUID) -> SignedRequest:
        refuse_impersonators(actor)
        return await signed_export(self.storage, self.links, actor.user, export, self.clock.now())


class PruneExports(Struct, frozen=True, kw_only=True):
    """Remove archives that were made 7 days ago. How many."""

    storage: ObjectStorage
    clock: Clock

    async def __call__(self) -> int:
        total, before, cursor = 0, self.clock.now() - KEPT, None
        while True:
            page = await self.storage.list(EXPORTS, cursor=cursor)
            over = [one.key for one in page.objects if one.modified_at <= before]
            await self.storage.delete(*over)
            total += len(over)
            if (cursor := page.next_cursor) is None:
                return total


class ForgetExports(Struct, frozen=True, kw_only=True):
    """Remove an archive that nobody waits for any more, or all of a person who is gone."""

    storage: ObjectStorage

    async def __call__(self, message: ExportRequested | AccountErased, job: UUID) -> None:
        match message:
            case ExportRequested():
                await self.storage.delete(export_key(message.user, message.export))
            case AccountErased():
                while found := (await self.storage.list(exports_of(message.user))).objects:
                    await self.storage.delete(*(one.key for one in found))
