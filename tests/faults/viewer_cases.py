"""What use cases of viewers are called with when each of their calls fails in turn."""

from dataclasses import replace
from typing import Any

from asperguide.ar.model import Content, Marker, MarkerState
from asperguide.ar.ports import Piece
from asperguide.ar.rotation import PlaybackMode
from asperguide.ar.videos import FileId
from asperguide.ar.viewer_ports import Showing
from asperguide.media import ImageWanted
from asperguide.media.model import OwnerId
from tests.faults.media_cases import Case, arrived
from tests.media import png
from tests.showcase import change, print_of

SESSION = "session-of-siobhan"


async def _shown(cast: Any, **different: Any) -> Content:
    return await print_of(cast.world.container, cast.siobhan.actor, **different)


async def _id(cast: Any) -> tuple[Any, ...]:
    return ((await _shown(cast)).public_id,)


async def _session(cast: Any) -> tuple[Any, ...]:
    return (await _shown(cast, mode=PlaybackMode.CYCLIC)).public_id, SESSION


async def _turn(cast: Any) -> tuple[Any, ...]:
    container = cast.world.container
    content = await _shown(cast, mode=PlaybackMode.CYCLIC)
    projects = await container.project_standings().known((content.project,))
    return Showing(content=content, project=projects[content.project]), SESSION


async def _with_photo(cast: Any) -> Content:
    """A print with a picture of Siobhán's, which is the company's by now."""
    container, content = cast.world.container, await _shown(cast)
    photo = FileId(await arrived(cast, png(), media_type="image/png", name="a.png"))
    company = (await container.company_standings().known((content.company,)))[content.company]
    await container.media_files().take(cast.siobhan.actor, company, (photo,))
    return await change(container, content, marker=Marker(photo=photo, state=MarkerState.READY))


async def _photo(cast: Any) -> tuple[Any, ...]:
    return (await _with_photo(cast)).public_id, 64, "image/webp"


async def _image(cast: Any) -> tuple[Any, ...]:
    content = await _with_photo(cast)
    return OwnerId(content.company), content.marker.photo, ImageWanted(w=64, h=64)


async def _making(cast: Any) -> tuple[Any, ...]:
    content = await _with_photo(cast)
    (file,) = await cast.world.container.media_reads().by_ids((content.marker.photo,))
    return None, file, ImageWanted(w=64, h=64)


async def _video(cast: Any) -> tuple[Any, ...]:
    """A film of the print that is a picture: whatever was made of it, its bytes are asked for alike."""
    content = await _with_photo(cast)
    videos = (replace(content.videos[0], file=content.marker.photo), *content.videos[1:])
    content = await change(cast.world.container, content, videos=videos)
    return content.public_id, content.videos[0].id, Piece.ORIGINAL


VIEWER: dict[str, list[Case]] = {
    "look_at_print": [(_id, {})],
    "check_print": [(_id, {})],
    "see_print": [(_id, {})],
    "take_turn": [(_turn, {})],
    "show_manifest": [(_id, {}), (_session, {})],
    "show_photo": [(_photo, {})],
    "show_video": [(_video, {})],
    "show_image_of": [(_image, {})],
    "make_image": [(_making, {})],
}
