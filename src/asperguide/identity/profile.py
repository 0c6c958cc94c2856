"""My account: seeing it, changing it, moving to another username or address; finding other people."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.errors import SearchTooShort, UserNotFound
from asperguide.identity.events import EmailChangeRequested
from asperguide.identity.model import (
    AgeRange,
    ColourFilter,
    FullName,
    Gender,
    Locale,
    Percent,
    TimeZone,
    User,
    Username,
    check_profile,
)
from asperguide.identity.passwords import GivenPassword
from asperguide.identity.ports import Found, IdentityReads, IdentityUnitOfWork
from asperguide.identity.proving import ProveOwner
from asperguide.identity.views import Profile, profile_of
from asperguide.shared.actor import Actor, Origin
from asperguide.shared.emails import Email
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock, Ids

MAX_FOUND = 50


class PreferencesChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch too: what is absent stays as it is."""

    colour_filter: ColourFilter | msgspec.UnsetType = msgspec.UNSET
    filter_intensity: Percent | msgspec.UnsetType = msgspec.UNSET
    transparency: Percent | msgspec.UnsetType = msgspec.UNSET


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge patch: absent fields stay, null clears where that is possible. So do absent preferences."""

    username: Username | msgspec.UnsetType = msgspec.UNSET
    full_name: FullName | msgspec.UnsetType = msgspec.UNSET
    gender: Gender | msgspec.UnsetType | None = msgspec.UNSET
    age_range: AgeRange | msgspec.UnsetType | None = msgspec.UNSET
    locale: Locale | msgspec.UnsetType = msgspec.UNSET
    time_zone: TimeZone | msgspec.UnsetType = msgspec.UNSET
    preferences: PreferencesChange | msgspec.UnsetType = msgspec.UNSET


class UsernameChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new username."""

    username: Username


class EmailChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new address, and the password unless it was typed within the last 10 minutes."""

    email: Email
    current_password: GivenPassword | None = None


class GetMe(msgspec.Struct, frozen=True, kw_only=True):
    """My account."""

    reads: IdentityReads

    async def __call__(self, actor: Actor) -> Profile:
        profile = await self.reads.profile(actor.user)
        if profile is None:
            raise UserNotFound
        return profile


class UpdateMe(msgspec.Struct, frozen=True, kw_only=True):
    """Change my account. With `version`, only if nobody changed it since that version was read."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor, change: ProfileChange, version: int | None = None, origin: Origin = Origin()
    ) -> Profile:
        values = _given(change)
        check_profile(values)
        now = self.clock.now()
        async with self.begin() as uow:
            user = await uow.users.get(actor.user)
            if user is None:
                raise UserNotFound
            if version is not None and version != user.version:
                raise EditedMeanwhile
            changed = _changed(user, values)
            if changed == user:
                return profile_of(user)
            saved = await uow.users.save(replace(changed, updated_at=now))
            renamed = saved.username != user.username
            kind = SecurityEventKind.USERNAME_CHANGED if renamed else SecurityEventKind.PROFILE_CHANGED
            await uow.audit.add(
                event(
                    self.ids.new(), kind, now, user=user.id, by=actor.impersonator, origin=origin,
                    detail=", ".join(sorted(values)),
                )
            )  # fmt: skip
            await uow.commit()
        return profile_of(saved)


def _given(change: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}


def _changed(user: User, values: dict[str, Any]) -> User:
    if (preferences := values.get("preferences")) is not None:
        values = {**values, "preferences": msgspec.structs.replace(user.preferences, **_given(preferences))}
    changed = replace(user, **values)
    return changed.renamed(changed.username, user.updated_at)


class ChangeUsername(msgspec.Struct, frozen=True, kw_only=True):
    """Take another username."""

    update: UpdateMe

    async def __call__(
        self, actor: Actor, change: UsernameChange, version: int | None = None, origin: Origin = Origin()
    ) -> Profile:
        return await self.update(actor, ProfileChange(username=change.username), version, origin)


class ChangeEmail(msgspec.Struct, frozen=True, kw_only=True):
    """Move my account to another address.

    A mail with a code goes to the new address; the move happens when the code comes back, and the old address is
    told. The answer does not tell whether the new address has an account.
    """

    begin: Callable[[], IdentityUnitOfWork]
    prove: ProveOwner

    async def __call__(self, actor: Actor, change: EmailChange) -> None:
        check_profile({"email": change.email})
        await self.prove(actor, change.current_password)
        async with self.begin() as uow:
            uow.announce(EmailChangeRequested(user=actor.user, email=change.email))
            await uow.commit()


class SearchUsers(msgspec.Struct, frozen=True, kw_only=True):
    """Find people by username or full name: exact matches first, then beginnings, then anywhere."""

    reads: IdentityReads

    async def __call__(self, actor: Actor, text: str, limit: int = 20) -> Sequence[Found]:
        wanted = text.strip()
        if not 2 <= len(wanted) <= 100:
            raise SearchTooShort
        return await self.reads.search(wanted, min(max(limit, 1), MAX_FOUND))
