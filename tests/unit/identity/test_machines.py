"""State machines: whatever people, thieves and time do in whatever order, sessions and guesses keep their promises."""

import asyncio
from collections.abc import Awaitable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from asperguide.identity import PasswordChange, RefreshRequest
from asperguide.identity.errors import (
    AccessTokenRefused,
    PasswordQueueFull,
    RefreshTokenRefused,
    RefreshTokenReused,
    SignInRefused,
    TooManyGuesses,
)
from asperguide.testing import World
from tests.identity import PASSWORD, actor_of, sign_in

R = TypeVar("R")

OVERLAP, IDLE, ABSOLUTE = timedelta(seconds=30), timedelta(days=14), timedelta(days=60)
WINDOW, DAY = timedelta(minutes=15), timedelta(days=1)


class Machine(RuleBasedStateMachine):
    """A world with Siobhán in it, and a loop to run it in."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()

    def run(self, work: Coroutine[Any, Any, R] | Awaitable[R]) -> R:
        """Wait for it."""
        return self.loop.run_until_complete(work)  # type: ignore[arg-type]

    def teardown(self) -> None:
        """End the loop."""
        self.loop.close()

    @property
    def now(self) -> datetime:
        """The time there."""
        return self.world.clock.now()


class Known:
    """What we believe about a session."""

    def __init__(self, signed_in: Any, now: datetime) -> None:
        self.signed_in = signed_in
        self.access = signed_in.access_token
        self.issued_at = now
        self.tokens = [signed_in.refresh_token]
        self.rotated_at = self.seen_at = self.opened_at = now
        self.ended = False

    def alive(self, now: datetime) -> bool:
        """Neither ended nor expired."""
        return not self.ended and now < min(self.seen_at + IDLE, self.opened_at + ABSOLUTE)


class SessionMachine(Machine):
    """Sign in, refresh with any token that there ever was, let time pass, end, change the password."""

    sessions = Bundle("sessions")

    @initialize()
    def somebody(self) -> None:
        """Siobhán registers."""
        self.run(self.world.person("siobhan"))
        self.run(self.world.container.end_all_sessions()(self.actor(self.run(sign_in(self.world)))))
        self.known: list[Known] = []
        self.passwords = 0

    def actor(self, signed_in: Any) -> Any:
        """Whom the token speaks for."""
        return self.run(actor_of(self.world, signed_in))

    @property
    def password(self) -> str:
        """The present one."""
        return PASSWORD if not self.passwords else f"{PASSWORD}-{self.passwords}"

    @rule(target=sessions)
    def signs_in(self) -> Known:
        """A new device."""
        known = Known(self.run(sign_in(self.world, password=self.password)), self.now)
        self.known.append(known)
        return known

    @rule(known=sessions, ago=st.integers(0, 4))
    def refreshes(self, known: Known, ago: int) -> None:
        """With the current token (0), its predecessor (1) or an older one."""
        if ago >= len(known.tokens):
            return
        token = known.tokens[-1 - ago]
        before = self.now - known.rotated_at
        try:
            answer = self.run(self.world.container.refresh_session()(RefreshRequest(refresh_token=token)))
        except RefreshTokenReused:
            assert known.alive(self.now)
            assert ago > 1 or (ago == 1 and before > OVERLAP)
            known.ended = True
        except RefreshTokenRefused:
            assert not known.alive(self.now)
        else:
            assert known.alive(self.now)
            known.access, known.issued_at = answer.access_token, self.now
            if ago == 0:
                known.tokens.append(answer.refresh_token)
                known.rotated_at = known.seen_at = self.now
            else:
                assert ago == 1
                assert before <= OVERLAP
                assert answer.refresh_token == known.tokens[-1]

    @rule(known=sessions, tabs=st.integers(2, 5))
    def refreshes_in_many_tabs(self, known: Known, tabs: int) -> None:
        """All get the same successor, or all are refused."""
        if not known.alive(self.now):
            return

        async def all_at_once() -> list[str]:
            refresh = self.world.container.refresh_session()
            given = RefreshRequest(refresh_token=known.tokens[-1])
            return [answer.refresh_token for answer in await asyncio.gather(*(refresh(given) for _ in range(tabs)))]

        successors = set(self.run(all_at_once()))
        assert len(successors) == 1
        known.tokens.extend(successors)
        known.rotated_at = known.seen_at = self.now

    @rule(by=st.sampled_from([timedelta(seconds=1), OVERLAP, timedelta(minutes=16), timedelta(days=13), IDLE]))
    def time_passes(self, by: timedelta) -> None:
        """Nothing else happens."""
        self.world.clock.advance(by)

    @rule(known=sessions)
    def signs_out(self, known: Known) -> None:
        """If the access token still says so."""
        if not self.works(known):
            return
        self.run(self.world.container.sign_out()(self.run(self.world.container.authenticate()(known.access))))
        known.ended = True

    @rule(known=sessions)
    def ends_the_others(self, known: Known) -> None:
        """Everything but this one."""
        if not self.works(known):
            return
        actor = self.run(self.world.container.authenticate()(known.access))
        ended = self.run(self.world.container.end_other_sessions()(actor)).ended
        others = [other for other in self.known if other is not known and other.alive(self.now)]
        assert ended == len(others)
        for other in others:
            other.ended = True

    @rule(known=sessions)
    def changes_the_password(self, known: Known) -> None:
        """The other sessions end."""
        if not self.works(known):
            return
        actor = self.run(self.world.container.authenticate()(known.access))
        change = PasswordChange(current_password=self.password, new_password=f"{PASSWORD}-{self.passwords + 1}")
        self.run(self.world.container.change_password()(actor, change))
        self.passwords += 1
        for other in self.known:
            other.ended = other.ended or other is not known

    @rule()
    def housekeeping(self) -> None:
        """What is over goes, which nobody notices."""
        self.run(self.world.container.prune_sessions()())

    def works(self, known: Known) -> bool:
        """Whether the access token is accepted."""
        try:
            self.run(self.world.container.authenticate()(known.access))
        except AccessTokenRefused:
            return False
        return True

    @invariant()
    def access_follows_the_session(self) -> None:
        """A fresh access token works exactly while its session lives; an old one never."""
        for known in getattr(self, "known", ()):
            age = self.now - known.issued_at
            if not known.alive(self.now) or age > timedelta(minutes=15, seconds=5):
                assert not self.works(known)
            elif age < timedelta(minutes=15):
                assert self.works(known)


class GuessMachine(Machine):
    """Wrong and right passwords, at the door and from a known device, with time and full queues in between."""

    @initialize()
    def somebody(self) -> None:
        """Siobhán registers."""
        person = self.run(self.world.person("siobhan"))
        self.device = person.signed_in.device_token
        self.tries: dict[bool, list[datetime]] = {True: [], False: []}

    def locked(self, known: bool) -> bool:
        """Whether the limits are reached."""
        tries = self.tries[known]
        recent = sum(self.now - at < WINDOW for at in tries)
        return recent >= 10 or sum(self.now - at < DAY for at in tries) >= 100

    def attempt(self, known: bool, password: str) -> str:
        """What came of it."""
        try:
            self.run(sign_in(self.world, password=password, device_token=self.device if known else None))
        except (SignInRefused, TooManyGuesses, PasswordQueueFull) as refusal:
            return type(refusal).__name__
        return "in"

    @rule(known=st.booleans(), times=st.integers(1, 12))
    def guesses_wrongly(self, known: bool, times: int) -> None:
        """Counted until the limit, and not looked at beyond."""
        for _ in range(times):
            locked = self.locked(known)
            assert self.attempt(known, "wrong") == ("TooManyGuesses" if locked else "SignInRefused")
            if not locked:
                self.tries[known].append(self.now)

    @rule(known=st.booleans())
    def knows_the_password(self, known: bool) -> None:
        """In, unless locked; and it costs nothing."""
        assert self.attempt(known, PASSWORD) == ("TooManyGuesses" if self.locked(known) else "in")

    @rule(known=st.booleans())
    def finds_everybody_busy(self, known: bool) -> None:
        """Nobody looked, so nothing is counted."""
        hasher: Any = self.world.container.hasher()
        hasher.busy = True
        assert self.attempt(known, PASSWORD) == ("TooManyGuesses" if self.locked(known) else "PasswordQueueFull")
        hasher.busy = False

    @rule(by=st.sampled_from([timedelta(seconds=1), timedelta(minutes=5), WINDOW, timedelta(hours=8), DAY]))
    def time_passes(self, by: timedelta) -> None:
        """Nothing else happens."""
        self.world.clock.advance(by)

    @precondition(lambda self: hasattr(self, "tries"))
    @rule()
    def housekeeping(self) -> None:
        """Counts that matter stay."""
        self.run(self.world.container.prune_sessions()())


TestSessions = SessionMachine.TestCase
TestSessions.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestGuesses = GuessMachine.TestCase
TestGuesses.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
