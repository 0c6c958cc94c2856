"""Everything that scenes can refuse."""

from asperguide.shared.errors import Invalid, NotFound


class SceneNotFound(NotFound, code=40465):
    """The content has no scene."""


class InvalidScene(Invalid, code=42265):
    """Something about the scene is not acceptable."""
