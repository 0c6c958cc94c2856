"""Getting in, staying in, getting out: sign-in, rotation of refresh tokens, and who a token speaks for."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from asperguide.identity.audit import SecurityEventKind, attempt, event
from asperguide.identity.errors import (
    RefreshTokenRefused,
    RefreshTokenReused,
    SignInRefused,
)
from asperguide.identity.events import SignedInFromNewDevice
from asperguide.identity.guessing import subject_of_login, subject_of_user
from asperguide.identity.managing_sessions import end_session
from asperguide.identity.model import may_sign_in
from asperguide.identity.passwords import GivenPassword
from asperguide.identity.ports import (
    Candidate,
    IdentityReads,
    IdentityUnitOfWork,
    Known,
    PasswordHasher,
    Policy,
)
from asperguide.identity.proving import GuessPassword, Proof
from asperguide.identity.rotation import DeviceTokens, EndReason, Presented, RefreshTokens, Session
from asperguide.identity.tokens import IssueTokens
from asperguide.identity.views import Refreshed, SignedIn, session_view
from asperguide.shared.actor import Actor, Origin, SessionId, UserId
from asperguide.shared.emails import canonical_email
from asperguide.shared.errors import EditedMeanwhile, Unavailable
from asperguide.shared.ports import Clock, Ids

DeviceName = Annotated[str, Meta(max_length=100, examples=["Siobhán's phone"])]
LAST_SEEN_PRECISION = timedelta(hours=1)
REMEMBERED = timedelta(days=90)
"""For so long an address and user agent that somebody signed in from are no news to them."""


class SignInRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail address or username, and the password; a device token from an earlier sign-in on this device."""

    login: Annotated[str, Meta(min_length=1, max_length=254, examples=["oneil"])]
    password: GivenPassword
    transport: Literal["bearer", "cookie"] = "bearer"
    device_name: DeviceName = ""
    device_token: Annotated[str, Meta(max_length=100)] | None = None


class RefreshRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The refresh token that came with the last answer."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class CheckLogin(Struct, frozen=True, kw_only=True):
    """Find the account that a login names and look at one guess of its password, the same for every login.

    Raises SignInRefused for an unknown login, a wrong password, an account that may not sign in or has no try left, all
    in the same time and words; TooManyGuesses when this very login was typed too often, whoever has it, and
    PasswordQueueFull. A refusal is written to the audit log.
    """

    begin: Callable[[], IdentityUnitOfWork]
    reads: IdentityReads
    guess: GuessPassword
    devices: DeviceTokens
    clock: Clock
    ids: Ids

    async def __call__(
        self, login: str, password: str, device_token: str | None, origin: Origin, allowed: Callable[[Known], bool]
    ) -> tuple[Known, Proof]:
        candidate = await self._candidate(login, device_token, origin)
        user = candidate.user
        proof = await self.guess(candidate.guesses, user.hash if user else None, password, candidate.typed)
        if user is not None and proof.right and allowed(user):
            return user, proof
        async with self.begin() as uow:
            await uow.audit.add(
                attempt(
                    self.ids.new(), SecurityEventKind.SIGNED_IN, proof.at, user=user.id if user else None, origin=origin
                )
            )
            await uow.commit()
        raise SignInRefused

    async def _candidate(self, login: str, device_token: str | None, origin: Origin) -> Candidate:
        email = canonical_email(login) if "@" in login else None
        username = None if email else login.strip().lower()
        subject, since = subject_of_login(email or username or ""), self.clock.now() - REMEMBERED
        found = await self.reads.candidate(email, username, subject, origin, since)
        if found.user is None or (device := self.devices.device(device_token, found.user.id)) is None:
            return found
        guesses = await self.reads.guesses(subject_of_user(found.user.id, device))
        return replace(found, guesses=guesses.since(found.user.changed_at), typed=None)


