"""Until when videos may play: presets, a last day, or an instant; all of them ahead."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from asperguide.ar.days import DAY, first_of, years_on
from asperguide.ar.errors import InvalidVideo
from asperguide.shared.errors import FieldError
from asperguide.shared.instants import BEYOND, within_reach

Preset = Literal["1y", "2y"]
Instant = Annotated[datetime, Meta(tz=True, examples=["2027-06-30T22:00:00Z"])]
End = datetime | UnsetType | None

YEARS: Mapping[str, int] = MappingProxyType({"1y": 1, "2y": 2})


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when a video may play: null in any of these means that its time is never over. At most one can be given.

    `subscription` is one or two years from now on the clocks of the company (from 29 February to 28 February),
    `ends_on` the last day there, `ends_at` an instant.
    """

    subscription: Preset | UnsetType | None = UNSET
    ends_on: date | UnsetType | None = UNSET
    ends_at: Instant | UnsetType | None = UNSET


def ending(term: Term, now: datetime, zone: tzinfo, at: str = "#") -> End:
    """The end that is meant, UNSET when nothing is said. Raises InvalidVideo unless it lies ahead, by 2999.

    `at` is where the term stands in what was sent.
    """
    given = [name for name in ("subscription", "ends_on", "ends_at") if getattr(term, name) is not UNSET]
    if len(given) > 1:
        raise InvalidVideo(fields=tuple(wrong(f"{at}/{name}", "At most one of these can be given.") for name in given))
    if isinstance(term.ends_on, date) and not within_reach(term.ends_on):
        raise InvalidVideo(fields=(wrong(f"{at}/ends_on", BEYOND),))
    end = _end(term, now, zone)
    if isinstance(end, datetime) and end <= now:
        raise InvalidVideo(fields=(wrong(f"{at}/{given[0]}", "It has to lie ahead."),))
    return end if given else UNSET


def _end(term: Term, now: datetime, zone: tzinfo) -> datetime | None:
    if isinstance(term.subscription, str):
        return years_on(now, YEARS[term.subscription], zone)
    if isinstance(term.ends_on, date):
        return first_of(term.ends_on + DAY, zone)
    return term.ends_at.astimezone(UTC) if isinstance(term.ends_at, datetime) else None


def wrong(pointer: str, detail: str) -> FieldError:
    """What is not allowed, and why."""
    return FieldError(pointer=pointer, code="NOT_ALLOWED", detail=detail)
