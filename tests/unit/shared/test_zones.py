"""Which time zones people may choose from: places, by the names of the IANA database."""

import pytest

from asperguide.shared.zones import time_zones


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Dublin", "America/Argentina/Ushuaia", "Pacific/Kiritimati", "Etc/GMT+1"]
)
def test_zones_of_the_database_can_be_chosen(name: str) -> None:
    assert name in time_zones()


@pytest.mark.parametrize(
    "name", ["localtime", "Factory", "posixrules", "posix/UTC", "right/Europe/Paris", "Europe", ""]
)
def test_what_is_no_place_cannot_be_chosen(name: str) -> None:
    assert name not in time_zones()
