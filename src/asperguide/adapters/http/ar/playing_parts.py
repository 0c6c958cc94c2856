"""Pieces that the routes of videos, schedules and rotations share: tags, examples, and answers."""

from typing import Any, Protocol, TypeVar

from litestar import Response

from asperguide.adapters.http.openapi_parts import BASE, CREATED, header
from asperguide.adapters.http.preconditions import etag_of
from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    ProjectPutAway,
)
from asperguide.shared.errors import EditedMeanwhile


class Versioned(Protocol):
    """Anything that says of which version of the content it tells."""

    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)

VIDEOS, SCHEDULES, ROTATION = ["content videos"], ["content schedules"], ["content rotation"]
SEEING = (ContentNotFound,)
CHANGING = (ContentNotFound, ContentRightNeeded, ContentInWrongState, ProjectPutAway, EditedMeanwhile)

VIDEO_ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"
OTHER_ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a11"
FILE_ID = "0199b0e0-31aa-7b12-8d00-4c1f2e3d4b5a"
WINDOW_ID = "0199b0e2-8c44-7d50-b1f0-2a6c5d9e7f31"

FILM: dict[str, Any] = {
    "id": VIDEO_ID, "file": FILE_ID, "title": "The wedding march", "active": True, "state": "active", "position": 0,
    "weight": 1, "ends_at": "2028-01-19T10:30:00Z", "windows": 1,
    "footage": {"duration": 42.5, "width": 1280, "height": 720, "media_type": "video/mp4", "size": 11_900_000},
    "failure": None, "created_at": "2026-01-19T10:30:00Z", "version": 7,
}  # fmt: skip
FILMS = {"items": [FILM], "version": 7}
NEW_FILMS = {"videos": [{"file": FILE_ID, "title": "The wedding march", "subscription": "2y"}]}
SPAN = {"video": VIDEO_ID, "starts_at": "2026-06-01T16:00:00Z", "ends_at": "2026-06-01T22:00:00Z"}
WINDOW = {"id": WINDOW_ID, **SPAN, "version": 7}
WINDOWS = {"items": [WINDOW], "version": 7}
RULES: dict[str, Any] = {
    "dates": [{"day": "2026-12-24", "video": OTHER_ID, "yearly": True}], "kind": "weekly_cycle",
    "videos": [VIDEO_ID, OTHER_ID], "since": "2026-01-19", "time_zone": "Europe/Paris",
}  # fmt: skip
RULED = {**RULES, "version": 7}
PLAYBACK = {
    "mode": "cyclic", "chosen": None, "now": {"video": VIDEO_ID, "source": "cyclic", "until": "2026-06-01T16:00:00Z"},
    "version": 7,
}  # fmt: skip
MONTH = {
    "month": "2026-06", "time_zone": "Europe/Paris", "version": 7,
    "days": [
        {
            "day": "2026-06-01",
            "spans": [
                {"starts_at": "2026-05-31T22:00:00Z", "ends_at": "2026-06-01T16:00:00Z", "video": OTHER_ID,
                 "source": "weekly_cycle"},
                {**SPAN, "source": "schedule"},
            ],
        },
    ],
}  # fmt: skip

VERSIONED = {
    201: {**CREATED[201], "headers": {**CREATED[201]["headers"], "ETag": header("The content's, for If-Match.")}}
}


def created(made: V, where: str) -> Response[V]:
    """What is new, where below `/api/v1` it is, and the version that the content has with it."""
    return Response(made, status_code=201, headers={"location": f"{BASE}{where}", "etag": etag_of(made.version)})
