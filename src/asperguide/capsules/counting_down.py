"""Shared countdowns: a public link that shows when a capsule opens, and nothing of what is in it."""

import base64
import hashlib
from collections.abc import Callable, Sequence

from msgspec import Struct

from asperguide.capsules.addressees import CapsuleId
from asperguide.capsules.changing import found
from asperguide.capsules.errors import CapsuleNotFound, CountdownNotFound, TooManyCountdowns
from asperguide.capsules.model import Action
from asperguide.capsules.ports import CapsulePolicy, CapsuleReads
from asperguide.capsules.repositories import CapsulesUnitOfWork, Countdown, CountdownId
from asperguide.capsules.views import CountdownView, MadeCountdown, SharedCountdown, countdown_view, shared_countdown
from asperguide.shared.actor import Actor, refuse_impersonators
from asperguide.shared.ports import Clock, Ids

MOST_COUNTDOWNS = 20


class ShareCountdown(Struct, frozen=True, kw_only=True):
    """Make a link by which anybody sees when a capsule of mine opens, until I revoke it. It is told once."""

    begin: Callable[[], CapsulesUnitOfWork]
    clock: Clock
    ids: Ids
    policy: CapsulePolicy

    async def __call__(self, actor: Actor, id: CapsuleId) -> MadeCountdown:
        refuse_impersonators(actor)
        token, now = base64.urlsafe_b64encode(self.ids.secret()).decode().rstrip("="), self.clock.now()
        async with self.begin() as uow:
            (await found(uow, id)).demand(actor.user, Action.SHARE, now)
            if await uow.countdowns.count(id) >= MOST_COUNTDOWNS:
                raise TooManyCountdowns
            made = Countdown(id=CountdownId(self.ids.new()), capsule=id, digest=_digest(token), created_at=now)
            await uow.countdowns.add(made)
            view = MadeCountdown(
                id=made.id, created_at=now, token=token,
                url=f"{self.policy.public_url}/api/v1/capsules/countdowns/{token}",
            )  # fmt: skip
            await uow.commit(view)
        return view


class ListCountdowns(Struct, frozen=True, kw_only=True):
    """The countdowns of a capsule of mine that are shared, the newest first."""

    reads: CapsuleReads

    async def __call__(self, actor: Actor, id: CapsuleId) -> Sequence[SharedCountdown]:
        capsule = await self.reads.capsule(id)
        if capsule is None or capsule.sender != actor.user:
            raise CapsuleNotFound
        return [shared_countdown(one) for one in await self.reads.countdowns(id)]


class RevokeCountdown(Struct, frozen=True, kw_only=True):
    """Make a link to a countdown useless."""

    begin: Callable[[], CapsulesUnitOfWork]

    async def __call__(self, actor: Actor, id: CapsuleId, countdown: CountdownId) -> None:
        async with self.begin() as uow:
            capsule = await found(uow, id)
            if capsule.sender != actor.user:
                raise CapsuleNotFound
            if not await uow.countdowns.remove(countdown, id):
                raise CountdownNotFound
            await uow.commit()


class SeeCountdown(Struct, frozen=True, kw_only=True):
    """When a capsule opens whose countdown somebody shared."""

    reads: CapsuleReads
    clock: Clock

    async def __call__(self, token: str) -> CountdownView:
        capsule = await self.reads.counted_down(_digest(token)) if token.isascii() else None
        if capsule is None:
            raise CountdownNotFound
        return countdown_view(capsule, self.clock.now())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
