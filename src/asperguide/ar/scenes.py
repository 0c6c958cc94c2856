"""Scenes: what stands over a print beside the video that plays, where, and how large.

Axes are those of glTF 2.0 and WebXR, right-handed: seen upright, x goes to the right along the print, y up along it, z
out of it towards whoever looks. The origin is the centre of the print, and the unit its width: a scene fits prints of
any size, and whoever knows the width in metres multiplies by it. Rotations are unit quaternions x, y, z, w as in glTF:
unlike three angles they need no order to be agreed upon.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec import structs as fields_of

from asperguide.ar.model import Content, ContentId
from asperguide.ar.videos import FileId, VideoId
from asperguide.shared.errors import FieldError
from asperguide.shared.tenancy import CompanyId

MOST_PLACEMENTS = 50
LONGEST_TEXT, LONGEST_LABEL, LONGEST_LINK = 2000, 200, 2000
OFF_UNIT = 0.01
"""So far the length of a quaternion may be from 1: digits are lost on the way."""

Place = Annotated[float, Meta(ge=-100, le=100)]
Turn = Annotated[float, Meta(ge=-1.01, le=1.01)]
Factor = Annotated[float, Meta(ge=0.001, le=100)]


class Placed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something is: its centre in print widths from that of the print, its turn as a quaternion, its scale."""

    position: tuple[Place, Place, Place] = (0.0, 0.0, 0.0)
    rotation: tuple[Turn, Turn, Turn, Turn] = (0.0, 0.0, 0.0, 1.0)
    scale: tuple[Factor, Factor, Factor] = (1.0, 1.0, 1.0)


class VideoPlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="video"):
    """A plane one unit wide with a video of the content, as high as that is; without `video` the one that plays."""

    video: UUID | None = None


class ImagePlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="image"):
    """A plane one unit wide with a picture: a finished upload of mine, or a file of the company. `alt` describes it."""

    file: UUID
    alt: Annotated[str, Meta(max_length=LONGEST_LABEL)] = ""


class LinkSpot(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="link"):
    """Something to touch that leads to another page, which is reached by https."""

    url: Annotated[str, Meta(min_length=1, max_length=LONGEST_LINK, examples=["https://example.org/guestbook"])]
    label: Annotated[str, Meta(min_length=1, max_length=LONGEST_LABEL, pattern=r"\S")]


class TextPlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="text"):
    """Words on a plane one unit wide, to be shown as they are: there is no markup in them."""

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]
    color: Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z", examples=["#ffffff"])] | None = None


Placement = VideoPlane | ImagePlane | LinkSpot | TextPlane


class NewScene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that stands over the print; what comes later is drawn over what came before where they touch."""

    placements: Annotated[tuple[Placement, ...], Meta(max_length=MOST_PLACEMENTS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The scene of a content. Of one that was taken away only the version is kept: the next one goes on from there."""

    content: ContentId
    company: CompanyId
    placements: tuple[Placement, ...] | None
    updated_at: datetime
    version: int = 1

    @property
    def id(self) -> ContentId:
        """A content has one scene at most."""
        return self.content

    @property
    def files(self) -> tuple[FileId, ...]:
        """The pictures, each once."""
        return images_of(self.placements or ())

    @property
    def videos(self) -> frozenset[VideoId]:
        """The videos that it names; the one that plays is meant without a name."""
        planes = (one for one in self.placements or () if isinstance(one, VideoPlane))
        return frozenset(VideoId(plane.video) for plane in planes if plane.video is not None)

    def with_placements(self, placements: tuple[Placement, ...] | None, now: datetime) -> "Scene":
        """Another scene in the place of this one, or none."""
        return replace(self, placements=placements, updated_at=now)


def images_of(placements: Sequence[Placement]) -> tuple[FileId, ...]:
    """The pictures that are placed, each once."""
    found = (FileId(one.file) for one in placements if isinstance(one, ImagePlane))
    return tuple(dict.fromkeys(found))


def tidy(placements: Sequence[Placement]) -> tuple[Placement, ...]:
    """The same with quaternions of length 1."""
    return tuple(fields_of.replace(one, rotation=_unit(one.rotation)) for one in placements)


def copied(scene: Scene, of: Content, to: Content) -> Scene:
    """The scene over a copy of its content, whose videos are in the same order."""
    names = {video.id: copy.id for video, copy in zip(of.videos, to.videos, strict=True)}
    placements = scene.placements and tuple(_renamed(one, names) for one in scene.placements)
    return Scene(content=to.id, company=to.company, placements=placements, updated_at=to.created_at)


def _renamed(one: Placement, names: Mapping[VideoId, VideoId]) -> Placement:
    if isinstance(one, VideoPlane) and one.video is not None:
        return fields_of.replace(one, video=names.get(VideoId(one.video)))
    return one


def flaws_of(placements: Sequence[Placement], content: Content) -> Iterator[FieldError]:
    """All that is wrong with them, but for the pictures, over this content."""
    for n, one in enumerate(placements):
        at = f"#/placements/{n}"
        if not all(map(math.isfinite, (*one.position, *one.rotation, *one.scale))):
            yield _wrong(at, "Only finite numbers.")
        elif abs(math.hypot(*one.rotation) - 1) > OFF_UNIT:
            yield _wrong(f"{at}/rotation", "A quaternion x, y, z, w of length 1.")
        if isinstance(one, VideoPlane) and one.video is not None and content.video(VideoId(one.video)) is None:
            yield _wrong(f"{at}/video", "This is no video of the content.")
        if isinstance(one, LinkSpot) and not leads_outside(one.url):
            yield _wrong(f"{at}/url", "An address that begins with https://, without a name or password in it.")


def leads_outside(url: str) -> bool:
    """Whether this is the address of a page that is reached by https, and looks like what it is."""
    if not url.isprintable() or any(letter in " \"'<>\\^`{|}" for letter in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _unit(turn: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    length = math.hypot(*turn)
    x, y, z, w = (part / length for part in turn)
    return x, y, z, w


def _wrong(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code="NOT_ALLOWED", detail=detail)
