"""The law of Portraits, on what World uses and on what the embedded service uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from asperguide.adapters.filesystem.objects import FolderStorage
from asperguide.adapters.local.identity import LocalPortraits
from asperguide.adapters.memory.images import MemoryImages
from asperguide.adapters.pillow.images import PillowImages
from asperguide.identity.ports import Portraits
from asperguide.testing import World
from asperguide.testing.contracts import PortraitsContract
from asperguide.testing.contracts.images import png


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["memory", "embedded"])
def portraits(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Portraits]:
    """Each of them."""
    if request.param == "memory":
        yield LocalPortraits(MemoryImages(), world.storage)
        return
    images = PillowImages()
    yield LocalPortraits(images, FolderStorage(tmp_path, world.container.door(), world.clock, world.ids))
    images.close()


class TestPortraits(PortraitsContract):
    """Each of them."""


async def test_pictures_are_squares_of_256_and_64_pixels_and_stand_still(world: World) -> None:
    images = PillowImages()
    made = await LocalPortraits(images, world.storage).make(png(600, 400))
    for size, picture in made.items():
        found = await images.inspect(picture)
        assert (found.width, found.height, found.frames) == (size, size, 1)
        assert len(picture) < 30_000
    images.close()
