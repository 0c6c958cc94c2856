"""What the lists of media can be asked."""

from typing import Annotated

from msgspec import Meta

from asperguide.media.model import FileState, Visibility, name_key
from asperguide.shared.pages import Instant, ListRules, Sort

Size = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""Bytes, as many as any database can count."""
FAMILIES = ("image", "video", "audio", "text", "application", "model", "font")


def _type(text: str) -> str:
    """A whole type, or a family: `video/mp4`, `video`."""
    if text.partition("/")[0] not in FAMILIES or len(text) > 100:
        raise ValueError(text)
    return text


def _search(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise ValueError(text)
    return name_key(text)


def _tag(text: str) -> str:
    if not 1 <= len(text) <= 50:
        raise ValueError(text)
    return text


FILES = ListRules(
    name="files",
    sorts={
        "created_at": Sort(field="created_at", type=Instant),
        "name": Sort(field="name_key", type=str),
        "size": Sort(field="size", type=Size),
    },
    default="-created_at",
    filters={"type": _type, "tag": _tag, "name": _search, "state": FileState, "visibility": Visibility},
)

UPLOADS = ListRules(
    name="uploads", sorts={"created_at": Sort(field="created_at", type=Instant)}, default="-created_at", filters={}
)
