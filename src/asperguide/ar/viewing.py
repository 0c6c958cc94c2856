"""Prints as the public sees them: whether one can be seen, what a viewer has to know of it, and its bytes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from asperguide.ar.manifests import Addresses, Manifest, Sheet, good_until, manifest_of, sheet_of
from asperguide.ar.playing import Source, choose
from asperguide.ar.ports import ArUnitOfWork, MediaFiles, Opened, Piece
from asperguide.ar.showing import LookAt, demanded
from asperguide.ar.unavailable import InvalidSession, NoPlayableVideo, Reason
from asperguide.ar.videos import FileId, VideoId
from asperguide.ar.viewer_ports import Pictures, Sheets, Showing
from asperguide.shared.actor import Actor
from asperguide.shared.errors import NotFound
from asperguide.shared.ports import Clock

SESSION = re.compile(r"[A-Za-z0-9_.~-]{8,64}")
BY_TURN = frozenset({Source.SEQUENTIAL, Source.CYCLIC})


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a print can be seen now; if not, the reason: the first in this order that applies.

    invalid_id, not_found, company_inactive, project_inactive, expired, not_published, marker_missing, marker_pending,
    no_playable_video.
    """

    available: bool
    reason: Reason | None = None


class CheckPrint(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a print can be seen now, and the reason if it cannot. Whatever is asked for is answered, never refused.

    Of prints in a company or project that is not active nothing more is told than that.
    """

    look: LookAt

    async def __call__(self, public_id: str, member: Actor | None = None) -> Availability:
        found = await self.look(public_id, member)
        reason = found if isinstance(found, Reason) else None
        return Availability(available=reason is None, reason=reason)


class MakeSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a print that can be seen, for whoever has this turn. Raises NoPlayableVideo.

    That of the first turn is made once and kept while it is good; not so a preview, which leads to other addresses.
    """

    sheets: Sheets
    clock: Clock
    url: str

    def __call__(self, showing: Showing, turn: int = 0, *, preview: bool = False) -> Sheet:
        """The sheet at this instant."""
        now = self.clock.now()
        if preview or turn:
            return self._made(showing, turn, now, preview=preview)
        sheet = self.sheets.ready(showing, now)
        if sheet is None:
            sheet = self._made(showing, 0, now)
            self.sheets.keep(showing, sheet, now)
        return sheet

    def _made(self, showing: Showing, turn: int, now: datetime, *, preview: bool = False) -> Sheet:
        content = showing.content
        choice = choose(content, now, showing.zone, turn)
        if choice is None:
            raise NoPlayableVideo
        where = Addresses(url=self.url, id=content.public_id, preview=preview)
        manifest = manifest_of(content, choice, now, showing.zone, where, showing.scene)
        until = good_until(content, choice, showing.project.ends_at, now)
        return sheet_of(manifest, until)


class TakeTurn(msgspec.Struct, frozen=True, kw_only=True):
    """Which turn a view session has: the next one when it is new, the same again when it comes back.

    However many come at once, no two new sessions get the same one. Raises InvalidSession.
    """

    begin: Callable[[], ArUnitOfWork]
    clock: Clock

    async def __call__(self, showing: Showing, session: str) -> int:
        if not SESSION.fullmatch(session):
            raise InvalidSession
        async with self.begin() as uow:
            turn = await uow.turns.take(showing.content.id, session, self.clock.now())
            await uow.commit()
        return turn


class ShowManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer needs to show a print: its marker, and the video that plays now.

    Where each view session gets the next video, `session` says which one this is: 8 to 64 letters, digits, `-`, `_`,
    `.` or `~` that the viewer makes up and keeps as long as somebody looks. Without one it is the first video. Members
    of the project see beforehand, with `preview`, what is not published; that takes no turn.

    Any change is in the very next answer; caches between may keep one for as long as its Cache-Control says.
    """

    look: LookAt
    make: MakeSheet
    take: TakeTurn

    async def __call__(self, public_id: str, session: str | None = None, member: Actor | None = None) -> Sheet:
        if session is not None and not SESSION.fullmatch(session):
            raise InvalidSession
        showing = demanded(await self.look(public_id, member))
        sheet = self.make(showing, preview=member is not None)
        if session is None or member is not None or Source(sheet.manifest.video.selection_source) not in BY_TURN:
            return sheet
        return self.make(showing, await self.take(showing, session))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPage:
    """What the page of a print shows: the manifest, and by whom; or the reason why there is nothing to see.

    Of a `preview` nothing is counted.
    """

    reason: Reason | None = None
    manifest: Manifest | None = None
    preview: bool = False
    company: str = ""
    accent: str | None = None
    locale: str = ""


class SeePrint(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a print: what it shows to whoever scans the code on it. What cannot be seen is told by its reason."""

    look: LookAt
    make: MakeSheet

    async def __call__(self, public_id: str, member: Actor | None = None) -> PrintPage:
        found = await self.look(public_id, member)
        if isinstance(found, Reason):
            return PrintPage(reason=found)
        company = found.project.company
        preview = member is not None
        return PrintPage(
            manifest=self.make(found, preview=preview).manifest, preview=preview,
            company=company.name, accent=company.accent, locale=company.locale,
        )  # fmt: skip


class ShowPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """The photo of a print as it can be recognised by (`marker`, WebP) and looked at (`photo`, JPEG).

    Its longer side has at most 1280 pixels. It tells nothing but the picture: not where it was taken, nor with what.
    """

    look: LookAt
    pictures: Pictures

    async def __call__(self, public_id: str, longest: int, media_type: str, member: Actor | None = None) -> Opened:
        content = demanded(await self.look(public_id, member)).content
        return found(await self.pictures.picture(content.company, content.marker.photo, longest, media_type))


class ShowVideo(msgspec.Struct, frozen=True, kw_only=True):
    """A video of a print, or pictures of it: of those that may play now, whichever is chosen."""

    look: LookAt
    files: MediaFiles
    clock: Clock

    async def __call__(self, public_id: str, video: UUID, piece: Piece, member: Actor | None = None) -> Opened:
        content = demanded(await self.look(public_id, member)).content
        wanted = content.video(VideoId(video))
        if wanted is None or not wanted.playable(self.clock.now()):
            raise NotFound
        return found(await self.files.open(content.company, wanted.file, piece))


class ShowSceneImage(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that stands over a print. Its longer side has at most 1280 pixels; it tells nothing but the picture."""

    look: LookAt
    pictures: Pictures

    async def __call__(
        self, public_id: str, file: UUID, longest: int, media_type: str, member: Actor | None = None
    ) -> Opened:
        showing = demanded(await self.look(public_id, member))
        if showing.scene is None or FileId(file) not in showing.scene.files:
            raise NotFound
        return found(await self.pictures.picture(showing.content.company, FileId(file), longest, media_type))


def found(opened: Opened | None) -> Opened:
    """The bytes. Raises NotFound when there are none (any more)."""
    if opened is None:
        raise NotFound
    return opened
