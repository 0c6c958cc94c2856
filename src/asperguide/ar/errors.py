"""Everything that prints and what belongs to them can refuse."""

from asperguide.shared.errors import Conflict, Forbidden, Invalid, NotFound


class ContentNotFound(NotFound, code=40470):
    """There is no such content."""


class VideoNotFound(NotFound, code=40471):
    """There is no such video in this content."""


class ContentRightNeeded(Forbidden, code=40270):
    """Your role in the company does not allow this."""


class ContentInWrongState(Conflict, code=40970):
    """The content is not in a state that allows this."""


class ContentNotReady(Conflict, code=40971):
    """The content lacks something that it needs to be published."""


class VideoInUse(Conflict, code=40972):
    """A rule of the content still names this video."""


class InvalidContent(Invalid, code=42270):
    """Something about the content is not acceptable."""


class InvalidRotation(Invalid, code=42271):
    """The rotation is not acceptable."""


class WindowsOverlap(Invalid, code=42272):
    """Schedule windows of a content may not overlap."""
