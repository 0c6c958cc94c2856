"""What is done with prints, written down for those who run the company."""

from dataclasses import dataclass
from datetime import datetime

from asperguide.ar.events import ContentHappened
from asperguide.ar.model import Content
from asperguide.shared.actor import UserId
from asperguide.shared.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who did what, in a word such as `content-published`."""

    by: UserId
    what: str


def note(uow: UnitOfWork, content: Content, deed: Deed, at: datetime) -> None:
    """Have it written down, if it is done: of the content nothing but its number."""
    uow.announce(
        ContentHappened(
            company=content.company, at=at, by=deed.by, what=deed.what, subject=content.id, detail=content.number
        )
    )
