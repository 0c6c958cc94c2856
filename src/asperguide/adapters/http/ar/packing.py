"""Projects as archives."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath, JSONBody

from asperguide.adapters.http.answers import Plain
from asperguide.adapters.http.handlers import get, post
from asperguide.adapters.http.long_work import accepted
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.routes import Given, route
from asperguide.ar.errors import ContentRightNeeded, NoSuchProject
from asperguide.ar.packing import ExportProject, PackingAsked
from asperguide.ar.packing_errors import InvalidImport, NoCompanyOfYours, PackedProjectNotFound
from asperguide.ar.packing_shelf import OpenProjectExport
from asperguide.ar.unpacking import ImportProject, NewImport
from asperguide.shared.actor import Actor
from asperguide.shared.errors import NotWhileImpersonating, StorageUnavailable
from asperguide.shared.tenancy import CompanyId, ProjectId

TAGS = ["packed projects"]
TEMPORARY = 307
WHERE = {"description": "A signed address, good for 5 minutes.", "schema": {"type": "string"}}
MOVED = {TEMPORARY: {"description": "Fetch it there.", "headers": {"Location": WHERE}}}


@post(
    "/projects/{id:uuid}/export",
    status_code=202,
    tags=TAGS,
    **route(
        "export_project", ExportProject, idempotent=True, long=True,
        raises=(NoSuchProject, ContentRightNeeded, NotWhileImpersonating),
    ),
)  # fmt: skip
async def export_project(
    id: FromPath[UUID], actor: Given[Actor], export_project: Given[ExportProject], once: Given[Once]
) -> Response[PackingAsked]:
    asked = await once(PackingAsked, lambda: export_project(actor, ProjectId(id)))
    return accepted(asked.job, asked)


@get(
    "/projects/{id:uuid}/exports/{export:uuid}",
    status_code=TEMPORARY,
    tags=TAGS,
    **route(
        "open_project_export", OpenProjectExport, answers=MOVED,
        raises=(
            NoSuchProject, ContentRightNeeded, PackedProjectNotFound, NotWhileImpersonating, StorageUnavailable
        ),
    ),
)  # fmt: skip
async def open_project_export(
    id: FromPath[UUID],
    export: FromPath[UUID],
    actor: Given[Actor],
    open_project_export: Given[OpenProjectExport],
) -> Response[None]:
    archive = await open_project_export(actor, ProjectId(id), export)
    headers = {"location": archive.url, "cache-control": "no-store"}
    return Plain(None, status_code=TEMPORARY, headers=headers)


@post(
    "/companies/{id:uuid}/projects/import",
    status_code=202,
    tags=TAGS,
    **route(
        "import_project", ImportProject, idempotent=True, long=True,
        raises=(NoCompanyOfYours, ContentRightNeeded, InvalidImport, NotWhileImpersonating),
    ),
)  # fmt: skip
async def import_project(
    id: FromPath[UUID],
    data: JSONBody[NewImport],
    actor: Given[Actor],
    import_project: Given[ImportProject],
    once: Given[Once],
) -> Response[PackingAsked]:
    asked = await once(PackingAsked, lambda: import_project(actor, CompanyId(id), data))
    return accepted(asked.job, asked)


ROUTES = (export_project, open_project_export, import_project)
