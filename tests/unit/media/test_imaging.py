"""Images of files: from which rung of the ladder they come, who may see them, and that they are made once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from asperguide.media import Fit, ImageFormat, ImageWanted, Readable, SmallUpload, Visibility
from asperguide.media.errors import FileNotFound, FileNotReady, InvalidFile, NotAnImage, TooManyImages
from asperguide.media.imaging import QUALITIES, SHAPES, SIZES
from asperguide.media.model import FileId, derived_prefix
from asperguide.shared.actor import Actor
from asperguide.shared.storage import ObjectStorage
from asperguide.testing import World
from asperguide.testing.contracts.images import gif, png


@pytest.fixture
def world() -> World:
    return World()


async def uploaded(
    world: World, actor: Actor, content: bytes, media_type: str = "image/png", name: str = "Garden.png", **more: Any
) -> FileId:
    """A file of theirs that is ready."""

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    file = await world.container.upload_small()(actor, SmallUpload(name=name, media_type=media_type, **more), chunks())
    await world.settle()
    assert file.state == "ready", file
    return file.id


async def read(image: Readable) -> bytes:
    """All of it."""
    async with image.open() as chunks:
        return b"".join([chunk async for chunk in chunks])


async def extent(world: World, image: Readable) -> tuple[int, int]:
    """Width and height of what is shown."""
    found = await world.container.images().inspect(await read(image))
    assert found.media_type == image.file.media_type
    return found.width, found.height


@pytest.mark.parametrize(
    ("size", "wanted", "expected"),
    [
        ((3000, 2000), ImageWanted(w=320), (384, 256)),
        ((3000, 2000), ImageWanted(w=384, h=384), (384, 256)),
        ((3000, 2000), ImageWanted(w=385), (512, 341)),
        ((2000, 3000), ImageWanted(w=320), (341, 512)),
        ((3000, 2000), ImageWanted(h=100), (192, 128)),
        ((3000, 2000), ImageWanted(), (2048, 1365)),
        ((3000, 2000), ImageWanted(w=10_000), (2048, 1365)),
        ((300, 200), ImageWanted(w=1000), (300, 200)),
        ((300, 200), ImageWanted(w=1), (64, 43)),
        ((3000, 2000), ImageWanted(w=200, h=200, fit=Fit.COVER), (256, 256)),
        ((3000, 2000), ImageWanted(w=320, h=180, fit=Fit.COVER), (384, 216)),
        ((3000, 2000), ImageWanted(w=100, h=1000, fit=Fit.COVER), (512, 1024)),
        ((300, 200), ImageWanted(w=1000, h=1000, fit=Fit.COVER), (200, 200)),
    ],
)  # fmt: skip
async def test_an_image_has_the_next_larger_size_that_is_made(
    world: World, size: tuple[int, int], wanted: ImageWanted, expected: tuple[int, int]
) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, png(*size))
    assert await extent(world, await world.container.show_image()(zoe.actor, id, wanted)) == expected


def test_there_are_about_a_thousand_images_of_one_file_whatever_is_asked_for() -> None:
    variants = {
        ImageWanted(w=w, h=h, fit=fit, format=format, q=q).variant(5000, 5000)
        for w in range(1, 5000, 61)
        for h in range(1, 5000, 83)
        for fit in Fit
        for format in ImageFormat
        for q in (1, 40, 60, 76, 100)
    }
    assert len(variants) <= len(SIZES) * (len(SHAPES) + 1) * (3 * len(QUALITIES) + 1) == 1200


def test_quality_is_taken_up_and_means_nothing_to_png() -> None:
    for q, rung in ((1, 50), (50, 50), (51, 75), (75, 75), (76, 90), (100, 90)):
        assert ImageWanted(q=q).variant(100, 100).quality == rung
    assert len({ImageWanted(q=q, format=ImageFormat.PNG).variant(100, 100) for q in (1, 60, 100)}) == 1


@pytest.mark.parametrize("sides", [{"w": 100}, {"h": 100}, {}])
async def test_to_be_covered_both_sides_are_needed(world: World, sides: dict[str, int]) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, png(30, 20))
    with pytest.raises(InvalidFile) as refused:
        await world.container.show_image()(zoe.actor, id, ImageWanted(fit=Fit.COVER, **sides))
    assert refused.value.fields[0].pointer == ("?h" if sides == {"w": 100} else "?w")


async def test_what_is_shown_says_what_it_is_and_ends_its_name_so(world: World) -> None:
    zoe = await world.person("zoe")
    for name, shown in (("Garden.png", "Garden.webp"), ("Garden", "Garden.webp"), ("v1.2 of it", "v1.2 of it.webp")):
        image = await world.container.show_image()(zoe.actor, await uploaded(world, zoe.actor, png(9, 9), name=name))
        content = await read(image)
        assert (image.file.name, image.file.media_type, image.file.size) == (shown, "image/webp", len(content))
        assert image.file.sha256
        assert image.inline


async def test_animations_stay_so_as_webp(world: World) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, gif(90, 90, 7), "image/gif")
    for format, frames in ((ImageFormat.WEBP, 7), (ImageFormat.JPEG, 1)):
        image = await world.container.show_image()(zoe.actor, id, ImageWanted(format=format))
        assert (await world.container.images().inspect(await read(image))).frames == frames


async def test_it_is_made_once_and_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, png(300, 200))
    show, rendered = world.container.show_image(), []
    render = world.container.images().render

    async def counted(*args: Any, **wanted: Any) -> bytes:
        rendered.append(wanted)
        return await render(*args, **wanted)

    monkeypatch.setattr(world.container.images(), "render", counted)
    images = await asyncio.gather(*(show(zoe.actor, id, ImageWanted(w=100 + number)) for number in range(20)))
    assert len(rendered) == 1
    assert len({image.key for image in images}) == 1
    again = await show(zoe.actor, id, ImageWanted(w=128))
    assert len(rendered) == 1
    assert again.file.sha256 == images[0].file.sha256
    await show(zoe.actor, id, ImageWanted(w=129))
    assert len(rendered) == 2


async def test_of_two_processes_that_make_it_the_first_ones_stays(world: World) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, png(300, 200))
    storage: ObjectStorage = world.container.storage()
    show, wanted = world.container.show_image(), ImageWanted()
    image = await show(zoe.actor, id, wanted)
    file = await world.container.media_reads().file(id)
    assert file is not None
    etag = (await storage.stat(image.key)).etag  # type: ignore[union-attr]
    await show.make._make(file, wanted.variant(300, 200))
    assert (await storage.stat(image.key)).etag == etag  # type: ignore[union-attr]


async def test_the_same_people_see_it_as_see_the_file(world: World) -> None:
    zoe, mallory = await world.person("zoe"), await world.person("mallory")
    show = world.container.show_image()
    secret = await uploaded(world, zoe.actor, png(30, 20))
    await show(zoe.actor, secret)
    for stranger in (mallory.actor, None):
        with pytest.raises(FileNotFound):
            await show(stranger, secret)
    for visibility in (Visibility.UNLISTED, Visibility.PUBLIC):
        shown = await uploaded(world, zoe.actor, png(30, 20), visibility=visibility)
        for actor in (zoe.actor, mallory.actor, None):
            assert await extent(world, await show(actor, shown)) == (30, 20)


async def test_what_is_no_image_is_not_shown(world: World) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, b"hello", "text/plain", "notes.txt")
    with pytest.raises(NotAnImage):
        await world.container.show_image()(zoe.actor, id)


async def test_images_go_with_the_file(world: World) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, png(300, 200))
    for width in (64, 128, 256):
        await world.container.show_image()(zoe.actor, id, ImageWanted(w=width))
    storage: ObjectStorage = world.container.storage()
    assert len((await storage.list(derived_prefix(id))).objects) == 3
    await world.container.delete_file()(zoe.actor, id)
    with pytest.raises((FileNotReady, FileNotFound)):
        await world.container.show_image()(zoe.actor, id)
    await world.advance(days=8)
    assert (await storage.list(derived_prefix(id))).objects == ()


async def test_when_too_many_are_made_it_says_so_and_works_later(world: World) -> None:
    zoe = await world.person("zoe")
    id = await uploaded(world, zoe.actor, png(300, 200))
    images: Any = world.container.images()
    images.busy = True
    with pytest.raises(TooManyImages):
        await world.container.show_image()(zoe.actor, id)
    images.busy = False
    await world.container.show_image()(zoe.actor, id)
