"""Tokens: issuing them, whom they speak for, revocation (RFC 7009) and introspection (RFC 7662)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.errors import AccessTokenRefused, RefreshTokenRefused
from asperguide.identity.managing_sessions import end_session
from asperguide.identity.model import User, UserState, may_sign_in
from asperguide.identity.ports import AccessTokens, Claims, IdentityReads, IdentityUnitOfWork, Policy
from asperguide.identity.rotation import EndReason, Presented, RefreshTokens, Session
from asperguide.identity.views import Introspection, Profile
from asperguide.shared.actor import Actor, Origin, Role, UserId
from asperguide.shared.ports import Clock, Ids

INACTIVE = Introspection(active=False)


class IssueTokens(Struct, frozen=True, kw_only=True):
    """The access token of a session, and how many seconds it is good for."""

    tokens: AccessTokens
    clock: Clock
    ids: Ids
    policy: Policy

    def __call__(self, session: Session) -> tuple[str, int]:
        now = self.clock.now()
        expires = min(now + self.policy.access_token_lifetime, session.expires_at)
        claims = Claims(
            user=session.user, session=session.id, issued_at=now, expires_at=expires, token_id=self.ids.new().hex,
            impersonator=session.impersonator,
        )  # fmt: skip
        return self.tokens.issue(claims), int((expires - now).total_seconds())


class Authenticate(Struct, frozen=True, kw_only=True):
    """Whom an access token speaks for, as of at most 5 seconds ago. Raises AccessTokenRefused."""

    tokens: AccessTokens
    reads: IdentityReads
    clock: Clock
    policy: Policy

    async def __call__(self, token: str) -> Actor:
        claims = self.tokens.read(token)
        found = await self.reads.access(claims.session, claims.user)
        if found is None:
            raise AccessTokenRefused
        session, user = found
        if self.clock.now() >= session.over_at or not is_open(user, self.policy):
            raise AccessTokenRefused
        if session.impersonator is not None and not await is_admin(self.reads, session.impersonator):
            raise AccessTokenRefused
        return Actor(
            user=user.id, session=session.id, roles=user.roles, proved_at=session.proved_at,
            impersonator=session.impersonator,
        )  # fmt: skip


def is_open(user: Profile | User, policy: Policy) -> bool:
    """Whether sessions of this account are worth anything."""
    if user.state is UserState.PENDING and policy.require_verified_email:
        return False
    return may_sign_in(user.state)


async def is_admin(reads: IdentityReads, id: UserId) -> bool:
    """Whether somebody who acts for others still may: as of at most 5 seconds ago."""
    admin = await reads.profile(id)
    return admin is not None and admin.state is UserState.ACTIVE and Role.ADMIN in admin.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A token of ours: its session, its type if it can be used as a bearer token, when it was made and its end."""

    session: Session
    token_type: str | None
    issued_at: datetime
    expires_at: datetime


class RecogniseToken(Struct, frozen=True, kw_only=True):
    """What a text is worth as a token of either kind: None when nothing (any more)."""

    begin: Callable[[], IdentityUnitOfWork]
    tokens: AccessTokens
    refresh_tokens: RefreshTokens
    clock: Clock

    async def __call__(self, token: str) -> Recognised | None:
        known = await self._access(token) or await self._refresh(token)
        return known if known and known.session.alive(self.clock.now()) else None

    async def _access(self, token: str) -> Recognised | None:
        try:
            claims = self.tokens.read(token)
        except AccessTokenRefused:
            return None
        async with self.begin() as uow:
            session = await uow.sessions.get(claims.session)
        if session is None or session.user != claims.user:
            return None
        return Recognised(
            session=session,
            token_type="Bearer",  # noqa: S106
            issued_at=claims.issued_at,
            expires_at=claims.expires_at,
        )

    async def _refresh(self, token: str) -> Recognised | None:
        try:
            parsed = self.refresh_tokens.parse(token)
            async with self.begin() as uow:
                session = await uow.sessions.get(parsed.session)
            if session is None:
                return None
            self.refresh_tokens.verify(parsed, session)
        except RefreshTokenRefused:
            return None
        if session.judge(parsed.counter, self.clock.now()) is Presented.REUSED:
            return None
        return Recognised(
            session=session, token_type=None, issued_at=session.rotated_at, expires_at=session.idle_expires_at
        )


class RevokeToken(Struct, frozen=True, kw_only=True):
    """End the session that a token belongs to; a token that is worth nothing is fine too (RFC 7009, section 2.2)."""

    begin: Callable[[], IdentityUnitOfWork]
    recognise: RecogniseToken
    clock: Clock
    ids: Ids

    async def __call__(self, token: str, origin: Origin = Origin()) -> None:
        known = await self.recognise(token)
        if known is None:
            return
        now = self.clock.now()
        async with self.begin() as uow:
            if (session := await end_session(uow, known.session.id, now, EndReason.SIGNED_OUT)) is None:
                return
            await uow.audit.add(
                event(
                    self.ids.new(), SecurityEventKind.SIGNED_OUT, now, user=session.user, by=session.impersonator,
                    origin=origin,
                )
            )  # fmt: skip
            await uow.commit()


class IntrospectToken(Struct, frozen=True, kw_only=True):
    """What a token is worth at this moment. People may ask about their own tokens, administrators about all."""

    recognise: RecogniseToken
    reads: IdentityReads
    policy: Policy

    async def __call__(self, actor: Actor, token: str) -> Introspection:
        known = await self.recognise(token)
        if known is None or (known.session.user != actor.user and not actor.has(Role.ADMIN)):
            return INACTIVE
        user, admin = await self.reads.user(known.session.user), known.session.impersonator
        if user is None or not is_open(user, self.policy):
            return INACTIVE
        if admin is not None and not await is_admin(self.reads, admin):
            return INACTIVE
        return Introspection(
            active=True, sub=str(user.id), sid=str(known.session.id), username=user.username,
            token_type=known.token_type, scope=" ".join(user.roles),
            exp=int(known.expires_at.timestamp()), iat=int(known.issued_at.timestamp()),
        )  # fmt: skip
