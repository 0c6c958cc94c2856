"""What somebody does with letters, whichever way they get there: as a library and over REST."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from asperguide.capsules import (
    AddresseeId,
    CapsuleId,
    CapsuleSummary,
    CapsuleView,
    ClaimView,
    CountdownId,
    CountdownView,
    Draft,
    DraftView,
    MadeCountdown,
    NewAddress,
    NewCapsule,
    NewRecipient,
    NewReflection,
    NewReply,
    Postponement,
    ProofView,
    Recipient,
    ReflectionView,
    ReplyView,
    Sealing,
    SharedCountdown,
    UnlockTime,
)
from asperguide.container import Container
from asperguide.shared.actor import Actor
from asperguide.shared.pages import PageRequest
from asperguide.testing import World
from tests.acceptance.rest import Rest, read, read_items
from tests.exports import stored


class Letters(ABC):
    """One way to call capsules. `token` is the access token of whoever asks."""

    @abstractmethod
    async def write(self, token: str, draft: Draft) -> DraftView:
        """Begin a draft."""

    @abstractmethod
    async def save(self, token: str, id: UUID, version: int, draft: Draft) -> DraftView:
        """Save a draft, as it was in that version."""

    @abstractmethod
    async def drafts(self, token: str) -> Sequence[DraftView]:
        """My drafts."""

    @abstractmethod
    async def add_recipient(self, token: str, new: NewRecipient) -> Recipient:
        """Put somebody into my address book."""

    @abstractmethod
    async def seal_draft(self, token: str, id: UUID, how: Sealing, version: int | None = None) -> CapsuleView:
        """Seal a draft."""

    @abstractmethod
    async def seal(self, token: str, new: NewCapsule) -> CapsuleView:
        """Seal a letter as it is sent."""

    @abstractmethod
    async def capsules(self, token: str, box: str = "inbox", **filters: str) -> Sequence[CapsuleSummary]:
        """Capsules for me, or from me."""

    @abstractmethod
    async def capsule(self, token: str, id: UUID) -> CapsuleView:
        """A capsule."""

    @abstractmethod
    async def open(self, token: str, id: UUID) -> CapsuleView:
        """Open a capsule."""

    @abstractmethod
    async def peek(self, token: str, id: UUID) -> CapsuleView:
        """See it early."""

    @abstractmethod
    async def cancel(self, token: str, id: UUID) -> CapsuleView:
        """Take it back."""

    @abstractmethod
    async def postpone(self, token: str, id: UUID, unlock: UnlockTime) -> CapsuleView:
        """Put it off."""

    @abstractmethod
    async def readdress(self, token: str, id: UUID, addressee: UUID, email: str) -> CapsuleView:
        """Correct an address."""

    @abstractmethod
    async def reply(self, token: str, id: UUID, **words: str) -> ReplyView:
        """Answer it."""

    @abstractmethod
    async def reflect(self, token: str, id: UUID, text: str) -> ReflectionView:
        """Say what I think of a letter to myself."""

    @abstractmethod
    async def proof(self, token: str, id: UUID) -> ProofView:
        """What was sealed, in numbers."""

    @abstractmethod
    async def attachment(self, token: str, id: UUID, file: UUID) -> bytes:
        """The bytes of a file that goes with it."""

    @abstractmethod
    async def waiting(self, link: str) -> ClaimView:
        """What waits behind the link out of a mail."""

    @abstractmethod
    async def claim(self, token: str, link: str) -> CapsuleView:
        """Take it into my account."""

    @abstractmethod
    async def share(self, token: str, id: UUID) -> MadeCountdown:
        """Share its countdown."""

    @abstractmethod
    async def countdowns(self, token: str, id: UUID) -> Sequence[SharedCountdown]:
        """Those that are shared."""

    @abstractmethod
    async def revoke_countdown(self, token: str, id: UUID, countdown: UUID) -> None:
        """Share one no more."""

    @abstractmethod
    async def countdown(self, link: str) -> CountdownView:
        """What everybody sees who has the link."""


class LettersInProcess(Letters):
    """The container's use cases, called directly."""

    world: World
    _use: Container

    @abstractmethod
    async def _actor(self, token: str) -> Actor:
        """Whom the token speaks for."""

    async def write(self, token: str, draft: Draft) -> DraftView:
        return await self._use.create_draft()(await self._actor(token), draft)

    async def save(self, token: str, id: UUID, version: int, draft: Draft) -> DraftView:
        return await self._use.save_draft()(await self._actor(token), CapsuleId(id), draft, version)

    async def drafts(self, token: str) -> Sequence[DraftView]:
        return (await self._use.list_drafts()(await self._actor(token))).items

    async def add_recipient(self, token: str, new: NewRecipient) -> Recipient:
        return await self._use.add_recipient()(await self._actor(token), new)

    async def seal_draft(self, token: str, id: UUID, how: Sealing, version: int | None = None) -> CapsuleView:
        return await self._use.seal_draft()(await self._actor(token), CapsuleId(id), how, version)

    async def seal(self, token: str, new: NewCapsule) -> CapsuleView:
        return await self._use.seal_capsule()(await self._actor(token), new)

    async def capsules(self, token: str, box: str = "inbox", **filters: str) -> Sequence[CapsuleSummary]:
        return (await self._use.list_capsules()(await self._actor(token), box, PageRequest(filters=filters))).items

    async def capsule(self, token: str, id: UUID) -> CapsuleView:
        return await self._use.get_capsule()(await self._actor(token), CapsuleId(id))

    async def open(self, token: str, id: UUID) -> CapsuleView:
        return await self._use.open_capsule()(await self._actor(token), CapsuleId(id))

    async def peek(self, token: str, id: UUID) -> CapsuleView:
        return await self._use.peek_capsule()(await self._actor(token), CapsuleId(id))

    async def cancel(self, token: str, id: UUID) -> CapsuleView:
        return await self._use.cancel_capsule()(await self._actor(token), CapsuleId(id))

    async def postpone(self, token: str, id: UUID, unlock: UnlockTime) -> CapsuleView:
        return await self._use.postpone_capsule()(await self._actor(token), CapsuleId(id), Postponement(unlock=unlock))

    async def readdress(self, token: str, id: UUID, addressee: UUID, email: str) -> CapsuleView:
        actor, to = await self._actor(token), NewAddress(email=email)
        return await self._use.readdress_capsule()(actor, CapsuleId(id), AddresseeId(addressee), to)

    async def reply(self, token: str, id: UUID, **words: str) -> ReplyView:
        return await self._use.reply_to_capsule()(await self._actor(token), CapsuleId(id), NewReply(**words))

    async def reflect(self, token: str, id: UUID, text: str) -> ReflectionView:
        return await self._use.reflect()(await self._actor(token), CapsuleId(id), NewReflection(text=text))

    async def proof(self, token: str, id: UUID) -> ProofView:
        return await self._use.prove_capsule()(await self._actor(token), CapsuleId(id))

    async def attachment(self, token: str, id: UUID, file: UUID) -> bytes:
        signed = await self._use.link_attachment()(await self._actor(token), CapsuleId(id), file)
        return await stored(self.world, signed.url)

    async def waiting(self, link: str) -> ClaimView:
        return await self._use.show_claim()(link)

    async def claim(self, token: str, link: str) -> CapsuleView:
        return await self._use.claim_capsule()(await self._actor(token), link)

    async def share(self, token: str, id: UUID) -> MadeCountdown:
        return await self._use.share_countdown()(await self._actor(token), CapsuleId(id))

    async def countdowns(self, token: str, id: UUID) -> Sequence[SharedCountdown]:
        return await self._use.list_countdowns()(await self._actor(token), CapsuleId(id))

    async def revoke_countdown(self, token: str, id: UUID, countdown: UUID) -> None:
        await self._use.revoke_countdown()(await self._actor(token), CapsuleId(id), CountdownId(countdown))

    async def countdown(self, link: str) -> CountdownView:
        return await self._use.see_countdown()(link)


