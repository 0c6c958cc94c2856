"""Pieces that the routes of capsules share: tags, examples, and answers."""

from typing import Any, TypeVar

from litestar import Response

from asperguide.adapters.http.openapi_parts import BASE, CREATED, header

T = TypeVar("T")

DRAFTS, RECIPIENTS, CAPSULES = ["drafts"], ["recipients"], ["capsules"]

ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"
SOMEBODY = "0199a7c1-1f2e-7d3c-8b4a-5e6f70819203"
FILE = "0199b0e0-31aa-7b12-8d00-4c1f2e3d4b5a"
NOW, THEN = "2026-01-19T10:30:00Z", "2030-06-17T07:00:00Z"

TO = {"email": "siobhan.o'neil@example.org", "name": "Siobhán O'Neil"}
WHEN = {"wall": "2030-06-17T09:00:00", "zone": "Europe/Paris"}
UNLOCK = {"at": THEN, **WHEN, "reading": "plain"}
LATER: dict[str, Any] = {"unlock": {"wall": "2030-12-24T18:00:00", "zone": "Europe/Paris"}}
TITLE, BODY = "To be opened when you are thirty", "Dear Siobhán, when you read this..."
SEALING = {"unlock": WHEN, "allow_reply": True, "anonymous": {"reveal_after": 86_400, "hints": ["We met in a garden."]}}
LETTER = {"title": TITLE, "body": BODY, "theme": "birthday", "recipients": [TO]}
DRAFT = {
    **LETTER, "id": ID, "attachments": [], "recipients": [{"recipient": None, "user": None, **TO}],
    "created_at": NOW, "updated_at": NOW, "version": 1,
}  # fmt: skip
RECIPIENT = {
    "id": ID, "owner": SOMEBODY, "name": TO["name"], "email": TO["email"], "user": None, "relationship": "sister",
    "notes": "", "created_at": NOW, "updated_at": NOW, "version": 1,
}  # fmt: skip
SUMMARY = {
    "id": ID, "state": "sealed", "sender": {"id": SOMEBODY, "name": "Ann O'Neil"}, "theme": "birthday",
    "unlock": UNLOCK, "sealed_at": NOW,
}  # fmt: skip
ADDRESSEE = {
    **TO, "id": SOMEBODY, "user": None, "opened_at": None, "replied_at": None, "left_at": None, "bounces": 0,
}  # fmt: skip
PROOF = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SENT = {
    **SUMMARY, "allow_early_view": False, "allow_reply": True, "reveals_at": None, "disappears_after": None,
    "opened_at": None, "cancelled_at": None, "proof": PROOF, "content": None, "recipients": [ADDRESSEE], "replies": [],
    "reflection": None,
}  # fmt: skip
CANCELLED = {**SENT, "state": "cancelled", "cancelled_at": NOW}
POSTPONED = {**SENT, "unlock": {**UNLOCK, **LATER["unlock"], "at": "2030-12-24T17:00:00Z"}}
SHUT = {**SENT, "proof": None, "recipients": None}
CONTENT = {
    "title": TITLE, "body": BODY, "signature": "Ann O'Neil", "hints": [],
    "attachments": [
        {"id": FILE, "available": True, "name": "garden.png", "media_type": "image/png", "size": 48_213},
    ],
}  # fmt: skip
UNFOLDED = {**SHUT, "state": "unfolding", "allow_early_view": True, "proof": PROOF, "content": CONTENT}
OPENED = {**SHUT, "state": "opened", "opened_at": THEN, "proof": PROOF, "content": CONTENT}
PROVEN = {"id": ID, "algorithm": "sha256", "proof": PROOF, "sealed_at": NOW, "packed": None}
REPLY = {"addressee": SOMEBODY, "text": "I cried.", "emoji": None, "at": THEN}
REFLECTION = {"text": "I still think so.", "at": THEN}
CLAIM = {"capsule": ID, "sender": SUMMARY["sender"], "theme": "birthday", "until": "2031-06-17T07:00:00Z"}
TOKEN = "kq3xJ0m8dD1yTtVh0bqjvC2b7nWmYw5rPzLxgS4uEoA"  # noqa: S105
COUNTDOWN = {"id": ID, "created_at": NOW}
SHARED = {**COUNTDOWN, "token": TOKEN, "url": f"https://guides.example.org{BASE}/capsules/countdowns/{TOKEN}"}
COUNTED = {"theme": "birthday", "state": "sealed", "unlock": UNLOCK}

VERSIONED = {
    201: {**CREATED[201], "headers": {**CREATED[201]["headers"], "ETag": header("Its version, for If-Match.")}}
}
MOVED = {303: {"description": "Fetch it there.", "headers": {"Location": header("A signed address, for 15 minutes.")}}}


def created(content: T, where: str, **headers: str) -> Response[T]:
    """What is new, and where below `/api/v1` it is."""
    return Response(content, status_code=201, headers={"location": f"{BASE}{where}", **headers})


def unkept(answer: Response[T]) -> Response[T]:
    """The answer, to be kept by nobody: what a secret address shows is for whoever holds it, at this moment."""
    answer.headers["cache-control"] = "no-store"
    return answer
