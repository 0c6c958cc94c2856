"""Everything that prints and what belongs to them can refuse."""

from asperguide.shared.errors import Conflict, Forbidden, Invalid, NotFound


class ContentNotFound(NotFound, code=40470):
    """There is no such content."""


class NoSuchProject(NotFound, code=40473):
    """There is no such project."""


class ContentVideoNotFound(NotFound, code=40471):
    """There is no such video in this content."""


class ContentRightNeeded(Forbidden, code=40270):
    """Your role in the company does not allow this."""


class StorageFull(Forbidden, code=40273):
    """The company has no room left for this. Delete something first."""


class ContentInWrongState(Conflict, code=40970):
    """The content is not in a state that allows this."""


class ContentNotReady(Conflict, code=40971):
    """The content lacks something that it needs to be published."""


class ProjectPutAway(Conflict, code=40973):
    """The project is archived: nothing in it can be changed."""


class VideoInUse(Conflict, code=40972):
    """A rule or the scene of the content still names this video."""


class InvalidContent(Invalid, code=42270):
    """Something about the content is not acceptable."""


class InvalidRotation(Invalid, code=42271):
    """The rotation is not acceptable."""


class WindowsOverlap(Invalid, code=42272):
    """Schedule windows of a content may not overlap."""


class RotationNotFound(NotFound, code=40487):
    """The content has no rotation."""


class WindowNotFound(NotFound, code=40488):
    """There is no such schedule window in this content."""


class RotationExists(Conflict, code=40967):
    """The content has a rotation already. Replace it, or take it away first."""


class TooManyVideos(Conflict, code=40968):
    """A content has at most 50 videos."""


class TooManyWindows(Conflict, code=40969):
    """A content has at most 100 schedule windows."""


class InvalidVideo(Invalid, code=42287):
    """Something about the video is not acceptable."""


class InvalidSchedule(Invalid, code=42288):
    """The schedule window is not acceptable."""
