"""A world for each test."""

import pytest

from asperguide.testing import World


@pytest.fixture
def world() -> World:
    """Where nobody lives yet."""
    return World()
