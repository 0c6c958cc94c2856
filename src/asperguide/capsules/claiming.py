"""Letters for people without an account: the link out of a mail, and taking what is behind it into an account."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct

from asperguide.capsules.addressees import Addressee, AddresseeId
from asperguide.capsules.errors import ClaimExpired, ClaimNotFound, ClaimUsed
from asperguide.capsules.model import Capsule, State
from asperguide.capsules.ports import CapsuleReads, People
from asperguide.capsules.reading import ShowCapsule
from asperguide.capsules.repositories import CapsulesUnitOfWork
from asperguide.capsules.views import CapsuleView, ClaimView, sender_view
from asperguide.shared.actor import Actor, UserId, refuse_impersonators
from asperguide.shared.ports import Clock
from asperguide.shared.repeating import until_unhindered

LIFETIME = timedelta(days=365)
"""From when the capsule opens."""
TOKEN_BYTES = 16 + 4 + 32


@dataclass(frozen=True, slots=True)
class ClaimTokens:
    """Makes what links in mails end with, and knows what we made: always the same for one addressee and address.

    Nothing is stored: an id, how often the address was set, and an HMAC. A mail that is sent twice has one link, unless
    another secret has become the first meanwhile; links of the others work as long as those are here.
    """

    secrets: tuple[bytes, ...]

    def issue(self, addressee: Addressee) -> str:
        """The token for the addressee at this address."""
        raw = addressee.id.bytes + addressee.addressed.to_bytes(4)
        return base64.urlsafe_b64encode(raw + _mac(self.secrets[0], raw)).decode().rstrip("=")

    def read(self, token: str) -> tuple[AddresseeId, int]:
        """Whose it is, and how often their address had been set. Raises ClaimNotFound for what we did not make."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise ClaimNotFound from None
        if len(raw) != TOKEN_BYTES or not self._made(raw[:20], raw[20:]):
            raise ClaimNotFound
        return AddresseeId(UUID(bytes=raw[:16])), int.from_bytes(raw[16:20])

    def _made(self, raw: bytes, mac: bytes) -> bool:
        return any(hmac.compare_digest(mac, _mac(secret, raw)) for secret in self.secrets)


def _mac(secret: bytes, raw: bytes) -> bytes:
    return hmac.digest(secret, b"claim\0" + raw, hashlib.sha256)


class ShowClaim(Struct, frozen=True, kw_only=True):
    """What waits behind a link: that there is a letter. To read it, take it into an account."""

    reads: CapsuleReads
    people: People
    tokens: ClaimTokens
    clock: Clock

    async def __call__(self, token: str) -> ClaimView:
        id, addressed = self.tokens.read(token)
        one, now = await self.reads.addressee(id), self.clock.now()
        capsule = None if one is None else await self.reads.capsule(one.capsule)
        if capsule is None:
            raise ClaimNotFound
        if claimable(capsule, id, addressed, now).user is not None:
            raise ClaimUsed
        people = await self.people.known((capsule.sender,))
        return ClaimView(
            capsule=capsule.id, sender=sender_view(capsule, None, people, now), theme=capsule.theme,
            until=claimed_until(capsule),
        )  # fmt: skip


class ClaimCapsule(Struct, frozen=True, kw_only=True):
    """Take the letter behind a link into my account, where it can be opened. A link works for the first who uses it.

    For them it works again. Whoever gets the letter anyway keeps what they have.
    """

    begin: Callable[[], CapsulesUnitOfWork]
    show: ShowCapsule
    tokens: ClaimTokens
    clock: Clock

    async def __call__(self, actor: Actor, token: str) -> CapsuleView:
        refuse_impersonators(actor)
        id, addressed = self.tokens.read(token)
        capsule = await until_unhindered(partial(self._claim, actor.user, id, addressed))
        return await self.show(capsule, actor.user)

    async def _claim(self, user: UserId, id: AddresseeId, addressed: int) -> Capsule:
        now = self.clock.now()
        async with self.begin() as uow:
            one = await uow.capsules.addressee(id)
            capsule = None if one is None else await uow.capsules.get(one.capsule)
            if capsule is None:
                raise ClaimNotFound
            one = claimable(capsule, id, addressed, now)
            if one.user == user:
                return capsule
            if one.user is not None or one.left_at is not None:
                raise ClaimUsed
            saved = await give(uow, capsule, one, user)
            await uow.commit()
        return saved


async def give(uow: CapsulesUnitOfWork, capsule: Capsule, one: Addressee, user: UserId) -> Capsule:
    """The addressee is this user, who has opened it if they have already as somebody else that the capsule is for."""
    known, claimed = capsule.addressee(user), one.claimed_by(user)
    if known is None or known.opened_at is None:
        return await uow.capsules.save(capsule.having(claimed), claimed)
    claimed = claimed.opened(known.opened_at)
    return await uow.capsules.save(capsule.having(claimed).settled(known.opened_at), claimed)


def claimable(capsule: Capsule, id: AddresseeId, addressed: int, now: datetime) -> Addressee:
    """The addressee. Raises ClaimNotFound when the address was corrected or the letter is not there, ClaimExpired."""
    one = capsule.named(id)
    if one.addressed != addressed or capsule.state(now) not in (State.READY, State.OPENED):
        raise ClaimNotFound
    if one.user is None and now >= claimed_until(capsule):
        raise ClaimExpired
    return one


def claimed_until(capsule: Capsule) -> datetime:
    """From then on links to it are of no use."""
    return capsule.unlock.at + LIFETIME