class SignIn(Struct, frozen=True, kw_only=True):
    """Sign in with a mail address or username and the password.

    Opens a session: an access token for requests, a refresh token for the next access token, and a device token that
    keeps strangers' wrong guesses from locking this device out.
    """

    begin: Callable[[], IdentityUnitOfWork]
    check: CheckLogin
    hasher: PasswordHasher
    refresh_tokens: RefreshTokens
    devices: DeviceTokens
    issue: IssueTokens
    ids: Ids
    policy: Policy

    async def __call__(self, given: SignInRequest, origin: Origin = Origin()) -> SignedIn:
        user, proof = await self.check(given.login, given.password, given.device_token, origin, self._allowed)
        device = self.devices.device(given.device_token, user.id)
        session = open_session(self.ids, user.id, proof.at, self.policy, origin, device_name=given.device_name)
        answer = self._answer(session, device)
        async with self.begin() as uow:
            if not await uow.sessions.open(session, user.changed_at):
                raise SignInRefused
            await proof.forgive(uow)
            await self._remember(uow, user, session, known=device is not None or user.seen_here, origin=origin)
            await uow.commit(answer)
        if self.hasher.is_outdated(user.hash):
            await self._rehash(user, given.password)
        return answer

    def _allowed(self, user: Known) -> bool:
        confirmed = user.email_verified_at is not None or not self.policy.require_verified_email
        return may_sign_in(user.state) and confirmed

    def _answer(self, session: Session, device: UUID | None) -> SignedIn:
        access, seconds = self.issue(session)
        return SignedIn(
            access_token=access, expires_in=seconds, refresh_token=self.refresh_tokens.issue(session),
            device_token=self.devices.issue(session.user, device or self.ids.new()),
            session=session_view(session, session.id),
        )  # fmt: skip

    async def _remember(
        self, uow: IdentityUnitOfWork, user: Known, session: Session, *, known: bool, origin: Origin
    ) -> None:
        now = session.opened_at
        await uow.audit.add(
            event(
                self.ids.new(),
                SecurityEventKind.SIGNED_IN,
                now,
                user=user.id,
                origin=origin,
                detail=session.device_name,
            )
        )
        if user.last_seen_at is None or now - user.last_seen_at > LAST_SEEN_PRECISION:
            await uow.users.seen(user.id, now)
        if user.last_seen_at is not None and not known:
            device = session.device_name or origin.user_agent
            uow.announce(SignedInFromNewDevice(user=user.id, at=now, device=device, address=origin.address))

    async def _rehash(self, user: Known, password: str) -> None:
        """Move to the present algorithm and cost, at the next sign-in if not now: this one has succeeded already.

        Whoever else changes the password at this moment wins.
        """
        with suppress(Unavailable, EditedMeanwhile):
            hash = await self.hasher.hash(password)
            async with self.begin() as uow:
                credential = await uow.users.credential(user.id)
                if credential is None or credential.hash != user.hash:
                    return
                await uow.users.save_credential(replace(credential, hash=hash))
                await uow.commit()


class RefreshSession(Struct, frozen=True, kw_only=True):
    """Exchange a refresh token for the next pair of tokens.

    A token is good once. Its immediate predecessor gets the same successor for 30 seconds, for lost answers and
    parallel tabs; any older one ends the session, because then two parties hold it.
    """

    begin: Callable[[], IdentityUnitOfWork]
    refresh_tokens: RefreshTokens
    issue: IssueTokens
    clock: Clock
    ids: Ids
    policy: Policy

    async def __call__(self, given: RefreshRequest, origin: Origin = Origin()) -> Refreshed:
        token = self.refresh_tokens.parse(given.refresh_token)
        now = self.clock.now()
        async with self.begin() as uow:
            session = await self._living(uow, token.session, now)
            self.refresh_tokens.verify(token, session)
            verdict = session.judge(token.counter, now)
            if verdict is Presented.CURRENT:
                rotated = session.rotated(now, self.policy.session_idle)
                won = await uow.sessions.rotate(rotated, token.counter)
                session = rotated if won else await self._living(uow, token.session, now)
                verdict = Presented.CURRENT if won else session.judge(token.counter, now)
            if verdict is Presented.REUSED:
                await end_session(uow, session.id, now, EndReason.TOKEN_REUSED)
                await uow.audit.add(
                    attempt(self.ids.new(), SecurityEventKind.TOKEN_REUSED, now, user=session.user, origin=origin)
                )
                await uow.commit()
                raise RefreshTokenReused
            await uow.commit()
        access, seconds = self.issue(session)
        return Refreshed(
            access_token=access, expires_in=seconds, refresh_token=self.refresh_tokens.issue(session),
            session=session_view(session, session.id),
        )  # fmt: skip

    async def _living(self, uow: IdentityUnitOfWork, id: SessionId, now: datetime) -> Session:
        session = await uow.sessions.get(id)
        if session is None or not session.alive(now) or session.impersonator is not None:
            raise RefreshTokenRefused
        return session


class SignOut(Struct, frozen=True, kw_only=True):
    """End the session that asks; its tokens are refused everywhere within 5 seconds."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, origin: Origin = Origin()) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            if await end_session(uow, actor.session, now, EndReason.SIGNED_OUT) is None:
                return
            await uow.audit.add(
                event(
                    self.ids.new(), SecurityEventKind.SIGNED_OUT, now, user=actor.user, by=actor.impersonator,
                    origin=origin,
                )
            )  # fmt: skip
            await uow.commit()


def open_session(
    ids: Ids, user: UserId, now: datetime, policy: Policy, origin: Origin, *,
    device_name: str = "", lifetime: timedelta | None = None, impersonator: UserId | None = None,
) -> Session:  # fmt: skip
    """A new session of the user, as long as the policy allows or as `lifetime` says."""
    idle, absolute = (lifetime, lifetime) if lifetime else (policy.session_idle, policy.session_absolute)
    return Session(
        id=SessionId(ids.new()), user=user, key=ids.secret(), device_name=device_name[:100],
        user_agent=origin.user_agent[:255], address=origin.address[:64], opened_at=now, proved_at=now, seen_at=now,
        rotated_at=now, idle_expires_at=now + min(idle, absolute), expires_at=now + absolute, impersonator=impersonator,
    )  # fmt: skip
