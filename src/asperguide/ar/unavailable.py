"""Why a print is not shown: one reason, told to programs in a check and to whoever asks for the print as an error."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from asperguide.shared.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


class Reason(StrEnum):
    """Why a print cannot be seen, in the order in which they are looked at: the first that applies is told alone.

    Of what is in a company or project that is not active nothing more is told than that.
    """

    INVALID_ID = "invalid_id"
    NOT_FOUND = "not_found"
    COMPANY_INACTIVE = "company_inactive"
    PROJECT_INACTIVE = "project_inactive"
    EXPIRED = "expired"
    NOT_PUBLISHED = "not_published"
    MARKER_MISSING = "marker_missing"
    MARKER_PENDING = "marker_pending"
    NO_PLAYABLE_VIDEO = "no_playable_video"


class InvalidId(NotFound, code=40490):
    """This is no public id: those have 22 letters, digits, `-` and `_`."""


class NotPublished(NotFound, code=40491):
    """The print is not published."""


class Expired(NotFound, code=40492):
    """The time of the print is over."""


class CompanyInactive(Forbidden, code=40290):
    """The company shows nothing to the public at present."""


class ProjectInactive(Forbidden, code=40291):
    """The project shows nothing to the public at present."""


class MarkerMissing(Conflict, code=40990):
    """The print has no photo that can be used as a marker."""


class MarkerPending(Conflict, code=40991):
    """The photo of the print is still being looked at."""


class NoPlayableVideo(Conflict, code=40992):
    """The print has no video that can be played now."""


class InvalidSession(Invalid, code=42290):
    """A view session has 8 to 64 letters, digits, `-`, `_`, `.` and `~`."""


REFUSALS: Mapping[Reason, type[DomainError]] = MappingProxyType(
    {
        Reason.INVALID_ID: InvalidId,
        Reason.NOT_FOUND: NotFound,
        Reason.COMPANY_INACTIVE: CompanyInactive,
        Reason.PROJECT_INACTIVE: ProjectInactive,
        Reason.EXPIRED: Expired,
        Reason.NOT_PUBLISHED: NotPublished,
        Reason.MARKER_MISSING: MarkerMissing,
        Reason.MARKER_PENDING: MarkerPending,
        Reason.NO_PLAYABLE_VIDEO: NoPlayableVideo,
    }
)
"""The error that says each reason; its code is the reason in capitals."""
