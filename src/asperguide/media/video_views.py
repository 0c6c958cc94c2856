"""What media answers about videos."""

from datetime import datetime
from uuid import UUID

import msgspec

from asperguide.media.model import File, FileId
from asperguide.media.videos import Derived, Facts, Video, VideoState
from asperguide.shared.actor import Actor


class FactsView(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a video: seconds, pixels as shown, frames a second, bits a second, degrees it was turned by."""

    duration: float
    width: int | None
    height: int | None
    frame_rate: float | None
    bit_rate: int | None
    rotation: int
    video_codec: str | None
    audio_codec: str | None


class PieceView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was made of a video, and where it is: a path below our own address."""

    name: str
    url: str
    media_type: str
    size: int
    width: int | None
    height: int | None


class VideoView(msgspec.Struct, frozen=True, kw_only=True):
    """A video: how far it is, and what can be shown of it until `playable_until`.

    `hls` is the playlist of all renditions, `renditions` are whole MP4 files, the smallest first; `sprites` is the
    index (WebVTT) of small pictures for a time line. Without any of these it was not processed yet. `failure` says why
    it could not be. `job` processes it, or has processed it last, and is told to its owner only.
    """

    id: FileId
    name: str
    state: VideoState
    failure: str | None
    facts: FactsView | None
    poster_at: float | None
    job: UUID | None
    hls: str | None
    renditions: tuple[PieceView, ...]
    thumbnails: tuple[PieceView, ...]
    poster: PieceView | None
    sprites: str | None
    playable_until: datetime
    created_at: datetime
    updated_at: datetime


def video_view(file: File, video: Video, actor: Actor | None, token: str, until: datetime) -> VideoView:
    """The video for this actor, with addresses that hold the token."""
    mine = file.belongs_to(actor)
    posters = _pieces(video, "poster", token)
    return VideoView(
        id=video.id, name=file.name, state=video.state, failure=video.failure if mine else None,
        facts=_facts(video.facts), poster_at=video.poster_at, job=video.job if mine else None,
        hls=_url(video, "hls", "master.m3u8", token) if video.named("hls", "master.m3u8") else None,
        renditions=_pieces(video, "mp4", token), thumbnails=_pieces(video, "thumbnail", token),
        poster=posters[0] if posters else None,
        sprites=_url(video, "sprites", "sprites.vtt", token) if video.named("sprite", "sprites.vtt") else None,
        playable_until=until, created_at=video.created_at, updated_at=video.updated_at,
    )  # fmt: skip


FOLDERS = {"mp4": "mp4", "thumbnail": "thumbnails", "poster": "thumbnails"}


def _pieces(video: Video, role: str, token: str) -> tuple[PieceView, ...]:
    found = sorted((one for one in video.made if one.role == role), key=lambda one: one.width or 0)
    return tuple(_piece(video, one, token) for one in found)


def _piece(video: Video, made: Derived, token: str) -> PieceView:
    name = made.name.removeprefix("thumbnail_").rpartition(".")[0]
    if made.role == "mp4":
        name = name.removesuffix("p")
    return PieceView(
        name=name, url=_url(video, FOLDERS[made.role], name, token), media_type=made.media_type, size=made.size,
        width=made.width, height=made.height,
    )  # fmt: skip


def _url(video: Video, folder: str, name: str, token: str) -> str:
    return f"/api/v1/videos/{video.id}/{folder}/{name}?token={token}"


def _facts(facts: Facts | None) -> FactsView | None:
    if facts is None:
        return None
    return FactsView(
        duration=facts.duration, width=facts.width, height=facts.height, frame_rate=facts.frame_rate,
        bit_rate=facts.bit_rate, rotation=facts.rotation, video_codec=facts.video_codec, audio_codec=facts.audio_codec,
    )  # fmt: skip
