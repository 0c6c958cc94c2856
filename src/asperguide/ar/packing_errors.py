"""Everything that taking projects out of the service, and bringing them in, can refuse."""

from asperguide.shared.errors import Invalid, NotFound


class PackedProjectNotFound(NotFound, code=40466):
    """There is no such archive of this project (any more)."""


class NoCompanyOfYours(NotFound, code=40467):
    """There is no such company among yours."""


class ArchiveRefused(Invalid, code=42266):
    """The archive is not one that a project can be made of."""


class InvalidImport(Invalid, code=42267):
    """Something about what is to be brought in is not acceptable."""
