"""What stands in `manifest.json` of a project as an archive, version `asperguide-project/1` (docs/packing.md).

There are no ids in it: files are named by their paths in the archive, videos by their places in their content, from 0
on. So nothing in it can point at what is outside.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from asperguide.ar.filling_in import Address, Metadata, Name, Phone, Title
from asperguide.ar.reel import MOST_VIDEOS, MOST_WINDOWS
from asperguide.ar.rotating import MOST_RULES
from asperguide.ar.rotation import PlaybackMode, RotationKind
from asperguide.ar.scenes import LONGEST_LABEL, MOST_PLACEMENTS, LinkSpot, Placed, TextPlane
from asperguide.ar.terms import Instant

FORMAT = "asperguide-project/1"
MANIFEST = "manifest.json"
MEDIA_TYPE = "application/zip"
MOST_CONTENTS, MOST_FILES = 5000, 20_000
LARGEST_MANIFEST = 16 * 1024 * 1024

Path = Annotated[str, Meta(max_length=200, pattern=r"^media/[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\Z")]
Position = Annotated[int, Meta(ge=0, lt=MOST_VIDEOS)]


class PackedProject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a project is like, apart from what is in it."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    description: Annotated[str, Meta(max_length=5000)] = ""
    starts_at: Instant
    ends_at: Instant | None = None
    notify_before_days: Annotated[int, Meta(ge=1, le=365)] = 7
    tags: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    template: bool = False


class PackedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the archive: its path there, what it was called, its type, bytes and checksum."""

    path: Path
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    media_type: Annotated[str, Meta(max_length=100, pattern=r"^(?:image|video)/[a-z0-9][a-z0-9.+-]*\Z")]
    size: Annotated[int, Meta(ge=1)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class PackedCustomer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom a print is; of clients of the company their name."""

    name: Name = ""
    phone: Phone = ""
    email: Address = ""


class PackedWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span in which a video is to play."""

    starts_at: Instant
    ends_at: Instant


class PackedVideo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video over a print."""

    file: Path
    title: Title
    active: bool = True
    weight: Annotated[int, Meta(ge=1, le=100)] = 1
    ends_at: Instant | None = None
    windows: Annotated[tuple[PackedWindow, ...], Meta(max_length=MOST_WINDOWS)] = ()


class PackedDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day that has a video of its own."""

    day: date
    yearly: bool = False
    video: Position


class PackedRotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes by the calendar."""

    dates: Annotated[tuple[PackedDay, ...], Meta(max_length=MOST_RULES)] = ()
    kind: RotationKind | None = None
    videos: Annotated[tuple[Position, ...], Meta(max_length=MOST_RULES)] = ()
    since: date | None = None
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class PackedVideoPlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="video"):
    """A video of the content; the one that plays without any."""

    video: Position | None = None


class PackedImagePlane(Placed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="image"):
    """A picture out of the archive."""

    file: Path
    alt: Annotated[str, Meta(max_length=LONGEST_LABEL)] = ""


PackedPlacement = PackedVideoPlane | PackedImagePlane | LinkSpot | TextPlane


class PackedContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A print. Its number is what it had where it comes from; it gets another one where it is brought in."""

    number: Annotated[str, Meta(max_length=32)]
    title: Title
    customer: PackedCustomer = PackedCustomer()
    photo: Path
    videos: Annotated[tuple[PackedVideo, ...], Meta(max_length=MOST_VIDEOS)] = ()
    mode: PlaybackMode = PlaybackMode.FIRST
    chosen: Position | None = None
    rotation: PackedRotation | None = None
    ends_at: Instant
    metadata: Metadata = {}
    scene: Annotated[tuple[PackedPlacement, ...], Meta(max_length=MOST_PLACEMENTS)] | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What could not be packed, because a file of it is refused or still being checked: a print, or a video of it."""

    number: Annotated[str, Meta(max_length=32)]
    video: Annotated[str, Meta(max_length=255)] | None = None


class ProjectManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it. Prints are in the order of their numbers, files in the order in which prints name them."""

    format: str
    made_at: datetime
    project: PackedProject
    contents: Annotated[tuple[PackedContent, ...], Meta(max_length=MOST_CONTENTS)]
    files: Annotated[tuple[PackedFile, ...], Meta(max_length=MOST_FILES)]
    left_out: tuple[LeftOut, ...] = ()


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a manifest that every version has."""

    format: str
