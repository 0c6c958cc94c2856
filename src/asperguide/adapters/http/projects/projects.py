"""Projects themselves: planning, finding, changing, extending, archiving and deleting them."""

from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody, QueryParameter

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import delete, get, patch, post
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.paging import Items, Listing, listed
from asperguide.adapters.http.preconditions import expected_version
from asperguide.adapters.http.projects.parts import (
    CHANGING,
    DRAFT,
    END,
    GONE,
    INSIDE,
    JOB,
    LATER,
    MOVING,
    NAMED,
    NEW,
    PROJECT,
    PROJECTS,
    VERSIONED,
    created,
    one,
)
from asperguide.adapters.http.routes import Given, route
from asperguide.projects import (
    ActivateProject,
    ArchiveProject,
    CreateProject,
    DeleteProject,
    DeleteProjectWithAll,
    ExtendProject,
    Extension,
    GetProject,
    ListProjects,
    NewProject,
    ProjectChange,
    ProjectView,
    Removing,
    RestoreProject,
    UpdateProject,
)
from asperguide.projects.errors import (
    InvalidProject,
    NoSuchCompany,
    ProjectNeverEnds,
    ProjectNotEmpty,
    RightNeeded,
    TooManyProjects,
)
from asperguide.shared.actor import Actor
from asperguide.shared.pages import PageRequest
from asperguide.shared.tenancy import CompanyId, ProjectId

FILTERS = ("state", "lifecycle", "tag", "template", "name")

Cascade = Annotated[bool, QueryParameter(description="Delete it with everything in it, by a job (202).")]


@post(
    "/companies/{id:uuid}/projects",
    tags=PROJECTS,
    **route(
        "create_project", CreateProject, idempotent=True, raises=(NoSuchCompany, RightNeeded, *NAMED, TooManyProjects),
        example=NEW, answer_example=DRAFT, answers=VERSIONED,
    ),
)  # fmt: skip
async def create_project(
    id: FromPath[UUID],
    data: JSONBody[NewProject],
    actor: Given[Actor],
    create_project: Given[CreateProject],
    once: Given[Once],
) -> Response[ProjectView]:
    return created(await once(ProjectView, lambda: create_project(actor, CompanyId(id), data)))


@get(
    "/companies/{id:uuid}/projects",
    tags=PROJECTS,
    **route(
        "list_projects", ListProjects, raises=(NoSuchCompany,),
        listing=Listing(sort=("created_at", "name", "ends_at"), filters=FILTERS),
        answer_example={"items": [PROJECT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_projects(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    page: Given[PageRequest],
    list_projects: Given[ListProjects],
) -> Response[Items[ProjectView]]:
    return listed(request, await list_projects(actor, CompanyId(id), page), lambda project: project)


@get(
    "/projects/{id:uuid}",
    tags=PROJECTS,
    **route("get_project", GetProject, versioned="read", raises=INSIDE, answer_example=PROJECT),
)
async def get_project(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], get_project: Given[GetProject]
) -> Response[ProjectView]:
    return one(request, await get_project(actor, ProjectId(id)))


@patch(
    "/projects/{id:uuid}",
    tags=PROJECTS,
    **route(
        "update_project", UpdateProject, versioned="optional", raises=(*MOVING, *NAMED),
        example={"name": NEW["name"], "ends_at": END}, answer_example=PROJECT,
    ),
)  # fmt: skip
async def update_project(
    id: FromPath[UUID],
    data: JSONBody[ProjectChange],
    request: ApiRequest,
    actor: Given[Actor],
    update_project: Given[UpdateProject],
) -> Response[ProjectView]:
    return one(request, await update_project(actor, ProjectId(id), data, expected_version(request)))


@delete(
    "/projects/{id:uuid}",
    status_code=202,
    tags=PROJECTS,
    **route(
        "delete_project", DeleteProject, long=True, versioned="optional", answers=GONE,
        raises=(*CHANGING, ProjectNotEmpty), answer_example={"job": JOB},
        description="Delete a project of my company that is empty (204); or with `cascade` one with everything in it: "
        "it is gone at once, and what is in it is removed by a job, which is told (202). When the job is cancelled the "
        "project comes back, with what is left in it. Its name is free when it is over.",
    ),
)  # fmt: skip
async def delete_project(
    id: FromPath[UUID],
    request: ApiRequest,
    actor: Given[Actor],
    delete_project: Given[DeleteProject],
    delete_project_with_all: Given[DeleteProjectWithAll],
    cascade: Cascade = False,
) -> Response[Removing | None]:
    if cascade:
        removing = await delete_project_with_all(actor, ProjectId(id), expected_version(request))
        return accepted(removing.job, removing)
    await delete_project(actor, ProjectId(id), expected_version(request))
    return Plain(None, status_code=204)


@post(
    "/projects/{id:uuid}/extend",
    status_code=200,
    tags=PROJECTS,
    **route(
        "extend_project", ExtendProject, idempotent=True, raises=(*MOVING, ProjectNeverEnds, InvalidProject),
        example={"days": 30}, answer_example={**PROJECT, "ends_at": LATER, "version": 3},
    ),
)  # fmt: skip
async def extend_project(
    id: FromPath[UUID],
    data: JSONBody[Extension],
    request: ApiRequest,
    actor: Given[Actor],
    extend_project: Given[ExtendProject],
    once: Given[Once],
) -> Response[ProjectView]:
    return one(request, await once(ProjectView, lambda: extend_project(actor, ProjectId(id), data)))


@post(
    "/projects/{id:uuid}/activate",
    status_code=200,
    tags=PROJECTS,
    **route("activate_project", ActivateProject, raises=MOVING, answer_example=PROJECT),
)
async def activate_project(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], activate_project: Given[ActivateProject]
) -> Response[ProjectView]:
    return one(request, await activate_project(actor, ProjectId(id)))


@post(
    "/projects/{id:uuid}/archive",
    status_code=200,
    tags=PROJECTS,
    **route("archive_project", ArchiveProject, raises=MOVING, answer_example={**PROJECT, "state": "archived"}),
)
async def archive_project(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], archive_project: Given[ArchiveProject]
) -> Response[ProjectView]:
    return one(request, await archive_project(actor, ProjectId(id)))


@post(
    "/projects/{id:uuid}/restore",
    status_code=200,
    tags=PROJECTS,
    **route("restore_project", RestoreProject, raises=MOVING, answer_example=PROJECT),
)
async def restore_project(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], restore_project: Given[RestoreProject]
) -> Response[ProjectView]:
    return one(request, await restore_project(actor, ProjectId(id)))


ROUTES = (
    create_project,
    list_projects,
    get_project,
    update_project,
    delete_project,
    extend_project,
    activate_project,
    archive_project,
    restore_project,
)
