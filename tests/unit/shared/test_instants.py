"""Instants at the ends of time: no clock, no calendar and no database is asked to reckon with them."""

from datetime import UTC, datetime
from typing import Annotated

import pytest
from msgspec import UNSET, Meta, Struct, UnsetType

from asperguide.shared.commands import checked
from asperguide.shared.errors import Invalid
from asperguide.shared.instants import instant, out_of_reach

FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"


class Refused(Invalid, code=42299):
    """What the command below is refused with."""


class Deed(Struct, frozen=True, kw_only=True):
    """Something at an instant."""

    at: Annotated[datetime, Meta(tz=True)]
    wall: datetime | None = None


class Deeds(Struct, frozen=True, kw_only=True):
    """Instants wherever there can be any."""

    deeds: tuple[Deed, ...] = ()
    named: dict[str, Deed] = {}
    ends_at: datetime | UnsetType | None = UNSET
    title: str = ""


@pytest.mark.parametrize("text", [FIRST, LAST, "2026-01-19T10:30:00", "2026-01-19", "soon", ""])
def test_what_is_no_instant_of_a_year_is_no_value(text: str) -> None:
    with pytest.raises(ValueError):
        instant(text)


def test_an_instant_is_read_in_utc() -> None:
    found = instant("2026-01-19T10:30:00+02:00")
    assert (found, found.tzinfo) == (datetime(2026, 1, 19, 8, 30, tzinfo=UTC), UTC)


@pytest.mark.parametrize("text", [FIRST, LAST, "1999-12-31T23:59:59Z", "3000-01-01T00:00:00Z"])
def test_instants_out_of_reach_are_found_however_deep_they_lie(text: str) -> None:
    far, near = datetime.fromisoformat(text), datetime(2026, 1, 19, tzinfo=UTC)
    wall = datetime(1, 1, 1)
    deeds = Deeds(deeds=(Deed(at=near, wall=wall), Deed(at=far)), named={"a": Deed(at=far)}, ends_at=far)
    wrong = list(out_of_reach(deeds))
    assert [one.pointer for one in wrong] == ["#/deeds/1/at", "#/named/at", "#/ends_at"]
    assert {(one.code, one.detail) for one in wrong} == {("OUT_OF_RANGE", "From 2000 to 2999.")}
    with pytest.raises(Refused) as refused:
        checked(Deeds(ends_at=far), Refused)
    assert [one.pointer for one in refused.value.fields] == ["#/ends_at"]


def test_what_is_within_reach_passes() -> None:
    for deeds in (Deeds(), Deeds(ends_at=None), Deeds(deeds=(Deed(at=datetime(2000, 1, 1, tzinfo=UTC)),))):
        assert checked(deeds, Refused) == deeds
