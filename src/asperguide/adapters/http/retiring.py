"""Telling clients that a route is going away: the Deprecation (RFC 9745) and Sunset (RFC 8594) fields."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A route that is deprecated since `since`, answers until `sunset` at least, and is followed by `successor`."""

    since: datetime
    sunset: datetime
    successor: str = ""

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The fields that every answer of the route carries."""
        fields = [
            (b"deprecation", f"@{int(self.since.timestamp())}".encode()),
            (b"sunset", format_datetime(self.sunset, usegmt=True).encode()),
        ]
        if self.successor:
            fields.append((b"link", f'<{self.successor}>; rel="successor-version"'.encode()))
        return tuple(fields)
