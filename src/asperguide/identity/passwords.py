"""Passwords: what a good one is, changing it, and getting in without it."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.codes import Purpose, digest_of
from asperguide.identity.errors import CodeRefused, PasswordTooWeak, PasswordUsedBefore, UserNotFound
from asperguide.identity.events import PasswordChanged, ResetRequested
from asperguide.identity.guessing import subject_of_login, subject_of_user
from asperguide.identity.model import User, UserState
from asperguide.identity.ports import Credential, IdentityUnitOfWork, PasswordHasher, PasswordStrength, Policy
from asperguide.identity.proving import ProveOwner, announce_address, spend_code
from asperguide.identity.rotation import EndReason
from asperguide.shared.actor import Actor, Origin, SessionId, UserId
from asperguide.shared.emails import Email, address_digest, canonical_email
from asperguide.shared.errors import FieldError
from asperguide.shared.ports import Clock, Ids, JobOptions

MAX_LENGTH = 128
REMEMBERED = 5

GivenPassword = Annotated[str, Meta(min_length=1, max_length=MAX_LENGTH, examples=["correct horse battery staple"])]
NewPassword = Annotated[
    str,
    Meta(
        min_length=1, max_length=MAX_LENGTH, examples=["correct horse battery staple"],
        description="8 to 128 characters, any script. No rules about kinds of characters, but hard to guess.",
    ),
]  # fmt: skip


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new password, and the current one unless it was typed within the last 10 minutes."""

    new_password: NewPassword
    current_password: GivenPassword | None = None


class ResetRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address of the account whose password was forgotten."""

    email: Email


class PasswordReset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code out of the mail, and the new password."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]
    new_password: NewPassword


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """What a password has to be: long enough, hard to guess, and none of the last 5."""

    hasher: PasswordHasher
    strength: PasswordStrength
    policy: Policy

    async def check_strength(self, password: str, user: User, field: str = "password") -> None:
        """Raises PasswordTooWeak, naming the field. Length counts code points after NFC normalisation."""
        length = len(unicodedata.normalize("NFC", password))
        if not self.policy.password_min_length <= length <= MAX_LENGTH:
            raise _weak(field, "LENGTH", f"{self.policy.password_min_length} to {MAX_LENGTH} characters.")
        words = [user.username, user.email, *user.email.split("@"), *user.full_name.split()]
        if weakness := await self.strength.weakness(password, words):
            raise _weak(field, "GUESSABLE", weakness)

    async def next(self, credential: Credential, password: str, user: User) -> tuple[str, tuple[str, ...]]:
        """The new hash and the former ones. Raises PasswordTooWeak, PasswordUsedBefore."""
        await self.check_strength(password, user, "new_password")
        former = (credential.hash, *credential.former)[:REMEMBERED]
        if await self.hasher.any_matches(password, former):
            raise PasswordUsedBefore
        return await self.hasher.hash(password), former[: REMEMBERED - 1]


def _weak(field: str, code: str, detail: str) -> PasswordTooWeak:
    return PasswordTooWeak(detail, fields=(FieldError(pointer=f"#/{field}", code=code, detail=detail),))


class SetPassword(Struct, frozen=True, kw_only=True):
    """Replace the password of an account, end its sessions and tell the owner. For use cases and operators.

    With `code`, that code is spent and proves the address; `keep` is the one session that goes on.
    """

    begin: Callable[[], IdentityUnitOfWork]
    rules: PasswordRules
    clock: Clock
    ids: Ids

    async def __call__(
        self, id: UserId, password: str, kind: SecurityEventKind, origin: Origin = Origin(), *,
        keep: SessionId | None = None, code: str | None = None, by: UserId | None = None,
    ) -> None:  # fmt: skip
        now = self.clock.now()
        async with self.begin() as uow:
            user, credential = await uow.users.get(id), await uow.users.credential(id)
        if user is None or credential is None:
            raise UserNotFound
        hash, former = await self.rules.next(credential, password, user)
        reason = EndReason.PASSWORD_RESET if keep is None else EndReason.PASSWORD_CHANGED
        async with self.begin() as uow:
            if code is not None:
                await self._spend(uow, code, user)
            await uow.users.save_credential(
                Credential(id=id, hash=hash, former=former, changed_at=now, version=credential.version)
            )
            await uow.sessions.end_all(id, now, reason, keep=keep)
            # Whoever had the old password or a session may have asked for a move to an address of theirs.
            for purpose in (Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL):
                await uow.codes.void(id, purpose, now)
            for subject in (subject_of_user(id), subject_of_login(user.email_key), subject_of_login(user.username_key)):
                await uow.guesses.clear(subject)
            await uow.audit.add(event(self.ids.new(), kind, now, user=id, by=by, origin=origin))
            uow.announce(PasswordChanged(user=id, at=now, device=origin.user_agent, address=origin.address))
            await uow.commit()

    async def _spend(self, uow: IdentityUnitOfWork, text: str, user: User) -> None:
        now = self.clock.now()
        code = await spend_code(uow, text, (Purpose.RESET_PASSWORD,), now)
        if user.state is UserState.PENDING and canonical_email(code.address) == user.email_key:
            confirmed = await uow.users.save(user.confirmed(code.address, now))
            announce_address(uow, confirmed, user)


class ChangePassword(Struct, frozen=True, kw_only=True):
    """Change my password; all my other sessions end and I am told by mail."""

    prove: ProveOwner
    set_password: SetPassword

    async def __call__(self, actor: Actor, change: PasswordChange, origin: Origin = Origin()) -> None:
        await self.prove(actor, change.current_password)
        await self.set_password(
            actor.user, change.new_password, SecurityEventKind.PASSWORD_CHANGED, origin, keep=actor.session
        )


class AskForReset(Struct, frozen=True, kw_only=True):
    """Send a mail to choose a new password with, if the address has an account; the answer does not tell."""

    begin: Callable[[], IdentityUnitOfWork]

    async def __call__(self, wanted: ResetRequest) -> None:
        async with self.begin() as uow:
            uow.announce(
                ResetRequested(email=wanted.email), JobOptions(unique_key=f"reset:{address_digest(wanted.email)}")
            )
            await uow.commit()


class ResetPassword(Struct, frozen=True, kw_only=True):
    """Choose a new password with the code out of the mail; all sessions end."""

    begin: Callable[[], IdentityUnitOfWork]
    set_password: SetPassword
    clock: Clock

    async def __call__(self, reset: PasswordReset, origin: Origin = Origin()) -> None:
        async with self.begin() as uow:
            code = await uow.codes.by_digest(digest_of(reset.code))
            user = await uow.users.get(code.user) if code else None
        if code is None or user is None or not user.may_sign_in:
            raise CodeRefused
        code.used(Purpose.RESET_PASSWORD, self.clock.now())
        await self.set_password(user.id, reset.new_password, SecurityEventKind.PASSWORD_RESET, origin, code=reset.code)
