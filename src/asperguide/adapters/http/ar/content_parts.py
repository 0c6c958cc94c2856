"""Pieces that the routes of prints share: tags, examples, refusals, and answers."""

from typing import Any

from litestar import Response

from asperguide.adapters.http.ar.markers import LANGUAGE, REPORT
from asperguide.adapters.http.ar.playing_parts import CHANGING, FILE_ID, FILM, VIDEO_ID
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.languages import preferred
from asperguide.adapters.http.openapi_parts import BASE
from asperguide.adapters.http.preconditions import changing, etag_of
from asperguide.adapters.http.problems import MalformedBody
from asperguide.ar.content_views import ContentView
from asperguide.ar.errors import (
    ContentInWrongState,
    ContentNotFound,
    ContentRightNeeded,
    InvalidContent,
    NoSuchProject,
    ProjectPutAway,
    StorageFull,
)
from asperguide.ar.marker_advice import DEFAULT_LANGUAGE, WORDS
from asperguide.shared.errors import EditedMeanwhile, InvalidFields, NotWhileImpersonating, StorageUnavailable

__all__ = ["CHANGING", "CONTENT", "CONTENTS", "CREATING", "LANGUAGE", "MOVING", "NEW", "language_of", "made", "shown"]

CONTENTS = ["contents"]
MOVING = (ContentNotFound, ContentRightNeeded, ContentInWrongState, ProjectPutAway)
CREATING = (
    NoSuchProject, ContentRightNeeded, ProjectPutAway, InvalidContent, StorageFull, NotWhileImpersonating,
    EditedMeanwhile, StorageUnavailable, MalformedBody, InvalidFields,
)  # fmt: skip

ID = "0199b0e3-11aa-7b12-8d00-4c1f2e3d4b5a"
PUBLIC_ID = "kq3xJ0m8dD1yTtVh0bqjvA"
NEW: dict[str, Any] = {
    "photo": FILE_ID, "videos": [FILE_ID], "title": "Hochzeit O'Neil", "customer": {"name": "Siobhán O'Neil"},
    "duration": {"years": 30},
}  # fmt: skip
CONTENT: dict[str, Any] = {
    "id": ID, "company": "0199a7c1-1f2e-7d3c-8b4a-5e6f70819203", "project": "0199a7c1-2f2e-7d3c-8b4a-5e6f70819204",
    "number": "ORD-20260119-000001", "public_id": PUBLIC_ID, "link": f"https://guides.example.org/view/{PUBLIC_ID}",
    "title": "Hochzeit O'Neil", "customer": {"client": None, "name": "Siobhán O'Neil", "phone": "", "email": ""},
    "marker": {"photo": FILE_ID, "state": "ready", "refusal": None, "report": REPORT, "alike": False, "twin": None},
    "videos": [FILM], "mode": "first", "chosen": VIDEO_ID, "rotates": False, "state": "ready", "expired": False,
    "missing": [], "ends_at": "2056-01-19T10:30:00Z", "metadata": {"frame": "oak"},
    "created_by": "0199a7c1-3f2e-7d3c-8b4a-5e6f70819205", "created_at": "2026-01-19T10:30:00Z",
    "updated_at": "2026-01-19T10:31:00Z", "published_at": None, "source": None, "version": 7,
}  # fmt: skip


def language_of(request: ApiRequest) -> str:
    """The language in which advice is told."""
    return preferred(request.call.header(b"accept-language"), tuple(WORDS), DEFAULT_LANGUAGE)


def made(content: ContentView) -> Response[ContentView]:
    """What is new, where it is, and its version."""
    headers = {"location": f"{BASE}/contents/{content.id}", "etag": etag_of(content.version, content)}
    return Response(content, status_code=201, headers=headers)


def shown(request: ApiRequest, content: ContentView, language: str) -> Response[ContentView]:
    """The content with its ETag, which is another one in each language."""
    answer = changing(request, content, content.version)
    answer.headers.update({"content-language": language, "vary": "Accept-Language"})
    return answer
