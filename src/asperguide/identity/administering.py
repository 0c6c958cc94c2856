"""What administrators do: see accounts, grant roles, lock people out, act for them, read the security log."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from asperguide.identity.audit import SecurityEvent, SecurityEventKind, event
from asperguide.identity.errors import LastAdmin, UserNotFound, WrongState
from asperguide.identity.events import UserSuspended
from asperguide.identity.model import FullName, User, Username, UserState, new_user
from asperguide.identity.passwords import NewPassword, PasswordRules
from asperguide.identity.ports import Credential, IdentityReads, IdentityUnitOfWork, PasswordHasher, Policy
from asperguide.identity.proving import announce_address
from asperguide.identity.rotation import EndReason
from asperguide.identity.signing_in import open_session
from asperguide.identity.tokens import IssueTokens
from asperguide.identity.views import Account, Ended, Impersonated, account_of, session_view
from asperguide.shared.actor import OPERATOR, Actor, Origin, Role, UserId, refuse_impersonators, require_admin
from asperguide.shared.emails import Email
from asperguide.shared.pages import Page, PageRequest
from asperguide.shared.ports import Clock, Ids

LONGEST_IMPERSONATION = timedelta(hours=1)
"""However long access tokens last. There is nothing to refresh one with, so that the session ends with its token."""


class RoleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to grant."""

    role: Role


class NewAdmin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An administrator made on the machine itself."""

    email: Email
    username: Username
    full_name: FullName
    password: NewPassword


class ListUsers(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts, for administrators."""

    reads: IdentityReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[Account]:
        require_admin(actor)
        users = await self.reads.list(page)
        return Page(
            items=tuple(account_of(user) for user in users.items), next_cursor=users.next_cursor, total=users.total
        )


class GetUser(msgspec.Struct, frozen=True, kw_only=True):
    """One account, for administrators."""

    begin: Callable[[], IdentityUnitOfWork]

    async def __call__(self, actor: Actor, id: UserId) -> Account:
        require_admin(actor)
        async with self.begin() as uow:
            return account_of(await _existing(uow, id))


class GrantRole(msgspec.Struct, frozen=True, kw_only=True):
    """Give somebody a role."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UserId, role: Role, origin: Origin = Origin()) -> Account:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            user = await _existing(uow, id)
            if role in user.roles:
                return account_of(user)
            saved = await uow.users.save(user.with_role(role, now))
            await uow.audit.add(_line(self.ids, SecurityEventKind.ROLE_GRANTED, now, saved, actor, origin, role))
            await uow.commit()
        return account_of(saved)


class RevokeRole(msgspec.Struct, frozen=True, kw_only=True):
    """Take a role away; the last administrator keeps theirs."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UserId, role: Role, origin: Origin = Origin()) -> Account:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            admins = await uow.users.count_admins() if role is Role.ADMIN else 0
            user = await _existing(uow, id)
            if role not in user.roles:
                return account_of(user)
            saved = await uow.users.save(user.without_role(role, now, admins))
            await uow.audit.add(_line(self.ids, SecurityEventKind.ROLE_REVOKED, now, saved, actor, origin, role))
            await uow.commit()
        return account_of(saved)


class SuspendUser(msgspec.Struct, frozen=True, kw_only=True):
    """Lock somebody out: all their sessions end, they are refused everywhere within 5 seconds and told by mail."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UserId, origin: Origin = Origin()) -> Account:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            admins = await uow.users.count_admins()
            user = await _existing(uow, id)
            if user.is_last_admin(admins):
                raise LastAdmin
            saved = await uow.users.save(user.suspended(now))
            await uow.sessions.end_all(id, now, EndReason.SUSPENDED)
            await uow.audit.add(_line(self.ids, SecurityEventKind.SUSPENDED, now, saved, actor, origin))
            uow.announce(UserSuspended(user=id))
            await uow.commit()
        return account_of(saved)


class RestoreUser(msgspec.Struct, frozen=True, kw_only=True):
    """Let a suspended person in again."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UserId, origin: Origin = Origin()) -> Account:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            saved = await uow.users.save((await _existing(uow, id)).restored(now))
            await uow.audit.add(_line(self.ids, SecurityEventKind.RESTORED, now, saved, actor, origin))
            await uow.commit()
        return account_of(saved)


