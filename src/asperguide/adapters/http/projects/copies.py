"""Projects that are made of others: copies of any, and of templates."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.handlers import post
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.projects.parts import COPYING, ID, INSIDE, NAMED, PROJECTS
from asperguide.adapters.http.routes import Given, route
from asperguide.projects import Copying, DuplicateProject, FromTemplate, NewCopy, UseTemplate
from asperguide.projects.errors import NoSuchCompany, NotATemplate, TooManyProjects
from asperguide.shared.actor import Actor
from asperguide.shared.tenancy import CompanyId, ProjectId

NAME = {"name": "Mariage de Gráinne"}
MAKING = (*INSIDE, *NAMED, TooManyProjects)


@post(
    "/projects/{id:uuid}/duplicate",
    status_code=202,
    tags=PROJECTS,
    **route(
        "duplicate_project", DuplicateProject, long=True, idempotent=True, raises=MAKING, example=NAME,
        answer_example=COPYING,
    ),
)  # fmt: skip
async def duplicate_project(
    id: FromPath[UUID],
    data: JSONBody[NewCopy],
    actor: Given[Actor],
    duplicate_project: Given[DuplicateProject],
    once: Given[Once],
) -> Response[Copying]:
    copying = await once(Copying, lambda: duplicate_project(actor, ProjectId(id), data))
    return accepted(copying.job, copying)


@post(
    "/companies/{id:uuid}/projects/from-template",
    status_code=202,
    tags=PROJECTS,
    **route(
        "use_template", UseTemplate, long=True, idempotent=True, raises=(NoSuchCompany, *MAKING, NotATemplate),
        example={"template": ID, **NAME}, answer_example=COPYING,
    ),
)  # fmt: skip
async def use_template(
    id: FromPath[UUID],
    data: JSONBody[FromTemplate],
    actor: Given[Actor],
    use_template: Given[UseTemplate],
    once: Given[Once],
) -> Response[Copying]:
    copying = await once(Copying, lambda: use_template(actor, CompanyId(id), data))
    return accepted(copying.job, copying)


ROUTES = (duplicate_project, use_template)
