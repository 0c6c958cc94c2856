"""What identity keeps in memory."""

from dataclasses import dataclass
from datetime import datetime

from asperguide.adapters.memory.tables import Table
from asperguide.identity.audit import SecurityEvent
from asperguide.identity.codes import Code
from asperguide.identity.errors import EmailTaken, UsernameTaken
from asperguide.identity.guessing import Guesses, GuessSubject
from asperguide.identity.model import User
from asperguide.identity.ports import Credential
from asperguide.identity.rotation import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The tries of a subject, and when the last one was made, forgiven or not."""

    guesses: Guesses
    last_at: datetime

    @property
    def id(self) -> GuessSubject:
        """The subject."""
        return self.guesses.id

    @property
    def version(self) -> int:
        """The version of the tries."""
        return self.guesses.version


USERS = Table(name="users", entity=User, unique={"email_key": EmailTaken, "username_key": UsernameTaken})
CREDENTIALS = Table(name="credentials", entity=Credential)
SESSIONS = Table(name="sessions", entity=Session)
CODES = Table(name="one_time_codes", entity=Code)
GUESSES = Table(name="guesses", entity=Tried)
AUDIT = Table(name="security_events", entity=SecurityEvent)
