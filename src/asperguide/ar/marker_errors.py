"""What can be wrong with a picture that is to be a marker."""

from asperguide.shared.errors import Invalid


class MarkerRefused(Invalid, code=42297):
    """This is no image that can be a marker."""


class MarkerTooSmall(Invalid, code=42298):
    """A marker needs at least 300 pixels on its shorter side."""


class MarkerTooLarge(Invalid, code=41397):
    """A picture that is to be looked at may have up to 16 MiB."""
