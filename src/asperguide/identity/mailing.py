"""Turning what was announced into mails; run by workers, at least once, with the same Message-ID every time.

Codes are made here and nowhere else, at the moment of sending, so that no row of the ledger ever holds one.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from asperguide.identity.audit import Outcome, SecurityEventKind, attempt
from asperguide.identity.codes import AN_HOUR, LIFETIMES, MAILS_PER_HOUR, CodeId, Purpose, new_code
from asperguide.identity.events import (
    AccountClosing,
    AccountReopened,
    EmailChanged,
    EmailChangeRequested,
    PasswordChanged,
    ResetRequested,
    SignedInFromNewDevice,
    TakenAddressTried,
    UserRegistered,
    UserSuspended,
    VerificationRequested,
)
from asperguide.identity.model import User, UserState
from asperguide.identity.ports import IdentityUnitOfWork, Policy
from asperguide.shared.emails import canonical_email
from asperguide.shared.ports import Clock, Ids, Letters, Mail, Mailer

PAGES = {
    Purpose.VERIFY_EMAIL: ("verification", "confirm"),
    Purpose.CHANGE_EMAIL: ("email-change-confirmation", "move"),
    Purpose.RESET_PASSWORD: ("reset", "reset"),
    Purpose.REOPEN_ACCOUNT: ("account-closing", "reopen"),
}
"""Which mail carries a code, and the page of ours that its link opens."""

Notice = EmailChanged | PasswordChanged | SignedInFromNewDevice | AccountReopened | UserSuspended


class WriteMail(Struct, frozen=True, kw_only=True):
    """Find the words in the language of the person and hand the mail over. Raises MailRefused, MailDelayed."""

    letters: Letters
    mailer: Mailer

    async def __call__(self, kind: str, user: User, to: str, key: str, data: Mapping[str, str]) -> None:
        letter = self.letters.write(kind, user.locale, {"name": user.full_name, **data})
        await self.mailer.send(
            Mail(key=key, to=to, subject=letter.subject, text=letter.text, html=letter.html, locale=user.locale)
        )


class SendCode(Struct, frozen=True, kw_only=True):
    """Make a code and mail it to an address; at most 5 an hour for each person and purpose.

    `job` names the row of the ledger that asks: a repeated attempt replaces its own code instead of adding one.
    """

    begin: Callable[[], IdentityUnitOfWork]
    write: WriteMail
    clock: Clock
    ids: Ids
    policy: Policy

    async def __call__(self, user: User, purpose: Purpose, address: str, job: UUID) -> None:
        text = await self._make(user, purpose, address, CodeId(job))
        if text is None:
            return
        kind, page = PAGES[purpose]
        data = {"link": f"{self.policy.public_url}/account/{page}#{text}"}
        minutes = int(LIFETIMES[purpose].total_seconds()) // 60
        if purpose is Purpose.REOPEN_ACCOUNT and user.closes_at is not None:
            data["until"] = local_time(user.closes_at, user)
        elif minutes < 60:
            data["minutes"] = str(minutes)
        else:
            data["hours"] = str(minutes // 60)
        await self.write(kind, user, address, str(job), data)

    async def _make(self, user: User, purpose: Purpose, address: str, id: CodeId) -> str | None:
        now = self.clock.now()
        code, text = new_code(id, user.id, purpose, address, self.ids.secret(), now)
        async with self.begin() as uow:
            former = await uow.codes.get(id)
            if former is not None and former.used_at is None:
                await uow.codes.save(replace(code, version=former.version))
            elif former is None and await uow.codes.count_since(user.id, purpose, now - AN_HOUR) < MAILS_PER_HOUR:
                await uow.codes.add(code)
            else:
                return None
            await uow.commit()
        return text


class SendVerification(Struct, frozen=True, kw_only=True):
    """The mail that confirms a new account's address."""

    begin: Callable[[], IdentityUnitOfWork]
    send_code: SendCode

    async def __call__(self, message: UserRegistered | VerificationRequested, job: UUID) -> None:
        async with self.begin() as uow:
            match message:
                case UserRegistered():
                    user = await uow.users.get(message.user)
                case VerificationRequested():
                    user = await uow.users.by_email(canonical_email(message.email))
        if user is not None and user.state is UserState.PENDING:
            await self.send_code(user, Purpose.VERIFY_EMAIL, user.email, job)


