"""The law of everything that keeps media, on each kind of persistence."""

from asperguide.testing.contracts import MediaContract


class TestMedia(MediaContract):
    """Each of them."""
