"""Leaving: closing an account, coming back within 30 days, and erasing what is personal afterwards."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.codes import Purpose
from asperguide.identity.errors import LastAdmin, UserNotFound
from asperguide.identity.events import AccountClosing, AccountErased, AccountReopened, PortraitAbandoned
from asperguide.identity.model import User, UserState
from asperguide.identity.passwords import GivenPassword
from asperguide.identity.ports import IdentityUnitOfWork, Known, Policy
from asperguide.identity.proving import ProveOwner, spend_code
from asperguide.identity.rotation import EndReason
from asperguide.identity.signing_in import CheckLogin
from asperguide.shared.actor import Actor, Origin, Role, UserId
from asperguide.shared.errors import EditedMeanwhile, FieldError, InvalidFields
from asperguide.shared.ports import Clock, Ids

BATCH = 100


class Closing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password, unless it was typed within the last 10 minutes."""

    current_password: GivenPassword | None = None


class Reopening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either the code out of the mail, or login and password."""

    code: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    login: Annotated[str, Meta(min_length=1, max_length=254)] | None = None
    password: GivenPassword | None = None


class CloseAccount(Struct, frozen=True, kw_only=True):
    """Close my account. All sessions end now; everything personal is erased after 30 days unless I reopen it."""

    begin: Callable[[], IdentityUnitOfWork]
    prove: ProveOwner
    clock: Clock
    ids: Ids
    policy: Policy

    async def __call__(self, actor: Actor, closing: Closing = Closing(), origin: Origin = Origin()) -> None:
        await self.prove(actor, closing.current_password)
        now = self.clock.now()
        until = now + self.policy.closing_grace
        async with self.begin() as uow:
            user = await uow.users.get(actor.user)
            if user is None:
                raise UserNotFound
            if Role.ADMIN in user.roles and user.is_last_admin(await uow.users.count_admins()):
                raise LastAdmin
            await uow.users.save(user.closing(now, self.policy.closing_grace))
            await uow.sessions.end_all(user.id, now, EndReason.CLOSED)
            await uow.audit.add(
                event(self.ids.new(), SecurityEventKind.ACCOUNT_CLOSING, now, user=user.id, origin=origin)
            )
            uow.announce(AccountClosing(user=user.id, until=until))
            await uow.commit()


class ReopenAccount(Struct, frozen=True, kw_only=True):
    """Come back before the 30 days are over, with the code out of the mail or with login and password."""

    begin: Callable[[], IdentityUnitOfWork]
    check: CheckLogin
    clock: Clock
    ids: Ids

    async def __call__(self, reopening: Reopening, origin: Origin = Origin()) -> None:
        match reopening:
            case Reopening(code=str(code), login=None, password=None):
                async with self.begin() as uow:
                    spent = await spend_code(uow, code, (Purpose.REOPEN_ACCOUNT,), self.clock.now())
                    await self._reopen(uow, spent.user, origin)
                    await uow.commit()
            case Reopening(code=None, login=str(login), password=str(password)):
                user, proof = await self.check(login, password, None, origin, self._is_closing)
                async with self.begin() as uow:
                    await proof.forgive(uow)
                    await self._reopen(uow, user.id, origin)
                    await uow.commit()
            case _:
                wrong = FieldError(pointer="#", code="ONE_OF", detail="Give a code, or login and password.")
                raise InvalidFields(fields=(wrong,))

    def _is_closing(self, user: Known) -> bool:
        return user.state is UserState.CLOSING

    async def _reopen(self, uow: IdentityUnitOfWork, id: UserId, origin: Origin) -> None:
        now = self.clock.now()
        user = await uow.users.get(id)
        if user is None:
            raise UserNotFound
        await uow.users.save(user.reopened(now))
        await uow.codes.void(id, Purpose.REOPEN_ACCOUNT, now)
        await uow.audit.add(event(self.ids.new(), SecurityEventKind.ACCOUNT_REOPENED, now, user=id, origin=origin))
        uow.announce(AccountReopened(user=id))


class PurgeClosedAccounts(Struct, frozen=True, kw_only=True):
    """Erase what is personal of every account whose grace is over; each in its own transaction."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self) -> int:
        erased = 0
        while True:
            async with self.begin() as uow:
                due = await uow.users.due_for_closing(self.clock.now(), BATCH)
            for user in due:
                erased += await self._erase(user)
            if len(due) < BATCH:
                return erased

    async def _erase(self, user: User) -> bool:
        now = self.clock.now()
        async with self.begin() as uow:
            try:
                await uow.users.save(user.erased(now))
            except EditedMeanwhile:
                return False  # reopened at the last moment, or erased by another worker
            await uow.users.forget_secrets(user.id)
            await uow.audit.anonymise(user.id)
            if user.avatar is not None:
                uow.announce(PortraitAbandoned(user=user.id, name=user.avatar))
            await uow.audit.add(event(self.ids.new(), SecurityEventKind.ACCOUNT_ERASED, now, user=user.id))
            uow.announce(AccountErased(user=user.id))
            await uow.commit()
        return True
