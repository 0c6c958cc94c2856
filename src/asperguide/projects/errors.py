"""Everything that projects can refuse."""

from asperguide.shared.errors import Conflict, Forbidden, Invalid, NotFound


class RightNeeded(Forbidden, code=40250):
    """Your role in this project does not include this."""


class ProjectNotFound(NotFound, code=40450):
    """There is no such project."""


class NoSuchCompany(NotFound, code=40451):
    """There is no such company among yours."""


class NoSuchMember(NotFound, code=40452):
    """There is no such member of the company."""


class ProjectNameTaken(Conflict, code=40950):
    """The company has a project of this name already."""


class ProjectSlugTaken(Conflict, code=40951):
    """The company has a project with this slug already."""


class ProjectInWrongState(Conflict, code=40952):
    """The project is not in a state that allows this."""


class ProjectNotEmpty(Conflict, code=40953):
    """The project still has contents. Remove them first, or ask for the removal of everything."""


class ProjectNeverEnds(Conflict, code=40954):
    """The project has no end that could be put off."""


class TooManyProjects(Conflict, code=40955):
    """The company has as many projects as it may have."""


class NotATemplate(Conflict, code=40956):
    """This project is not a template."""


class TooManyListed(Conflict, code=40957):
    """As many members are listed for this project as may be."""


class InvalidProject(Invalid, code=42250):
    """The project is not as it should be."""


class InvalidAccess(Invalid, code=42251):
    """Nobody can be given this access."""
