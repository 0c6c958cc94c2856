"""What a viewer is told of a print: its marker, and the video that plays now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from hashlib import blake2b
from math import ceil

import msgspec

from asperguide.ar.days import day_of, first_of
from asperguide.ar.model import Content, PublicId
from asperguide.ar.playing import Choice, goes_by_days, playable, zone_of
from asperguide.ar.scenes import Scene
from asperguide.ar.shown_scenes import SceneOfPrint, shown
from asperguide.ar.videos import ContentVideo, VideoId

VERSION, WITH_SCENE = 1, 2
DAY = timedelta(days=1)
ENCODER = msgspec.json.Encoder()


class ManifestVideo(msgspec.Struct, frozen=True, kw_only=True):
    """The video that plays now. `duration` is in seconds, `width` and `height` are pixels as they are shown.

    `selection_source` is what has decided for it: date_rule, schedule, fixed, daily_cycle, weekly_cycle, random_daily,
    manual, sequential, cyclic, first. `selected_at` is the last instant at which anything happened that another video
    might have been chosen for: an edit, the beginning of a day, the edge of a window, the end of a video.
    """

    id: VideoId
    title: str
    video_url: str
    thumbnail_url: str
    duration: float
    width: int
    height: int
    mime_type: str
    selection_source: str
    expires_in_days: int | None
    selected_at: datetime


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A print for viewers. `status` is `published`; members who look at it beforehand are told what it is instead.

    Where there is a `scene` beside the video the `manifest_version` is 2: axes are those of glTF and WebXR (x to the
    right, y up, z out of the print), from the centre of the print, in its widths; rotations are quaternions x, y, z, w.
    Whatever you do not know, pass over.
    """

    manifest_version: int
    unique_id: PublicId
    order_number: str
    title: str
    marker_image_url: str
    photo_url: str
    video: ManifestVideo
    expires_at: datetime
    status: str
    scene: SceneOfPrint = msgspec.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A manifest, the same as JSON with a name for it, and from when on it may be another without anybody's doing."""

    manifest: Manifest
    body: bytes
    etag: str
    until: datetime


def sheet_of(manifest: Manifest, until: datetime) -> Sheet:
    """The manifest as it is sent."""
    body = ENCODER.encode(manifest)
    return Sheet(manifest=manifest, body=body, etag=blake2b(body, digest_size=12).hexdigest(), until=until)


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where the public finds what belongs to a print; `preview` for members who look at it beforehand."""

    url: str
    id: PublicId
    preview: bool = False

    def __call__(self, part: str) -> str:
        """The address of a part: `marker`, `photo`, `images/{file}`, `videos/{id}`, its `/poster` and `/thumbnail`."""
        return f"{self.url}/api/v1/viewer/{self.id}/{part}{'?preview=true' if self.preview else ''}"


def manifest_of(
    content: Content, choice: Choice, now: datetime, zone: tzinfo, where: Addresses, scene: Scene | None = None
) -> Manifest:
    """The manifest while this choice holds; `zone` is the company's."""
    over = _scene(scene, content, choice, now, where)
    return Manifest(
        manifest_version=VERSION if over is msgspec.UNSET else WITH_SCENE, scene=over,
        unique_id=content.public_id, order_number=content.number, title=content.title,
        marker_image_url=where("marker"), photo_url=where("photo"),
        video=_video(choice, chosen_since(content, now, zone), now, where),
        expires_at=content.ends_at, status=content.state.value,
    )  # fmt: skip


def _scene(scene: Scene | None, content: Content, choice: Choice, now: datetime, where: Addresses) -> SceneOfPrint:
    if scene is None or scene.placements is None:
        return msgspec.UNSET
    return shown(scene, playable(content, now).get, choice.video, where)


def _video(choice: Choice, since: datetime, now: datetime, where: Addresses) -> ManifestVideo:
    video, footage = choice.video, choice.video.footage
    assert footage is not None, "what may not play is never chosen"
    return ManifestVideo(
        id=video.id, title=video.title, video_url=where(f"videos/{video.id}"),
        thumbnail_url=where(f"videos/{video.id}/thumbnail"), duration=footage.duration, width=footage.width,
        height=footage.height, mime_type=footage.media_type, selection_source=choice.source.value,
        expires_in_days=days_left(video, now), selected_at=since,
    )  # fmt: skip


def days_left(video: ContentVideo, now: datetime) -> int | None:
    """Days until its subscription ends, begun ones included; None when it does not."""
    return None if video.ends_at is None else max(0, ceil((video.ends_at - now) / DAY))


def chosen_since(content: Content, now: datetime, zone: tzinfo) -> datetime:
    """The last instant at which the choice may have changed: the same until the next one, whoever asks, and when."""
    return max((instant for instant in _beginnings(content, now, zone) if instant <= now), default=now)


def _beginnings(content: Content, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    yield content.created_at
    yield content.updated_at
    for video in content.videos:
        if video.ends_at is not None:
            yield video.ends_at
        for window in video.windows:
            yield from (window.starts_at, window.ends_at)
    if content.rotation is not None and goes_by_days(content.rotation):
        zone = zone_of(content, zone)
        yield first_of(day_of(now, zone), zone)


def good_until(content: Content, choice: Choice, project_ends_at: datetime | None, now: datetime) -> datetime:
    """The next instant at which the manifest may be another one: also when a day less is left of the video."""
    left = days_left(choice.video, now)
    day_passes = choice.video.ends_at - (left - 1) * DAY if choice.video.ends_at is not None and left else None
    edges = (choice.until, content.ends_at, project_ends_at, day_passes)
    return min(edge for edge in edges if edge is not None and edge > now)
