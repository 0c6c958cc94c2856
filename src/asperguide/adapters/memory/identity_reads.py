"""Reads of identity in memory: what is committed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from asperguide.adapters.memory.identity_tables import AUDIT, CREDENTIALS, GUESSES, SESSIONS, USERS
from asperguide.adapters.memory.paging import page_of
from asperguide.adapters.memory.tables import MemoryDatabase
from asperguide.identity import listing
from asperguide.identity.audit import Outcome, SecurityEvent, SecurityEventKind
from asperguide.identity.guessing import Guesses, GuessSubject, subject_of_nobody
from asperguide.identity.model import User, search_key
from asperguide.identity.ports import Candidate, Contact, Found, IdentityReads, Known, LiveSession
from asperguide.identity.rotation import Session
from asperguide.identity.views import Profile, profile_of
from asperguide.shared.actor import Origin, SessionId, UserId
from asperguide.shared.pages import Page, PageRequest


class MemoryIdentityReads(IdentityReads):
    """Looks through the committed rows."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def access(self, session: SessionId, user: UserId) -> tuple[LiveSession, Profile] | None:
        """By ids."""
        found, owner = await self.session(session), await self.user(user)
        if found is None or owner is None or found.user != user or found.ended_at is not None:
            return None
        live = LiveSession(
            id=found.id,
            user=found.user,
            proved_at=found.proved_at,
            over_at=found.over_at,
            impersonator=found.impersonator,
            version=found.version,
        )
        return live, profile_of(owner)

    async def profile(self, id: UserId) -> Profile | None:
        """By id."""
        user = await self.user(id)
        return None if user is None else profile_of(user)

    async def session(self, id: SessionId) -> Session | None:
        """By id."""
        return self._database.rows(SESSIONS).get(id)

    async def user(self, id: UserId) -> User | None:
        """By id."""
        return self._database.rows(USERS).get(id)

    async def candidate(
        self, email_key: str | None, username_key: str | None, subject: GuessSubject, origin: Origin, since: datetime
    ) -> Candidate:
        """The account, unless it is a decoy, its tries or those of nobody, and those of the login."""
        key, field = (username_key, "username_key") if email_key is None else (email_key, "email_key")
        user = self._database.rows(USERS).first(lambda user: getattr(user, field) == key and not user.decoy)
        credential = None if user is None else self._database.rows(CREDENTIALS).get(user.id)
        typed = await self.guesses(subject)
        if user is None or credential is None:
            return Candidate(user=None, guesses=await self.guesses(subject_of_nobody(subject)), typed=typed)
        known = Known(
            id=user.id,
            state=user.state,
            email_verified_at=user.email_verified_at,
            last_seen_at=user.last_seen_at,
            hash=credential.hash,
            changed_at=credential.changed_at,
            seen_here=self._seen(user.id, origin, since),
        )
        return Candidate(user=known, guesses=await self.guesses(GuessSubject(user.id)), typed=typed)

    def _seen(self, user: UserId, origin: Origin, since: datetime) -> bool:
        def is_sign_in_from_there(event: SecurityEvent) -> bool:
            done = event.kind is SecurityEventKind.SIGNED_IN and event.outcome is Outcome.DONE
            there = (event.address, event.user_agent) == (origin.address, origin.user_agent)
            return event.user == user and done and there and event.at > since

        return self._database.rows(AUDIT).first(is_sign_in_from_there) is not None

    async def guesses(self, id: GuessSubject) -> Guesses:
        """By id."""
        found = self._database.rows(GUESSES).get(id)
        return found.guesses if found else Guesses(id=id)

    async def live_sessions(self, user: UserId, now: datetime) -> Sequence[Session]:
        """The last seen first."""
        live = self._database.rows(SESSIONS).all(lambda session: session.user == user and session.alive(now))
        return sorted(live, key=lambda session: (session.seen_at, session.id), reverse=True)

    async def username_taken(self, username_key: str) -> bool:
        """Decoys count."""
        return self._database.rows(USERS).first(lambda user: user.username_key == username_key) is not None

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        """Exact, prefix, contains."""
        key = search_key(text)
        users = self._database.rows(USERS).all(lambda user: user.reachable)
        ranked = sorted((_rank(user, key), user.username_key, user.id) for user in users)
        people = {user.id: user for user in users}
        met = [people[id] for rank, _, id in ranked if rank < len(RANKS)][:limit]
        return [Found(id=user.id, username=user.username, full_name=user.full_name, avatar=user.avatar) for user in met]

    async def contacts(self, ids: Collection[UserId]) -> Mapping[UserId, Contact]:
        """By id."""
        users = filter(None, map(self._database.rows(USERS).get, ids))
        return {
            user.id: Contact(
                id=user.id,
                full_name=user.full_name,
                email=user.email,
                locale=user.locale,
                time_zone=user.time_zone,
            )
            for user in users
            if user.reachable
        }

    async def holders(self, email_keys: Collection[str]) -> Mapping[str, UserId]:
        """One look at everybody."""
        wanted = set(email_keys)
        users = self._database.rows(USERS).all(lambda user: user.email_key in wanted and user.reachable)
        return {user.email_key: user.id for user in users if user.email_verified_at is not None}

    async def list(self, page: PageRequest) -> Page[User]:
        """Accounts without decoys."""
        wanted = listing.USERS.read(page)
        users = self._database.rows(USERS).all(lambda user: not user.decoy)
        return page_of(
            users,
            wanted,
            {
                "state": lambda user, state: user.state is state,
                "role": lambda user, role: role in user.roles,
                "email": lambda user, key: user.email_key == key,
                "username": lambda user, key: user.username_key == key,
            },
        )

    async def events(self, page: PageRequest, user: UserId | None = None) -> Page[SecurityEvent]:
        """About one user, or about all."""
        wanted = (listing.ALL_EVENTS if user is None else listing.OWN_EVENTS).read(page, user)
        events = self._database.rows(AUDIT).all(lambda event: user is None or event.user == user)
        return page_of(
            events,
            wanted,
            {
                "kind": lambda event, kind: event.kind is kind,
                "outcome": lambda event, outcome: event.outcome is outcome,
                "user": lambda event, user: event.user == user,
                "since": lambda event, since: event.at >= since,
                "until": lambda event, until: event.at < until,
            },
        )


RANKS: tuple[Callable[[str, str], bool], ...] = (str.__eq__, str.startswith, str.__contains__)


def _rank(user: User, key: str) -> int:
    """How well the person is met: the number of the first way that does, or of none."""
    names = (user.username_key, user.name_key)
    return next((rank for rank, meets in enumerate(RANKS) if any(meets(name, key) for name in names)), len(RANKS))
