"""Showing videos: what there is of them, and each piece to whoever may see it or holds a token for it."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from asperguide.media.errors import VideoNotFound
from asperguide.media.model import File, FileId, FileState
from asperguide.media.playlists import with_query
from asperguide.media.ports import MediaReads
from asperguide.media.serving import Readable
from asperguide.media.video_views import VideoView, video_view
from asperguide.media.videos import Derived, Video
from asperguide.media.views import FileView, file_view
from asperguide.shared.actor import Actor
from asperguide.shared.ports import Clock
from asperguide.shared.storage import ObjectStorage

LIFETIME = timedelta(hours=6)
TOKEN = re.compile(r"([0-9a-f]{8,10})\.([A-Za-z0-9_-]{32})")
STEP_SECONDS = 600
SIGNED_BYTES = 24
PLAYLIST, INDEX = "application/vnd.apple.mpegurl", "text/vtt"
SHEET = re.compile(r"(?m)^(\S+\.webp)(?=#xywh=)")


@dataclass(frozen=True, slots=True)
class PlaybackTokens:
    """Tokens by which whoever holds one sees all pieces of one video until it expires. Nothing is kept of them.

    They end with what they are for: a video that is deleted is shown to nobody.
    """

    key: bytes

    def make(self, id: FileId, now: datetime) -> str:
        """A token that is good for 6 hours, or up to 10 minutes less: as long it is the same, and so are addresses."""
        until = int((now + LIFETIME).timestamp())
        ends = f"{until - until % STEP_SECONDS:x}"
        return f"{ends}.{self._sign(id, ends)}"

    def fits(self, token: str, id: FileId, now: datetime) -> bool:
        """Whether it is one of ours, for this video, and not over."""
        found = TOKEN.fullmatch(token)
        if found is None or not hmac.compare_digest(self._sign(id, found[1]), found[2]):
            return False
        return now < ends_at(token)

    def _sign(self, id: FileId, ends: str) -> str:
        digest = hmac.digest(self.key, f"play:{id}:{ends}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:SIGNED_BYTES]).decode()


def ends_at(token: str) -> datetime:
    """When a token of ours ends."""
    return datetime.fromtimestamp(int(token.partition(".")[0], 16), UTC)


class SeeVideo(msgspec.Struct, frozen=True, kw_only=True):
    """Finds a video for whoever may see it: a reader of its file, or the holder of a token."""

    reads: MediaReads
    tokens: PlaybackTokens
    clock: Clock

    async def __call__(self, actor: Actor | None, id: FileId, token: str = "") -> tuple[File, Video]:
        """Raises VideoNotFound, alike for what is foreign and what is not."""
        file = await self.reads.file(id)
        if file is None or file.state is not FileState.READY:
            raise VideoNotFound
        if not file.may_be_read_by(actor) and not self.tokens.fits(token, id, self.clock.now()):
            raise VideoNotFound
        video = await self.reads.video(id)
        if video is None:
            raise VideoNotFound
        return file, video


class GetVideo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a video that I may see, or have a token for, and where its pieces are.

    The addresses hold a token that is good for 6 hours: a player needs nothing else, and whoever is given them sees the
    video as long. While it is processed, `job` tells how far that is.
    """

    see: SeeVideo
    tokens: PlaybackTokens
    clock: Clock

    async def __call__(self, actor: Actor | None, id: FileId, token: str = "") -> VideoView:
        file, video = await self.see(actor, id, token)
        if not self.tokens.fits(token, id, self.clock.now()):
            token = self.tokens.make(id, self.clock.now())
        return video_view(file, video, actor, token, ends_at(token))


class PlayVideo(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a video: a rendition, a segment, a picture. Ranges can be asked for.

    For whoever may see the video, and for whoever has a token from its addresses.
    """

    see: SeeVideo
    storage: ObjectStorage

    async def __call__(self, actor: Actor | None, id: FileId, role: str, name: str, token: str = "") -> Readable:
        file, video = await self.see(actor, id, token)
        made = video.named(role, name)
        if made is None:
            raise VideoNotFound
        return Readable(file=_as_file(file, made, actor), key=made.key, storage=self.storage)


class PlayPlaylist(msgspec.Struct, frozen=True, kw_only=True):
    """A playlist, or the index of the sprites, in which every address holds a token for what it leads to."""

    see: SeeVideo
    storage: ObjectStorage
    tokens: PlaybackTokens
    clock: Clock

    async def __call__(self, actor: Actor | None, id: FileId, role: str, name: str, token: str = "") -> str:
        file, video = await self.see(actor, id, token)
        made = video.named(role, name)
        if made is None or made.media_type not in (PLAYLIST, INDEX):
            raise VideoNotFound
        now = self.clock.now()
        given = token if self.tokens.fits(token, id, now) else self.tokens.make(id, now)
        async with Readable(file=file_view(file, actor), key=made.key, storage=self.storage).open() as chunks:
            text = b"".join([chunk async for chunk in chunks]).decode()
        query = f"token={given}"
        if made.media_type == INDEX:
            return SHEET.sub(lambda found: f"{found[1]}?{query}", text)
        return with_query(text, query)


def _as_file(file: File, made: Derived, actor: Actor | None) -> FileView:
    """The piece as if it were a file. Keys are never used again, so that one stands for its bytes."""
    return msgspec.structs.replace(
        file_view(file, actor), name=made.name, media_type=made.media_type, size=made.size,
        sha256=hashlib.sha256(made.key.encode()).hexdigest(), width=made.width, height=made.height,
    )  # fmt: skip
