"""Pieces that the routes of projects share: tags, examples, refusals, versions, and answers."""

from typing import TypeVar

from litestar import Response

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.openapi_parts import BASE, CREATED, header
from asperguide.adapters.http.preconditions import changing, etag_of
from asperguide.projects import ProjectView
from asperguide.projects.errors import (
    InvalidProject,
    ProjectInWrongState,
    ProjectNameTaken,
    ProjectNotFound,
    ProjectSlugTaken,
    RightNeeded,
)
from asperguide.projects.rights import RIGHTS
from asperguide.shared.errors import EditedMeanwhile
from asperguide.shared.tenancy import CompanyRole

T = TypeVar("T")

PROJECTS, ACCESS_TAG = ["projects"], ["project access"]
"""How many answers there can be to one version of a project."""

INSIDE = (ProjectNotFound, RightNeeded)
"""What anything in a project can be refused with: to strangers as if there were none, to members for their role."""
CHANGING = (*INSIDE, EditedMeanwhile)
NAMED = (ProjectNameTaken, ProjectSlugTaken, InvalidProject)
MOVING = (*CHANGING, ProjectInWrongState)

ID = "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10"
COPY_ID = "0199b0e2-8c44-7d50-b1f0-2a6c5d9e7f31"
COMPANY = "0199a7c1-1f2e-7d3c-8b4a-5e6f70819203"
SOMEBODY = "0199a7c1-2222-7d3c-8b4a-5e6f70819203"
JOB = "0199b0e3-31aa-7b12-8d00-4c1f2e3d4b5a"
NOW, END, LATER = "2026-01-19T10:30:00Z", "2026-12-31T22:59:59Z", "2027-01-30T22:59:59Z"

NEW = {
    "name": "Mariage d’Amélie & Seán", "description": "Prints for the guests.", "starts_at": NOW, "ends_at": END,
    "notify_before_days": 14, "tags": ["wedding"],
}  # fmt: skip
PROJECT = {
    "id": ID, "company": COMPANY, **NEW, "slug": "mariage-d-amelie-and-sean", "state": "active", "lifecycle": "active",
    "template": False, "access": "inherit", "contents": 12, "role": "manager", "created_at": NOW, "updated_at": NOW,
    "version": 2,
}  # fmt: skip
DRAFT = {**PROJECT, "state": "draft", "contents": 0, "version": 1}
COPIED = {**DRAFT, "id": COPY_ID, "name": "Mariage de Gráinne", "slug": "mariage-de-grainne"}
COPYING = {"job": JOB, "project": COPIED}
ACCESS = {"access": "restricted", "members": [{"user": SOMEBODY, "role": "viewer"}], "version": 3}

VERSIONED = {
    201: {**CREATED[201], "headers": {**CREATED[201]["headers"], "ETag": header("Its version, for If-Match.")}}
}
GONE = {204: {"description": "Gone."}}


def created(project: ProjectView) -> Response[ProjectView]:
    """A new project, and where it is."""
    headers = {"location": f"{BASE}/projects/{project.id}", "etag": etag_of(project.version, project)}
    return Response(project, status_code=201, headers=headers)


def one(request: ApiRequest, project: ProjectView) -> Response[ProjectView]:
    """A project with its ETag, in which there is its version, and all that changes without it, as time does."""
    return changing(request, project, project.version)


def roles() -> str:
    """The table of rights, as Markdown."""
    head = f"| | {' | '.join(CompanyRole)} |\n|---|{'---|' * len(CompanyRole)}"
    rows = (
        f"| {right} | {' | '.join('yes' if r in may else '' for r in CompanyRole)} |" for right, may in RIGHTS.items()
    )
    return "\n".join((head, *rows))
