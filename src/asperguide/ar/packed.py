"""Prints in the words of an archive: places instead of ids."""

from collections.abc import Iterator, Mapping

from asperguide.ar.model import Content
from asperguide.ar.packing_format import (
    LeftOut,
    PackedContent,
    PackedCustomer,
    PackedDay,
    PackedFile,
    PackedImagePlane,
    PackedPlacement,
    PackedRotation,
    PackedVideo,
    PackedVideoPlane,
    PackedWindow,
)
from asperguide.ar.reel import in_order
from asperguide.ar.rotation import Rotation
from asperguide.ar.scenes import ImagePlane, Placement, Scene, VideoPlane
from asperguide.ar.videos import ContentVideo, FileId, VideoId

EXTENSIONS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif", "image/bmp": ".bmp",
    "image/tiff": ".tiff", "image/avif": ".avif", "image/heic": ".heic", "image/heif": ".heif", "video/mp4": ".mp4",
    "video/quicktime": ".mov", "video/webm": ".webm", "video/matroska": ".mkv", "video/x-msvideo": ".avi",
    "video/mp2t": ".ts",
}  # fmt: skip
"""What paths in archives end with, for those who look into them."""

Files = Mapping[FileId, PackedFile]
Places = Mapping[VideoId, int]


def extension_of(media_type: str) -> str:
    """What the path of a file of this type ends with."""
    return EXTENSIONS.get(media_type, "")


def described(
    content: Content, scene: Scene | None, files: Files, client: str | None
) -> tuple[PackedContent, list[LeftOut]]:
    """The print, whose photo is there, and which of its videos are left out because their files are not.

    With a video go its windows, its turns and days, and where it stands in the scene. `client` is the name of the
    company's client for whom it is.
    """
    there = [video for video in in_order(content.videos) if video.file in files]
    places = {video.id: place for place, video in enumerate(there)}
    packed = PackedContent(
        number=content.number, title=content.title, customer=_customer(content, client),
        photo=files[content.marker.photo].path,
        videos=tuple(_video(video, files) for video in there), mode=content.mode,
        chosen=None if content.chosen is None else places.get(content.chosen),
        rotation=None if content.rotation is None else _rotation(content.rotation, places), ends_at=content.ends_at,
        metadata=dict(sorted(content.metadata.items())),
        scene=None if scene is None or scene.placements is None else tuple(_scene(scene.placements, places, files)),
    )  # fmt: skip
    gone = [video for video in in_order(content.videos) if video.file not in files]
    return packed, [LeftOut(number=content.number, video=video.title) for video in gone]


def _customer(content: Content, client: str | None) -> PackedCustomer:
    told = content.customer
    return PackedCustomer(name=told.name or client or "", phone=told.phone, email=told.email)


def _video(video: ContentVideo, files: Files) -> PackedVideo:
    windows = tuple(PackedWindow(starts_at=one.starts_at, ends_at=one.ends_at) for one in video.windows)
    return PackedVideo(
        file=files[video.file].path, title=video.title, active=video.active, weight=video.weight,
        ends_at=video.ends_at, windows=windows,
    )  # fmt: skip


def _rotation(rotation: Rotation, places: Places) -> PackedRotation | None:
    """The rules about videos that are there; None when nothing is left of them."""
    dates = tuple(
        PackedDay(day=rule.day, yearly=rule.yearly, video=places[rule.video])
        for rule in rotation.dates
        if rule.video in places
    )
    turns = tuple(places[video] for video in rotation.videos if video in places)
    kind = rotation.kind if turns or not rotation.videos else None
    if kind is None and not dates:
        return None
    since = rotation.since if kind is not None else None
    return PackedRotation(dates=dates, kind=kind, videos=turns, since=since, time_zone=rotation.time_zone)


def _scene(placements: tuple[Placement, ...], places: Places, files: Files) -> Iterator[PackedPlacement]:
    for one in placements:
        match one:
            case VideoPlane():
                place = None if one.video is None else places.get(VideoId(one.video))
                if one.video is None or place is not None:
                    yield PackedVideoPlane(video=place, position=one.position, rotation=one.rotation, scale=one.scale)
            case ImagePlane():
                if (file := files.get(FileId(one.file))) is not None:
                    yield PackedImagePlane(
                        file=file.path, alt=one.alt, position=one.position, rotation=one.rotation, scale=one.scale
                    )
            case _:
                yield one
