"""What the list of a project's contents can be asked."""

from uuid import UUID

from asperguide.ar.model import ContentState, search_key
from asperguide.shared.instants import instant
from asperguide.shared.pages import Instant, ListRules, Sort

GRADES = ("good", "fair", "poor")


def _text(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise ValueError(text)
    return search_key(text)


def _number(text: str) -> str:
    """The whole number of a print, or what it begins with."""
    if not (text.isascii() and 1 <= len(text) <= 32):
        raise ValueError(text)
    return text.upper()


def _grade(text: str) -> str:
    if text not in GRADES:
        raise ValueError(text)
    return text


CONTENTS = ListRules(
    name="contents",
    sorts={
        "created_at": Sort(field="created_at", type=Instant),
        "title": Sort(field="title_key", type=str),
        "number": Sort(field="number", type=str),
        "ends_at": Sort(field="ends_at", type=Instant),
    },
    default="-created_at",
    filters={
        "state": ContentState, "client": UUID, "customer": _text, "title": _text, "number": _number, "grade": _grade,
        "ends_before": instant,
    },
)  # fmt: skip
"""`title` and `customer` are beginnings of titles and names in any case, `number` is the beginning of a number."""
