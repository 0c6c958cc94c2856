"""Looking at a picture in process: all of it, and no more of it than may be sent."""

from collections.abc import AsyncIterator

import pytest

from asperguide.ar.analyzing import LARGEST_MARKER
from asperguide.ar.marker_errors import MarkerRefused, MarkerTooLarge, MarkerTooSmall
from asperguide.ar.markers import Grade
from asperguide.media.errors import TooManyImages
from asperguide.testing import World
from asperguide.testing.contracts.images import png
from asperguide.testing.contracts.markers import mosaic


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The content bit by bit."""
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def test_a_picture_that_comes_in_pieces_is_looked_at_as_a_whole() -> None:
    world = World()
    person = await world.person("siobhan")
    good = await world.container.analyze_marker()(person.actor, pieces(mosaic(640, 480), 7))
    assert (good.width, good.height, good.grade, good.advice) == (640, 480, Grade.GOOD, ())
    poor = await world.container.analyze_marker()(person.actor, pieces(png(640, 480)), "fr")
    assert poor.grade is Grade.POOR
    assert poor.advice[0].text.startswith("La caméra")


async def test_nothing_is_kept() -> None:
    world = World()
    person = await world.person("siobhan")
    before = world.dump()
    await world.container.analyze_marker()(person.actor, pieces(mosaic(640, 480)))
    assert world.dump() == before


async def test_what_is_no_marker_is_refused() -> None:
    world = World()
    person = await world.person("siobhan")
    for content, refusal in ((b"", MarkerRefused), (b"<html>", MarkerRefused), (png(10, 10), MarkerTooSmall)):
        with pytest.raises(refusal):
            await world.container.analyze_marker()(person.actor, pieces(content))


async def test_reading_ends_where_a_picture_is_too_large() -> None:
    world = World()
    person = await world.person("siobhan")
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1024 * 1024
            yield bytes(1024 * 1024)

    with pytest.raises(MarkerTooLarge):
        await world.container.analyze_marker()(person.actor, endless())
    assert read == LARGEST_MARKER + 1024 * 1024


async def test_when_too_many_wait_callers_are_told() -> None:
    world = World()
    person = await world.person("siobhan")
    world.container.images().busy = True  # type: ignore[attr-defined]
    with pytest.raises(TooManyImages):
        await world.container.analyze_marker()(person.actor, pieces(mosaic(640, 480)))
