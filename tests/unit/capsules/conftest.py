"""A world for each test, and two who write to each other in it."""

import pytest

from asperguide.testing import World
from asperguide.testing.world import Person


@pytest.fixture
def world() -> World:
    """Where nobody lives yet."""
    return World()


@pytest.fixture
async def siobhan(world: World) -> Person:
    """Somebody who writes."""
    return await world.person("siobhan", locale="fr")


@pytest.fixture
async def amelie(world: World) -> Person:
    """Somebody who is written to."""
    return await world.person("amelie", time_zone="Europe/Paris")
