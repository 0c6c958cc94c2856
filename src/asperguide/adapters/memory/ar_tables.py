"""What prints keep in memory. Contents are whole, with their videos."""

from dataclasses import dataclass
from datetime import date, datetime

from asperguide.adapters.memory.tables import Table
from asperguide.ar.model import Content, ContentId
from asperguide.ar.scenes import Scene
from asperguide.shared.tenancy import CompanyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The last number of a company and day."""

    id: tuple[CompanyId, date]
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The turn of a view session at a content."""

    id: tuple[ContentId, str]
    turn: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How many turns a content has given out."""

    id: ContentId
    taken: int


CONTENTS = Table(name="ar_contents", entity=Content)
NUMBERS = Table(name="ar_numbers", entity=Count)
TURNS = Table(name="ar_turns", entity=Taken)
SESSIONS = Table(name="ar_turn_sessions", entity=Turn)
SCENES = Table(name="ar_scenes", entity=Scene)
