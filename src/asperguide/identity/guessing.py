"""How often a secret of one account may be guessed: 10 times in 15 minutes and 100 times in a day.

A try is written down before the secret is looked at and taken back when it was right, so that any number of
parallel guesses over any number of processes cannot get more tries than one after the other would.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from asperguide.identity.errors import TooManyGuesses
from asperguide.shared.actor import UserId

GuessSubject = NewType("GuessSubject", UUID)

PER_WINDOW = 10
WINDOW = timedelta(minutes=15)
PER_DAY = 100
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """The instants of the tries of the last day, oldest first. `version` 0 means not stored yet."""

    id: GuessSubject
    tries: tuple[datetime, ...] = ()
    version: int = 0

    def take(self, now: datetime) -> "Guesses":
        """With one more try. Raises TooManyGuesses, with the time to wait, when there is none left."""
        tries = tuple(at for at in self.tries if now - at < DAY)
        recent = [at for at in tries if now - at < WINDOW]
        if len(recent) >= PER_WINDOW:
            raise TooManyGuesses(retry_after=recent[-PER_WINDOW] + WINDOW - now)
        if len(tries) >= PER_DAY:
            raise TooManyGuesses(retry_after=tries[-PER_DAY] + DAY - now)
        return replace(self, tries=(*tries, now))

    def since(self, changed_at: datetime) -> "Guesses":
        """Without the tries at an earlier password."""
        return replace(self, tries=tuple(at for at in self.tries if at >= changed_at))

    def forgive(self, at: datetime) -> "Guesses":
        """Without the try of that instant: it was right."""
        index = next((i for i, tried in enumerate(self.tries) if tried == at), None)
        return self if index is None else replace(self, tries=self.tries[:index] + self.tries[index + 1 :])


def subject_of_user(user: UserId, device: UUID | None = None) -> GuessSubject:
    """The account, or the account as guessed at from one of its owner's known devices."""
    return GuessSubject(_digest(b"device", user.bytes, device.bytes) if device else user)


def subject_of_login(key: str) -> GuessSubject:
    """A login as it is typed, whether or not somebody has it: only these tries are told of to strangers."""
    return GuessSubject(_digest(b"login", key.encode()))


def subject_of_nobody(login: GuessSubject) -> GuessSubject:
    """What stands in for the account of a login that nobody has, so that both are counted alike."""
    return GuessSubject(_digest(b"nobody", login.bytes))


def _digest(*parts: bytes) -> UUID:
    return UUID(bytes=hashlib.sha256(b"\0".join(parts)).digest()[:16])
