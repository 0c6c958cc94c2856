"""Prints out of the words of an archive: drafts with ids of their own, held to the same rules as those made by hand."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from asperguide.ar.desk import zone_at
from asperguide.ar.errors import InvalidContent
from asperguide.ar.filling_in import For, customer_of, refuse_controls
from asperguide.ar.lasting import end_of
from asperguide.ar.model import Content, ContentId, Marker, PublicId
from asperguide.ar.packing_errors import ArchiveRefused
from asperguide.ar.packing_format import (
    PackedContent,
    PackedImagePlane,
    PackedPlacement,
    PackedRotation,
    PackedVideo,
    PackedVideoPlane,
)
from asperguide.ar.reel import with_window
from asperguide.ar.rotating import NewDateRule, NewRotation
from asperguide.ar.rotating import flaws_of as flaws_of_rules
from asperguide.ar.rotation import Rotation
from asperguide.ar.scenes import ImagePlane, Placement, Scene, VideoPlane, tidy
from asperguide.ar.scenes import flaws_of as flaws_of_scene
from asperguide.ar.videos import ContentVideo, FileId, VideoId, Window
from asperguide.shared.actor import UserId
from asperguide.shared.errors import DomainError, FieldError
from asperguide.shared.tenancy import Companies, CompanyFacts, ProjectId

V7, VARIANT = 0x7 << 76, 0b10 << 62
NOBODY = PublicId("")


def derived(of: UUID, *place: object) -> UUID:
    """The id of something that is made in the course of something else: always the same, also when it is begun anew.

    It is a UUIDv7 of the same millisecond.
    """
    digest = hashlib.sha256(of.bytes + " ".join(map(str, place)).encode()).digest()
    rest = int.from_bytes(digest[:10]) & ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=(of.int >> 80) << 80 | rest | V7 | VARIANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose prints they become, of which files, who has brought them and when."""

    company: CompanyFacts
    project: ProjectId
    files: Mapping[str, FileId]
    user: UserId
    now: datetime


class MakePrints(Struct, frozen=True, kw_only=True):
    """Makes prints of what a manifest says of them, without numbers and public ids. Raises ArchiveRefused."""

    companies: Companies

    async def __call__(self, n: int, packed: PackedContent, origin: Origin) -> tuple[Content, Scene | None]:
        """The n-th print of the manifest, and what stands over it."""
        try:
            return await self._made(n, packed, origin)
        except DomainError as refused:
            reason = " ".join(field.in_full for field in refused.fields) or refused.detail
            raise ArchiveRefused(f"Print {n} of the manifest is not acceptable. {reason}") from None

    async def _made(self, n: int, packed: PackedContent, origin: Origin) -> tuple[Content, Scene | None]:
        refuse_controls(packed.title, "#/title")
        told, now = packed.customer, origin.now
        customer = await customer_of(
            self.companies, origin.company.id, For(name=told.name, phone=told.phone, email=told.email)
        )
        content = Content(
            id=ContentId(derived(origin.project, "content", n)), company=origin.company.id, project=origin.project,
            number="", public_id=NOBODY, title=packed.title, customer=customer,
            marker=Marker(photo=origin.files[packed.photo]), videos=tuple(_videos(n, packed, origin)),
            mode=packed.mode, ends_at=_end(packed, origin), metadata=packed.metadata, created_by=origin.user,
            created_at=now, updated_at=now,
        )  # fmt: skip
        content = _windowed(n, packed, content, origin)
        ruled = replace(content, chosen=_chosen(packed, content), rotation=_rotation(packed.rotation, content, origin))
        return ruled, _scene(packed, ruled, origin)


def _end(packed: PackedContent, origin: Origin) -> datetime:
    """Until when it lasts; 30 years if that is over."""
    over = packed.ends_at <= origin.now
    return end_of(None, None if over else packed.ends_at, origin.now, zone_at(origin.company))


def _videos(n: int, packed: PackedContent, origin: Origin) -> Iterator[ContentVideo]:
    for place, one in enumerate(packed.videos):
        refuse_controls(one.title, f"#/videos/{place}/title")
        ends_at = None if one.ends_at is None else one.ends_at.astimezone(UTC)
        yield ContentVideo(
            id=VideoId(derived(origin.project, "video", n, place)), file=origin.files[one.file], title=one.title,
            active=one.active, position=place, weight=one.weight, ends_at=ends_at, created_at=origin.now,
        )  # fmt: skip


def _windowed(n: int, packed: PackedContent, content: Content, origin: Origin) -> Content:
    for place, one in enumerate(packed.videos):
        for window in _windows(n, place, one, origin):
            content = with_window(content, content.videos[place].id, window)
    return content


def _windows(n: int, place: int, video: PackedVideo, origin: Origin) -> Iterator[Window]:
    for number, span in enumerate(video.windows):
        id = derived(origin.project, "window", n, place, number)
        yield Window(id=id, starts_at=span.starts_at, ends_at=span.ends_at)


def _chosen(packed: PackedContent, content: Content) -> VideoId | None:
    return None if packed.chosen is None else _video(content, packed.chosen, "#/chosen")


def _video(content: Content, place: int, pointer: str) -> VideoId:
    """The video at that place. Raises InvalidContent."""
    with suppress(IndexError):
        return content.videos[place].id
    raise _refused(pointer)


def _rotation(packed: PackedRotation | None, content: Content, origin: Origin) -> Rotation | None:
    if packed is None:
        return None
    new = NewRotation(
        dates=tuple(
            NewDateRule(day=one.day, yearly=one.yearly, video=_video(content, one.video, f"#/rotation/dates/{n}"))
            for n, one in enumerate(packed.dates)
        ),
        kind=packed.kind, since=packed.since, time_zone=packed.time_zone,
        videos=tuple(_video(content, place, f"#/rotation/videos/{n}") for n, place in enumerate(packed.videos)),
    )  # fmt: skip
    if flaws := tuple(flaws_of_rules(new, content)):
        raise InvalidContent(fields=flaws)
    return new.rotation(origin.now, zone_at(origin.company))


def _scene(packed: PackedContent, content: Content, origin: Origin) -> Scene | None:
    if packed.scene is None:
        return None
    placements = tuple(_placed(n, one, content, origin) for n, one in enumerate(packed.scene))
    if flaws := tuple(flaws_of_scene(placements, content)):
        raise InvalidContent(fields=flaws)
    return Scene(content=content.id, company=content.company, placements=tidy(placements), updated_at=origin.now)


def _placed(n: int, one: PackedPlacement, content: Content, origin: Origin) -> Placement:
    match one:
        case PackedVideoPlane():
            video = None if one.video is None else _video(content, one.video, f"#/scene/{n}/video")
            return VideoPlane(video=video, position=one.position, rotation=one.rotation, scale=one.scale)
        case PackedImagePlane():
            return ImagePlane(
                file=origin.files[one.file], alt=one.alt, position=one.position, rotation=one.rotation, scale=one.scale
            )
        case _:
            return one


def _refused(pointer: str) -> InvalidContent:
    return InvalidContent(fields=(FieldError(pointer=pointer, code="NOT_ALLOWED", detail="This is out of range."),))
