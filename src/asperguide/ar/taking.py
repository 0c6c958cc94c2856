"""Taking files for a print: a photo that can be a marker, and films."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from asperguide.ar.errors import InvalidContent
from asperguide.ar.marker_errors import MarkerTooSmall
from asperguide.ar.markers import demand_size
from asperguide.ar.ports import MediaFile, MediaFiles, MediaState
from asperguide.ar.terms import wrong
from asperguide.ar.videos import FileId
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyFacts

IMAGE, VIDEO = "image", "video"
WORDS = {IMAGE: "This is no picture.", VIDEO: "This is no video."}
REFUSED = "This file was refused."


async def take_print(
    files: MediaFiles, actor: Actor, company: CompanyFacts, photo: FileId, videos: Sequence[FileId]
) -> Sequence[MediaFile]:
    """Make these the company's: the photo and then the videos, or none. Raises InvalidContent, StorageFull."""
    with pointing("#/photo", *(f"#/videos/{n}" for n in range(len(videos)))):
        return await files.take(actor, company, [photo, *videos], look_at_print)


def look_at_print(files: Sequence[MediaFile]) -> None:
    """Whether the first is a photo, and the others are videos. Raises InvalidContent, pointing at places."""
    for place, file in enumerate(files):
        look_at(file, VIDEO if place else IMAGE, f"#/{place}")


def look_at(file: MediaFile, family: str, pointer: str) -> None:
    """Raises InvalidContent for a file of another type, a refused one, and too small a picture for a marker."""
    look_at_kind(file, family, pointer)
    if family == IMAGE and file.width is not None and file.height is not None:
        try:
            demand_size(file.width, file.height)
        except MarkerTooSmall as small:
            raise InvalidContent(fields=(wrong(pointer, small.detail),)) from None


def look_at_kind(file: MediaFile, family: str, pointer: str) -> None:
    """Raises InvalidContent for a file of another type, and a refused one."""
    if file.state is MediaState.REFUSED and file.footage is None:
        raise InvalidContent(fields=(wrong(pointer, file.refusal or REFUSED),))
    if file.media_type.partition("/")[0] != family:
        raise InvalidContent(fields=(wrong(pointer, WORDS[family]),))


@contextmanager
def pointing(*names: str) -> Iterator[None]:
    """What is refused by its place is refused by the name that the caller knows it by."""
    try:
        yield
    except InvalidContent as refused:
        fields = tuple(replace(field, pointer=names[int(field.pointer.removeprefix("#/"))]) for field in refused.fields)
        raise InvalidContent(fields=fields) from None
