"""Pictures of people: setting mine, removing it, showing those of others, and throwing away what nobody shows."""

from collections.abc import AsyncIterable, Callable
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.errors import PictureTooLarge, PortraitNotFound, UserNotFound
from asperguide.identity.events import PortraitAbandoned
from asperguide.identity.model import User
from asperguide.identity.ports import IdentityUnitOfWork, Portraits
from asperguide.identity.views import LARGEST_PORTRAIT, PORTRAIT_NAME, PORTRAIT_SIZES, Profile, profile_of
from asperguide.shared.actor import Actor, Origin, UserId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock, Ids, JobOptions

LARGEST_PICTURE = 5 * 1024 * 1024
"""Bytes that may be sent."""
SETTLED_AFTER = timedelta(hours=1)
"""Until then it is known whether a portrait that was made has become somebody's."""
OF_CONTENT = 20
"""Letters of a portrait's name that its pixels decide; the others are chance, so that no name comes back."""


class ChangePortrait(Struct, frozen=True, kw_only=True):
    """The last step of setting and removing: the account shows another portrait, and the old one goes."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, name: str | None, version: int | None = None, origin: Origin = Origin()
    ) -> Profile:
        """With `version`, only if nobody changed the account since. Raises UserNotFound, EditedMeanwhile."""
        now = self.clock.now()
        async with self.begin() as uow:
            user = await uow.users.get(actor.user)
            if user is None:
                raise UserNotFound
            if version not in (None, user.version):
                raise EditedMeanwhile
            if _looks_alike(user, name):
                return profile_of(user)
            saved = await uow.users.save(user.portrayed(name, now))
            if user.avatar is not None:
                uow.announce(PortraitAbandoned(user=user.id, name=user.avatar))
            await uow.audit.add(
                event(
                    self.ids.new(), SecurityEventKind.PROFILE_CHANGED, now, user=user.id, by=actor.impersonator,
                    origin=origin, detail="avatar",
                )
            )  # fmt: skip
            await uow.commit()
        return profile_of(saved)


def _looks_alike(user: User, name: str | None) -> bool:
    return (user.avatar or "")[:OF_CONTENT] == (name or "")[:OF_CONTENT]


class SetAvatar(Struct, frozen=True, kw_only=True):
    """Show this picture of me: any image of up to 5 MiB.

    It is cut square at its centre and made anew in 256 and in 64 pixels as WebP, so that nothing but the picture is
    kept of it. With `version`, only if nobody changed my account since that version was read.
    """

    begin: Callable[[], IdentityUnitOfWork]
    portraits: Portraits
    change: ChangePortrait
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, chunks: AsyncIterable[bytes], version: int | None = None, origin: Origin = Origin()
    ) -> Profile:
        pictures = await self.portraits.make(await _whole(chunks))
        name = sha256(pictures[LARGEST_PORTRAIT]).hexdigest()[:OF_CONTENT] + self.ids.secret().hex()[:12]
        # Pictures first, the account second. Should it come to no account, this job throws them away.
        async with self.begin() as uow:
            uow.announce(
                PortraitAbandoned(user=actor.user, name=name), JobOptions(run_at=self.clock.now() + SETTLED_AFTER)
            )
            await uow.commit()
        await self.portraits.keep(actor.user, name, pictures)
        return await self.change(actor, name, version, origin)


async def _whole(chunks: AsyncIterable[bytes]) -> bytes:
    whole = bytearray()
    async for chunk in chunks:
        whole += chunk
        if len(whole) > LARGEST_PICTURE:
            raise PictureTooLarge
    return bytes(whole)


class RemoveAvatar(Struct, frozen=True, kw_only=True):
    """Show no picture of me any more. With `version`, only if nobody changed my account since that version was read."""

    change: ChangePortrait

    async def __call__(self, actor: Actor, version: int | None = None, origin: Origin = Origin()) -> Profile:
        return await self.change(actor, None, version, origin)


class ShowAvatar(Struct, frozen=True, kw_only=True):
    """The picture of somebody, as WebP: the address that their profile tells never shows any other."""

    portraits: Portraits

    async def __call__(self, user: UserId, name: str, size: int) -> bytes:
        found = None
        if PORTRAIT_NAME.fullmatch(name) and size in PORTRAIT_SIZES:
            found = await self.portraits.find(user, name, size)
        if found is None:
            raise PortraitNotFound
        return found


class ForgetPortrait(Struct, frozen=True, kw_only=True):
    """Throw the pictures of a portrait away, unless the account shows it. No name is ever used again."""

    begin: Callable[[], IdentityUnitOfWork]
    portraits: Portraits

    async def __call__(self, message: PortraitAbandoned, job: UUID | None = None) -> None:
        async with self.begin() as uow:
            user = await uow.users.get(message.user)
        if user is None or user.avatar != message.name:
            await self.portraits.forget(message.user, message.name)
        async with self.begin() as uow:
            uow.complete(job)
            await uow.commit()
