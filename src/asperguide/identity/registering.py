"""Becoming a user: registration, confirmation of the address, and whether a username is free.

Nothing here tells whether an address has an account: a registration with a taken one gives the same answer after
the same work, and everything sent to an address is decided later, by the worker.
"""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.codes import Purpose
from asperguide.identity.errors import CodeRefused, EmailTaken
from asperguide.identity.events import EmailChanged, TakenAddressTried, UserRegistered, VerificationRequested
from asperguide.identity.model import AgeRange, FullName, Gender, Locale, TimeZone, User, Username, decoy_of, new_user
from asperguide.identity.passwords import NewPassword, PasswordRules
from asperguide.identity.ports import Credential, IdentityReads, IdentityUnitOfWork, PasswordHasher
from asperguide.identity.proving import announce_address, spend_code
from asperguide.identity.views import Availability, Registered
from asperguide.shared.actor import Origin, UserId
from asperguide.shared.emails import Email, address_digest
from asperguide.shared.ports import Clock, Ids, JobOptions

CodeText = Annotated[str, Meta(min_length=1, max_length=200, examples=["3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])]


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody tells about themselves to become a user."""

    email: Email
    username: Username
    full_name: FullName
    password: NewPassword
    gender: Gender | None = None
    age_range: AgeRange | None = None
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code out of a mail."""

    code: CodeText


class AddressOnly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail address."""

    email: Email


class Register(Struct, frozen=True, kw_only=True):
    """Become a user.

    The account is pending until the address is confirmed with the code that is sent to it. The answer is the same
    when the address has an account already; its owner is told by mail.
    """

    begin: Callable[[], IdentityUnitOfWork]
    hasher: PasswordHasher
    rules: PasswordRules
    clock: Clock
    ids: Ids

    async def __call__(self, new: NewUser, origin: Origin = Origin()) -> Registered:
        now = self.clock.now()
        user = new_user(
            UserId(self.ids.new()), new.email, new.username, new.full_name, now,
            gender=new.gender, age_range=new.age_range, locale=new.locale, time_zone=new.time_zone,
        )  # fmt: skip
        await self.rules.check_strength(new.password, user)
        hash = await self.hasher.hash(new.password)
        try:
            return await self._keep(user, hash, origin)
        except EmailTaken:
            # Somebody registered the same address between our look and our insert: now it is seen.
            return await self._keep(user, hash, origin)

    async def _keep(self, user: User, hash: str, origin: Origin) -> Registered:
        now = user.created_at
        answer = Registered(
            id=user.id, email=user.email, username=user.username, full_name=user.full_name, state=user.state,
            created_at=now,
        )  # fmt: skip
        async with self.begin() as uow:
            taken = await uow.users.by_email(user.email_key) is not None
            kept = decoy_of(user) if taken else user
            await uow.users.add(kept, Credential(id=user.id, hash=hash, changed_at=now))
            await uow.audit.add(event(self.ids.new(), SecurityEventKind.REGISTERED, now, user=user.id, origin=origin))
            if taken:
                uow.announce(
                    TakenAddressTried(email_key=user.email_key),
                    JobOptions(unique_key=f"taken:{address_digest(user.email)}"),
                )
            else:
                uow.announce(UserRegistered(user=user.id))
            await uow.commit(answer)
        return answer


class ConfirmEmail(Struct, frozen=True, kw_only=True):
    """Confirm an address with the code that was sent to it.

    Works for the address of a new account and for one that an account moves to.
    """

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, confirmation: Confirmation, origin: Origin = Origin()) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            code = await spend_code(uow, confirmation.code, (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL), now)
            user = await uow.users.get(code.user)
            if user is None:
                raise CodeRefused
            await uow.codes.void(user.id, code.purpose, now, keep=code.id)
            if code.purpose is Purpose.VERIFY_EMAIL:
                kind, changed = SecurityEventKind.EMAIL_CONFIRMED, user.confirmed(code.address, now)
            else:
                kind, changed = SecurityEventKind.EMAIL_CHANGED, user.moved_to(code.address, now)
                await uow.codes.void(user.id, Purpose.RESET_PASSWORD, now)
                uow.announce(EmailChanged(user=user.id, old=user.email, at=now))
            await uow.users.save(changed)
            announce_address(uow, changed, user)
            await uow.audit.add(event(self.ids.new(), kind, now, user=user.id, origin=origin))
            await uow.commit()


class ResendVerification(Struct, frozen=True, kw_only=True):
    """Send the confirmation mail again, if the address belongs to a pending account; the answer does not tell."""

    begin: Callable[[], IdentityUnitOfWork]

    async def __call__(self, wanted: AddressOnly) -> None:
        async with self.begin() as uow:
            uow.announce(
                VerificationRequested(email=wanted.email),
                JobOptions(unique_key=f"verify:{address_digest(wanted.email)}"),
            )
            await uow.commit()


class CheckUsername(Struct, frozen=True, kw_only=True):
    """Tell whether a username can be had."""

    reads: IdentityReads

    async def __call__(self, username: Username) -> Availability:
        return Availability(username=username, available=not await self.reads.username_taken(username.lower()))
