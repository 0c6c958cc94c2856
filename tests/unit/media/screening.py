"""Somebody with a toy film in a world of its own."""

from collections.abc import AsyncIterator
from typing import Any

from asperguide.adapters.memory.video_tools import MemoryVideoTools, toy_clip
from asperguide.media import FileView, SmallUpload
from asperguide.media.videos import Video
from asperguide.shared.actor import Actor
from asperguide.testing import World


async def bytes_of(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def upload(world: World, actor: Actor, content: bytes, media_type: str = "video/mp4", **more: Any) -> FileView:
    """A file that was sent; whether it is checked yet is up to the caller."""
    new = SmallUpload(name=more.pop("name", "Tour.mp4"), media_type=media_type, **more)
    return await world.container.upload_small()(actor, new, bytes_of(content))


async def screened(world: World, actor: Actor, **clip: Any) -> FileView:
    """A film that is ready to be seen."""
    visibility = {"visibility": clip.pop("visibility")} if "visibility" in clip else {}
    file = await upload(world, actor, toy_clip(**clip), **visibility)
    await world.settle()
    return await world.container.get_file()(actor, file.id)


async def video_of(world: World, file: FileView) -> Video:
    """The row."""
    video = await world.container.media_reads().video(file.id)
    assert video is not None
    return video


def keys(world: World, prefix: str) -> list[str]:
    """What lies in the storage."""
    return sorted(key for key in world.storage.objects if key.startswith(prefix))


def tools_of(world: World) -> MemoryVideoTools:
    """The tools of this world."""
    tools = world.container.video_tools()
    assert isinstance(tools, MemoryVideoTools)
    return tools