class EndUserSessions(msgspec.Struct, frozen=True, kw_only=True):
    """Sign somebody out everywhere."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: UserId, origin: Origin = Origin()) -> Ended:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            user = await _existing(uow, id)
            ended = await uow.sessions.end_all(id, now, EndReason.ENDED_BY_ADMIN)
            await uow.audit.add(_line(self.ids, SecurityEventKind.SESSION_ENDED, now, user, actor, origin, "all"))
            await uow.commit()
        return Ended(ended=ended)


class Impersonate(msgspec.Struct, frozen=True, kw_only=True):
    """Act for somebody for as long as an access token lasts, at most an hour, to see what they see.

    Marked in the token and in the security log of both. Passwords, addresses, closing and administration are out of
    reach, and administrators cannot be impersonated.
    """

    begin: Callable[[], IdentityUnitOfWork]
    issue: IssueTokens
    clock: Clock
    ids: Ids
    policy: Policy

    async def __call__(self, actor: Actor, id: UserId, origin: Origin = Origin()) -> Impersonated:
        require_admin(actor)
        now = self.clock.now()
        async with self.begin() as uow:
            user = await _existing(uow, id)
            if user.state is not UserState.ACTIVE or Role.ADMIN in user.roles:
                raise WrongState
            session = open_session(
                self.ids, id, now, self.policy, origin, device_name="impersonation",
                lifetime=min(self.policy.access_token_lifetime, LONGEST_IMPERSONATION), impersonator=actor.user,
            )  # fmt: skip
            access, seconds = self.issue(session)
            answer = Impersonated(access_token=access, expires_in=seconds, session=session_view(session, session.id))
            await uow.sessions.add(session)
            kind = SecurityEventKind.IMPERSONATED
            await uow.audit.add(_line(self.ids, kind, now, user, actor, origin))
            await uow.audit.add(event(self.ids.new(), kind, now, user=actor.user, origin=origin, detail=user.username))
            await uow.commit(answer)
        return answer


class MySecurityLog(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to my account: sign-ins, changes, and what administrators did; the newest first.

    From where others did something is theirs to know; from where somebody tried whom nobody knows is shown.
    """

    reads: IdentityReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[SecurityEvent]:
        refuse_impersonators(actor)
        found = await self.reads.events(page, actor.user)
        return replace(found, items=tuple(event.shown_to(actor.user) for event in found.items))


class SecurityLog(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to all accounts, for administrators; the newest first."""

    reads: IdentityReads

    async def __call__(self, actor: Actor, page: PageRequest = PageRequest()) -> Page[SecurityEvent]:
        require_admin(actor)
        return await self.reads.events(page)


class CreateAdmin(msgspec.Struct, frozen=True, kw_only=True):
    """Make an administrator, for operators on the machine itself; the address counts as confirmed."""

    begin: Callable[[], IdentityUnitOfWork]
    hasher: PasswordHasher
    rules: PasswordRules
    clock: Clock
    ids: Ids

    async def __call__(self, new: NewAdmin) -> Account:
        now = self.clock.now()
        fresh = new_user(UserId(self.ids.new()), new.email, new.username, new.full_name, now)
        user = fresh.confirmed(new.email, now).with_role(Role.ADMIN, now)
        await self.rules.check_strength(new.password, user)
        hash = await self.hasher.hash(new.password)
        async with self.begin() as uow:
            await uow.users.add(user, Credential(id=user.id, hash=hash, changed_at=now))
            await uow.audit.add(_line(self.ids, SecurityEventKind.REGISTERED, now, user, OPERATOR, Origin()))
            announce_address(uow, user)
            await uow.commit()
        return account_of(user)


async def _existing(uow: IdentityUnitOfWork, id: UserId) -> User:
    user = await uow.users.get(id)
    if user is None or user.decoy or user.state is UserState.CLOSED:
        raise UserNotFound
    return user


def _line(
    ids: Ids, kind: SecurityEventKind, now: datetime, user: User, actor: Actor, origin: Origin, detail: str = ""
) -> SecurityEvent:
    return event(ids.new(), kind, now, user=user.id, by=actor.user, origin=origin, detail=detail)
