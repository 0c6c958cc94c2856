"""Identity's hot reads through caches; everything else straight to what is behind them."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from asperguide.adapters.caching.read_through import ReadThrough
from asperguide.identity.audit import SecurityEvent
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.model import User
from asperguide.identity.ports import Candidate, Contact, Found, IdentityReads, LiveSession
from asperguide.identity.rotation import Session
from asperguide.identity.views import Profile
from asperguide.shared.actor import Origin, SessionId, UserId
from asperguide.shared.pages import Page, PageRequest


class CachedIdentityReads(IdentityReads):
    """Sessions and users by id come from caches; units of work purge them as `session_key` and `user_key` say.

    The caches must be named by the part of those keys before the colon, and hold things for 5 s at most.
    """

    def __init__(
        self, inner: IdentityReads, sessions: ReadThrough[LiveSession], profiles: ReadThrough[Profile]
    ) -> None:
        self._inner = inner
        self._sessions, self._profiles = sessions, profiles
        self._near_session, self._near_profile = sessions.near, profiles.near

    async def access(self, session: SessionId, user: UserId) -> tuple[LiveSession, Profile] | None:
        """From this process when it has both, without making anything else; what no cache has comes in one read."""
        live, profile = self._near_session(session.hex), self._near_profile(user.hex)
        if live is None or profile is None:
            both = _Together(self._inner, session, user)
            asked = self._profiles.asked(user.hex, both.profile) if profile is None else None
            live = live or await self._sessions.asked(session.hex, both.session)
            profile = profile if asked is None else await asked
        return None if live is None or profile is None or live.user != user else (live, profile)

    async def profile(self, id: UserId) -> Profile | None:
        """From this process when it has it, without making anything else."""
        key = id.hex
        return self._near_profile(key) or await self._profiles.get(key, lambda: self._inner.profile(id))

    async def session(self, id: SessionId) -> Session | None:
        """Uncached."""
        return await self._inner.session(id)

    async def user(self, id: UserId) -> User | None:
        """Uncached."""
        return await self._inner.user(id)

    async def candidate(
        self, email_key: str | None, username_key: str | None, subject: GuessSubject, origin: Origin, since: datetime
    ) -> Candidate:
        """Uncached."""
        return await self._inner.candidate(email_key, username_key, subject, origin, since)

    async def guesses(self, id: GuessSubject) -> Guesses:
        """Uncached."""
        return await self._inner.guesses(id)

    async def live_sessions(self, user: UserId, now: datetime) -> Sequence[Session]:
        """Uncached."""
        return await self._inner.live_sessions(user, now)

    async def username_taken(self, username_key: str) -> bool:
        """Uncached."""
        return await self._inner.username_taken(username_key)

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        """Uncached."""
        return await self._inner.search(text, limit)

    async def contacts(self, ids: Collection[UserId]) -> Mapping[UserId, Contact]:
        """Uncached."""
        return await self._inner.contacts(ids)

    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """Uncached."""
        return await self._inner.holders(email_keys)

    async def list(self, page: PageRequest) -> Page[User]:
        """Uncached."""
        return await self._inner.list(page)

    async def events(self, page: PageRequest, user: UserId | None = None) -> Page[SecurityEvent]:
        """Uncached."""
        return await self._inner.events(page, user)


class _Together:
    """Two loads that are one read, made when the first of them is wanted."""

    __slots__ = ("_inner", "_reading", "_session", "_user")

    def __init__(self, inner: IdentityReads, session: SessionId, user: UserId) -> None:
        self._inner, self._session, self._user = inner, session, user
        self._reading: asyncio.Future[tuple[LiveSession, Profile] | None] | None = None

    async def session(self) -> LiveSession | None:
        """The first of the two."""
        found = await self._once()
        return None if found is None else found[0]

    async def profile(self) -> Profile | None:
        """The second of the two. A session that is gone says nothing about its user, whom others may be waiting for."""
        found = await self._once()
        return await self._inner.profile(self._user) if found is None else found[1]

    def _once(self) -> "asyncio.Future[tuple[LiveSession, Profile] | None]":
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._inner.access(self._session, self._user))
        return self._reading