class SendReset(Struct, frozen=True, kw_only=True):
    """The mail to choose a new password with."""

    begin: Callable[[], IdentityUnitOfWork]
    send_code: SendCode

    async def __call__(self, message: ResetRequested, job: UUID) -> None:
        async with self.begin() as uow:
            user = await uow.users.by_email(canonical_email(message.email))
        if user is not None and user.may_sign_in:
            await self.send_code(user, Purpose.RESET_PASSWORD, user.email, job)


class SendEmailChange(Struct, frozen=True, kw_only=True):
    """The mail that confirms the address an account moves to; when it has an account, its owner is told instead."""

    begin: Callable[[], IdentityUnitOfWork]
    send_code: SendCode
    tell: "TellTakenAddress"

    async def __call__(self, message: EmailChangeRequested, job: UUID) -> None:
        key = canonical_email(message.email)
        async with self.begin() as uow:
            user = await uow.users.get(message.user)
            owner = await uow.users.by_email(key)
        if user is None or not user.may_sign_in:
            return
        if owner is not None and owner.id != user.id:
            await self.tell(TakenAddressTried(email_key=key), job)
            return
        await self.send_code(user, Purpose.CHANGE_EMAIL, message.email, job)


class TellTakenAddress(Struct, frozen=True, kw_only=True):
    """Tell the owner of an address that somebody tried to register with it; at most 5 times an hour."""

    begin: Callable[[], IdentityUnitOfWork]
    write: WriteMail
    clock: Clock
    ids: Ids
    policy: Policy

    async def __call__(self, message: TakenAddressTried, job: UUID) -> None:
        now = self.clock.now()
        kind = SecurityEventKind.ADDRESS_TRIED
        async with self.begin() as uow:
            user = await uow.users.by_email(message.email_key)
            if user is None or await uow.audit.count_since(user.id, kind, now - AN_HOUR) >= MAILS_PER_HOUR:
                return
        link = f"{self.policy.public_url}/account/forgotten"
        await self.write("address-already-registered", user, user.email, str(job), {"reset_link": link})
        async with self.begin() as uow:
            await uow.audit.add(attempt(self.ids.new(), kind, now, user=user.id, outcome=Outcome.DONE))
            uow.complete(job)
            await uow.commit()


class SendClosing(Struct, frozen=True, kw_only=True):
    """Tell somebody that their account is closing, with the way back."""

    begin: Callable[[], IdentityUnitOfWork]
    send_code: SendCode

    async def __call__(self, message: AccountClosing, job: UUID) -> None:
        async with self.begin() as uow:
            user = await uow.users.get(message.user)
        if user is not None and user.state is UserState.CLOSING:
            await self.send_code(user, Purpose.REOPEN_ACCOUNT, user.email, job)


class TellOwner(Struct, frozen=True, kw_only=True):
    """Tell somebody what happened to their account."""

    begin: Callable[[], IdentityUnitOfWork]
    write: WriteMail

    async def __call__(self, message: Notice, job: UUID) -> None:
        async with self.begin() as uow:
            user = await uow.users.get(message.user)
        if user is None or user.state is UserState.CLOSED:
            return
        match message:
            case EmailChanged():
                data = {"new_email": masked(user.email), "when": local_time(message.at, user)}
                await self.write("email-change-notice", user, message.old, str(job), data)
            case PasswordChanged() | SignedInFromNewDevice():
                kind = "password-changed" if isinstance(message, PasswordChanged) else "new-device"
                data = {
                    "when": local_time(message.at, user), "device": message.device or "-",
                    "address": message.address or "-",
                }  # fmt: skip
                await self.write(kind, user, user.email, str(job), data)
            case AccountReopened():
                await self.write("account-reopened", user, user.email, str(job), {})
            case UserSuspended():
                await self.write("account-suspended", user, user.email, str(job), {})


def masked(email: str) -> str:
    """An address that its owner recognises and nobody else learns."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"


def local_time(at: datetime, user: User) -> str:
    """The instant on the clocks where the person lives."""
    return f"{at.astimezone(ZoneInfo(user.time_zone)):%Y-%m-%d %H:%M} ({user.time_zone})"
