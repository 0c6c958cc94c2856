"""Scenes as viewers are told of them: with addresses instead of files, and nothing that may not play now."""

from collections.abc import Callable, Iterator

import msgspec

from asperguide.ar.scenes import ImagePlane, LinkSpot, Placed, Placement, Scene, TextPlane, VideoPlane
from asperguide.ar.videos import ContentVideo, VideoId

Address = Callable[[str], str]


class ShownVideoPlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="video"):
    """A plane one unit wide with a video, `width` and `height` being its pixels."""

    id: VideoId
    title: str
    video_url: str
    thumbnail_url: str
    duration: float
    width: int
    height: int
    mime_type: str


class ShownImagePlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="image"):
    """A plane one unit wide with a picture, in WebP."""

    image_url: str
    alt: str


ShownPlacement = ShownVideoPlane | ShownImagePlane | LinkSpot | TextPlane


def shown(
    scene: Scene, fit: Callable[[VideoId], ContentVideo | None], playing: ContentVideo, where: Address
) -> tuple[ShownPlacement, ...]:
    """What stands over a print while this video plays; `fit` gives those that may play as well.

    `where` makes public addresses of `videos/{id}`, `videos/{id}/thumbnail`, `images/{file}`.
    """
    return tuple(told for one in scene.placements or () for told in _told(one, fit, playing, where))


def _told(
    one: Placement, fit: Callable[[VideoId], ContentVideo | None], playing: ContentVideo, where: Address
) -> Iterator[ShownPlacement]:
    match one:
        case VideoPlane():
            if (video := playing if one.video is None else fit(VideoId(one.video))) is not None:
                yield from _film(one, video, where)
        case ImagePlane():
            yield ShownImagePlane(
                image_url=where(f"images/{one.file}"), alt=one.alt, position=one.position, rotation=one.rotation,
                scale=one.scale,
            )  # fmt: skip
        case _:
            yield one


def _film(one: VideoPlane, video: ContentVideo, where: Address) -> Iterator[ShownVideoPlane]:
    if (footage := video.footage) is not None:
        at = f"videos/{video.id}"
        yield ShownVideoPlane(
            id=video.id, title=video.title, video_url=where(at), thumbnail_url=where(f"{at}/thumbnail"),
            duration=footage.duration, width=footage.width, height=footage.height, mime_type=footage.media_type,
            position=one.position, rotation=one.rotation, scale=one.scale,
        )  # fmt: skip


SceneOfPrint = tuple[ShownPlacement, ...] | msgspec.UnsetType
"""In manifests: nothing at all where there is no scene."""
