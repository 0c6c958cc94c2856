"""Where am I signed in, and ending it: one session, all others, all."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from asperguide.identity.audit import SecurityEventKind, event
from asperguide.identity.errors import SessionNotFound
from asperguide.identity.ports import IdentityReads, IdentityUnitOfWork
from asperguide.identity.rotation import EndReason, Session
from asperguide.identity.views import Ended, SessionView, session_view
from asperguide.shared.actor import Actor, Origin, SessionId
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.ports import Clock, Ids

MOST_TRIES = 5


async def end_session(uow: IdentityUnitOfWork, id: SessionId, now: datetime, reason: EndReason) -> Session | None:
    """End the session as part of the transaction, also while it is being refreshed. None when it is over already."""
    for _ in range(MOST_TRIES):
        session = await uow.sessions.get(id)
        if session is None or not session.alive(now):
            return None
        with suppress(EditedMeanwhile):
            return await uow.sessions.save(session.ended(now, reason))
    raise EditedMeanwhile


class ListSessions(Struct, frozen=True, kw_only=True):
    """My signed-in devices, the last seen first; the one that asks is marked."""

    reads: IdentityReads
    clock: Clock

    async def __call__(self, actor: Actor) -> Sequence[SessionView]:
        sessions = await self.reads.live_sessions(actor.user, self.clock.now())
        return [session_view(session, actor.session) for session in sessions]


class EndSession(Struct, frozen=True, kw_only=True):
    """Sign one of my devices out."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, id: SessionId, origin: Origin = Origin()) -> None:
        now = self.clock.now()
        async with self.begin() as uow:
            session = await uow.sessions.get(id)
            if session is None or session.user != actor.user:
                raise SessionNotFound
            if await end_session(uow, id, now, EndReason.ENDED_BY_OWNER) is None:
                raise SessionNotFound
            await uow.audit.add(
                event(
                    self.ids.new(), SecurityEventKind.SESSION_ENDED, now, user=actor.user, by=actor.impersonator,
                    origin=origin, detail=session.device_name,
                )
            )  # fmt: skip
            await uow.commit()


class EndAllSessions(Struct, frozen=True, kw_only=True):
    """Sign all my devices out, this one too."""

    begin: Callable[[], IdentityUnitOfWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, origin: Origin = Origin(), *, keep: SessionId | None = None) -> Ended:
        now = self.clock.now()
        async with self.begin() as uow:
            ended = await uow.sessions.end_all(actor.user, now, EndReason.ENDED_BY_OWNER, keep=keep)
            await uow.audit.add(
                event(
                    self.ids.new(), SecurityEventKind.SESSION_ENDED, now, user=actor.user, by=actor.impersonator,
                    origin=origin, detail="all" if keep is None else "others",
                )
            )  # fmt: skip
            await uow.commit()
        return Ended(ended=ended)


class EndOtherSessions(Struct, frozen=True, kw_only=True):
    """Sign all my other devices out."""

    end: EndAllSessions

    async def __call__(self, actor: Actor, origin: Origin = Origin()) -> Ended:
        return await self.end(actor, origin, keep=actor.session)