class LettersOverHttp(Rest, Letters):
    """Requests to `/api/v1`."""

    async def write(self, token: str, draft: Draft) -> DraftView:
        return read(await self._send("POST", "/drafts", token, json=plain(draft)), DraftView)

    async def save(self, token: str, id: UUID, version: int, draft: Draft) -> DraftView:
        headers = {"if-match": f'"{version}"'}
        return read(await self._send("PUT", f"/drafts/{id}", token, json=plain(draft), headers=headers), DraftView)

    async def drafts(self, token: str) -> Sequence[DraftView]:
        return read_items(await self._send("GET", "/drafts", token), DraftView)

    async def add_recipient(self, token: str, new: NewRecipient) -> Recipient:
        return read(await self._send("POST", "/recipients", token, json=plain(new)), Recipient)

    async def seal_draft(self, token: str, id: UUID, how: Sealing, version: int | None = None) -> CapsuleView:
        headers = {} if version is None else {"if-match": f'"{version}"'}
        answer = await self._send("POST", f"/capsules/{id}/seal", token, json=plain(how), headers=headers)
        return read(answer, CapsuleView)

    async def seal(self, token: str, new: NewCapsule) -> CapsuleView:
        return read(await self._send("POST", "/capsules", token, json=plain(new)), CapsuleView)

    async def capsules(self, token: str, box: str = "inbox", **filters: str) -> Sequence[CapsuleSummary]:
        params = {"box": box, **{f"filter[{name}]": value for name, value in filters.items()}}
        return read_items(await self._send("GET", "/capsules", token, params=params), CapsuleSummary)

    async def capsule(self, token: str, id: UUID) -> CapsuleView:
        return await self._capsule("GET", f"/capsules/{id}", token)

    async def open(self, token: str, id: UUID) -> CapsuleView:
        return await self._capsule("POST", f"/capsules/{id}/open", token)

    async def peek(self, token: str, id: UUID) -> CapsuleView:
        return await self._capsule("GET", f"/capsules/{id}/early-view", token)

    async def cancel(self, token: str, id: UUID) -> CapsuleView:
        return await self._capsule("POST", f"/capsules/{id}/cancel", token)

    async def postpone(self, token: str, id: UUID, unlock: UnlockTime) -> CapsuleView:
        return await self._capsule("POST", f"/capsules/{id}/postpone", token, json={"unlock": plain(unlock)})

    async def readdress(self, token: str, id: UUID, addressee: UUID, email: str) -> CapsuleView:
        return await self._capsule("PATCH", f"/capsules/{id}/recipients/{addressee}", token, json={"email": email})

    async def reply(self, token: str, id: UUID, **words: str) -> ReplyView:
        return read(await self._send("POST", f"/capsules/{id}/reply", token, json=words), ReplyView)

    async def reflect(self, token: str, id: UUID, text: str) -> ReflectionView:
        answer = await self._send("PUT", f"/capsules/{id}/reflection", token, json={"text": text})
        return read(answer, ReflectionView)

    async def proof(self, token: str, id: UUID) -> ProofView:
        return read(await self._send("GET", f"/capsules/{id}/proof", token), ProofView)

    async def attachment(self, token: str, id: UUID, file: UUID) -> bytes:
        moved = await self._send("GET", f"/capsules/{id}/attachments/{file}", token)
        where = urlsplit(moved.headers["location"])
        return (await self.client.get(f"{where.path}?{where.query}")).content

    async def waiting(self, link: str) -> ClaimView:
        return read(await self._send("GET", f"/capsules/claims/{link}"), ClaimView)

    async def claim(self, token: str, link: str) -> CapsuleView:
        return await self._capsule("POST", f"/capsules/claims/{link}", token)

    async def share(self, token: str, id: UUID) -> MadeCountdown:
        return read(await self._send("POST", f"/capsules/{id}/countdowns", token), MadeCountdown)

    async def countdowns(self, token: str, id: UUID) -> Sequence[SharedCountdown]:
        return read_items(await self._send("GET", f"/capsules/{id}/countdowns", token), SharedCountdown)

    async def revoke_countdown(self, token: str, id: UUID, countdown: UUID) -> None:
        await self._send("DELETE", f"/capsules/{id}/countdowns/{countdown}", token)

    async def countdown(self, link: str) -> CountdownView:
        return read(await self._send("GET", f"/capsules/countdowns/{link}"), CountdownView)

    async def _capsule(self, method: str, path: str, token: str, **request: Any) -> CapsuleView:
        return read(await self._send(method, path, token, **request), CapsuleView)


def plain(struct: msgspec.Struct) -> Any:
    """What is sent of a command."""
    return msgspec.to_builtins(struct)
