"""Time zones: the names that people may choose from."""

from functools import cache
from zoneinfo import available_timezones

NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
"""Files of the database that are no zone of anybody's: a placeholder, and whatever the machine goes by."""
COPIES = ("posix/", "right/")
"""Folders with all zones once more, some of them with leap seconds."""


@cache
def time_zones() -> frozenset[str]:
    """The names of the IANA database, found once: that takes a look at a thousand files."""
    return frozenset(name for name in available_timezones() - NO_PLACES if not name.startswith(COPIES))
