"""A world for each test, with a company in it."""

import pytest

from asperguide.testing import World
from tests.projects import House


@pytest.fixture
def house() -> House:
    """A company without members."""
    return House(World())
