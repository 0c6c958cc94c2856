"""Pieces that the routes of companies share: tags, examples, refusals, and answers."""

from typing import Any, TypeVar

from litestar import Response

from asperguide.adapters.http.openapi_parts import BASE, CREATED, header
from asperguide.companies.errors import CompanyNotFound, CompanyRightNeeded
from asperguide.shared.errors import EditedMeanwhile

T = TypeVar("T")

COMPANIES, MEMBERS, CLIENTS = ["companies"], ["members"], ["clients"]

INSIDE = (CompanyNotFound, CompanyRightNeeded)
"""What anything in a company can be refused with: to strangers as if there were none, to members for their role."""
CHANGING = (*INSIDE, EditedMeanwhile)

ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"
SOMEBODY = "0199a7c1-1f2e-7d3c-8b4a-5e6f70819203"
INVITATION_ID = "0199b0e0-31aa-7b12-8d00-4c1f2e3d4b5a"
NOW, THEN = "2026-01-19T10:30:00Z", "2026-01-26T10:30:00Z"
TOKEN = "kq3xJ0m8dD1yTtVh0bqjvC2b7nWmYw5rPzLxgS4uEoA"  # noqa: S105

NAMED = {"name": "O'Neil & Söhne", "slug": "oneil-and-sohne"}
REACHED = {
    "email": "office@oneil.example.org", "phone": "+35312345678", "website": "https://oneil.example.org",
    "address": "1 Main Street\nDublin", "notes": "",
}  # fmt: skip
HAVING = {"tier": "free", "storage_bytes": 10_737_418_240, "most_projects": 50}
STAMPS = {"created_at": NOW, "updated_at": NOW, "version": 1}
NEW: dict[str, Any] = {"name": NAMED["name"], "email": REACHED["email"], "phone": REACHED["phone"]}
COMPANY = {"id": ID, **NAMED, "state": "active", "role": "owner", **REACHED, **HAVING, **STAMPS}
SUMMARY = {"id": ID, **NAMED, "state": "active", "tier": "free", "role": "owner", "since": NOW}
SETTINGS = {
    "time_zone": "Europe/Dublin", "locale": "en", "accent": "#2f6f4e", "expiry_notice_days": 7,
    "email": "notices@oneil.example.org", "version": 1,
}  # fmt: skip
HAPPENING = {
    "id": ID, "at": NOW, "by": {"id": SOMEBODY, "name": "Ann O'Neil"}, "what": "role-changed", "subject": SOMEBODY,
    "detail": "editor",
}  # fmt: skip
MEMBER = {
    "user": SOMEBODY, "name": "Siobhán O'Neil", "email": "siobhan.o'neil@example.org", "role": "editor", "since": NOW,
    "version": 1,
}  # fmt: skip
INVITING = {"email": "siobhan.o'neil@example.org", "role": "editor"}
INVITATION = {
    "id": INVITATION_ID, **INVITING, "state": "waiting", "by": SOMEBODY, "created_at": NOW, "asked_at": NOW,
    "expires_at": THEN, "answered_at": None, "version": 1,
}  # fmt: skip
INVITED = {"company": NAMED["name"], "role": "editor", "by": "Ann O'Neil", "expires_at": THEN}
JOINED = {"company": ID, "role": "editor"}
CLIENT = {
    "id": INVITATION_ID, "company": ID, "name": "Siobhán O'Neil", "phone": "+353871234567",
    "email": "siobhan.o'neil@example.org", "notes": "Prefers mornings.", **STAMPS,
}  # fmt: skip
ADDED = {name: CLIENT[name] for name in ("name", "phone", "email", "notes")}
ACCOUNT = {
    "id": ID, **NAMED, "state": "active", "email": REACHED["email"], "phone": REACHED["phone"], "store": "default",
    **HAVING, **STAMPS,
}  # fmt: skip

VERSIONED = {
    201: {**CREATED[201], "headers": {**CREATED[201]["headers"], "ETag": header("Its version, for If-Match.")}}
}
GONE = {204: {"description": "Gone."}}


def created(content: T, where: str, **headers: str) -> Response[T]:
    """What is new, and where below `/api/v1` it is."""
    return Response(content, status_code=201, headers={"location": f"{BASE}{where}", **headers})
